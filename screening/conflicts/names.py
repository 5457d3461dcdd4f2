"""Whose names a viewer of a conflict sees, and the letters that stand for the others."""

import hashlib
import hmac
from collections.abc import Collection, Iterable

from django.conf import settings

from screening.access import Reader

LETTERS = "ABC"  # one for each vote that an item can have


def hidden_order(item_pk: int, viewer_pk: int, voter_pk: int) -> str:
    """Where a voter stands among A, B, C for this viewer: fixed, and telling nothing."""
    message = f"{item_pk}:{viewer_pk}:{voter_pk}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()


def letters(
    item_pk: int, viewer_pk: int, voters: Collection[int], others: Collection[int] = ()
) -> dict[int, str]:
    """A, B and so on for the voters of a conflict, by user, as this viewer sees them everywhere.

    Args:
        others: people who took their vote on the item back; they come behind the voters.
    """

    def place(user: int) -> str:
        return hidden_order(item_pk, viewer_pk, user)

    ordered = sorted(voters, key=place) + sorted(set(others) - set(voters), key=place)
    return {user: chr(ord("A") + number) for number, user in enumerate(ordered)}


def names_hidden(access: Reader, voters: Iterable[int], *, resolved: bool) -> bool:
    """While a conflict is open, only its voters see whose vote is whose.

    Everybody else could adjudicate, or could tell somebody who will; a setting of the protocol
    shows the names to all.
    """
    if access.sees_everything or resolved or access.protocol.names_shown_in_conflicts:
        return False
    return access.user.pk not in set(voters)
