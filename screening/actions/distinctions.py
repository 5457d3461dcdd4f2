"""Telling two records apart: they are not one report, whatever else they are merged with."""

from django.utils import timezone

from screening.access import Refused, ReviewAccess, Right
from screening.actions.base import action, lock_membership, lock_review
from screening.actions.log import next_sequence, write_log
from screening.actions.merging import heads_of
from screening.actions.questions import look_at_again
from screening.models import Distinction, Merge, Record


@action
def tell_apart(
    access: ReviewAccess, one: Record, other: Record, *, are_related: bool = False
) -> Distinction:
    """The two are different from now on, and nobody is asked again.

    Args:
        are_related: they are reports of one study, as an abstract of a meeting and its paper.

    Raises:
        Refused: they are merged, or told apart already.
    """
    lock_membership(access, Right.MERGE)
    lock_review(access.review.pk)
    if len(heads_of(access, [one, other])) < 2:
        raise Refused(
            f"Records {one.number} and {other.number} are merged. Separate them on the page of "
            "either record. Nothing was changed."
        )
    first, second = sorted([one, other], key=lambda record: record.pk)
    told = access.scope(Distinction).in_force().filter(first=first, second=second)
    if told.exists():
        raise Refused(
            f"Records {one.number} and {other.number} were told apart already. Nothing was changed."
        )
    distinction = Distinction.objects.create(
        review=access.review,
        first=first,
        second=second,
        is_related=are_related,
        said_by=access.user,
        said_at=timezone.now(),
        started_at_sequence=next_sequence(access),
    )
    look_at_again(access, _groups_with(first, second))
    write_log(access, "record.told_apart", after=_numbers(distinction))
    return distinction


@action
def take_back_distinction(access: ReviewAccess, distinction: Distinction) -> None:
    """Nothing is said of the two; a question about them is open again.

    Raises:
        Refused: it was taken back already.
    """
    lock_membership(access, Right.MERGE)
    lock_review(access.review.pk)
    told = access.scope(Distinction).in_force().select_related("first", "second")
    distinction = told.filter(pk=distinction.pk).first()
    if distinction is None:
        raise Refused("That was taken back already. Nothing was changed.")
    distinction.ended_at_sequence = next_sequence(access)
    distinction.save(update_fields=["ended_at_sequence"])
    look_at_again(access, _groups_with(distinction.first, distinction.second))
    write_log(access, "record.told_apart_no_more", before=_numbers(distinction))


def _groups_with(*records: Record) -> set[int]:
    known = [record.pk for record in records]
    merges = Merge.objects.of_groups_with(known).values_list("record", "kept")
    return {*known, *(record for pair in merges for record in pair)}


def _numbers(distinction: Distinction) -> dict[str, object]:
    return {
        "record": distinction.first.number,
        "other": distinction.second.number,
        "are_related": distinction.is_related,
    }
