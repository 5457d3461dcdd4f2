"""A person's reviews and what waits for them in each, in as many queries for one as for fifty."""

from dataclasses import dataclass

from django.db.models import Count, Q

from reporting.words import counted
from screening.models import Membership, Record, Role, ScreeningItem, User, Vote
from screening.rules import AWAITING_VOTES, Outcome, Stage


@dataclass(frozen=True, slots=True)
class Standing:
    """One review as its line on the first page."""

    membership: Membership
    roles: list[str]
    records: int
    items: int
    finished: int
    mine: int
    conflicts: int

    @property
    def waits(self) -> str:
        """What waits for the person, in words."""
        if not self.records:
            return "No records yet."
        if self.mine:
            return f"{counted(self.mine, 'record')} {_verb(self.mine)} for your vote."
        if self.conflicts:
            return f"{counted(self.conflicts, 'conflict')} {_verb(self.conflicts)} to be resolved."
        if self.finished < self.items:
            return "Nothing waits for you; others are still at work."
        return "Screening on title and abstract is finished."


def _verb(number: int) -> str:
    return "waits" if number == 1 else "wait"


def standings(user: User) -> list[Standing]:
    """The person's reviews, the newest first."""
    members = list(user.memberships.active().select_related("review").prefetch_related("roles"))
    reviews = [member.review_id for member in members]
    stage = Stage.TITLE_ABSTRACT
    items = ScreeningItem.objects.filter(review__in=reviews).open().at(stage).order_by()
    counts = _by_review(
        items,
        "review",
        total=Count("pk"),
        awaiting=Count("pk", filter=Q(outcome__in=AWAITING_VOTES)),
    )
    settled = _by_review(
        items.settled(),
        "review",
        conflict=Count("pk", filter=Q(outcome=Outcome.CONFLICT)),
        finished=Count("pk", filter=~Q(outcome=Outcome.CONFLICT)),
    )
    votes = Vote.objects.current().at(stage).filter(reviewer=user, item__review__in=reviews)
    voted = _by_review(
        votes.filter(item__closed_at__isnull=True, item__outcome__in=AWAITING_VOTES).order_by(),
        "item__review",
        n=Count("pk"),
    )
    records = _by_review(
        Record.objects.imported().filter(review__in=reviews).order_by(), "review", n=Count("pk")
    )
    found = []
    for member in members:
        roles = {row.role for row in member.roles.all()}
        pk = member.review_id
        left = counts.get(pk, {}).get("awaiting", 0) - voted.get(pk, {}).get("n", 0)
        may_resolve = roles & {Role.REVIEWER, Role.LEAD, Role.ADJUDICATOR}
        found.append(
            Standing(
                membership=member,
                roles=[role.label for role in Role if role in roles],
                records=records.get(pk, {}).get("n", 0),
                items=counts.get(pk, {}).get("total", 0),
                finished=settled.get(pk, {}).get("finished", 0),
                mine=left if Role.REVIEWER in roles else 0,
                conflicts=settled.get(pk, {}).get("conflict", 0) if may_resolve else 0,
            )
        )
    return sorted(found, key=lambda standing: -standing.membership.review_id)


def _by_review(rows, review: str, **counts: Count) -> dict[int, dict[str, int]]:
    return {row[review]: row for row in rows.values(review).annotate(**counts)}
