"""Reports are sought where their records are included; retrievals and adjustments are logged."""

from collections.abc import Iterator

from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, When

from screening.models import Adjustment, LogEntry, Retrieval, Review, ScreeningItem
from screening.rules import Outcome, Stage

ROWS_AT_ONCE = 5_000


def about_reports(review: Review) -> Iterator[str]:
    yield from _about_what_is_sought(review)
    yield from _about_retrievals(review)
    yield from _about_adjustments(review)


def _about_what_is_sought(review: Review) -> Iterator[str]:
    """A report is sought since its record was included, and not sought where it is not."""
    latest = ScreeningItem.objects.filter(review=review, closed_at=None)
    records = latest.at(Stage.TITLE_ABSTRACT)
    reports = latest.at(Stage.FULL_TEXT)
    of_report = records.filter(record=OuterRef("record"))
    due = Case(When(outcome=Outcome.INCLUDED, then=F("completed_at")))
    wrong = (
        reports.filter(Exists(of_report))
        .annotate(due=Subquery(of_report.annotate(due=due).values("due")[:1]))
        .filter(~Q(sought_at=F("due")) & (Q(sought_at__isnull=False) | Q(due__isnull=False)))
    )
    for number in _numbers(wrong):
        yield f"record {number}: its report is sought since another time than it is included."
    included = records.filter(outcome=Outcome.INCLUDED)
    for number in _numbers(included.filter(~Exists(reports.filter(record=OuterRef("record"))))):
        yield f"record {number}: it is included, and its report is not up for screening."


def _about_retrievals(review: Review) -> Iterator[str]:
    """Each begins with an entry of the log, and ends with one."""
    entries = LogEntry.objects.filter(
        review=review, action__in=["report.retrieval", "votes.imported"]
    )
    began = entries.filter(sequence=OuterRef("started_at_sequence"))
    ended = entries.filter(sequence=OuterRef("ended_at_sequence"))
    rows = Retrieval.objects.filter(record__review=review).filter(
        ~Exists(began) | (Q(ended_at_sequence__isnull=False) & ~Exists(ended))
    )
    numbers = rows.order_by("record__number").values_list("record__number", flat=True)
    for number in numbers.iterator(ROWS_AT_ONCE):
        yield f"record {number}: the log does not tell what is said of its report."


def _about_adjustments(review: Review) -> Iterator[str]:
    entries = LogEntry.objects.filter(review=review)
    began = entries.filter(action="adjustment.added", sequence=OuterRef("started_at_sequence"))
    ended = entries.filter(action="adjustment.ended", sequence=OuterRef("ended_at_sequence"))
    rows = Adjustment.objects.filter(review=review).filter(
        ~Exists(began) | (Q(ended_at_sequence__isnull=False) & ~Exists(ended))
    )
    for adjustment in rows.iterator(ROWS_AT_ONCE):
        yield f"adjustment {adjustment}: the log does not tell of it."


def _numbers(items) -> Iterator[int]:
    numbers = items.order_by("record__number").values_list("record__number", flat=True)
    yield from numbers.iterator(ROWS_AT_ONCE)
