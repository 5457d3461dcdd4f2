"""Conflicts as one person may see them and act on them. Import them from here."""

from screening.conflicts.lists import (
    Place,
    next_turn,
    on_whose_turn,
    open_conflicts,
    open_or_resolved,
    page_by_rank,
    place_of,
    resolved_conflicts,
)
from screening.conflicts.names import letters, names_hidden
from screening.conflicts.panel import Deed, Panel, Side, Talk, panels_of

__all__ = [
    "Deed",
    "Panel",
    "Place",
    "Side",
    "Talk",
    "letters",
    "names_hidden",
    "next_turn",
    "on_whose_turn",
    "open_conflicts",
    "open_or_resolved",
    "page_by_rank",
    "panels_of",
    "place_of",
    "resolved_conflicts",
]
