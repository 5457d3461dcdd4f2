"""How far screening is. Outcomes are counted of settled items only; the rest by who voted."""

from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import Count, FilteredRelation, Q, QuerySet

from screening.access import ReviewAccess, Right
from screening.models import (
    DuplicateQuestion,
    Membership,
    RetrievalState,
    Role,
    ScreeningItem,
    Source,
    Vote,
)
from screening.querysets.votes import is_open
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

    @property
    def unsettled(self) -> int:
        """Complete ones whose last vote can still be taken back."""
        return max(0, self.total - self.awaiting - self.conflict - self.finished)


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports sought, by what is known of them."""

    sought: int = 0
    requested: int = 0
    retrieved: int = 0
    not_retrieved: int = 0

    @property
    def missing(self) -> int:
        """Those that nobody can screen for now: no vote is on them."""
        return self.requested + self.not_retrieved

    @property
    def to_get(self) -> int:
        """Those of which nobody said anything yet."""
        return self.sought - self.requested - self.retrieved - self.not_retrieved


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


def reports(access: ReviewAccess) -> Reports:
    """The reports of this review that are sought."""
    items = access.scope(ScreeningItem).open().at(Stage.FULL_TEXT)
    states = with_retrieval(items).order_by().values_list("known__state")
    return reports_in(dict(states.annotate(n=Count("pk"))))


def with_retrieval(items: QuerySet[ScreeningItem]) -> QuerySet[ScreeningItem]:
    """`known` is what is said today of the item's report; nothing where nobody said something."""
    in_force = Q(record__retrievals__ended_at_sequence__isnull=True)
    return items.annotate(known=FilteredRelation("record__retrievals", condition=in_force))


def reports_in(states: dict[str | None, int]) -> Reports:
    """By how many reports are in each state; None where nothing is known."""
    return Reports(
        sought=sum(states.values()),
        requested=states.get(RetrievalState.REQUESTED, 0),
        retrieved=states.get(RetrievalState.RETRIEVED, 0),
        not_retrieved=states.get(RetrievalState.NOT_RETRIEVED, 0),
    )


def progress_of_reviewers(
    access: ReviewAccess, stage: Stage, awaiting: int
) -> list[ReviewerProgress]:
    """Everybody who screens, or has voted at this stage, with what is left for the active ones.

    Args:
        awaiting: items short of votes that can be screened.
    """
    votes = access.scope(Vote).current().at(stage).filter(is_open("item__"))
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
    mine = mine.filter(is_open("item__"), reviewer=access.user).order_by()
    counts = mine.aggregate(
        voted=Count("pk"), waiting=Count("pk", filter=Q(item__outcome__in=AWAITING_VOTES))
    )
    awaiting = access.scope(ScreeningItem).at(stage).awaiting_votes()
    if stage is Stage.FULL_TEXT:
        awaiting = awaiting.to_be_had()
    return counts["voted"], awaiting.count() - counts["waiting"]


def screens(access: ReviewAccess) -> bool:
    """Whether items wait for this person. A lead may vote, but is asked only as a reviewer."""
    return Role.REVIEWER in access.roles


def gets_reports(roles: frozenset[str]) -> bool:
    """Whether somebody is asked to get full texts. Reviewers may do it too."""
    return bool(roles & {Role.LIBRARIAN, Role.LEAD})


def rail_counts(access: ReviewAccess) -> dict[str, Any]:
    """What the rail shows, read again after some seconds."""
    return cache.get_or_set(_key("rail", access), lambda: _rail_counts(access), KEPT_FOR)


def _rail_counts(access: ReviewAccess) -> dict[str, Any]:
    """Conflicts are counted together; their link leads to the first stage that has some."""
    settled = access.scope(ScreeningItem)
    conflicts = {stage: settled.at(stage).in_conflict().count() for stage in Stage}
    with_some = (stage for stage, number in conflicts.items() if number)
    return {
        "sources": access.scope(Source).count(),
        **{stage.value: my_reading(access, stage)[1] if screens(access) else 0 for stage in Stage},
        "reports": reports(access).to_get if access.may(Right.RETRIEVE) else 0,
        "duplicates": open_questions(access),
        "conflicts": sum(conflicts.values()),
        "conflicts_at": next(with_some, Stage.TITLE_ABSTRACT).value,
    }


def open_questions(access: ReviewAccess) -> int:
    """Possible duplicates that this person may decide about."""
    if not access.may(Right.MERGE):
        return 0
    return access.scope(DuplicateQuestion).open().order_by().count()


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
