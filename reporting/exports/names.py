"""How files name people: as the review does, or by letters while a conflict is open."""

from collections.abc import Collection

from screening.access import ReviewAccess
from screening.conflicts import hidden_order
from screening.models import Membership

WITHHELD = "hidden"


def members(access: ReviewAccess) -> dict[int, Membership]:
    """Everybody who is or was in the review, by user.

    Ask after the first row was read: whoever is in that snapshot is a member by then.
    """
    return {member.user_id: member for member in access.scope(Membership)}


def letters(
    access: ReviewAccess, item_pk: int, voters: Collection[int], others: Collection[int] = ()
) -> dict[int, str]:
    """A, B and so on as the page of the conflict gives them to this viewer, by user.

    Args:
        others: people who took their vote on the item back; they come behind the voters.
    """

    def place(user: int) -> str:
        return hidden_order(item_pk, access.user.pk, user)

    ordered = sorted(voters, key=place) + sorted(set(others) - set(voters), key=place)
    return {user: chr(ord("A") + number) for number, user in enumerate(ordered)}
