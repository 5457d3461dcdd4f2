"""A person's reviews and what waits for them in each, in as many queries for one as for fifty."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db.models import Count, F, Q

from reporting.progress import Reports, gets_reports, reports_in, with_retrieval
from reporting.steps import NOUNS
from reporting.words import counted, waits
from screening.models import Membership, Record, Role, ScreeningItem, User, Vote
from screening.querysets.votes import is_open
from screening.rules import AWAITING_VOTES, Outcome, Stage


@dataclass(frozen=True, slots=True)
class StageStanding:
    """A stage of a review: its items, those finished, and those that wait for the person."""

    stage: Stage
    items: int
    finished: int
    mine: int
    conflicts: int

    @property
    def noun(self) -> str:
        return NOUNS[self.stage]


@dataclass(frozen=True, slots=True)
class Standing:
    """One review as its line on the first page.

    Args:
        to_get: reports still to be got, for those who are asked to get them.
    """

    membership: Membership
    roles: list[str]
    records: int
    stages: list[StageStanding]
    to_get: int

    @property
    def waits(self) -> str:
        """What waits for the person, in words."""
        if not self.records:
            return "No records yet."
        for at in self.stages:
            if at.mine:
                return f"{waits(at.mine, at.noun)} for your vote."
        if conflicts := sum(at.conflicts for at in self.stages):
            return f"{waits(conflicts, 'conflict')} to be resolved."
        if self.to_get:
            verb = "is" if self.to_get == 1 else "are"
            return f"{counted(self.to_get, 'report')} {verb} still to be got."
        if any(at.finished < at.items for at in self.stages):
            return "Nothing waits for you; others are still at work."
        return "Screening is finished."


@dataclass(slots=True)
class _Counts:
    """Of one review: its records, what is known of its reports, and each stage's items.

    Of a stage: items, settled conflicts, finished ones, those short of votes, my votes on these.
    """

    records: int = 0
    states: dict[str | None, int] = field(default_factory=dict)
    at: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    @property
    def reports(self) -> Reports:
        return reports_in(self.states)


def standings(user: User) -> list[Standing]:
    """The person's reviews, the newest first."""
    members = list(user.memberships.active().select_related("review").prefetch_related("roles"))
    counts = _counts(user, [member.review_id for member in members])
    found = []
    for member in members:
        roles, of_review = member.held_roles(), counts[member.review_id]
        found.append(
            Standing(
                membership=member,
                roles=member.role_labels(),
                records=of_review.records,
                stages=[_at_stage(stage, of_review, roles) for stage in Stage],
                to_get=of_review.reports.to_get if gets_reports(roles) else 0,
            )
        )
    return sorted(found, key=lambda standing: -standing.membership.review_id)


def _at_stage(stage: Stage, counts: _Counts, roles: frozenset[str]) -> StageStanding:
    """Reports that are asked for or not to be had wait for nobody's vote."""
    n, known = counts.at[stage], counts.reports
    missing, lost = (0, 0)
    if stage is Stage.FULL_TEXT:
        missing, lost = known.missing, known.not_retrieved
    may_resolve = roles & {Role.REVIEWER, Role.LEAD, Role.ADJUDICATOR}
    return StageStanding(
        stage=stage,
        items=n["items"],
        finished=n["finished"] + lost,
        mine=max(0, n["awaiting"] - missing - n["voted"]) if Role.REVIEWER in roles else 0,
        conflicts=n["conflicts"] if may_resolve else 0,
    )


def _counts(user: User, reviews: list[int]) -> dict[int, _Counts]:
    records = Record.objects.imported().filter(review__in=reviews).order_by()
    items = ScreeningItem.objects.filter(review__in=reviews).open().order_by()
    votes = Vote.objects.current().filter(is_open("item__"), reviewer=user)
    votes = votes.filter(item__review__in=reviews, item__outcome__in=AWAITING_VOTES).order_by()
    is_conflict = Q(outcome=Outcome.CONFLICT)
    found: dict[int, _Counts] = defaultdict(_Counts)
    for review, number in records.values_list("review").annotate(Count("pk")):
        found[review].records = number
    states = with_retrieval(items.at(Stage.FULL_TEXT)).values_list("review", "known__state")
    for review, state, number in states.annotate(Count("pk")):
        found[review].states[state] = number
    for rows in (
        items.values("stage", of=F("review")).annotate(
            items=Count("pk"), awaiting=Count("pk", filter=Q(outcome__in=AWAITING_VOTES))
        ),
        items.settled()
        .values("stage", of=F("review"))
        .annotate(
            conflicts=Count("pk", filter=is_conflict), finished=Count("pk", filter=~is_conflict)
        ),
        votes.values(stage=F("item__stage"), of=F("item__review")).annotate(voted=Count("pk")),
    ):
        for row in rows:
            found[row.pop("of")].at[row.pop("stage")].update(row)
    return found
