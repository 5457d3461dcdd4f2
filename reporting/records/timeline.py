"""The timeline of one record: what it waits for, where one acts, and what happened."""

from dataclasses import dataclass
from functools import cached_property

from reporting.records.duplicates import Duplicates
from reporting.records.events import Event, Telling
from reporting.records.history import History
from reporting.records.waiting import Standing, sentence
from reporting.records.ways import Way, ways_of
from screening.access import ReviewAccess
from screening.conflicts import panel_of
from screening.models import Record, RetrievalState
from screening.retrieval import Past
from screening.rules import Outcome


@dataclass(frozen=True)
class Timeline:
    """What the page shows, as the viewer may see it at one moment."""

    history: History

    @property
    def record(self) -> Record:
        return self.history.record

    @property
    def past(self) -> Past | None:
        return self.history.past

    @property
    def duplicates(self) -> Duplicates:
        return self.history.duplicates

    @cached_property
    def waits(self) -> str:
        """The one fact it waits for, as a sentence; empty for what is not up for screening."""
        latest = self.history.latest
        if latest is None:
            return ""
        item, row = latest.item, self.history.row
        is_known = row.retrieval in RetrievalState.values
        return sentence(
            Standing(
                stage=latest.stage,
                outcome=Outcome(item.outcome),
                is_settled=item.is_settled,
                votes=item.n_votes,
                quorum=item.quorum,
                retrieval=row.retrieval if is_known else None,
                conflict=panel_of(self.history.access, item).waits if latest.is_disputed else "",
                reason=row.reason_label,
            )
        )

    @cached_property
    def ways(self) -> list[Way]:
        return list(ways_of(self.history))

    @property
    def is_my_turn(self) -> bool:
        return any(way.is_main for way in self.ways)

    @cached_property
    def events(self) -> list[Event]:
        return Telling(self.history).events()


def timeline_of(access: ReviewAccess, record: Record) -> Timeline:
    return Timeline(History(access, record, access.now()))
