"""Results that cost something, kept for as long as the log says nothing new."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.core.cache import cache

from screening.access import Reader
from screening.models import LogHead, ScreeningItem
from screening.querysets.votes import undo_ends_for
from screening.rules import COMPLETE, Stage

Result = TypeVar("Result")

KEPT_FOR = 60 * 60  # seconds; for the room it takes, not because it would be wrong later


def kept(
    access: Reader, name: str, make: Callable[[], Result], *, now: datetime, viewer: str = ""
) -> Result:
    """What `make` gives, or gave when the log of the review was as it is now.

    A result made while items are settling is not kept: they settle without an entry. Nor is one
    for the host, which holds what nobody else may see.

    Args:
        now: the moment `make` looks at.
        viewer: what the result depends on beside the rights of whoever asks.
    """
    if access.sees_everything:
        return make()
    # Read before the rows: an entry that comes meanwhile makes this key one nobody asks for again.
    head = LogHead.objects.filter(review=access.review).values_list("sequence", "digest").get()
    if is_settling(access, now):
        return make()
    rights = "+".join(sorted(access.rights))
    key = f"{name}:{access.review.pk}:{head[0]}:{head[1][:16]}:{rights}:{viewer}"
    return cache.get_or_set(key, make, KEPT_FOR)


def is_settling(access: Reader, now: datetime) -> bool:
    """Something will be shown soon that is not shown yet, by the clock alone."""
    begins = undo_ends_for(now)
    items = access.scope(ScreeningItem)
    return (
        items.filter(
            stage__in=list(Stage), outcome__in=list(COMPLETE), completed_at__gt=begins
        ).exists()
        or items.at(Stage.FULL_TEXT).filter(sought_at__gt=begins).exists()
    )
