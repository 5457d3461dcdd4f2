"""Whether a search for duplicates still holds that was made a while ago, while others went on."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q

from screening.models import Distinction, Import, LogEntry, LogHead, Merge, Review

DECISIONS = (
    "record.merged",
    "record.separated",
    "record.told_apart",
    "record.told_apart_no_more",
)
"""What the log calls the beginning and end of merges and distinctions, but for those of imports."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a search began.

    Args:
        imports: those that stood, by primary key.
        sequence: the last entry of the review's log.
    """

    imports: tuple[int, ...]
    sequence: int


def moment_of(review: Review) -> Moment:
    sequence = LogHead.objects.values_list("sequence", flat=True).get(review=review)
    return Moment(_imports(review), sequence)


def is_as_then(review: Review, then: Moment, records: Collection[int]) -> bool:
    """Nothing was imported or undone since, and nothing decided about these records.

    Somebody who answers one question after the other does not keep an import from its end, unless
    it is about the same groups.

    Args:
        records: primary keys of all that the search would merge or ask about, the kept ones of
            their groups.
    """
    if _imports(review) != then.imports:
        return False
    return not _has_decided(review, then) or _decided_since(review, then).isdisjoint(records)


def _imports(review: Review) -> tuple[int, ...]:
    imports = Import.objects.committed().filter(source__review=review)
    return tuple(imports.order_by("pk").values_list("pk", flat=True))


def _has_decided(review: Review, then: Moment) -> bool:
    """Somebody did, as the log tells: few entries are read where merges may be very many."""
    entries = LogEntry.objects.filter(review=review, sequence__gt=then.sequence)
    return entries.filter(action__in=DECISIONS).exists()


def _decided_since(review: Review, then: Moment) -> set[int]:
    """Records of merges and distinctions that began or ended since, and the kept ones of those."""
    since = Q(started_at_sequence__gt=then.sequence) | Q(ended_at_sequence__gt=then.sequence)
    merges = Merge.objects.standing().filter(since, review=review).values_list("record", "kept")
    told = Distinction.objects.filter(since, review=review).values_list("first", "second")
    found = {record for pair in (*merges, *told) for record in pair}
    return found | set(Merge.objects.kept_of(found).values())
