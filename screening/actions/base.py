"""What actions share: one transaction, the request's key, and the locks they begin with."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils import timezone

from screening.access import (
    Refused,
    RepeatedRequest,
    RequestClaim,
    ReviewAccess,
    Right,
    rights_of,
)
from screening.models import RequestKey, Review, User

Asked = ParamSpec("Asked")
Given = TypeVar("Given")

KEYS_ARE_KEPT_FOR = timedelta(days=30)
# In SQL, as every action asks it while others wait.
IS_MEMBER = "SELECT 1 FROM screening_membership WHERE id = %s AND ended_at IS NULL"
ROLES = "SELECT role FROM screening_membershiprole WHERE membership_id = %s"
# It tells a taken key from a free one without a savepoint for every action.
TAKE_KEY = """
    INSERT INTO screening_requestkey (user_id, key, digest, created_at)
    VALUES (%s, %s, %s, %s) ON CONFLICT (user_id, key) DO NOTHING
"""

# Of the protocol, what decides how votes add up and conflicts end.
RULES = (
    "quorum_title_abstract",
    "quorum_full_text",
    "maybe_policy",
    "resolution_mode",
    "reasons_must_agree",
    "names_shown_in_conflicts",
)
IN_FORCE = (
    f"SELECT id, {', '.join(RULES)} FROM screening_protocol "  # noqa: S608 -- made of constants
    "WHERE review_id = %s AND ended_at_sequence IS NULL"
)
# The first of the two numbers that name the lock on a review's protocol.
PROTOCOL_LOCK = 4_012


class KeyReused(Refused):
    """The same key with other content."""


def action(
    function: Callable[Concatenate[ReviewAccess, Asked], Given],
) -> Callable[Concatenate[ReviewAccess, Asked], Given]:
    """Run `function` in one transaction, once per request key.

    Raises:
        RepeatedRequest: a request with this key was carried out before.
        KeyReused: the key was used for something else.
    """

    @wraps(function)
    def run(access: ReviewAccess, *args: Asked.args, **kwargs: Asked.kwargs) -> Given:
        with transaction.atomic():
            if access.claim:
                claim_request(access.user, access.claim)
            return function(access, *args, **kwargs)

    return run


def claim_request(user: User, claim: RequestClaim) -> None:
    """The key is this request's; it is given back when the surrounding transaction fails."""
    with connection.cursor() as cursor:
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        cursor.execute(TAKE_KEY, [user.pk, claim.key, claim.digest, now])
        is_new = cursor.rowcount == 1
    if is_new:
        return
    known = RequestKey.objects.get(user=user, key=claim.key)
    if known.digest != claim.digest:
        raise KeyReused(
            "This page was sent before with other content. Nothing was changed; "
            "reload the page to see how things stand."
        )
    raise RepeatedRequest


def forget_old_request_keys() -> int:
    """Keys nobody will repeat any more are gone."""
    old = RequestKey.objects.filter(created_at__lt=timezone.now() - KEYS_ARE_KEPT_FOR)
    return old.delete()[0]


def lock_membership(access: ReviewAccess, right: Right, *, amends: bool = False) -> None:
    """The actor's membership is locked, and still gives `right`; the protocol stays as it is.

    Roles are read again under the lock: they may have changed since the page was opened.

    Args:
        amends: the action changes the protocol, see `hold_protocol`.

    Raises:
        PermissionDenied: the person was removed, or lost the role, in the meantime.
    """
    hold_protocol(access, to_change=amends)
    lock = " FOR NO KEY UPDATE" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"{IS_MEMBER}{lock}", [access.membership.pk])
        if cursor.fetchone() is None:
            raise PermissionDenied("You are no longer a member of this review.")
        cursor.execute(ROLES, [access.membership.pk])
        roles = [role for (role,) in cursor.fetchall()]
    if right not in rights_of(roles):
        raise PermissionDenied("You no longer have the role for this.")


def hold_protocol(access: ReviewAccess, *, to_change: bool = False) -> None:
    """Until this transaction ends nobody changes what the protocol says. Taken before all locks.

    Whoever changes it waits until all that was begun under it is done, and what comes after waits
    for them: so that no vote, round or report is made by a version that has ended. SQLite has one
    writer at a time anyway. What was read of the protocol before is read again if it changed.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            kind = "" if to_change else "_shared"
            numbers = [PROTOCOL_LOCK, access.review.pk % 2**31]
            cursor.execute(f"SELECT pg_advisory_xact_lock{kind}(%s, %s)", numbers)
        known = access.__dict__.get("protocol")
        if known is None:
            return
        if to_change:
            del access.__dict__["protocol"]
            return
        cursor.execute(IN_FORCE, [access.review.pk])
        if cursor.fetchone() != tuple(getattr(known, name) for name in ("pk", *RULES)):
            del access.__dict__["protocol"]


def lock_review(review_pk: int) -> Review:
    """The review is locked: members join, and imports begin and end, one after the other."""
    return Review.objects.select_for_update(no_key=True).get(pk=review_pk)
