"""The one place that writes the outcome of a screening item."""

from collections.abc import Iterable
from datetime import datetime

from screening.models import Protocol, ScreeningItem
from screening.rules import COMPLETE, Decision, MaybePolicy, Outcome, outcome


def added_up(
    item: ScreeningItem,
    decisions: Iterable[str],
    protocol: Protocol,
    resolution: str | None = None,
) -> Outcome:
    """What the rules say of an item with these current votes."""
    return outcome(
        [Decision(decision) for decision in decisions],
        quorum=item.quorum,
        maybe=MaybePolicy(protocol.maybe_policy),
        resolution=Decision(resolution) if resolution else None,
    )


def write_outcome(item: ScreeningItem, new: Outcome, *, completed_at: datetime) -> None:
    """The item's outcome is `new`. The caller holds its lock and changed a fact of it.

    Args:
        completed_at: when the votes became, or were changed while, complete; a resolution
            passes on what the item has. Left out of an item short of votes.
    """
    item.outcome = new
    item.completed_at = completed_at if new in COMPLETE else None
    item.save(update_fields=["outcome", "completed_at"])
