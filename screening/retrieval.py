"""How far the reports of a review are got: which are sought, what is known of each, and since when."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from screening.access import ReviewAccess
from screening.models import (
    LogEntry,
    Membership,
    Record,
    Retrieval,
    RetrievalState,
    ScreeningItem,
    Vote,
)
from screening.querysets.votes import is_open
from screening.rules import Stage


class Shown(StrEnum):
    """Which of the sought reports a list has, as its address says."""

    TO_GET = "to-get"
    ASKED_FOR = "asked-for"
    RETRIEVED = "retrieved"
    NOT_RETRIEVED = "not-retrieved"
    ALL = "all"

    @property
    def words(self) -> str:
        return self.value.replace("-", " ").capitalize()


# The state of each list's reports; nothing is said yet of those that are still to get.
STATES = {
    Shown.TO_GET: None,
    Shown.ASKED_FOR: RetrievalState.REQUESTED,
    Shown.RETRIEVED: RetrievalState.RETRIEVED,
    Shown.NOT_RETRIEVED: RetrievalState.NOT_RETRIEVED,
}
IN_WORDS = {
    None: "To get",
    RetrievalState.REQUESTED: "Asked for",
    RetrievalState.RETRIEVED: "Retrieved",
    RetrievalState.NOT_RETRIEVED: "Not retrieved",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of a report, and by whom.

    Args:
        ended: the entry of the log by which it holds no more; None while it does.
        taken_back_by: whoever took it back without saying anything else.
    """

    retrieval: Retrieval
    by: str
    ended: LogEntry | None = None
    taken_back_by: str = ""

    @property
    def words(self) -> str:
        return IN_WORDS[RetrievalState(self.retrieval.state)]


@dataclass(frozen=True, slots=True)
class Report:
    """A report as the list shows it.

    Args:
        said: what holds of it; None while nothing is said.
        following: the record behind it on the page, by primary key.
    """

    item: ScreeningItem
    said: Said | None
    following: int | None = None

    @property
    def record(self) -> Record:
        return self.item.record

    @property
    def state(self) -> str:
        return self.said.retrieval.state if self.said else "to_get"

    @property
    def words(self) -> str:
        return self.said.words if self.said else IN_WORDS[None]

    @property
    def is_here(self) -> bool:
        return self.state == RetrievalState.RETRIEVED


@dataclass(frozen=True, slots=True)
class Past:
    """What came before the present round of a record, as far as it is to be seen.

    Args:
        is_sought: not where the record was judged anew and left out: what is known stays.
        record_rounds: of title and abstract; 0 where the record skipped it.
        votes: cast on the report so far, in every round of full text; never which.
    """

    is_sought: bool
    record_rounds: int
    votes: int


def sought(access: ReviewAccess, shown: Shown = Shown.ALL) -> QuerySet[ScreeningItem]:
    """Reports of included records, in the order of screening, each with its `state`."""
    said = Retrieval.objects.in_force().filter(record=OuterRef("record"))
    items = access.scope(ScreeningItem).at(Stage.FULL_TEXT).open()
    items = items.annotate(state=Subquery(said.values("state")[:1])).order_by("rank", "pk")
    if shown is Shown.ALL:
        return items
    state = STATES[shown]
    return items.filter(state__isnull=True) if state is None else items.filter(state=state)


def counted(access: ReviewAccess) -> dict[Shown, int]:
    """How many reports each list has."""
    rows = sought(access).order_by().values_list("state").annotate(n=Count("pk"))
    found = dict(rows)
    counts = {shown: found.get(state, 0) for shown, state in STATES.items()}
    return {**counts, Shown.ALL: sum(counts.values())}


def reports_of(access: ReviewAccess, items: Iterable[ScreeningItem]) -> list[Report]:
    """The items of a page as reports, by as many queries for fifty as for one."""
    items = list(items)
    records = [item.record_id for item in items]
    in_force = access.scope(Retrieval).in_force().filter(record__in=records)
    names = _names(access)
    said = {row.record_id: Said(row, names[row.said_by_id]) for row in in_force}
    following = dict(pairwise(records))
    return [Report(item, said.get(item.record_id), following.get(item.record_id)) for item in items]


def known(access: ReviewAccess) -> QuerySet[ScreeningItem]:
    """What has a page: reports that are sought, and those that were before their record left.

    A record that is being judged anew has none: that it had a report would tell what was thought
    of it.
    """
    latest = access.scope(ScreeningItem).at(Stage.FULL_TEXT).filter(closed_at=None)
    record = access.scope(ScreeningItem).at(Stage.TITLE_ABSTRACT).settled()
    votes = access.scope(Vote).at(Stage.FULL_TEXT).filter(item__record=OuterRef("record"))
    said = access.scope(Retrieval).filter(record=OuterRef("record"))
    is_past = Exists(record.filter(record=OuterRef("record"))) & (Exists(votes) | Exists(said))
    return latest.filter(is_open() | Q(is_past)).select_related("record")


def past_of(access: ReviewAccess, item: ScreeningItem) -> Past:
    """What is flagged on the page of this report, one of the `known`."""
    items = access.scope(ScreeningItem).filter(record=item.record_id)
    return Past(
        is_sought=items.open().filter(pk=item.pk).exists(),
        record_rounds=items.at(Stage.TITLE_ABSTRACT).count(),
        votes=votes_on_report(access, item.record),
    )


def votes_on_report(access: ReviewAccess, record: Record) -> int:
    """How many votes there are on its report, in every round of full text."""
    votes = access.scope(Vote).current().at(Stage.FULL_TEXT)
    return votes.filter(item__record=record).count()


def history_of(access: ReviewAccess, record: Record) -> list[Said]:
    """All that was said of getting this report, the first thing first."""
    rows = list(access.scope(Retrieval).filter(record=record).order_by("pk"))
    names = _names(access)
    began = {row.started_at_sequence for row in rows}
    entries = access.scope(LogEntry).select_related("actor")
    ends = entries.filter(sequence__in=[row.ended_at_sequence for row in rows])
    ended = {entry.sequence: entry for entry in ends}
    return [
        Said(
            row,
            names[row.said_by_id],
            end := ended.get(row.ended_at_sequence),
            end.actor.name if end and end.sequence not in began else "",
        )
        for row in rows
    ]


def _names(access: ReviewAccess) -> dict[int, str]:
    """Everybody who is or was in the review, by user."""
    return dict(access.scope(Membership).values_list("user", "name"))
