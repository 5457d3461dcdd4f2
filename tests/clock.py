"""Moves the past of screening items: tests do not wait for items to settle."""

from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

from screening.models import ScreeningItem


def complete_since(moment: datetime, items: QuerySet[ScreeningItem] | None = None) -> None:
    """The votes of these items, by default of all that are complete, were so at this moment."""
    complete = (ScreeningItem.objects if items is None else items).filter(
        completed_at__isnull=False
    )
    records = set(complete.values_list("record", flat=True))
    complete.update(completed_at=moment)
    reports = ScreeningItem.objects.filter(record__in=records, sought_at__isnull=False)
    reports.update(sought_at=moment)


def time_passes(by: timedelta) -> None:
    """Everything that happened to the items happened that much earlier."""
    happened = Q(completed_at__isnull=False) | Q(sought_at__isnull=False)
    ScreeningItem.objects.filter(happened).update(
        completed_at=F("completed_at") - by, sought_at=F("sought_at") - by
    )
