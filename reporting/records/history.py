"""What the database holds of one record, as far as the viewer may know it."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db.models import Case, Count, Q, Value, When

from reporting.records.duplicates import Duplicates
from reporting.records.rows import Row, rows_of
from screening import retrieval
from screening.access import ReviewAccess
from screening.conflicts import letters, names_hidden
from screening.models import (
    LogEntry,
    Membership,
    Proposal,
    Record,
    Referral,
    Resolution,
    RetrievalState,
    ScreeningItem,
    Vote,
)
from screening.querysets.votes import is_open, is_settled, is_shown
from screening.retrieval import Past, Said
from screening.rules import Outcome, Stage


@dataclass(slots=True)
class Round:
    """One round at one stage, with what is to be seen of it; names are letters where they are hidden."""

    item: ScreeningItem
    names: dict[int, str]
    votes: list[Vote] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    referral: Referral | None = None
    resolution: Resolution | None = None
    reopened: LogEntry | None = None
    are_names_hidden: bool = False

    @property
    def stage(self) -> Stage:
        return Stage(self.item.stage)

    @property
    def is_disputed(self) -> bool:
        """An open conflict that everybody may know of."""
        return bool(self.item.is_settled and self.item.outcome == Outcome.CONFLICT)


@dataclass(frozen=True)
class History:
    """A record with its rounds and its report; all of it is read when first asked for."""

    access: ReviewAccess
    record: Record
    now: datetime

    @cached_property
    def row(self) -> Row:
        return rows_of(self.access, [self.record], self.now)[0]

    @cached_property
    def names(self) -> dict[int, str]:
        names = dict(self.access.scope(Membership).values_list("user", "name"))
        return {**names, self.access.user.pk: "You"}

    @cached_property
    def duplicates(self) -> Duplicates:
        return Duplicates(self.access, self.record)

    @cached_property
    def report(self) -> ScreeningItem | None:
        """The item of its report, once it has a page."""
        return retrieval.known(self.access).filter(record=self.record).first()

    @cached_property
    def rounds(self) -> list[Round]:
        """Every round; of the report only where it has a page."""
        annotated = self.record.items.annotate(
            is_open=_flag(is_open(now=self.now)),
            is_settled=_flag(is_settled(now=self.now)),
            is_shown=_flag(is_shown(now=self.now)),
            n_votes=Count("votes", filter=Q(votes__superseded_at__isnull=True)),
        )
        items = {
            item.pk: Round(item, self.names)
            for item in annotated.order_by("pk")
            if self.report or item.stage == Stage.TITLE_ABSTRACT
        }
        self._read_what_was_said(items)
        for one in items.values():
            self._hide_names(one)
        return list(items.values())

    def _read_what_was_said(self, items: dict[int, Round]) -> None:
        """One's own votes of a round before are hidden as the others' are, until all are shown."""
        scope, now = self.access.scope, self.now
        shown = [pk for pk, one in items.items() if one.item.is_shown]
        to_read = [pk for pk, one in items.items() if one.item.is_shown or one.item.is_open]
        votes = scope(Vote).visible_to(self.access, now).filter(item__in=to_read).order_by("pk")
        votes = votes.select_related("reason", "imported_by").prefetch_related(
            "further_reasons__reason"
        )
        for vote in votes:
            items[vote.item_id].votes.append(vote)
        proposals = scope(Proposal).filter(item__in=shown).order_by("pk")
        for one in proposals.select_related("reason").prefetch_related("confirmations"):
            items[one.item_id].proposals.append(one)
        for referral in scope(Referral).filter(item__in=shown):
            items[referral.item_id].referral = referral
        for resolution in scope(Resolution).filter(item__in=shown).select_related("reason"):
            items[resolution.item_id].resolution = resolution
        entries = scope(LogEntry).visible_to(self.access, now).select_related("actor")
        for entry in entries.filter(item__in=shown, action="item.reopened"):
            items[entry.item_id].reopened = entry

    def _hide_names(self, one: Round) -> None:
        """While a conflict is open, for whoever did not vote on it."""
        current = [vote for vote in one.votes if vote.superseded_at is None]
        voters = {vote.reviewer_id for vote in current}
        if not one.is_disputed or not names_hidden(self.access, voters, resolved=False):
            return
        one.names = {**one.names, **letters(one.item.pk, self.access.user.pk, voters)}
        one.votes = sorted(current, key=lambda vote: one.names[vote.reviewer_id])
        one.are_names_hidden = True

    @cached_property
    def past(self) -> Past | None:
        """What is flagged of its report; nothing while it has no page."""
        return retrieval.past_of(self.access, self.report) if self.report else None

    @cached_property
    def said_of_report(self) -> list[Said]:
        return retrieval.history_of(self.access, self.record) if self.report else []

    @cached_property
    def latest(self) -> Round | None:
        """At the furthest stage that the record has got to."""
        latest = {one.stage: one for one in self.rounds if one.item.is_open}
        return latest.get(Stage.FULL_TEXT) or latest.get(Stage.TITLE_ABSTRACT)

    @property
    def waits_for_report(self) -> bool:
        latest = self.latest
        is_unseen = latest and latest.stage is Stage.FULL_TEXT and not latest.item.n_votes
        return bool(is_unseen) and self.row.retrieval not in {
            RetrievalState.RETRIEVED,
            RetrievalState.NOT_RETRIEVED,
        }


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False))
