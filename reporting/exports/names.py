"""How files name people: as the review does, or by letters while a conflict is open."""

from screening.access import Reader
from screening.models import Membership

WITHHELD = "hidden"


def members(access: Reader) -> dict[int, Membership]:
    """Everybody who is or was in the review, by user.

    Ask after the first row was read: whoever is in that snapshot is a member by then.
    """
    return {member.user_id: member for member in access.scope(Membership)}
