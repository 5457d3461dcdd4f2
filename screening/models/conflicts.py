"""How conflicts end: proposals and confirmations, referrals, resolutions."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from screening.models.choices import choices, one_of
from screening.querysets.conflicts import ProposalQuerySet
from screening.rules import Decision

DECISIONS = [Decision.INCLUDE, Decision.EXCLUDE]


class Proposal(models.Model):
    """A decision somebody put to the other voters. It is open until it is closed."""

    review_path = "item__review"

    class Ending(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"
        REFERRED = "referred", "Sent to adjudication"

    item = models.ForeignKey("ScreeningItem", models.PROTECT, related_name="proposals")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decision = models.CharField(max_length=7, choices=choices(DECISIONS))
    reason = models.ForeignKey(
        "ExclusionReason", models.PROTECT, null=True, blank=True, related_name="+"
    )
    rationale = models.TextField(max_length=10_000)
    present = models.CharField(
        max_length=500, blank=True, help_text="Others who took part in the discussion."
    )
    ending = models.CharField(max_length=9, choices=Ending, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    closing_sentence = models.TextField(max_length=2_000, blank=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"],
                condition=Q(closed_at__isnull=True),
                name="proposal_one_open_per_item",
                violation_error_message="There is an open proposal already.",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, ending="")
                | Q(closed_at__isnull=False)
                & Q(ending__in=["accepted", "declined", "withdrawn", "referred"]),
                name="proposal_closed_somehow",
            ),
            models.CheckConstraint(
                condition=~Q(ending="declined") | ~Q(closing_sentence=""),
                name="proposal_declined_with_a_sentence",
                violation_error_message="Say in a sentence why you decline.",
            ),
            models.CheckConstraint(
                condition=~Q(rationale=""),
                name="proposal_has_a_rationale",
                violation_error_message="Give a rationale.",
            ),
            one_of("decision", DECISIONS, name="proposal_decision_is_known"),
        ]

    def __str__(self) -> str:
        return self.get_decision_display()


class Confirmation(models.Model):
    review_path = "proposal__item__review"

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="confirmations")
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "confirmed_by"], name="confirmation_once_per_person"
            )
        ]

    def __str__(self) -> str:
        return "confirmed"


class Referral(models.Model):
    """The lead sent a conflict from discussion to adjudication."""

    review_path = "item__review"

    item = models.OneToOneField("ScreeningItem", models.PROTECT, related_name="referral")
    referred_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    referred_at = models.DateTimeField()
    why = models.TextField(max_length=2_000, blank=True)

    def __str__(self) -> str:
        return "to adjudication"


class Resolution(models.Model):
    """How a conflict ended. The votes stay as they were cast."""

    review_path = "item__review"

    class Mode(models.TextChoices):
        DISCUSSION = "discussion", "Discussion"
        ADJUDICATION = "adjudication", "Adjudication"

    item = models.OneToOneField("ScreeningItem", models.PROTECT, related_name="resolution")
    mode = models.CharField(max_length=12, choices=Mode)
    decision = models.CharField(max_length=7, choices=choices(DECISIONS))
    reason = models.ForeignKey(
        "ExclusionReason", models.PROTECT, null=True, blank=True, related_name="+"
    )
    rationale = models.TextField(max_length=10_000)
    proposal = models.OneToOneField(
        Proposal, models.PROTECT, null=True, blank=True, related_name="resolution"
    )
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    resolved_at = models.DateTimeField()

    class Meta:
        constraints = [
            one_of("decision", DECISIONS, name="resolution_decision_is_known"),
            models.CheckConstraint(
                condition=Q(mode="discussion", proposal__isnull=False)
                | Q(mode="adjudication", proposal__isnull=True),
                name="resolution_of_a_proposal_iff_discussed",
            ),
            models.CheckConstraint(
                condition=~Q(rationale=""),
                name="resolution_has_a_rationale",
                violation_error_message="Give a rationale.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_decision_display()
