"""People, their memberships in reviews, and invitations."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from screening.querysets.people import InvitationQuerySet, MembershipQuerySet


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        if not email:
            raise ValueError("A person needs an e-mail address.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email__iexact=email)


class User(AbstractUser):
    """A person, known by e-mail address, which is stored in lower case."""

    review_path = None

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(max_length=120)
    email = models.EmailField(
        "e-mail address",
        unique=True,
        error_messages={"unique": "Somebody with this e-mail address is here already."},
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    objects = UserManager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once_whatever_its_case")
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class Role(models.TextChoices):
    LEAD = "lead", "Lead"
    REVIEWER = "reviewer", "Reviewer"
    ADJUDICATOR = "adjudicator", "Adjudicator"
    LIBRARIAN = "librarian", "Librarian"
    OBSERVER = "observer", "Observer"


class Membership(models.Model):
    """A person in a review. It ends, and may begin again; it is never deleted."""

    review_path = "review"

    review = models.ForeignKey("Review", models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    number = models.PositiveSmallIntegerField(help_text="The person's number in this review.")
    name = models.CharField(max_length=120, help_text="How files and lists name this person.")
    joined_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "user"], name="membership_once_per_review"),
            models.UniqueConstraint(
                fields=["review", "number"], name="membership_number_once_per_review"
            ),
            models.UniqueConstraint(
                fields=["review", "name"],
                name="membership_name_once_per_review",
                violation_error_message="Somebody in this review has this name already.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def held_roles(self) -> frozenset[str]:
        """The codes of the roles; prefetch `roles` where there are many members."""
        return frozenset(row.role for row in self.roles.all())

    def role_labels(self) -> list[str]:
        """The roles in words, lead first."""
        held = self.held_roles()
        return [role.label for role in Role if role in held]

    @property
    def screens(self) -> bool:
        """Whether records wait for this person: in the review, and as a reviewer."""
        return self.ended_at is None and Role.REVIEWER in self.held_roles()


class MembershipRole(models.Model):
    review_path = "membership__review"

    membership = models.ForeignKey(Membership, models.CASCADE, related_name="roles")
    role = models.CharField(max_length=12, choices=Role)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["membership", "role"], name="role_once_per_membership"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="role_is_known"),
        ]

    def __str__(self) -> str:
        return self.get_role_display()


class Invitation(models.Model):
    """A one-use link for one address. Only the hash of its token is kept."""

    review_path = "review"

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        EXPIRED = "expired", "Expired"
        WITHDRAWN = "withdrawn", "Withdrawn"
        ACCEPTED = "accepted", "Accepted"

    review = models.ForeignKey("Review", models.PROTECT, related_name="invitations")
    email = models.EmailField("e-mail address")
    roles = models.JSONField()
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="invitation_accepted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(withdrawn_at__isnull=True),
                name="invitation_accepted_or_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def state_at(self, now: datetime) -> State:
        if self.accepted_at:
            return self.State.ACCEPTED
        if self.withdrawn_at:
            return self.State.WITHDRAWN
        return self.State.PENDING if self.expires_at > now else self.State.EXPIRED
