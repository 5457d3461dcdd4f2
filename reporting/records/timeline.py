"""What happened to one record, in its order, as far as the viewer may know it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db.models import Case, Count, Q, Value, When

from reporting.records.rows import Row, rows_of
from reporting.records.waiting import Standing, sentence
from screening import retrieval
from screening.access import ReviewAccess, Right
from screening.conflicts import letters, names_hidden, panel_of
from screening.models import (
    ExclusionReason,
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

ENDINGS = {
    Proposal.Ending.ACCEPTED: "It stands.",
    Proposal.Ending.REFERRED: "Ended by adjudication.",
}
NOT_TO_READ = {RetrievalState.REQUESTED, RetrievalState.NOT_RETRIEVED}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Args:
        at: empty where the time would tell whose vote it was.
        place: the time it is listed under, if it has none of its own to be shown.
        decision: include, exclude or maybe; or an outcome.
        said: a note, rationale or reason, in somebody's own words.
        is_flag: something out of the usual way: a record judged anew.
    """

    at: datetime | None
    what: str
    who: str = ""
    place: datetime | None = None
    stage: Stage | None = None
    decision: str = ""
    details: tuple[str, ...] = ()
    said: str = ""
    is_flag: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """A page where somebody acts on the record."""

    page: str  # name of the address
    words: str
    stage: Stage | None = None
    is_main: bool = False


@dataclass(slots=True)
class _Item:
    """A screening item with what is to be seen of it; names are letters where they are hidden."""

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


