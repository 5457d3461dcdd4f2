"""Reviews and their protocol: question, criteria, reasons, and how votes add up."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from screening.models.choices import choices, one_of
from screening.querysets.reviews import ExclusionReasonQuerySet
from screening.rules import MaybePolicy, Stage


class ResolutionMode(models.TextChoices):
    DISCUSSION = "discussion", "Discussion: the voters agree on a decision"
    ADJUDICATION = "adjudication", "Adjudication: somebody who did not vote decides"


class Review(models.Model):
    review_path = "pk"

    title = models.CharField(max_length=300)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    is_example = models.BooleanField(default=False)
    next_record_number = models.PositiveIntegerField(default=1)
    shuffle_seed = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.title


class Protocol(models.Model):
    """One version of what a review set out to do.

    It may be edited until the first vote; after that an amendment makes another version.
    """

    review_path = "review"

    review = models.ForeignKey(Review, models.PROTECT, related_name="protocols")
    number = models.PositiveSmallIntegerField(default=1)
    question = models.TextField(max_length=5_000, blank=True)
    framework = models.JSONField(
        default=list, blank=True, help_text="Rows of label and text, such as population."
    )
    registration = models.CharField(max_length=120, blank=True)
    template_note = models.TextField(
        blank=True, help_text="Where a template says what of it is a proposal."
    )
    quorum_title_abstract = models.PositiveSmallIntegerField(default=2)
    quorum_full_text = models.PositiveSmallIntegerField(default=2)
    maybe_policy = models.CharField(
        max_length=8, choices=choices(MaybePolicy), default=MaybePolicy.INCLUDE.value
    )
    resolution_mode = models.CharField(
        max_length=12, choices=ResolutionMode, default=ResolutionMode.DISCUSSION
    )
    reasons_must_agree = models.BooleanField(
        default=False, help_text="Votes to exclude a report without a common reason are a conflict."
    )
    names_shown_in_conflicts = models.BooleanField(default=False)
    why = models.TextField(
        max_length=2_000, blank=True, help_text="Of an amendment: why the protocol was changed."
    )
    started_at_sequence = models.PositiveBigIntegerField()
    ended_at_sequence = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "number"], name="protocol_number_once"),
            models.UniqueConstraint(
                fields=["review"],
                condition=Q(ended_at_sequence__isnull=True),
                name="protocol_one_in_force",
            ),
            models.CheckConstraint(
                condition=Q(quorum_title_abstract__in=[1, 2, 3], quorum_full_text__in=[1, 2, 3]),
                name="protocol_one_to_three_votes",
                violation_error_message="A record needs one, two or three votes.",
            ),
            models.CheckConstraint(
                condition=Q(number=1) | ~Q(why=""),
                name="protocol_amended_for_a_reason",
                violation_error_message="Say why the protocol is amended.",
            ),
            one_of("maybe_policy", MaybePolicy, name="protocol_maybe_policy_is_known"),
            models.CheckConstraint(
                condition=Q(resolution_mode__in=ResolutionMode.values),
                name="protocol_resolution_mode_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"Protocol version {self.number}"

    def quorum(self, stage: Stage) -> int:
        return int(getattr(self, f"quorum_{stage}"))


class Criterion(models.Model):
    review_path = "protocol__review"

    class Kind(models.TextChoices):
        INCLUDE = "include", "Include when all hold"
        EXCLUDE = "exclude", "Exclude"

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="criteria")
    kind = models.CharField(max_length=7, choices=Kind)
    position = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=500)
    hint = models.TextField(max_length=2_000, blank=True)
    is_proposal = models.BooleanField(default=False)

    class Meta:
        ordering = ["-kind", "position"]  # include comes before exclude
        constraints = [
            models.UniqueConstraint(
                fields=["protocol", "kind", "position"], name="criterion_position_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["include", "exclude"]), name="criterion_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.text


class ExclusionReason(models.Model):
    """A reason to exclude a full text. Reasons are ordered; they are retired, never deleted."""

    review_path = "review"

    review = models.ForeignKey(Review, models.PROTECT, related_name="exclusion_reasons")
    code = models.CharField(max_length=12)
    position = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=200)
    hint = models.TextField(max_length=2_000, blank=True)
    is_proposal = models.BooleanField(default=False)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = ExclusionReasonQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["review", "code"], name="reason_code_once_per_review"),
            models.UniqueConstraint(
                fields=["review", "position"],
                condition=Q(retired_at__isnull=True),
                name="reason_position_once_per_review",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class HighlightTerm(models.Model):
    """A literal word, with * at its end for any ending, marked in titles and abstracts."""

    review_path = "review"

    class Side(models.TextChoices):
        FOR = "for", "Speaks for inclusion"
        AGAINST = "against", "Speaks against"

    review = models.ForeignKey(Review, models.CASCADE, related_name="highlight_terms")
    text = models.CharField(max_length=80)
    side = models.CharField(max_length=7, choices=Side)

    class Meta:
        ordering = ["text"]
        constraints = [
            models.UniqueConstraint(fields=["review", "text"], name="highlight_term_once"),
            models.CheckConstraint(
                condition=Q(side__in=["for", "against"]), name="highlight_side_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.text
