"""What somebody said, true from one entry of the log to another."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q


class Said(models.Model):
    """A fact with a beginning and an end. It may only end, once: see triggers."""

    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    said_at = models.DateTimeField()
    started_at_sequence = models.PositiveBigIntegerField()
    ended_at_sequence = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        abstract = True

    @staticmethod
    def ends_after_it_began(name: str) -> CheckConstraint:
        return CheckConstraint(
            condition=Q(ended_at_sequence__isnull=True)
            | Q(ended_at_sequence__gt=F("started_at_sequence")),
            name=name,
        )