@dataclass(frozen=True)
class Timeline:
    """A record, what it waits for, and its events; they are read when first asked for."""

    access: ReviewAccess
    record: Record
    now: datetime

    @cached_property
    def row(self) -> Row:
        return rows_of(self.access, [self.record], self.now)[0]

    @cached_property
    def waits(self) -> str:
        latest = self._latest
        if latest is None:
            return ""
        item = latest.item
        disputed = item.is_settled and item.outcome == Outcome.CONFLICT
        said = self.row.retrieval
        return sentence(
            Standing(
                stage=latest.stage,
                outcome=Outcome(item.outcome),
                is_settled=item.is_settled,
                votes=item.n_votes,
                quorum=item.quorum,
                retrieval=said if said in RetrievalState.values else None,
                conflict=panel_of(self.access, item).waits if disputed else "",
                reason=self.row.reason_label,
            )
        )

    @cached_property
    def ways(self) -> list[Way]:
        """Where the viewer may act, or see more; the step that waits for them is the main one."""
        return list(self._ways())

    @property
    def is_my_turn(self) -> bool:
        return any(way.is_main for way in self.ways)

    @cached_property
    def past(self) -> Past | None:
        """What is flagged of its report; nothing while it has no page."""
        return retrieval.past_of(self.access, self._report) if self._report else None

    @cached_property
    def events(self) -> list[Event]:
        found = [event for one in self._items for event in self._of_item(one)]
        found += self._of_report(found)
        in_order = sorted(found, key=lambda event: event.place or event.at or self.now)
        return [self._of_import(), *in_order]

    # --- What is read -------------------------------------------------------------------------

    @cached_property
    def _names(self) -> dict[int, str]:
        names = dict(self.access.scope(Membership).values_list("user", "name"))
        return {**names, self.access.user.pk: "You"}

    @cached_property
    def _report(self) -> ScreeningItem | None:
        """The item of its report, once it has a page."""
        return retrieval.known(self.access).filter(record=self.record).first()

    @cached_property
    def _items(self) -> list[_Item]:
        """Every round; of the report only where it has a page."""
        of_record = self.access.scope(ScreeningItem).filter(record=self.record)
        annotated = of_record.annotate(
            is_open=_flag(is_open(now=self.now)),
            is_settled=_flag(is_settled(now=self.now)),
            is_shown=_flag(is_shown(now=self.now)),
            n_votes=Count("votes", filter=Q(votes__superseded_at__isnull=True)),
        )
        items = {
            item.pk: _Item(item, self._names)
            for item in annotated.order_by("pk")
            if self._report or item.stage == Stage.TITLE_ABSTRACT
        }
        self._read_what_was_said(items)
        for one in items.values():
            self._hide_names(one)
        return list(items.values())

    def _read_what_was_said(self, items: dict[int, _Item]) -> None:
        """One's own votes of a round before are hidden as the others' are, until all are shown."""
        scope, now = self.access.scope, self.now
        shown = [pk for pk, one in items.items() if one.item.is_shown]
        to_read = [pk for pk, one in items.items() if one.item.is_shown or one.item.is_open]
        votes = scope(Vote).visible_to(self.access, now).filter(item__in=to_read).order_by("pk")
        votes = votes.select_related("reason").prefetch_related("further_reasons__reason")
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

    def _hide_names(self, one: _Item) -> None:
        """While a conflict is open, for whoever did not vote on it."""
        is_disputed = one.item.is_settled and one.item.outcome == Outcome.CONFLICT
        current = [vote for vote in one.votes if vote.superseded_at is None]
        voters = {vote.reviewer_id for vote in current}
        if not is_disputed or not names_hidden(self.access, voters, resolved=False):
            return
        one.names = {**one.names, **letters(one.item.pk, self.access.user.pk, voters)}
        one.votes = sorted(current, key=lambda vote: one.names[vote.reviewer_id])
        one.are_names_hidden = True

    @property
    def _latest(self) -> _Item | None:
        """At the furthest stage that the record has got to."""
        latest = {one.stage: one for one in self._items if one.item.is_open}
        return latest.get(Stage.FULL_TEXT) or latest.get(Stage.TITLE_ABSTRACT)

    # --- What happened ------------------------------------------------------------------------

    def _of_import(self) -> Event:
        imported = self.record.imported_by
        return Event(
            imported.committed_at,
            f"imported from {imported.source}",
            who=self._names.get(imported.uploaded_by_id, ""),
            details=(f"Entry {self.record.position:,} of {imported.file_name}",),
        )

    def _of_report(self, found: list[Event]) -> Iterator[Event]:
        """It is sought since the votes include the record, or the resolution of a conflict does."""
        if self._report is None:
            return
        if self._report.sought_at:
            yield self._seeking(self._report.sought_at, found)
        for said in retrieval.history_of(self.access, self.record):
            yield from self._of_retrieval(said)

    def _seeking(self, sought_at: datetime, found: list[Event]) -> Event:
        resolved = [
            one.resolution.resolved_at
            for one in self._items
            if one.resolution and one.item.is_open and one.stage is Stage.TITLE_ABSTRACT
        ]
        before = [
            event.place or event.at or sought_at
            for event in found
            if event.stage is Stage.TITLE_ABSTRACT
        ]
        return Event(
            max([sought_at, *resolved]), "Its report is sought", place=max([sought_at, *before])
        )

    def _of_retrieval(self, said: Said) -> Iterator[Event]:
        yield Event(
            said.retrieval.said_at,
            f"said of the report: {said.words.lower()}",
            who=self._names.get(said.retrieval.said_by_id, said.by),
            said=said.retrieval.why,
        )
        if said.ended and said.taken_back_by:
            yield Event(
                said.ended.at,
                f"took back what was said of the report: {said.words.lower()}",
                who=self._names.get(said.ended.actor.user_id, said.taken_back_by),
            )

    def _of_item(self, one: _Item) -> Iterator[Event]:
        if one.item.round > 1:
            yield self._reopening(one)
        of_talk = self._of_talk(one)
        # Where names are hidden, no time may tell whose vote it was.
        place = min((event.at for event in of_talk if event.at), default=self.now)
        place = place if one.are_names_hidden else None
        for vote in one.votes:
            yield self._vote(one, vote, place)
        if one.item.is_shown:
            yield self._adding_up(one, place)
        yield from of_talk

    def _reopening(self, one: _Item) -> Event:
        began = next(
            other.item.closed_at
            for other in self._items
            if other.stage is one.stage and other.item.round == one.item.round - 1
        )
        what = f"round {one.item.round} on {one.stage.words}: judged anew, from no votes at all"
        if one.reopened is None:
            return Event(began, what.capitalize(), stage=one.stage, is_flag=True)
        who = self._names[one.reopened.actor.user_id]
        return Event(
            began,
            f"reopened the record: {what}",
            who=who,
            stage=one.stage,
            said=one.reopened.why,
            is_flag=True,
        )

    def _vote(self, one: _Item, vote: Vote, place: datetime | None) -> Event:
        given = [vote.reason, *(further.reason for further in vote.further_reasons.all())]
        details = _in_order([reason for reason in given if reason])
        if vote.superseded_at:
            details += (f"Changed or taken back on {_moment(vote.superseded_at)}",)
        return Event(
            None if place else vote.cast_at,
            "voted",
            who=one.names[vote.reviewer_id],
            place=place,
            stage=one.stage,
            decision=vote.decision,
            details=details,
            said=vote.note,
        )

    def _adding_up(self, one: _Item, place: datetime | None) -> Event:
        """What the votes came to before any resolution."""
        is_disputed = one.item.outcome == Outcome.CONFLICT or one.resolution is not None
        behind = max([one.item.completed_at, *(vote.cast_at for vote in one.votes)])
        return Event(
            None if place else one.item.completed_at,
            "The votes disagree" if is_disputed else "The votes agree",
            place=place or behind,
            stage=one.stage,
            decision=Outcome.CONFLICT.value if is_disputed else one.item.outcome,
        )

    def _of_talk(self, one: _Item) -> list[Event]:
        """Proposals, the sending to adjudication, and how it ended."""
        found = [self._proposal(one, proposal) for proposal in one.proposals]
        if one.referral:
            found.append(
                Event(
                    one.referral.referred_at,
                    "sent it to adjudication",
                    who=one.names[one.referral.referred_by_id],
                    stage=one.stage,
                    said=one.referral.why,
                )
            )
        if one.resolution:
            found.append(
                Event(
                    one.resolution.resolved_at,
                    f"resolved it by {one.resolution.mode}",
                    who=self._names[one.resolution.resolved_by_id],
                    stage=one.stage,
                    decision=one.resolution.decision,
                    details=_in_order([one.resolution.reason] if one.resolution.reason else []),
                    said=one.resolution.rationale,
                )
            )
        return found

    def _proposal(self, one: _Item, proposal: Proposal) -> Event:
        details = list(_in_order([proposal.reason] if proposal.reason else []))
        if proposal.present:
            details.append(f"Others present: {proposal.present}")
        if confirmed := sorted(one.names[c.confirmed_by_id] for c in proposal.confirmations.all()):
            details.append(f"Confirmed by {' and '.join(confirmed)}")
        if proposal.ending in ENDINGS:
            details.append(ENDINGS[Proposal.Ending(proposal.ending)])
        elif proposal.ending:
            ended_by = one.names[proposal.closed_by_id] if proposal.closed_by_id else ""
            details.append(f"{ended_by} {proposal.ending} it: {proposal.closing_sentence}".strip())
        return Event(
            proposal.proposed_at,
            "proposed",
            who=one.names[proposal.proposed_by_id],
            stage=one.stage,
            decision=proposal.decision,
            details=tuple(detail.rstrip(": ") for detail in details),
            said=proposal.rationale,
        )

    # --- Where one acts -----------------------------------------------------------------------

    def _ways(self) -> Iterator[Way]:
        latest = self._latest
        if latest is None:
            return
        for one in (one for one in self._items if one.item.is_open):
            yield from self._ways_of(one, is_latest=one is latest)
        if self._report:
            is_main = self._waits_for_report and self.access.may(Right.RETRIEVE)
            yield Way("screening:full_text", "Its report", is_main=is_main)

    @property
    def _waits_for_report(self) -> bool:
        latest = self._latest
        is_unseen = latest and latest.stage is Stage.FULL_TEXT and not latest.item.n_votes
        return bool(is_unseen) and self.row.retrieval not in {
            RetrievalState.RETRIEVED,
            RetrievalState.NOT_RETRIEVED,
        }

    def _ways_of(self, one: _Item, *, is_latest: bool) -> Iterator[Way]:
        item, at = one.item, f"on {one.stage.words}"
        is_disputed = item.is_settled and item.outcome == Outcome.CONFLICT
        if is_disputed or (item.is_settled and one.resolution):
            words = f"The conflict {at}" if is_disputed else f"How the conflict {at} was resolved"
            yield Way("screening:conflict", words, one.stage, is_main=is_disputed)
        elif item.is_settled:
            pass
        elif self.access.may(Right.VOTE) and is_latest:
            is_mine = any(vote.superseded_at is None for vote in one.votes)
            is_missing = one.stage is Stage.FULL_TEXT and self.row.retrieval in NOT_TO_READ
            if is_mine:
                yield Way("screening:record", f"Your vote {at}", one.stage)
            elif item.n_votes < item.quorum and not is_missing:
                is_main = not self._waits_for_report
                yield Way("screening:record", f"Judge it {at}", one.stage, is_main=is_main)
        if item.is_settled and not is_disputed and self.access.may(Right.REOPEN):
            yield Way("screening:reopen", f"Reopen it {at}", one.stage)


def timeline_of(access: ReviewAccess, record: Record) -> Timeline:
    """The timeline of a record of the review, as the viewer may see it now."""
    return Timeline(access, record, access.now())


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False))


def _in_order(reasons: list[ExclusionReason]) -> tuple[str, ...]:
    """Labels, in the protocol's order."""
    return tuple(str(reason) for reason in sorted(reasons, key=lambda reason: reason.position))


def _moment(at: datetime) -> str:
    return f"{at.day} {at:%B %Y, %H:%M}"
