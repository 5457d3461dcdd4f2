"""Records that several sources gave of one report: merged, told apart, or not decided yet."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from screening.models.said import Said
from screening.models.standing import came_with
from screening.querysets.duplicates import MergeQuerySet, QuestionQuerySet
from screening.querysets.said import SaidQuerySet

BY_A_PERSON = "person"
"""The pattern of what somebody merged after looking at both."""


class Merge(Said):
    """A record is a duplicate of the one that is kept, from one entry of the log to another.

    Neither changes. What is kept is no duplicate itself, so that a group of duplicates is a record
    and those merged into it. The rows of one action begin with the same entry.
    """

    review_path = "review"

    review = models.ForeignKey("Review", models.PROTECT, related_name="merges")
    record = models.ForeignKey("Record", models.PROTECT, related_name="merges")
    kept = models.ForeignKey("Record", models.PROTECT, related_name="duplicates")
    pattern = models.CharField(
        max_length=40, help_text="Why, by the name of a pattern; or that a person said so."
    )
    score = models.FloatField(null=True, blank=True, help_text="How likely, from 0 to 1.")
    measures = models.JSONField(
        default=dict, blank=True, help_text="What was compared, and of which two records."
    )
    imported_by = came_with()

    objects = MergeQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["kept"],
                condition=Q(ended_at_sequence__isnull=True),
                name="merge_kept_in_force",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["record"],
                condition=Q(ended_at_sequence__isnull=True),
                name="merge_one_in_force",
                violation_error_message="This record is merged into another already.",
            ),
            models.CheckConstraint(
                condition=~Q(record=F("kept")),
                name="merge_of_two_records",
                violation_error_message="A record is no duplicate of itself.",
            ),
            Said.ends_after_it_began("merge_ends_after_it_began"),
        ]

    def __str__(self) -> str:
        return f"{self.record_id} into {self.kept_id}"

    @property
    def began_at(self) -> datetime:
        """Since when it holds: one that came with an import since that stands."""
        if self.imported_by_id is None:
            return self.said_at
        return self.record.imported_by.committed_at or self.said_at

    @property
    def is_by_a_person(self) -> bool:
        return self.pattern == BY_A_PERSON


class Distinction(Said):
    """Somebody looked at two records and says that they are not the same report.

    It holds for whatever they are merged with. `first` is the older of the two.
    """

    review_path = "review"

    review = models.ForeignKey("Review", models.PROTECT, related_name="distinctions")
    first = models.ForeignKey("Record", models.PROTECT, related_name="+")
    second = models.ForeignKey("Record", models.PROTECT, related_name="+")
    is_related = models.BooleanField(
        default=False, help_text="They are two reports of one study, as an abstract and its paper."
    )

    objects = SaidQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["first", "second"],
                condition=Q(ended_at_sequence__isnull=True),
                name="distinction_one_in_force",
            ),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="distinction_older_record_first"
            ),
            Said.ends_after_it_began("distinction_ends_after_it_began"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}"


class DuplicateQuestion(models.Model):
    """Two records that a person should look at, `first` the older one.

    A list of work, no fact: it follows from the records, and `is_open` from merges and
    distinctions; `actions.questions` alone writes it.
    """

    review_path = "review"

    review = models.ForeignKey("Review", models.CASCADE, related_name="+")
    first = models.ForeignKey("Record", models.CASCADE, related_name="+")
    second = models.ForeignKey("Record", models.CASCADE, related_name="+")
    reason = models.CharField(max_length=60, help_text="Why they were not merged, by its name.")
    score = models.FloatField(help_text="How likely they are the same, from 0 to 1.")
    measures = models.JSONField(default=dict, blank=True)
    is_open = models.BooleanField(default=True)
    imported_by = came_with()

    objects = QuestionQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["review", "-score", "id"],
                condition=Q(is_open=True),
                name="question_queue",
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="question_once"),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="question_older_record_first"
            ),
            models.CheckConstraint(
                condition=Q(score__gte=0, score__lte=1), name="question_score_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}"


class DuplicateKey(models.Model):
    """What a record may have in common with others, as 64 bits. Follows from the record.

    Its table is made by `matching.keys.create`.
    """

    review_path = "review"

    pk = models.CompositePrimaryKey("review", "key", "record")
    review = models.ForeignKey(
        "Review", models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    key = models.BigIntegerField()
    record = models.ForeignKey(
        "Record", models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )

    def __str__(self) -> str:
        return f"{self.key:x}"
