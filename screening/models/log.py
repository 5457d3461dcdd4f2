"""The log: who did what when, chained by hashes; and the keys of requests already done."""

from django.conf import settings
from django.db import models

from screening.querysets.log import LogEntryQuerySet


class LogHead(models.Model):
    """The end of a review's chain. Locked last by every action."""

    review_path = "review"

    review = models.OneToOneField(
        "Review", models.PROTECT, primary_key=True, related_name="log_head"
    )
    sequence = models.PositiveBigIntegerField(default=0)
    at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"entry {self.sequence}"


class LogEntry(models.Model):
    """One action. Append-only by triggers; `digest` covers the entry and the one before it."""

    review_path = "review"

    review = models.ForeignKey("Review", models.PROTECT, related_name="log")
    sequence = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor = models.ForeignKey("Membership", models.PROTECT, related_name="+")
    action = models.CharField(max_length=40)
    item = models.ForeignKey(
        "ScreeningItem",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The item an entry about a vote is hidden with.",
    )
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    why = models.TextField(blank=True)
    digest = models.CharField(max_length=64)

    objects = LogEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-sequence"]
        constraints = [
            models.UniqueConstraint(fields=["review", "sequence"], name="log_sequence_once")
        ]

    def __str__(self) -> str:
        return f"{self.sequence}: {self.action}"


class RequestKey(models.Model):
    """A request that was carried out: repeating it changes nothing."""

    review_path = None

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="request_key_by_age")]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="request_key_once_per_user")
        ]

    def __str__(self) -> str:
        return self.key
