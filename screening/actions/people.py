"""Who is in a review: invited, joined, with which roles, and gone."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from screening.access import Refused, ReviewAccess, Right, access_for, rights_of
from screening.actions.base import action, hold_protocol, lock_membership, lock_review
from screening.actions.log import write_log
from screening.actions.returning import leave_queue
from screening.invitations import find_invitation, hash_of
from screening.models import Invitation, Membership, MembershipRole, Review, Role, User

INVITATIONS_LAST = timedelta(days=14)
INVITATIONS_A_DAY = 50


class NotInvited(Refused):
    """There is no such invitation, or it cannot be accepted any more."""


class OtherAddress(Refused):
    """The invitation is bound to an address that is not this person's."""


@action
def invite(access: ReviewAccess, *, email: str, roles: Collection[str]) -> tuple[Invitation, str]:
    """The address has a pending invitation; an earlier one for it does not work any more.

    Returns:
        The invitation and its token, which is kept nowhere.

    Raises:
        Refused: a member has this address, no role was chosen, or too many were invited today.
    """
    lock_membership(access, Right.TEAM)
    wanted = _checked(roles)
    address = email.strip().lower()
    review = lock_review(access.review.pk)
    now = timezone.now()
    if review.memberships.active().filter(user__email__iexact=address).exists():
        raise Refused(f"{address} is a member of this review already.")
    today = access.user.pk, now - timedelta(days=1)
    if Invitation.objects.sent_by_since(*today).count() >= INVITATIONS_A_DAY:
        raise Refused(f"You have sent {INVITATIONS_A_DAY} invitations today; go on tomorrow.")
    earlier = review.invitations.unanswered().filter(email=address)
    replaced = earlier.update(withdrawn_at=now)
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        review=review,
        email=address,
        roles=wanted,
        token_hash=hash_of(token),
        invited_by=access.user,
        created_at=now,
        expires_at=now + INVITATIONS_LAST,
    )
    write_log(
        access,
        "invitation.sent",
        after={"email": address, "roles": wanted, "replaces_earlier": bool(replaced)},
    )
    return invitation, token


@action
def withdraw_invitation(access: ReviewAccess, invitation: Invitation) -> None:
    """The link of the invitation does not work any more.

    Raises:
        Refused: it was accepted or withdrawn in the meantime.
    """
    lock_membership(access, Right.TEAM)
    unanswered = access.scope(Invitation).unanswered().filter(pk=invitation.pk)
    locked = unanswered.select_for_update(no_key=True, of=("self",)).first()
    if locked is None:
        raise Refused(f"The invitation for {invitation.email} is not pending any more.")
    locked.withdrawn_at = timezone.now()
    locked.save(update_fields=["withdrawn_at"])
    write_log(
        access,
        "invitation.withdrawn",
        before={"email": locked.email, "roles": locked.roles},
    )


@transaction.atomic
def accept_invitation(user: User, token: str) -> Membership:
    """The person is an active member with the roles of the invitation, which is used up.

    A past member gets the ended membership back, with its number and name. Accepted a second
    time by the same person, nothing changes.

    Raises:
        NotInvited: the token is unknown, used, withdrawn or expired.
        OtherAddress: it is bound to another address.
        Refused: the person is a member already.
    """
    found = find_invitation(token)
    if found is None:
        raise NotInvited("There is no such invitation.")
    review = lock_review(found.review_id)
    invitation = Invitation.objects.select_for_update(no_key=True).get(pk=found.pk)
    known = Membership.objects.filter(review=review, user=user).first()
    is_member = known is not None and known.ended_at is None
    if is_member and invitation.accepted_by_id == user.pk:
        return known
    now = timezone.now()
    _check_acceptable(invitation, user, now, is_member=is_member)
    roles = invitation.roles
    membership = _readmit(known, roles) if known else add_member(review, user, roles)
    invitation.accepted_at, invitation.accepted_by = now, user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    log_joined(membership, roles, returned=known is not None)
    return membership


def add_member(review: Review, user: User, roles: Collection[str]) -> Membership:
    """The person is in the review for the first time, with a number and a name of their own.

    The caller has locked the review: members are numbered and named one after the other.
    """
    highest = review.memberships.aggregate(highest=Max("number"))["highest"] or 0
    membership = Membership.objects.create(
        review=review,
        user=user,
        number=highest + 1,
        name=_free_name(review, user.name or f"Member {highest + 1}"),
        joined_at=timezone.now(),
    )
    _set_roles(membership, roles)
    return membership


def log_joined(
    membership: Membership, roles: Collection[str], *, returned: bool = False
) -> ReviewAccess:
    """That the person joined is in the log, as their own doing."""
    access = access_for(membership.user, membership.review_id)
    write_log(
        access,
        "member.joined",
        after={**_for_log(membership), "roles": list(roles), "returned": returned},
    )
    return access


