"""excluded_full_text.csv: one row per report excluded at full text, as PRISMA 2020 asks for."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import chain, groupby, islice
from typing import Any, NamedTuple

from django.db.models import FilteredRelation, Q, QuerySet

from reporting.exports.reasons import Reasons, reasons_of
from screening.access import Reader
from screening.models import ScreeningItem
from screening.rules import Outcome, Stage

COLUMNS = (
    "report_id",
    "title",
    "doi",
    "pmid",
    "reason",
    "reason_label",
    "all_reasons",
    "decided_at",
)


class _Row(NamedTuple):
    """An excluded report with one of its votes and one of that vote's further reasons."""

    item: int
    report: int
    title: str
    doi: str
    pmid: str
    completed_at: datetime
    resolved_at: datetime | None
    resolved: int | None
    vote: int
    reason: int | None
    further: int | None


FIELDS = (
    "pk",
    "record__number",
    "record__title",
    "record__doi",
    "record__pmid",
    "completed_at",
    "resolution__resolved_at",
    "resolution__reason",
    "vote",
    "vote__reason",
    "vote__further_reasons__reason",
)

ROWS_AT_ONCE = 2_000


def visible(access: Reader) -> int:
    return _excluded(access).count()


def rows(access: Reader) -> Iterator[tuple[Any, ...]]:
    """The header and every report that is excluded for good, by its number."""
    yield COLUMNS
    current = Q(votes__superseded_at__isnull=True)
    joined = _excluded(access).annotate(vote=FilteredRelation("votes", condition=current))
    joined = joined.order_by("record__number", "pk", "vote").values_list(*FIELDS)
    found = joined.iterator(chunk_size=ROWS_AT_ONCE)
    first = list(islice(found, 1))
    reasons = reasons_of(access)
    for _, group in groupby(chain(first, found), key=lambda values: values[0]):
        yield _cells([_Row._make(values) for values in group], reasons)


def _cells(together: list[_Row], reasons: Reasons) -> tuple[Any, ...]:
    """One report, from its votes. Who voted to include gave no reason."""
    one = together[0]
    given: dict[int, set[int]] = defaultdict(set)
    for row in together:
        given[row.vote] |= {reason for reason in (row.reason, row.further) if reason}
    by_vote = [some for some in given.values() if some]
    counted = reasons.counted(by_vote, one.resolved)
    return (
        one.report,
        one.title,
        one.doi,
        one.pmid,
        reasons.code(counted),
        reasons.label(counted),
        reasons.codes(set().union(*by_vote, {one.resolved} - {None})),
        one.resolved_at or one.completed_at,
    )


def _excluded(access: Reader) -> QuerySet[ScreeningItem]:
    """Their votes and resolutions are visible to everybody."""
    items = access.scope(ScreeningItem).at(Stage.FULL_TEXT).settled(access.now())
    return items.filter(outcome=Outcome.EXCLUDED)
