"""Conflicts as one person may see them and act on them. Import them from here."""

from screening.conflicts.gathering import panel_of, panels_of
from screening.conflicts.lists import (
    Neighbours,
    neighbours_of,
    next_turn,
    on_whose_turn,
    open_conflicts,
    open_or_resolved,
    page_by_rank,
    resolved_conflicts,
)
from screening.conflicts.names import letters, names_hidden
from screening.conflicts.panel import Deed, Panel, Side, Talk

__all__ = [
    "Deed",
    "Neighbours",
    "Panel",
    "Side",
    "Talk",
    "letters",
    "names_hidden",
    "neighbours_of",
    "next_turn",
    "on_whose_turn",
    "open_conflicts",
    "open_or_resolved",
    "page_by_rank",
    "panel_of",
    "panels_of",
    "resolved_conflicts",
]
