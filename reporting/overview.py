"""What the overview of a review shows one person, read from the facts; it changes none."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.utils import timezone
from django.utils.dateformat import format as date_format

from reporting.progress import ReviewerProgress, Tally, progress_of_reviewers, screens, tally
from reporting.steps import Situation, Step, next_step
from reporting.words import age, counted, spelled
from screening.access import ReviewAccess, Right
from screening.conflicts import on_whose_turn, open_conflicts
from screening.models import (
    Invitation,
    Proposal,
    Record,
    Referral,
    ResolutionMode,
    Role,
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
    """The stage's open conflicts; whose turn it is, is for `screening.conflicts` to say."""
    found = open_conflicts(access, stage)
    counts = found.aggregate(open=Count("pk"), since=Min("completed_at"))
    mine = on_whose_turn(access, found.with_own_vote(access.user)).annotate(
        is_proposed=Exists(access.scope(Proposal).open().filter(item=OuterRef("pk"))),
        is_referred=Exists(access.scope(Referral).filter(item=OuterRef("pk"))),
    )
    adjudicated = Q(has_own_vote=False)
    if access.protocol.resolution_mode != ResolutionMode.ADJUDICATION:
        adjudicated &= Q(is_referred=True)
    turns = mine.aggregate(
        all=Count("pk"),
        to_adjudicate=Count("pk", filter=adjudicated),
        to_confirm=Count("pk", filter=Q(is_proposed=True) & ~adjudicated),
    )
    others = turns["to_adjudicate"] + turns["to_confirm"]
    return Conflicts(
        open=counts["open"],
        oldest=timezone.now() - counts["since"] if counts["since"] else None,
        to_confirm=turns["to_confirm"],
        to_discuss=turns["all"] - others,
        to_adjudicate=turns["to_adjudicate"],
    )


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
        return list(self.access.scope(Source).with_imports_counted())

    @cached_property
    def identified(self) -> int:
        return self.access.scope(Record).imported().count()

    @cached_property
    def tally(self) -> Tally:
        return tally(self.access, self.stage)

    @cached_property
    def reviewers(self) -> list[ReviewerProgress]:
        return progress_of_reviewers(self.access, self.stage, self.tally.awaiting)

    @cached_property
    def conflicts(self) -> Conflicts:
        return conflicts(self.access, self.stage)

    @cached_property
    def quorum(self) -> int:
        return self.access.quorum(self.stage)

    @cached_property
    def active(self) -> list[ReviewerProgress]:
        """Reviewers who go on screening."""
        return [reviewer for reviewer in self.reviewers if reviewer.membership.screens]

    @property
    def missing(self) -> int:
        return max(0, self.quorum - len(self.active))

    @property
    def waits_for_somebody(self) -> bool:
        return bool(self.conflicts.open or self.others_left or self.missing or self.invited)

    @property
    def sources_in_words(self) -> str:
        """Sources that gave records: up to three by name, a single one with the day of its search.

        Searches that are only described are counted apart.
        """
        gave = [source for source in self.sources if source.n_imports]
        parts = [counted(len(gave), "source")]
        if len(gave) <= 3:
            parts += [source.name for source in gave]
        if len(gave) == 1 and gave[0].searched_on:
            parts.append(date_format(gave[0].searched_on, "j F Y"))
        if described := len(self.sources) - len(gave):
            if not gave:
                return f"{counted(described, 'source')} described"
            parts.append(f"{described:,} more described")
        return ", ".join(parts)

    @property
    def quorum_in_words(self) -> str:
        return spelled(self.quorum)

    @property
    def oldest_in_words(self) -> str:
        return "" if self.conflicts.oldest is None else age(self.conflicts.oldest)

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
            left=tuple((reviewer.membership.name, reviewer.left) for reviewer in self.others_left),
            reviewers=len(self.active),
            missing=self.missing,
            invited=self.invited,
            unsettled=tally_now.total - tally_now.finished - self.conflicts.open,
            finished=tally_now.finished,
            included=tally_now.included,
        )

    @property
    def others_left(self) -> list[ReviewerProgress]:
        """Other reviewers with records to screen, those with most first."""
        me = self.access.membership.pk
        others = [r for r in self.active if r.left and r.membership.pk != me]
        return sorted(others, key=lambda reviewer: -reviewer.left)
