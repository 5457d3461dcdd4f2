"""A person's reviews and what waits for them in each, in as many queries for one as for fifty."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import Count, F, Q

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
    counts = _counts(user, [member.review_id for member in members])
    found = []
    for member in members:
        roles, n = member.held_roles(), counts[member.review_id]
        may_resolve = roles & {Role.REVIEWER, Role.LEAD, Role.ADJUDICATOR}
        found.append(
            Standing(
                membership=member,
                roles=member.role_labels(),
                records=n["records"],
                items=n["items"],
                finished=n["finished"],
                mine=n["awaiting"] - n["voted"] if Role.REVIEWER in roles else 0,
                conflicts=n["conflicts"] if may_resolve else 0,
            )
        )
    return sorted(found, key=lambda standing: -standing.membership.review_id)


def _counts(user: User, reviews: list[int]) -> dict[int, Counter[str]]:
    """By review: its records and items, those settled, those short of votes, my votes on these."""
    stage = Stage.TITLE_ABSTRACT
    records = Record.objects.imported().filter(review__in=reviews).order_by()
    items = ScreeningItem.objects.filter(review__in=reviews).open().at(stage).order_by()
    votes = Vote.objects.current().at(stage).filter(reviewer=user, item__review__in=reviews)
    votes = votes.filter(item__closed_at__isnull=True, item__outcome__in=AWAITING_VOTES).order_by()
    is_conflict = Q(outcome=Outcome.CONFLICT)
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for rows in (
        records.values(of=F("review")).annotate(records=Count("pk")),
        items.values(of=F("review")).annotate(
            items=Count("pk"), awaiting=Count("pk", filter=Q(outcome__in=AWAITING_VOTES))
        ),
        items.settled()
        .values(of=F("review"))
        .annotate(
            conflicts=Count("pk", filter=is_conflict), finished=Count("pk", filter=~is_conflict)
        ),
        votes.values(of=F("item__review")).annotate(voted=Count("pk")),
    ):
        for row in rows:
            found[row.pop("of")].update(row)
    return found