@action
def change_roles(
    access: ReviewAccess,
    membership: Membership,
    roles: Collection[str],
    *,
    back_to_queue: bool = False,
) -> Membership:
    """The member has exactly these roles.

    Args:
        back_to_queue: of somebody who ceases to be a reviewer, see `end_membership`.

    Raises:
        Refused: no role was chosen, the review would be without a lead, or they have left.
    """
    wanted = _checked(roles)
    locked, before = _lock_member_and_leads(access, membership)
    if wanted == before:
        return locked
    if Role.LEAD not in wanted:
        _refuse_last_lead(access, locked)
    _set_roles(locked, wanted)
    ceases = Role.REVIEWER in before and Role.REVIEWER not in wanted
    returned = leave_queue(access, locked, back_to_queue=back_to_queue) if ceases else 0
    write_log(
        access,
        "member.roles_changed",
        before={**_for_log(locked), "roles": before},
        after={
            **_for_log(locked),
            "roles": wanted,
            **({"votes_returned": returned} if returned else {}),
        },
    )
    return locked


@action
def end_membership(
    access: ReviewAccess, membership: Membership, *, back_to_queue: bool = False
) -> Membership:
    """The person sees and does nothing in the review any more; what they did stays.

    Invitations they sent and nobody has answered are withdrawn with them, and what they were
    reading or had put off is free.

    Args:
        back_to_queue: their votes on records that are short of votes do not stay: those records
            go back to the queue, see `returning`.

    Raises:
        Refused: the review would be without a lead, or they have left already.
    """
    locked, before = _lock_member_and_leads(access, membership)
    _refuse_last_lead(access, locked)
    returned = leave_queue(access, locked, back_to_queue=back_to_queue)
    locked.ended_at = timezone.now()
    locked.save(update_fields=["ended_at"])
    open_invitations = access.scope(Invitation).unanswered().filter(invited_by=locked.user)
    withdrawn = open_invitations.update(withdrawn_at=timezone.now())
    numbers = {"invitations_withdrawn": withdrawn, "votes_returned": returned}
    write_log(
        access,
        "member.removed",
        before={**_for_log(locked), "roles": before},
        after={name: number for name, number in numbers.items() if number} or None,
    )
    return locked


def _readmit(membership: Membership, roles: Collection[str]) -> Membership:
    membership.ended_at = None
    membership.save(update_fields=["ended_at"])
    _set_roles(membership, roles)
    return membership


def _check_acceptable(
    invitation: Invitation, user: User, now: datetime, *, is_member: bool
) -> None:
    if invitation.state_at(now) != Invitation.State.PENDING:
        raise NotInvited("This invitation cannot be accepted any more.")
    if user.email.lower() != invitation.email:
        raise OtherAddress(
            f"This invitation is for {invitation.email}; you are signed in as {user.email}."
        )
    if is_member:
        raise Refused("You are a member of this review already.")


def _free_name(review: Review, name: str) -> str:
    taken = {known.casefold() for known in review.memberships.values_list("name", flat=True)}
    free, count = name, 1
    while free.casefold() in taken:
        count += 1
        free = f"{name[:110]} {count}"
    return free


def _lock_member_and_leads(
    access: ReviewAccess, membership: Membership
) -> tuple[Membership, list[str]]:
    """The member and every active lead, the actor among them, are locked in one order.

    Roles are read under the locks, so that of two leads who demote each other the second is
    told that they are none any more.

    Returns:
        The member's row and roles as they are now.
    """
    hold_protocol(access)
    roles = MembershipRole.objects.filter(membership__review=access.review)
    leads = roles.filter(role=Role.LEAD).values("membership")
    wanted = Q(pk__in=leads) | Q(pk__in=[membership.pk, access.membership.pk])
    members = access.scope(Membership).active().filter(wanted).order_by("pk")
    locked = {row.pk: row for row in members.select_for_update(no_key=True, of=("self",))}
    own = roles.filter(membership=access.membership).values_list("role", flat=True)
    if access.membership.pk not in locked or Right.TEAM not in rights_of(own):
        raise PermissionDenied("You no longer have the role for this.")
    if membership.pk not in locked:
        raise Refused(f"{membership.name} is not a member of this review any more.")
    held = roles.filter(membership=membership).values_list("role", flat=True)
    return locked[membership.pk], _in_order(held)


def _refuse_last_lead(access: ReviewAccess, membership: Membership) -> None:
    leads = access.scope(Membership).active().with_role(Role.LEAD)
    others = leads.exclude(pk=membership.pk)
    if leads.filter(pk=membership.pk).exists() and not others.exists():
        raise Refused(
            f"{membership.name} is the only lead of this review. Make somebody else lead first."
        )


def _set_roles(membership: Membership, roles: Collection[str]) -> None:
    membership.roles.exclude(role__in=roles).delete()
    held = set(membership.roles.values_list("role", flat=True))
    MembershipRole.objects.bulk_create(
        MembershipRole(membership=membership, role=role) for role in roles if role not in held
    )


def _checked(roles: Collection[str]) -> list[str]:
    if not roles:
        raise Refused("Choose at least one role.")
    if unknown := set(roles) - set(Role.values):
        raise ValueError(f"unknown roles: {', '.join(sorted(unknown))}")
    return _in_order(roles)


def _in_order(roles: Collection[str]) -> list[str]:
    return [role for role in Role.values if role in set(roles)]


def _for_log(membership: Membership) -> dict[str, object]:
    return {"member": membership.number, "name": membership.name}
