"""Accounts and memberships of example reviews, without invitations by e-mail."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from screening.access import ReviewAccess
from screening.actions.base import lock_review
from screening.actions.people import add_member, log_joined
from screening.models import Review, Role, User


def accounts(people: Iterable[tuple[str, str]], password: str) -> list[User]:
    """Everybody of these names and addresses has an account with this password.

    Accounts that are there already get it too. The password is hashed once for all of them:
    hashing is slow on purpose.
    """
    hashed = make_password(password)
    users = []
    for name, email in people:
        user = User.objects.filter(email=email).first() or User(email=email, name=name)
        user.password = hashed
        user.save()
        users.append(user)
    return users


@transaction.atomic
def join(review: Review, user: User, *roles: Role) -> ReviewAccess:
    """The person is a member with these roles, logged as when an invitation is accepted."""
    membership = add_member(lock_review(review.pk), user, roles)
    return log_joined(membership, roles)


def sign_ins(review: Review, password: str) -> list[dict[str, Any]]:
    """How to sign in as each member, in the order they joined."""
    members = review.memberships.select_related("user").prefetch_related("roles")
    return [
        {
            "email": member.user.email,
            "password": password,
            "roles": [role.value for role in Role if role in member.held_roles()],
        }
        for member in members.order_by("number")
    ]
