"""One conflict as one person may see it and act on it: sides, names, and what is open to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from screening.access import ReviewAccess, Right
from screening.models import Proposal, Referral, Resolution, ResolutionMode, ScreeningItem, Vote
from screening.rules import Decision, still_to_confirm

DONE = {Decision.INCLUDE: "included", Decision.EXCLUDE: "excluded"}


class Deed(StrEnum):
    """What somebody may do about a conflict."""

    PROPOSE = "propose"
    CONFIRM = "confirm"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    REFER = "refer"
    ADJUDICATE = "adjudicate"


@dataclass(frozen=True, slots=True)
class Side:
    """One vote of a conflict, under the name the viewer may see."""

    label: str
    vote: Vote
    is_mine: bool

    @property
    def reasons(self) -> list[str]:
        """The labels of its reasons in the protocol's order, of a vote to exclude a report."""
        given = [self.vote.reason, *(one.reason for one in self.vote.further_reasons.all())]
        found = [reason for reason in given if reason]
        return [reason.label for reason in sorted(found, key=lambda reason: reason.position)]


@dataclass(frozen=True)
class Panel:
    """Who voted what on one conflict, what is proposed, and what the viewer may do about it.

    Args:
        names: of everybody in the review; of voters whose names are hidden, their letter.
        active_voters: voters who are still in the review as reviewers.
        somebody_may_adjudicate: one of the team has the right, and did not vote on this.
    """

    access: ReviewAccess
    item: ScreeningItem
    sides: tuple[Side, ...]
    names: dict[int, str]
    active_voters: frozenset[int]
    proposal: Proposal | None
    confirmed: frozenset[int]
    referral: Referral | None
    resolution: Resolution | None
    somebody_may_adjudicate: bool
    are_names_hidden: bool

    @property
    def is_voter(self) -> bool:
        return any(side.is_mine for side in self.sides)

    @property
    def is_active_voter(self) -> bool:
        return self.access.user.pk in self.active_voters

    @property
    def takes_part(self) -> bool:
        """Whether the discussion is the viewer's: the voters and the lead have it."""
        return self.is_active_voter or self.access.is_lead

    @property
    def is_asked_for_adjudication(self) -> bool:
        by_protocol = self.access.protocol.resolution_mode == ResolutionMode.ADJUDICATION
        return by_protocol or self.referral is not None

    @property
    def to_be_adjudicated(self) -> bool:
        """Whether adjudication is the way here; without anybody to do it, discussion stays open."""
        return self.is_asked_for_adjudication and self.somebody_may_adjudicate

    @property
    def may_adjudicate(self) -> bool:
        able = self.access.may(Right.RESOLVE) and not self.is_voter
        return able and self.to_be_adjudicated and self.resolution is None

    @property
    def may_propose(self) -> bool:
        open_for_one = self.proposal is None and self.resolution is None
        return self.takes_part and open_for_one and not self.to_be_adjudicated

    @property
    def would_stand_at_once(self) -> bool:
        """Nobody else is left in the review to confirm what the viewer would propose."""
        return not still_to_confirm(self.active_voters, proposer=self.access.user.pk, confirmed=())

    @property
    def waiting_for(self) -> set[int]:
        if self.proposal is None:
            return set()
        return still_to_confirm(
            self.active_voters, proposer=self.proposal.proposed_by_id, confirmed=self.confirmed
        )

    @property
    def may_confirm(self) -> bool:
        return self.access.user.pk in self.waiting_for

    @property
    def may_conclude(self) -> bool:
        """Whoever had still to confirm has left: whoever takes part may let it stand.

        Not where names are hidden: that the button is there would tell who proposed.
        """
        is_left = self.proposal is not None and not self.waiting_for
        return is_left and self.takes_part and not self.are_names_hidden

    @property
    def may_withdraw(self) -> bool:
        if self.proposal is None:
            return False
        return self.access.is_lead or self.proposal.proposed_by_id == self.access.user.pk

    @property
    def may_refer(self) -> bool:
        is_open = self.resolution is None and not self.is_asked_for_adjudication
        return self.access.is_lead and is_open

    @property
    def is_my_turn(self) -> bool:
        """Whether the next step is the viewer's. `on_whose_turn` asks the database the same."""
        return self.may_adjudicate or self.may_confirm or self.may_conclude or self.may_propose

    def offers(self, deed: Deed) -> bool:
        return {
            Deed.PROPOSE: self.may_propose,
            Deed.CONFIRM: self.may_confirm or self.may_conclude,
            Deed.DECLINE: self.may_confirm,
            Deed.WITHDRAW: self.may_withdraw,
            Deed.REFER: self.may_refer,
            Deed.ADJUDICATE: self.may_adjudicate,
        }[deed]

    def label(self, user_pk: int | None) -> str:
        """A person under the name the viewer may see; nobody is an empty text."""
        if user_pk is None:
            return ""
        return "You" if user_pk == self.access.user.pk else self.names[user_pk]

    @property
    def waiting_for_words(self) -> str:
        """Whom the open proposal waits for. Letters would show by lacking who left the review."""
        if self.are_names_hidden and self.proposal:
            by_voter = any(s.vote.reviewer_id == self.proposal.proposed_by_id for s in self.sides)
            return "the other voters" if by_voter else "the voters"
        return self.in_words(self.waiting_for)

    def in_words(self, people: Iterable[int]) -> str:
        """`you and Bob`: people under the names the viewer may see."""
        people = set(people)
        you = ["you"] if self.access.user.pk in people else []
        others = sorted(self.names[user] for user in people - {self.access.user.pk})
        return " and ".join([*you, *others])

    @property
    def waits(self) -> str:
        """What the conflict waits for, after "waits"; empty once it is resolved."""
        if self.resolution:
            return ""
        if self.may_adjudicate:
            return "for you to adjudicate"
        if self.may_conclude:
            return "for you to let the proposal stand"
        if self.waiting_for or (self.proposal and self.are_names_hidden):
            return f"for {self.waiting_for_words} to confirm"
        if self.to_be_adjudicated:
            return "for adjudication"
        if self.proposal:
            return "for a voter or the lead to let the proposal stand"
        return "for a proposal"

    @property
    def ending(self) -> str:
        """How it was resolved: `excluded after adjudication`; empty while it is open."""
        if self.resolution is None:
            return ""
        return f"{DONE[Decision(self.resolution.decision)]} after {self.resolution.mode}"

    @cached_property
    def talk(self) -> list[Talk]:
        """The proposals made so far, the first one first, with names as the viewer may see them."""
        proposals = self.item.proposals.order_by("pk").select_related("reason")
        proposals = proposals.prefetch_related("confirmations")
        return [
            Talk(
                proposal,
                proposed_by=self.label(proposal.proposed_by_id),
                confirmed_by=self.in_words(
                    one.confirmed_by_id for one in proposal.confirmations.all()
                ),
                closed_by=self.label(proposal.closed_by_id),
            )
            for proposal in proposals
        ]

    @property
    def referred_by(self) -> str:
        return self.label(self.referral.referred_by_id if self.referral else None)

    @property
    def resolved_by(self) -> str:
        return self.label(self.resolution.resolved_by_id if self.resolution else None)


@dataclass(frozen=True, slots=True)
class Talk:
    """A proposal and who had which part in it."""

    proposal: Proposal
    proposed_by: str
    confirmed_by: str
    closed_by: str
