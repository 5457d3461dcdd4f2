"""Numbers of the flow diagram that no row here stands for."""

from django.db import models
from django.db.models import Q

from screening.models.said import Said
from screening.querysets.adjustments import AdjustmentQuerySet


class AdjustedBox(models.TextChoices):
    """What of PRISMA 2020 can have happened outside: its codes are those of the flow diagram."""

    DUPLICATES = "duplicates", "Duplicates removed before the import"
    EXCLUDED_AUTOMATIC = "excluded_automatic", "Marked as ineligible by automation tools"
    EXCLUDED_OTHER = "excluded_other", "Removed for other reasons"
    PREVIOUS_STUDIES = "previous_studies", "Studies in the previous version of the review"
    PREVIOUS_REPORTS = "previous_reports", "Reports in the previous version of the review"


class Adjustment(Said):
    """A number that is added to a box, true from one entry of the log to another, with its reason.

    What was removed before the import was identified all the same: it is added there as well.
    """

    review_path = "review"

    review = models.ForeignKey("Review", models.PROTECT, related_name="adjustments")
    box = models.CharField(max_length=18, choices=AdjustedBox)
    source = models.ForeignKey(
        "Source",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="adjustments",
        help_text="Where the records came from, if it is one of the sources.",
    )
    number = models.PositiveIntegerField()
    why = models.TextField(max_length=2_000)

    objects = AdjustmentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(box__in=AdjustedBox.values), name="adjustment_box_is_known"
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1),
                name="adjustment_of_something",
                violation_error_message="Give a number of at least 1.",
            ),
            models.CheckConstraint(
                condition=~Q(why=""),
                name="adjustment_says_why",
                violation_error_message="Say why, so that a reader can follow.",
            ),
            Said.ends_after_it_began("adjustment_ends_after_it_began"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.get_box_display()}"
