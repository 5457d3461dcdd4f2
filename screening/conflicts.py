"""One conflict as one person may see it and act on it: sides, names, and what is open to them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q, QuerySet

from screening.access import RIGHTS, ReviewAccess, Right
from screening.models import (
    Membership,
    Proposal,
    ResolutionMode,
    ScreeningItem,
    Vote,
)
from screening.rules import still_to_confirm

LETTERS = "ABC"


@dataclass(frozen=True, slots=True)
class Side:
    """One vote of a conflict, under the name the viewer may see."""

    label: str
    vote: Vote
    is_mine: bool


def hidden_order(item_pk: int, viewer_pk: int, voter_pk: int) -> str:
    """Where a voter stands among A, B, C for this viewer: fixed, and telling nothing."""
    message = f"{item_pk}:{viewer_pk}:{voter_pk}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()


def names_hidden(access: ReviewAccess, voters: Iterable[int], *, resolved: bool) -> bool:
    """While a conflict is open, only its voters see whose vote is whose.

    Everybody else could adjudicate, or could tell somebody who will; a setting of the protocol
    shows the names to all.
    """
    if resolved or access.protocol.names_shown_in_conflicts:
        return False
    return access.user.pk not in set(voters)


def members_who_may(access: ReviewAccess, right: Right) -> QuerySet[Membership]:
    roles = [role for role, rights in RIGHTS.items() if right in rights]
    members = Membership.objects.active().filter(review=access.review)
    return members.filter(roles__role__in=roles).distinct()


@dataclass(frozen=True)
class Panel:
    """Who voted what on one conflict, what is proposed, and what the viewer may do about it."""

    access: ReviewAccess
    item: ScreeningItem
    sides: tuple[Side, ...]
    names: dict[int, str]
    active_voters: frozenset[int]
    proposal: Proposal | None
    confirmed: frozenset[int]
    is_referred: bool
    somebody_may_adjudicate: bool
    are_names_hidden: bool

    @classmethod
    def of(cls, access: ReviewAccess, item: ScreeningItem) -> Panel:
        """Read everything about a conflict that is settled and unresolved."""
        votes = list(item.votes.current().visible_to(access).select_related("reviewer"))
        voters = [vote.reviewer_id for vote in votes]
        hidden = names_hidden(access, voters, resolved=False)
        members = dict(
            Membership.objects.filter(review=access.review, user__in=voters).values_list(
                "user", "name"
            )
        )
        if hidden:
            votes.sort(key=lambda v: hidden_order(item.pk, access.user.pk, v.reviewer_id))
            members = dict(zip([v.reviewer_id for v in votes], LETTERS, strict=False))
        active = Membership.objects.active().filter(review=access.review, user__in=voters)
        proposal = item.proposals.open().select_related("proposed_by").first()
        return cls(
            access=access,
            item=item,
            sides=tuple(
                Side(
                    "You" if vote.reviewer_id == access.user.pk else members[vote.reviewer_id],
                    vote,
                    vote.reviewer_id == access.user.pk,
                )
                for vote in votes
            ),
            names=members,
            active_voters=frozenset(active.values_list("user", flat=True)),
            proposal=proposal,
            confirmed=frozenset(
                proposal.confirmations.values_list("confirmed_by", flat=True) if proposal else ()
            ),
            is_referred=hasattr(item, "referral"),
            somebody_may_adjudicate=(
                members_who_may(access, Right.RESOLVE).filter(~Q(user__in=voters)).exists()
            ),
            are_names_hidden=hidden,
        )

    @property
    def is_voter(self) -> bool:
        return any(side.is_mine for side in self.sides)

    @property
    def to_be_adjudicated(self) -> bool:
        """Whether adjudication is the way here; without anybody to do it, discussion stays open."""
        asked = (
            self.access.protocol.resolution_mode == ResolutionMode.ADJUDICATION or self.is_referred
        )
        return asked and self.somebody_may_adjudicate

    @property
    def may_adjudicate(self) -> bool:
        return self.access.may(Right.RESOLVE) and not self.is_voter and self.to_be_adjudicated

    @property
    def may_propose(self) -> bool:
        return (self.is_voter or self.access.is_lead) and not self.to_be_adjudicated

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
    def may_withdraw(self) -> bool:
        if self.proposal is None:
            return False
        return self.access.is_lead or self.proposal.proposed_by_id == self.access.user.pk

    @property
    def may_refer(self) -> bool:
        return self.access.is_lead and not self.to_be_adjudicated and not self.is_referred

    @property
    def proposed_by_label(self) -> str:
        """The proposer under the name the viewer may see."""
        if self.proposal is None:
            return ""
        if self.proposal.proposed_by_id == self.access.user.pk:
            return "You"
        return self.names.get(self.proposal.proposed_by_id, str(self.proposal.proposed_by))

    @property
    def waiting_for_labels(self) -> list[str]:
        return sorted(
            "you" if user == self.access.user.pk else self.names[user] for user in self.waiting_for
        )
