"""Getting the reports of included records: asked for, retrieved, or not to be had."""

from django.db import models
from django.db.models import Q

from screening.models.said import Said
from screening.querysets.retrieval import RetrievalQuerySet


class RetrievalState(models.TextChoices):
    """What is known of a report that is sought; without a row nothing was tried yet."""

    REQUESTED = "requested", "Asked for"
    RETRIEVED = "retrieved", "Retrieved"
    NOT_RETRIEVED = "not_retrieved", "Not retrieved"


class Retrieval(Said):
    """What became of getting a report, true from one entry of the log to another.

    A change ends the row in force and adds another, so that the rows of a record are the log of
    requests for its report. Append-only by triggers.
    """

    review_path = "record__review"

    record = models.ForeignKey("Record", models.PROTECT, related_name="retrievals")
    state = models.CharField(max_length=13, choices=RetrievalState)
    why = models.TextField(
        max_length=2_000, blank=True, help_text="Whom was asked, or why it cannot be had."
    )

    objects = RetrievalQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["record"],
                condition=Q(ended_at_sequence__isnull=True),
                name="retrieval_one_in_force",
            ),
            models.CheckConstraint(
                condition=Q(state__in=RetrievalState.values), name="retrieval_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state="retrieved") | ~Q(why=""),
                name="retrieval_says_why",
                violation_error_message="Say whom you asked, or why it cannot be had.",
            ),
            Said.ends_after_it_began("retrieval_ends_after_it_began"),
        ]

    def __str__(self) -> str:
        return self.get_state_display()
