"""How far screening is. Outcomes are counted of settled items only; the rest by who voted."""

from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Count, Q

from screening.access import ReviewAccess
from screening.models import Membership, Role, ScreeningItem, Source, Vote
from screening.rules import AWAITING_VOTES, Outcome, Stage

KEPT_FOR = 5  # seconds; short enough that nobody misses a count that has just changed


@dataclass(frozen=True, slots=True)
class Tally:
    """The items of a stage.

    Args:
        awaiting: those short of votes, seen or not.
        partial: those begun; also complete ones while the last vote can still be taken back.
    """

    total: int
    unseen: int
    awaiting: int
    conflict: int
    included: int
    excluded: int

    @property
    def finished(self) -> int:
        return self.included + self.excluded

    @property
    def partial(self) -> int:
        return self.total - self.unseen - self.conflict - self.finished


@dataclass(frozen=True, slots=True)
class ReviewerProgress:
    """One reviewer's progress at a stage: that they voted, never what."""

    membership: Membership
    voted: int
    left: int

    @property
    def total(self) -> int:
        return self.voted + self.left


def tally(access: ReviewAccess, stage: Stage) -> Tally:
    """The stage as it stands. Settled items are counted first: none is counted twice."""
    items = access.scope(ScreeningItem).open()
    settled = items.settled_outcomes(stage)
    counts = items.at(stage).aggregate(
        total=Count("pk"),
        unseen=Count("pk", filter=Q(outcome=Outcome.UNSEEN)),
        awaiting=Count("pk", filter=Q(outcome__in=AWAITING_VOTES)),
    )
    return Tally(
        **counts,
        conflict=settled.get(Outcome.CONFLICT, 0),
        included=settled.get(Outcome.INCLUDED, 0),
        excluded=settled.get(Outcome.EXCLUDED, 0),
    )


def progress_of_reviewers(
    access: ReviewAccess, stage: Stage, awaiting: int
) -> list[ReviewerProgress]:
    """Everybody who screens, or has voted at this stage, with what is left for the active ones."""
    votes = access.scope(Vote).current().at(stage).filter(item__closed_at__isnull=True)
    counted = {
        reviewer: (voted, waiting)
        for reviewer, voted, waiting in votes.order_by()
        .values_list("reviewer")
        .annotate(
            voted=Count("pk"), waiting=Count("pk", filter=Q(item__outcome__in=AWAITING_VOTES))
        )
    }
    found = []
    for member in access.scope(Membership).prefetch_related("roles").order_by("number"):
        voted, waiting = counted.get(member.user_id, (0, 0))
        if member.screens or voted:
            found.append(
                ReviewerProgress(member, voted, awaiting - waiting if member.screens else 0)
            )
    return found


def my_reading(access: ReviewAccess, stage: Stage) -> tuple[int, int]:
    """How many items of the stage I voted on, and how many wait for my vote."""
    mine = access.scope(Vote).current().at(stage)
    mine = mine.filter(reviewer=access.user, item__closed_at__isnull=True).order_by()
    counts = mine.aggregate(
        voted=Count("pk"), waiting=Count("pk", filter=Q(item__outcome__in=AWAITING_VOTES))
    )
    awaiting = access.scope(ScreeningItem).at(stage).awaiting_votes().count()
    return counts["voted"], awaiting - counts["waiting"]


def screens(access: ReviewAccess) -> bool:
    """Whether items wait for this person. A lead may vote, but is asked only as a reviewer."""
    return Role.REVIEWER in access.roles


def rail_counts(access: ReviewAccess) -> dict[str, int]:
    """What the rail shows, read again after some seconds."""
    return cache.get_or_set(_key("rail", access), lambda: _rail_counts(access), KEPT_FOR)


def _rail_counts(access: ReviewAccess) -> dict[str, int]:
    stage = Stage.TITLE_ABSTRACT
    return {
        "sources": access.scope(Source).count(),
        "title_abstract": my_reading(access, stage)[1] if screens(access) else 0,
        "conflicts": access.scope(ScreeningItem).at(stage).in_conflict().count(),
    }


def screening_progress(access: ReviewAccess, stage: Stage) -> dict[str, int]:
    """What the page for screening shows above the record, read again after some seconds."""
    key = f"{_key('progress', access)}:{stage}"
    return cache.get_or_set(key, lambda: _screening_progress(access, stage), KEPT_FOR)


def _screening_progress(access: ReviewAccess, stage: Stage) -> dict[str, int]:
    settled = access.scope(ScreeningItem).settled_outcomes(stage)
    mine, left = my_reading(access, stage)
    return {
        "mine": mine,
        "total": mine + left,
        "finished": settled.get(Outcome.INCLUDED, 0) + settled.get(Outcome.EXCLUDED, 0),
    }


def _key(name: str, access: ReviewAccess) -> str:
    """Counts depend on who asks: the person and, where somebody may do more or less, the roles."""
    return f"{name}:{access.review.pk}:{access.user.pk}:{'+'.join(sorted(access.roles))}"
