"""Groups of duplicates: one record of each is screened, and the log tells of every merge."""

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q

from screening.actions.questions import due_open
from screening.models import (
    Distinction,
    DuplicateQuestion,
    LogEntry,
    Merge,
    Record,
    Review,
    ScreeningItem,
    Vote,
)

ROWS_AT_ONCE = 5_000
MERGED_BY = ("record.merged", "record.separated", "import.compared", "import.committed")
# Of imports of an earlier version the entry of the import itself tells.
ENDED_BY = ("record.merged", "record.separated")


def about_duplicates(review: Review) -> Iterator[str]:
    yield from _about_groups(review)
    yield from _about_what_is_screened(review)
    yield from _about_carried_votes(review)
    yield from _about_the_log(review)
    yield from _about_questions(review)


def _about_groups(review: Review) -> Iterator[str]:
    merges = Merge.objects.in_force().filter(review=review)
    for number in _numbers(merges.filter(kept__in=merges.values("record")), "record__number"):
        yield f"record {number}: it is merged into a record that is a duplicate itself."
    elsewhere = ~Q(record__review=review) | ~Q(kept__review=review)
    for number in _numbers(Merge.objects.filter(elsewhere, review=review), "record__number"):
        yield f"record {number}: it is merged with a record of another review."


def _about_what_is_screened(review: Review) -> Iterator[str]:
    """No duplicate is up for screening, and everything else is."""
    merged = Merge.objects.in_force().filter(record=OuterRef("record"))
    open_items = ScreeningItem.objects.standing().filter(review=review, closed_at=None)
    for number in _numbers(open_items.filter(Exists(merged)), "record__number"):
        yield f"record {number}: it is a duplicate, and up for screening."
    of_record = ScreeningItem.objects.filter(record=OuterRef("pk"), closed_at=None)
    is_merged = Merge.objects.in_force().filter(record=OuterRef("pk"))
    closed = ScreeningItem.objects.filter(record=OuterRef("pk"))
    records = Record.objects.imported().filter(review=review)
    forgotten = records.filter(Exists(closed), ~Exists(of_record), ~Exists(is_merged))
    for number in _numbers(forgotten, "number"):
        yield f"record {number}: it is no duplicate, and not up for screening."


def _about_carried_votes(review: Review) -> Iterator[str]:
    """Each says what was said of a record that is merged into this one."""
    carried = Vote.objects.current().filter(item__review=review, carried_from__isnull=False)
    others = ~Q(reviewer=F("carried_from__reviewer")) | ~Q(decision=F("carried_from__decision"))
    for number in _numbers(carried.filter(others), "item__record__number"):
        yield f"record {number}: a vote that was carried to it says something else than it did."
    latest = ScreeningItem.objects.filter(record=OuterRef("item__record"), closed_at=None)
    together = Merge.objects.in_force().filter(
        Q(kept=OuterRef("item__record")), record=OuterRef("carried_from__item__record")
    )
    in_open = carried.filter(Exists(latest), item__closed_at=None)
    for number in _numbers(in_open.filter(~Exists(together)), "item__record__number"):
        yield f"record {number}: a vote on a record that is not merged into it counts there."


def _about_the_log(review: Review) -> Iterator[str]:
    entries = LogEntry.objects.filter(review=review)
    began = entries.filter(sequence=OuterRef("started_at_sequence"))
    ended = entries.filter(sequence=OuterRef("ended_at_sequence"))
    is_over = Q(ended_at_sequence__isnull=False)
    merges = Merge.objects.filter(review=review).filter(
        ~Exists(began.filter(action__in=MERGED_BY))
        | (is_over & ~Exists(ended.filter(action__in=ENDED_BY)))
    )
    for number in _numbers(merges, "record__number"):
        yield f"record {number}: the log does not tell that it was merged, or separated."
    told = Distinction.objects.filter(review=review).filter(
        ~Exists(began.filter(action__in=["record.told_apart", "record.separated"]))
        | (is_over & ~Exists(ended.filter(action="record.told_apart_no_more")))
    )
    for number in _numbers(told, "first__number"):
        yield f"record {number}: the log does not tell that it was told apart from another."


def _about_questions(review: Review) -> Iterator[str]:
    questions = (
        DuplicateQuestion.objects.standing().filter(review=review).select_related("first", "second")
    )
    due = due_open(review, questions)
    for question in questions:
        if question.is_open != (question.pk in due):
            yield (
                f"records {question.first.number} and {question.second.number}: the question "
                f"whether they are duplicates is {'open' if question.is_open else 'closed'}, "
                "and should not be."
            )


def _numbers(rows, number: str) -> Iterator[int]:
    yield from rows.order_by(number).values_list(number, flat=True).iterator(ROWS_AT_ONCE)
