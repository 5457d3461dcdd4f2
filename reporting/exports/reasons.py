"""Reasons to exclude a report as files tell them: by their codes, in the protocol's order."""

from collections.abc import Collection
from dataclasses import dataclass

from screening.access import Reader
from screening.models import ExclusionReason
from screening.rules import counted_reason


@dataclass(frozen=True, slots=True)
class Reasons:
    """Every reason the review has or had, by primary key, the first one first."""

    known: dict[int, ExclusionReason]

    def code(self, reason: int | None) -> str:
        return self.known[reason].code if reason else ""

    def label(self, reason: int | None) -> str:
        return self.known[reason].label if reason else ""

    def codes(self, given: Collection[int]) -> str:
        return "|".join(reason.code for pk, reason in self.known.items() if pk in given)

    def counted(
        self, given: Collection[Collection[int]], resolved: int | None = None
    ) -> int | None:
        """The reason an excluded report is counted under.

        Args:
            given: those of each vote to exclude.
            resolved: that of its resolution, which counts if there is one.
        """
        return resolved or counted_reason(given, tuple(self.known))


def reasons_of(access: Reader) -> Reasons:
    """Ask after the first row was read: whatever that snapshot has is known by then."""
    reasons = access.scope(ExclusionReason).order_by("position", "pk")
    return Reasons({reason.pk: reason for reason in reasons})
