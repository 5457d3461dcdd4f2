"""Which of several duplicates is kept: the one that people have done most about."""

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from django.db.models import Count, Q

from screening.models import Record, ScreeningItem, SourceKind
from screening.querysets.votes import is_settled


class _Standing(NamedTuple):
    """In the order in which it counts; the smallest is kept.

    What counts of votes is how many there are, and whether everybody may see them: nothing here
    depends on a direction that is hidden.
    """

    is_not_settled: bool
    fewer_votes: int
    is_from_elsewhere: bool
    number: int


def first_to_keep(records: Collection[int]) -> int:
    """The primary key of the one of these records (primary keys) that is kept."""
    others = [kind for kind in SourceKind if kind.is_other_method]
    votes: defaultdict[int, int] = defaultdict(int)
    settled: set[int] = set()
    items = ScreeningItem.objects.filter(record__in=records, closed_at=None).order_by()
    counted = items.annotate(n=Count("votes", filter=Q(votes__superseded_at=None)))
    for record, n in counted.values_list("record", "n"):
        votes[record] += n
    settled.update(items.filter(is_settled()).values_list("record", flat=True))
    found = Record.objects.filter(pk__in=records).values_list(
        "pk", "number", "imported_by__source__kind"
    )
    standings = {
        pk: _Standing(pk not in settled, -votes[pk], kind in others, number)
        for pk, number, kind in found
    }
    return min(standings, key=lambda pk: standings[pk])
