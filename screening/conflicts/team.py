"""The people of a review, as conflicts need them: names, and who may vote or adjudicate."""

from dataclasses import dataclass

from screening.access import ReviewAccess, Right, rights_of
from screening.models import Membership


@dataclass(frozen=True, slots=True)
class Team:
    """The people of a review: everybody's name, and who may vote or adjudicate today."""

    names: dict[int, str]
    may_vote: frozenset[int]
    may_adjudicate: frozenset[int]


def team_of(access: ReviewAccess) -> Team:
    members = Membership.objects.filter(review=access.review).prefetch_related("roles")
    rights = {
        member.user_id: rights_of(member.held_roles())
        for member in members
        if member.ended_at is None
    }
    return Team(
        names={member.user_id: member.name for member in members},
        may_vote=frozenset(user for user, held in rights.items() if Right.VOTE in held),
        may_adjudicate=frozenset(user for user, held in rights.items() if Right.RESOLVE in held),
    )
