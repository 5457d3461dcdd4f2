"""Invitations from the outside: found by their token, shown, and sent by e-mail."""

import hashlib
from enum import StrEnum
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string

from screening.models import Invitation, Role

NOT_SENDING = ("console.EmailBackend", "dummy.EmailBackend")
SECONDS_TO_WAIT = 10


class Posted(StrEnum):
    """What became of the e-mail."""

    SENT = "sent"
    FAILED = "failed"
    NO_SERVER = "no_server"


def hash_of(token: str) -> str:
    """What we keep of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def find_invitation(token: str) -> Invitation | None:
    """The invitation with this token, in whatever state it is."""
    found = Invitation.objects.select_related("review", "invited_by", "accepted_by")
    return found.filter(token_hash=hash_of(token)).first()


def role_names(invitation: Invitation) -> list[str]:
    return [Role(role).label for role in invitation.roles]


def post_invitation(invitation: Invitation, link: str) -> Posted:
    """The link is on its way by e-mail, or the answer says why not: it is never lost by that."""
    if settings.EMAIL_BACKEND.endswith(NOT_SENDING):
        return Posted.NO_SERVER
    context = {"invitation": invitation, "link": link, "roles": role_names(invitation)}
    title = " ".join(invitation.review.title.split())
    message = EmailMessage(
        subject=f"Parallax: an invitation to {title}",
        body=render_to_string("screening/invitation_email.txt", context),
        to=[invitation.email],
        connection=get_connection(timeout=SECONDS_TO_WAIT),
    )
    try:
        message.send()
    except (SMTPException, OSError):
        return Posted.FAILED
    return Posted.SENT
