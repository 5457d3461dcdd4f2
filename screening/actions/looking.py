"""Looking for duplicates among all records of a review, as when some were imported long ago."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db import transaction

from screening.access import Refused, ReviewAccess, Right
from screening.actions.base import action, lock_membership, lock_review
from screening.actions.matching import primary_keys
from screening.actions.merging import merge_records
from screening.actions.questions import ask, undecided
from screening.duplicates import Question, find_duplicates
from screening.matching.keeping import first_to_keep
from screening.matching.known import all_of
from screening.matching.plan import Link, links_of
from screening.models import Record


@dataclass(frozen=True, slots=True)
class Looked:
    """How many records were merged, and how many questions about others are open."""

    merged: int
    questions: int


def look_for_duplicates(
    access: ReviewAccess,
    *,
    progress: Callable[[int], None] = lambda looked_through: None,
    count_merge: Callable[[], None] = lambda: None,
) -> Looked:
    """What a pattern justifies is merged, one by one, and a person is asked about the rest.

    Each merge is a transaction of its own, so that nobody waits; votes go along, as always. To
    begin again after a part of it was done is the same as to go on.

    Args:
        progress: told every now and then how many records are compared with all others, outside
            of transactions; what it raises ends the search.
        count_merge: called in the transaction of each merge; what it raises undoes that one.
    """
    looked_through = 0

    def tick() -> None:
        progress(looked_through)

    def go_on(compared: int) -> None:
        nonlocal looked_through
        looked_through = compared

    known = all_of(access.review, tick=tick)
    found = find_duplicates(
        known.records, merged=known.merged, different=known.different, tick=tick, progress=go_on
    )
    looked_through = len(known.records)
    records = access.scope(Record).imported()

    def keep(group: Collection[int]) -> int:
        tick()
        by_key = dict(records.filter(number__in=group).values_list("pk", "number"))
        # Those whose import was undone in between are passed over when they are merged.
        return by_key[first_to_keep(by_key)] if by_key else min(group)

    merged = 0
    for link in links_of(found.merges, known.merged, keep):
        tick()
        merged += _merge(access, link, count_merge)
    tick()
    return Looked(merged, _ask(access, found.questions))


def _merge(access: ReviewAccess, link: Link, count_merge: Callable[[], None]) -> bool:
    """Whether the two are merged now by what was found, and were not before."""
    found = access.scope(Record).imported().filter(number__in=[link.record, link.kept])
    pair = list(found.order_by("number"))
    if len(pair) < 2:
        return False  # its import was undone in between
    try:
        with transaction.atomic():
            merge_records(access, *pair, link.evidence)
            count_merge()
    except Refused:
        return False  # somebody decided about the two in between
    return True


@action
def _ask(access: ReviewAccess, questions: Collection[Question]) -> int:
    """Those that nobody answered in between are open."""
    lock_membership(access, Right.MERGE)
    lock_review(access.review.pk)
    records = primary_keys(access, {int(number) for one in questions for number in one.pair})

    def pair_of(question: Question) -> tuple[int, int]:
        first, second = question.pair
        return records[int(first)], records[int(second)]

    here = [one for one in questions if all(int(number) in records for number in one.pair)]
    open_now = undecided(access.review, {pair_of(one) for one in here})
    return ask(access, [one for one in here if pair_of(one) in open_now], records)
