"""What the overview of a review shows one person, read from the facts; it changes none."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.utils import timezone
from django.utils.dateformat import format as date_format

from reporting.progress import (
    Reports,
    ReviewerProgress,
    Tally,
    gets_reports,
    progress_of_reviewers,
    reports,
    screens,
    tally,
)
from reporting.steps import NOUNS, AtStage, Situation, Step, next_step
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
from screening.questions import likely
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


NO_CONFLICTS = Conflicts(open=0, oldest=None, to_confirm=0, to_discuss=0, to_adjudicate=0)


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


def seconds_each(access: ReviewAccess, stage: Stage) -> float | None:
    """The mean time of the person's own latest votes at the stage; None when there are few."""
    mine = access.scope(Vote).at(stage).filter(reviewer=access.user, seconds__isnull=False)
    mine = mine.filter(cast_at__gte=timezone.now() - timedelta(days=PACE_DAYS))
    seconds = list(mine.order_by("-pk").values_list("seconds", flat=True)[:PACE_OVER])
    return sum(seconds) / len(seconds) if len(seconds) >= PACE_FROM else None


@dataclass(frozen=True)
class StageView:
    """A stage of a review, as one person may see it. Nothing is asked of one not begun."""

    access: ReviewAccess
    stage: Stage

    @cached_property
    def tally(self) -> Tally:
        return tally(self.access, self.stage)

    @property
    def is_begun(self) -> bool:
        return self.stage is Stage.TITLE_ABSTRACT or self.tally.total > 0

    @cached_property
    def reports(self) -> Reports:
        """At full text: the reports sought; none at title and abstract."""
        if self.stage is Stage.TITLE_ABSTRACT or not self.is_begun:
            return Reports()
        return reports(self.access)

    @cached_property
    def reviewers(self) -> list[ReviewerProgress]:
        if not self.is_begun:
            return []
        to_vote_on = max(0, self.tally.awaiting - self.reports.missing)
        return progress_of_reviewers(self.access, self.stage, to_vote_on)

    @cached_property
    def conflicts(self) -> Conflicts:
        return conflicts(self.access, self.stage) if self.tally.conflict else NO_CONFLICTS

    @cached_property
    def quorum(self) -> int:
        return self.access.quorum(self.stage)

    @cached_property
    def active(self) -> list[ReviewerProgress]:
        """Reviewers who go on screening."""
        return [reviewer for reviewer in self.reviewers if reviewer.membership.screens]

    @property
    def missing(self) -> int:
        """Reviewers short of what the items that wait for votes need."""
        return max(0, self.quorum - len(self.active)) if self.tally.awaiting else 0

    @property
    def others_left(self) -> list[ReviewerProgress]:
        """Other reviewers with items to screen, those with most first."""
        me = self.access.membership.pk
        others = [r for r in self.active if r.left and r.membership.pk != me]
        return sorted(others, key=lambda reviewer: -reviewer.left)

    @property
    def noun(self) -> str:
        return NOUNS[self.stage]

    @property
    def quorum_in_words(self) -> str:
        return spelled(self.quorum)

    @property
    def oldest_in_words(self) -> str:
        return "" if self.conflicts.oldest is None else age(self.conflicts.oldest)

    @cached_property
    def seconds_each(self) -> float | None:
        return seconds_each(self.access, self.stage) if screens(self.access) else None

    @property
    def situation(self) -> AtStage:
        me = self.access.membership.pk
        mine = next((r.left for r in self.active if r.membership.pk == me), 0)
        return AtStage(
            mine=mine,
            seconds_each=self.seconds_each if mine else None,
            is_shared=len(self.active) > self.quorum,
            to_confirm=self.conflicts.to_confirm,
            to_discuss=self.conflicts.to_discuss,
            to_adjudicate=self.conflicts.to_adjudicate,
            conflicts=self.conflicts.open,
            left=tuple((reviewer.membership.name, reviewer.left) for reviewer in self.others_left),
            missing=self.missing,
            unsettled=self.tally.unsettled,
            included=self.tally.included,
            excluded=self.tally.excluded,
        )


@dataclass(frozen=True)
class Overview:
    """A review and its two stages, as one person may see them."""

    access: ReviewAccess

    @cached_property
    def title_abstract(self) -> StageView:
        return StageView(self.access, Stage.TITLE_ABSTRACT)

    @cached_property
    def full_text(self) -> StageView:
        return StageView(self.access, Stage.FULL_TEXT)

    @property
    def stages(self) -> list[StageView]:
        """Those that have begun."""
        return [stage for stage in (self.title_abstract, self.full_text) if stage.is_begun]

    @cached_property
    def sources(self) -> list[Source]:
        return list(self.access.scope(Source).with_imports_counted())

    @cached_property
    def identified(self) -> int:
        return self.access.scope(Record).imported().count()

    @property
    def missing(self) -> StageView | None:
        """The first stage that is short of reviewers."""
        return next((stage for stage in self.stages if stage.missing), None)

    @property
    def waits_for_somebody(self) -> bool:
        at_stages = (s.conflicts.open or s.others_left or s.missing for s in self.stages)
        known = self.full_text.reports
        return bool(any(at_stages) or known.to_get or known.requested or self.invited)

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

    @cached_property
    def invited(self) -> int:
        """Open invitations to screen; only for those who may invite."""
        if not self.access.may(Right.TEAM):
            return 0
        pending = self.access.scope(Invitation).pending(timezone.now())
        roles = pending.values_list("roles", flat=True)
        return sum(Role.REVIEWER.value in asked for asked in roles)

    @cached_property
    def questions(self) -> int:
        """Likely duplicates, for those who may decide about them."""
        if not self.access.may(Right.MERGE):
            return 0
        return likely(self.access).order_by().count()

    @property
    def is_untouched(self) -> bool:
        at = self.title_abstract.tally
        return at.unseen == at.total and not self.full_text.tally.total

    @cached_property
    def step(self) -> Step:
        return next_step(self._situation)

    @property
    def _situation(self) -> Situation:
        access, known = self.access, self.full_text.reports
        return Situation(
            may_import=access.may(Right.IMPORT),
            may_invite=access.may(Right.TEAM),
            may_vote=screens(access),
            gets_reports=gets_reports(access.roles),
            reads_only=access.rights == {Right.READ},
            sources=len(self.sources),
            records=self.identified,
            reviewers=len(self.title_abstract.active),
            invited=self.invited,
            title_abstract=self.title_abstract.situation,
            full_text=self.full_text.situation,
            to_get=known.to_get,
            asked_for=known.requested,
            not_retrieved=known.not_retrieved,
            questions=self.questions,
            is_untouched=self.is_untouched,
        )
