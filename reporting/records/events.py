"""What happened to a record, as events in their order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from reporting.records.history import History, Round
from screening.models import ExclusionReason, Proposal, Vote
from screening.retrieval import Said
from screening.rules import Outcome, Stage

ENDINGS = {
    Proposal.Ending.ACCEPTED: "It stands.",
    Proposal.Ending.REFERRED: "Ended by adjudication.",
}


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
class Telling:
    """Tells a history as events."""

    history: History

    def events(self) -> list[Event]:
        """The import first, then everything in the order in which it happened."""
        found = [event for one in self.history.rounds for event in self._of_round(one)]
        found += self._of_report(found)
        found += self._of_duplicates()
        in_order = sorted(found, key=lambda event: event.place or event.at or self.history.now)
        return [self._of_import(), *in_order]

    def _of_import(self) -> Event:
        imported = self.history.record.imported_by
        return Event(
            imported.committed_at,
            f"imported from {imported.source}",
            who=self.history.names.get(imported.uploaded_by_id, ""),
            details=(f"Entry {self.history.record.position:,} of {imported.file_name}",),
        )

    def _of_duplicates(self) -> Iterator[Event]:
        """What was said of the record and others; nobody is named for what a pattern decided."""
        for said in self.history.duplicates.said():
            who = "" if said.who is None else self.history.names.get(said.who, "")
            details = (said.why[:1].upper() + said.why[1:],) if said.why else ()
            yield Event(said.at, said.what, who=who, details=details)

    def _of_report(self, found: list[Event]) -> Iterator[Event]:
        """It is sought since the votes include the record, or the resolution of a conflict does."""
        if self.history.report is None:
            return
        if self.history.report.sought_at:
            yield self._seeking(self.history.report.sought_at, found)
        for said in self.history.said_of_report:
            yield from self._of_retrieval(said)

    def _seeking(self, sought_at: datetime, found: list[Event]) -> Event:
        resolved = [
            one.resolution.resolved_at
            for one in self.history.rounds
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
            who=self.history.names.get(said.retrieval.said_by_id, said.by),
            said=said.retrieval.why,
        )
        if said.ended and said.taken_back_by:
            yield Event(
                said.ended.at,
                f"took back what was said of the report: {said.words.lower()}",
                who=self.history.names.get(said.ended.actor.user_id, said.taken_back_by),
            )

    def _of_round(self, one: Round) -> Iterator[Event]:
        if one.item.round > 1:
            yield self._reopening(one)
        of_talk = self._of_talk(one)
        # Where names are hidden, no time may tell whose vote it was.
        place = min((event.at for event in of_talk if event.at), default=self.history.now)
        place = place if one.are_names_hidden else None
        for vote in one.votes:
            yield self._vote(one, vote, place)
        if (
            one.item.is_shown and one.item.completed_at
        ):  # a duplicate may be short of votes for ever
            yield self._adding_up(one, place)
        yield from of_talk

    def _reopening(self, one: Round) -> Event:
        began = next(
            other.item.closed_at
            for other in self.history.rounds
            if other.stage is one.stage and other.item.round == one.item.round - 1
        )
        what = f"round {one.item.round} on {one.stage.words}: judged anew, from no votes at all"
        if one.reopened is None:
            return Event(began, what.capitalize(), stage=one.stage, is_flag=True)
        who = self.history.names[one.reopened.actor.user_id]
        return Event(
            began,
            f"reopened the record: {what}",
            who=who,
            stage=one.stage,
            said=one.reopened.why,
            is_flag=True,
        )

    def _vote(self, one: Round, vote: Vote, place: datetime | None) -> Event:
        given = [vote.reason, *(further.reason for further in vote.further_reasons.all())]
        details = _in_order([reason for reason in given if reason])
        if vote.imported_by and not one.are_names_hidden:
            of_team = ", where the team agreed on it" if vote.stands_for_team else ""
            details += (f"Imported from {vote.imported_by.file_name}{of_team}",)
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

    def _adding_up(self, one: Round, place: datetime | None) -> Event:
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

    def _of_talk(self, one: Round) -> list[Event]:
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
                    who=self.history.names[one.resolution.resolved_by_id],
                    stage=one.stage,
                    decision=one.resolution.decision,
                    details=_in_order([one.resolution.reason] if one.resolution.reason else []),
                    said=one.resolution.rationale,
                )
            )
        return found

    def _proposal(self, one: Round, proposal: Proposal) -> Event:
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


def _in_order(reasons: list[ExclusionReason]) -> tuple[str, ...]:
    """Labels, in the protocol's order."""
    return tuple(str(reason) for reason in sorted(reasons, key=lambda reason: reason.position))


def _moment(at: datetime) -> str:
    return f"{at.day} {at:%B %Y, %H:%M}"
