"""What the overview of a review shows one person, read from the facts; it changes none."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.utils import timezone

from reporting.progress import Reader, Tally, my_reading, readers, screens, tally
from reporting.steps import Situation, Step, next_step
from screening.access import ReviewAccess, Right
from screening.conflicts import members_who_may
from screening.models import (
    Invitation,
    Proposal,
    Record,
    Referral,
    ResolutionMode,
    Role,
    ScreeningItem,
    Source,
    Vote,
)
from screening.rules import Stage

PACE_OVER = 200  # votes
PACE_DAYS = 14
PACE_FROM = 10  # votes; fewer say little


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Open conflicts, and how many of them this person can act on, each counted once."""

    open: int
    oldest: timedelta | None
    to_confirm: int
    to_discuss: int
    to_adjudicate: int

    @property
    def can_act(self) -> bool:
        return bool(self.to_confirm or self.to_discuss or self.to_adjudicate)


def conflicts(access: ReviewAccess, stage: Stage) -> Conflicts:
    """The stage's conflicts as `screening.conflicts.Panel` says of each, in one query."""
    proposals = access.scope(Proposal).open().filter(item=OuterRef("pk"))
    asked_of_me = proposals.exclude(proposed_by=access.user).exclude(
        confirmations__confirmed_by=access.user
    )
    voted = Exists(
        access.scope(Vote).current().filter(item=OuterRef(OuterRef("pk")), reviewer=OuterRef("user"))
    )
    items = access.scope(ScreeningItem).at(stage).in_conflict().with_own_vote(access.user)
    items = items.annotate(
        is_proposed=Exists(proposals),
        is_asked_of_me=Exists(asked_of_me),
        is_referred=Exists(access.scope(Referral).filter(item=OuterRef("pk"))),
        has_adjudicator=Exists(members_who_may(access, Right.RESOLVE).filter(~voted)),
    )
    is_adjudicated = Q(has_adjudicator=True)
    if access.protocol.resolution_mode != ResolutionMode.ADJUDICATION:
        is_adjudicated &= Q(is_referred=True)
    confirms = Q(has_own_vote=True, is_asked_of_me=True)
    discusses = Q(is_proposed=False) & ~is_adjudicated
    if not access.is_lead:
        discusses &= Q(has_own_vote=True)
    adjudicates = is_adjudicated & Q(has_own_vote=False)
    counts = items.aggregate(
        open=Count("pk"),
        since=Min("completed_at"),
        to_confirm=Count("pk", filter=confirms),
        to_discuss=Count("pk", filter=discusses),
        to_adjudicate=Count("pk", filter=adjudicates & ~confirms),
    )
    since = counts.pop("since")
    if not access.may(Right.RESOLVE):
        counts["to_adjudicate"] = 0
    return Conflicts(oldest=timezone.now() - since if since else None, **counts)


def seconds_each(access: ReviewAccess) -> float | None:
    """The mean time of the person's own latest votes; None when there are few."""
    mine = access.scope(Vote).filter(reviewer=access.user, seconds__isnull=False)
    mine = mine.filter(cast_at__gte=timezone.now() - timedelta(days=PACE_DAYS))
    seconds = list(mine.order_by("-pk").values_list("seconds", flat=True)[:PACE_OVER])
    return sum(seconds) / len(seconds) if len(seconds) >= PACE_FROM else None


@dataclass(frozen=True)
class Overview:
    """A review at the stage of title and abstract, as one person may see it."""

    access: ReviewAccess
    stage: Stage = Stage.TITLE_ABSTRACT

    @cached_property
    def sources(self) -> list[Source]:
        return list(self.access.scope(Source))

    @cached_property
    def identified(self) -> int:
        return self.access.scope(Record).imported().count()

    @cached_property
    def tally(self) -> Tally:
        return tally(self.access, self.stage)

    @cached_property
    def readers(self) -> list[Reader]:
        return readers(self.access, self.stage, self.tally.awaiting)

    @cached_property
    def conflicts(self) -> Conflicts:
        return conflicts(self.access, self.stage)

    @cached_property
    def quorum(self) -> int:
        return self.access.quorum(self.stage)

    @cached_property
    def active(self) -> list[Reader]:
        """Reviewers who go on screening."""
        return [
            reader
            for reader in self.readers
            if reader.membership.ended_at is None
            and Role.REVIEWER in {row.role for row in reader.membership.roles.all()}
        ]

    @property
    def missing(self) -> int:
        return max(0, self.quorum - len(self.active))

    @cached_property
    def invited(self) -> int:
        """Open invitations to screen; only for those who may invite."""
        if not self.access.may(Right.TEAM):
            return 0
        pending = self.access.scope(Invitation).pending(timezone.now())
        roles = pending.values_list("roles", flat=True)
        return sum(Role.REVIEWER.value in asked for asked in roles)

    @cached_property
    def seconds_each(self) -> float | None:
        return seconds_each(self.access) if screens(self.access) else None

    @cached_property
    def step(self) -> Step:
        return next_step(self._situation)

    @property
    def _situation(self) -> Situation:
        access, tally_now = self.access, self.tally
        mine = next((r.left for r in self.active if r.membership.pk == access.membership.pk), 0)
        return Situation(
            may_import=access.may(Right.IMPORT),
            may_invite=access.may(Right.TEAM),
            may_vote=screens(access),
            reads_only=access.rights == {Right.READ},
            is_shared=len(self.active) > self.quorum,
            sources=len(self.sources),
            records=self.identified,
            mine=mine,
            seconds_each=self.seconds_each,
            to_confirm=self.conflicts.to_confirm,
            to_discuss=self.conflicts.to_discuss,
            to_adjudicate=self.conflicts.to_adjudicate,
            conflicts=self.conflicts.open,
            left=tuple((reader.membership.name, reader.left) for reader in self.others_left),
            reviewers=len(self.active),
            missing=self.missing,
            invited=self.invited,
            unsettled=tally_now.total - tally_now.finished - self.conflicts.open,
            finished=tally_now.finished,
            included=tally_now.included,
        )

    @property
    def others_left(self) -> list[Reader]:
        """Other reviewers with records to screen, those with most first."""
        me = self.access.membership.pk
        others = [r for r in self.active if r.left and r.membership.pk != me]
        return sorted(others, key=lambda reader: -reader.left)
