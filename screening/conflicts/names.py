"""Whose names a viewer of a conflict sees, and the letters that stand for the others."""

import hashlib
import hmac
from collections.abc import Iterable

from django.conf import settings

from screening.access import ReviewAccess

LETTERS = "ABC"


def hidden_order(item_pk: int, viewer_pk: int, voter_pk: int) -> str:
    """Where a voter stands among A, B, C for this viewer: fixed, and telling nothing."""
    message = f"{item_pk}:{viewer_pk}:{voter_pk}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()


def names_hidden(access: ReviewAccess, voters: Iterable[int], *, resolved: bool) -> bool:
    """While a conflict is open, only its voters see whose vote is whose.

    Everybody else could adjudicate, or could tell somebody who will; a setting of the protocol
    shows the names to all.
    """
    if resolved or access.protocol.names_shown_in_conflicts:
        return False
    return access.user.pk not in set(voters)
