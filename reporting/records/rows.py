"""Records with how far each is, as lists and files show them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from reporting.exports.reasons import Reasons, reasons_of
from reporting.records.filters import Filters
from screening.access import ReviewAccess
from screening.models import Merge, Record, Retrieval, ScreeningItem, Vote
from screening.querysets.votes import undo_ends_for
from screening.retrieval import IN_WORDS
from screening.rules import COMPLETE, Decision, Outcome, Stage

ROWS_AT_ONCE = 1_000
SOUGHT = "sought"  # of a report of which nothing is known yet


@dataclass(slots=True)
class Row:
    """A record with its outcomes by stage; a stage it has not got to is left out.

    Args:
        reason, reason_label: what its report is excluded for.
        retrieval: what is known of its report, a code; empty while it is not sought.
        duplicate_of: the record that is screened in its place; with its number alone.
    """

    record: Record
    outcomes: dict[Stage, Outcome] = field(default_factory=dict)
    reason: str = ""
    reason_label: str = ""
    retrieval: str = ""
    duplicate_of: Record | None = None

    @property
    def stages(self) -> list[tuple[str, str]]:
        """Pairs of stage in words and outcome."""
        return [(stage.words, self.outcomes[stage].value) for stage in Stage if self.has(stage)]

    @property
    def retrieval_words(self) -> str:
        if self.retrieval == SOUGHT:
            return IN_WORDS[None]
        return next((words for state, words in IN_WORDS.items() if state == self.retrieval), "")

    def has(self, stage: Stage) -> bool:
        return stage in self.outcomes

    def outcome(self, stage: Stage) -> str:
        return self.outcomes[stage].value if self.has(stage) else ""


def rows_of(access: ReviewAccess, records: Iterable[Record], now: datetime) -> list[Row]:
    """A row for each record, by as many queries for a thousand as for one."""
    rows = {record.pk: Row(record) for record in records}
    # By way of the record: else SQLite reads every item of the review.
    latest = ScreeningItem.objects.open(now).filter(record__review=access.review)
    latest = latest.filter(record__in=list(rows))
    excluded: dict[int, tuple[int, int | None]] = {}
    for pk, record, stage, outcome, completed_at, resolved in latest.values_list(
        "pk", "record", "stage", "outcome", "completed_at", "resolution__reason"
    ):
        shown = _shown(Outcome(outcome), completed_at, now)
        rows[record].outcomes[Stage(stage)] = shown
        if stage == Stage.FULL_TEXT:
            rows[record].retrieval = SOUGHT
            if shown is Outcome.EXCLUDED:
                excluded[pk] = (record, resolved)
    merges = access.scope(Merge).in_force().filter(record__in=list(rows))
    for merge in merges.select_related("kept").only("record", "kept__number"):
        rows[merge.record_id].duplicate_of = merge.kept
    known = access.scope(Retrieval).in_force().filter(record__in=list(rows))
    for record, state in known.values_list("record", "state"):
        if rows[record].retrieval:
            rows[record].retrieval = state
    reasons = reasons_of(access)
    for item, counted in _counted(access, excluded, reasons, now):
        row = rows[excluded[item][0]]
        row.reason, row.reason_label = reasons.code(counted), reasons.label(counted)
    return list(rows.values())


def all_rows(filters: Filters) -> Iterator[Row]:
    """Every record of the list, by number, a thousand at a time; whole, with abstracts."""
    numbers = filters.numbers()
    while some := list(islice(numbers, ROWS_AT_ONCE)):
        records = filters.access.scope(Record).imported().filter(number__in=some)
        records = records.select_related("imported_by__source").order_by("number")
        yield from rows_of(filters.access, records, filters.now)


def _shown(outcome: Outcome, completed_at: datetime | None, now: datetime) -> Outcome:
    """An item whose votes can still be taken back is as good as one short of votes."""
    is_young = completed_at is not None and completed_at > undo_ends_for(now)
    return Outcome.PARTIAL if outcome in COMPLETE and is_young else outcome


def _counted(
    access: ReviewAccess,
    excluded: dict[int, tuple[int, int | None]],
    reasons: Reasons,
    now: datetime,
) -> Iterator[tuple[int, int | None]]:
    """Of each excluded item the reason that it is counted under."""
    given: defaultdict[int, defaultdict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    votes = access.scope(Vote).current().visible_to(access, now)
    votes = votes.filter(item__in=list(excluded), decision=Decision.EXCLUDE.value)
    for item, vote, first, further in votes.values_list(
        "item", "pk", "reason", "further_reasons__reason"
    ):
        given[item][vote] |= {first, further} - {None}
    for item, (_, resolved) in excluded.items():
        by_vote = [some for some in given[item].values() if some]
        yield item, reasons.counted(by_vote, resolved)
