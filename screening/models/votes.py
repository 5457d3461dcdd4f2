"""Screening items, the votes on them, and each reviewer's place in the queue."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from screening.models.choices import choices, codes, one_of
from screening.models.standing import came_with
from screening.querysets.votes import ScreeningItemQuerySet, VoteQuerySet
from screening.rules import AWAITING_VOTES, COMPLETE, Decision, Outcome, Stage


class ScreeningItem(models.Model):
    """One record, at full text its report, at one stage and round.

    `outcome` and `sought_at` are written by `actions.outcomes` alone.
    """

    review_path = "review"

    # Other indexes begin with both.
    review = models.ForeignKey("Review", models.PROTECT, related_name="items", db_index=False)
    record = models.ForeignKey("Record", models.PROTECT, related_name="items", db_index=False)
    stage = models.CharField(max_length=14, choices=choices(Stage))
    round = models.PositiveSmallIntegerField(default=1)
    quorum = models.PositiveSmallIntegerField()
    rank = models.PositiveIntegerField()
    outcome = models.CharField(max_length=8, choices=choices(Outcome), default=Outcome.UNSEEN.value)
    completed_at = models.DateTimeField(null=True, blank=True)
    sought_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Of a report: when its record was included; empty while it is not.",
    )
    closed_at = models.DateTimeField(
        null=True, blank=True, help_text="When another round took its place."
    )
    imported_by = came_with()

    objects = ScreeningItemQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["review", "stage", "rank", "id"],
                # Not by outcome, which says the same: SQLite uses a partial index only where it can
                # see that a query keeps to it, and it does not see the values of parameters.
                condition=Q(completed_at__isnull=True, closed_at__isnull=True),
                name="item_queue",
            ),
            models.Index(
                fields=["review", "stage", "outcome", "completed_at"], name="item_by_outcome"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "stage", "round"], name="item_once_per_round"
            ),
            models.UniqueConstraint(
                fields=["record", "stage"],
                condition=Q(closed_at__isnull=True),
                name="item_one_open_per_stage",
            ),
            models.CheckConstraint(condition=Q(quorum__in=[1, 2, 3]), name="item_quorum_1_to_3"),
            one_of("stage", Stage, name="item_stage_is_known"),
            models.CheckConstraint(
                condition=Q(stage=Stage.FULL_TEXT.value) | Q(sought_at__isnull=True),
                name="item_sought_at_full_text_only",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=codes(AWAITING_VOTES), completed_at__isnull=True)
                | Q(outcome__in=codes(COMPLETE), completed_at__isnull=False),
                name="item_complete_at_some_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()}, round {self.round}"


class Vote(models.Model):
    """One reviewer's vote. Append-only: a change marks it superseded and adds another."""

    review_path = "item__review"

    item = models.ForeignKey(ScreeningItem, models.PROTECT, related_name="votes")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="votes")
    protocol = models.ForeignKey("Protocol", models.PROTECT, related_name="+")
    slot = models.PositiveSmallIntegerField()
    quorum = models.PositiveSmallIntegerField(help_text="Copied from the item; see triggers.")
    decision = models.CharField(max_length=7, choices=choices(Decision))
    reason = models.ForeignKey(
        "ExclusionReason",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Of a vote to exclude a report: the first of its reasons; see triggers.",
    )
    note = models.TextField(max_length=10_000, blank=True)
    seconds = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How long the page was visible."
    )
    cast_at = models.DateTimeField()
    carried_from = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="carried_to",
        help_text="The vote on a duplicate that this one says again where it was merged to.",
    )
    imported_by = models.ForeignKey(
        "Import",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="votes",
        help_text="The import whose file tells of it; empty for what was cast here.",
    )
    stands_for_team = models.BooleanField(
        default=False,
        help_text="The file says what a team decided, and this member stands for it.",
    )
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = VoteQuerySet.as_manager()

    class Meta:
        indexes = [
            # Most votes are none of these, and casting one should cost no entry.
            models.Index(
                fields=["imported_by"],
                condition=Q(imported_by__isnull=False),
                name="vote_by_import",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "reviewer"],
                condition=Q(superseded_at__isnull=True),
                name="vote_once_per_reviewer",
            ),
            models.UniqueConstraint(
                fields=["item", "slot"],
                condition=Q(superseded_at__isnull=True),
                name="vote_once_per_slot",
            ),
            models.CheckConstraint(
                condition=Q(slot__gte=1, slot__lte=F("quorum")), name="vote_within_quorum"
            ),
            one_of("decision", Decision, name="vote_decision_is_known"),
            models.CheckConstraint(
                condition=Q(seconds__isnull=True) | Q(seconds__lte=3_600),
                name="vote_seconds_within_an_hour",
            ),
            models.CheckConstraint(
                condition=Q(stands_for_team=False) | Q(imported_by__isnull=False),
                name="vote_of_a_team_is_imported",
            ),
        ]

    def __str__(self) -> str:
        return self.get_decision_display()


class FurtherReason(models.Model):
    """A reason somebody gave beside the first, when they voted to exclude a report."""

    review_path = "vote__item__review"

    vote = models.ForeignKey(Vote, models.PROTECT, related_name="further_reasons")
    reason = models.ForeignKey("ExclusionReason", models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vote", "reason"], name="further_reason_once_per_vote")
        ]

    def __str__(self) -> str:
        return str(self.reason)


class QueuePosition(models.Model):
    """A hint: nothing at or before `rank` was this reviewer's when last looked at.

    A wrong hint costs a scan, never an item: when nothing lies beyond it, the queue looks again
    from the start.
    """

    review_path = "review"

    review = models.ForeignKey("Review", models.CASCADE, related_name="+")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    stage = models.CharField(max_length=14, choices=choices(Stage))
    rank = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reviewer", "review", "stage"], name="position_once_per_stage"
            )
        ]

    def __str__(self) -> str:
        return f"beyond {self.rank}"


class Lease(models.Model):
    """Advice to the other reviewers that somebody is reading an item. Slots are the law."""

    review_path = "item__review"

    item = models.ForeignKey(ScreeningItem, models.CASCADE, related_name="leases")
    slot = models.PositiveSmallIntegerField()
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "slot"], name="lease_once_per_slot"),
            models.UniqueConstraint(fields=["item", "reviewer"], name="lease_once_per_reviewer"),
        ]

    def __str__(self) -> str:
        return f"until {self.expires_at}"


class Postponement(models.Model):
    """The item waits for "later", at the end of this reviewer's queue. It is no vote."""

    review_path = "item__review"

    item = models.ForeignKey(ScreeningItem, models.CASCADE, related_name="postponements")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "reviewer"], name="postponement_once_per_reviewer"
            )
        ]

    def __str__(self) -> str:
        return "later"
