"""The records of a review that new ones are compared with, and what was decided about them."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Count, F

from screening.duplicates import Normalised
from screening.duplicates.normalise import MOST_AS_COUNTERS, SHARE_AS_COUNTERS
from screening.matching import keys
from screening.matching.describing import COMPARED, of_records
from screening.models import Distinction, Merge, Record, Review

AT_ONCE = 5_000
RECORDS_PER_TICK = 500

Pair = tuple[int, int]
"""Two records by their numbers."""


@dataclass(frozen=True, slots=True)
class Known:
    """Records by number, with the pairs of them that are merged, and that were told apart."""

    records: list[Normalised]
    merged: list[Pair]
    different: list[Pair]


Tick = Callable[[], None]
"""Called now and then, for whoever waits."""


def known_to(review: Review, wanted: Collection[int], *, tick: Tick = lambda: None) -> Known:
    """Imported records that share one of these keys, and all that are merged with one of them."""
    sharing = keys.sharing(review.pk, wanted)
    pairs = Merge.objects.of_groups_with(sharing).values_list("record", "kept")
    return _known(review, sharing.union(*pairs), tick)


def all_of(review: Review, *, tick: Tick = lambda: None) -> Known:
    """Every imported record."""
    records = Record.objects.imported().filter(review=review)
    return _known(review, set(records.values_list("pk", flat=True)), tick)


def _known(review: Review, records: Collection[int], tick: Tick) -> Known:
    counting = imports_that_count(review) if records else set()
    normalised = []
    for record in of_records(_read(review, records), counting):
        normalised.append(record)
        if len(normalised) % RECORDS_PER_TICK == 0:
            tick()
    return Known(
        normalised,
        list(_merged(review, records)),
        list(_different(review)) if records else [],
    )


def imports_that_count(review: Review) -> set[int]:
    """Imports whose issues are a database's own numbers; see `without_counters`."""
    records = Record.objects.imported().filter(review=review).exclude(issue="").order_by()
    counted = records.values("imported_by").annotate(
        n=Count("pk"), n_other=Count("issue", distinct=True)
    )
    many = counted.filter(n__gt=MOST_AS_COUNTERS, n_other__gt=F("n") * SHARE_AS_COUNTERS)
    return set(many.values_list("imported_by", flat=True))


def _read(review: Review, records: Collection[int]) -> Iterator[Record]:
    """Whole parts, since nobody may write on SQLite behind a question that is half answered."""
    in_order = sorted(records)
    for start in range(0, len(in_order), AT_ONCE):
        some = in_order[start : start + AT_ONCE]
        found = Record.objects.imported().filter(review=review, pk__among=some)
        yield from found.only("imported_by", *COMPARED)


def _merged(review: Review, records: Collection[int]) -> Iterable[Pair]:
    merges = Merge.objects.in_force().filter(review=review, record__pk__among=records)
    return merges.values_list("record__number", "kept__number")


def _different(review: Review) -> Iterable[Pair]:
    told = Distinction.objects.in_force().filter(review=review)
    return told.values_list("first__number", "second__number")
