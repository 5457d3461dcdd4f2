"""Looking for duplicates among all records of a review, as when some were imported long ago."""

from collections.abc import Collection
from dataclasses import dataclass

from screening.access import Refused, ReviewAccess, Right
from screening.actions.base import action, lock_membership, lock_review
from screening.actions.merging import merge_records
from screening.actions.questions import ask
from screening.duplicates import Question, find_duplicates
from screening.matching.keeping import first_to_keep
from screening.matching.known import all_of
from screening.matching.plan import links_of
from screening.models import Record


@dataclass(frozen=True, slots=True)
class Looked:
    """How many records were merged, and how many questions were found."""

    merged: int
    questions: int


def look_for_duplicates(access: ReviewAccess) -> Looked:
    """What a pattern justifies is merged, one by one, and a person is asked about the rest.

    Each merge is a transaction of its own, so that nobody waits; votes go along, as always.
    """
    known = all_of(access.review)
    found = find_duplicates(known.records, merged=known.merged, different=known.different)
    records = access.scope(Record).imported()

    def keep(group: Collection[int]) -> int:
        by_key = dict(records.filter(number__in=group).values_list("pk", "number"))
        return by_key[first_to_keep(by_key)]

    merged = 0
    for link in links_of(found.merges, known.merged, keep):
        pair = list(records.filter(number__in=[link.record, link.kept]).order_by("number"))
        if len(pair) < 2:
            continue  # its import was undone in between
        try:
            merge_records(access, *pair, link.evidence)
        except Refused:
            continue  # somebody decided about the two in between
        merged += 1
    return Looked(merged, _ask(access, found.questions))


@action
def _ask(access: ReviewAccess, questions: Collection[Question]) -> int:
    lock_membership(access, Right.MERGE)
    lock_review(access.review.pk)
    numbers = {int(number) for question in questions for number in question.pair}
    found = access.scope(Record).imported().filter(number__among=numbers)
    records = dict(found.values_list("number", "pk"))
    standing = [one for one in questions if all(int(number) in records for number in one.pair)]
    return ask(access, standing, records)
