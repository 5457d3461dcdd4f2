"""Writing the log, and the arithmetic of its chain."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from screening.access import ReviewAccess
from screening.models import ScreeningItem

TICK = timedelta(microseconds=1)
# In SQL, since the head of the log is where all others wait.
ENTER = """
    INSERT INTO screening_logentry
    (review_id, sequence, at, actor_id, action, item_id, "before", "after", why, digest)
    VALUES (%(review)s, %(sequence)s, %(at)s, %(actor)s, %(action)s, %(item)s, %(before)s,
            %(after)s, %(why)s, %(digest)s)
"""
HEAD = "SELECT sequence, at, digest FROM screening_loghead WHERE review_id = %s"
MOVE_HEAD = """
    UPDATE screening_loghead SET sequence = %(sequence)s, at = %(at)s, digest = %(digest)s
    WHERE review_id = %(review)s
"""


def digest_of(
    previous: str,
    *,
    sequence: int,
    at: datetime,
    actor: int,
    action: str,
    before: Any,
    after: Any,
    why: str,
) -> str:
    """The digest of an entry: SHA-256 over the one before it and its own canonical JSON.

    Numbers in it are the review's own (membership, record), so that it can be recomputed from
    an export as well as from the database.
    """
    entry = {
        "action": action,
        "actor": actor,
        "after": after,
        "at": at.isoformat(),
        "before": before,
        "sequence": sequence,
        "why": why,
    }
    canonical = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{previous}\n{canonical}".encode()).hexdigest()


def _lock_head(access: ReviewAccess) -> tuple[int, datetime | None, str]:
    lock = " FOR UPDATE" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"{HEAD}{lock}", [access.review.pk])
        sequence, at, digest = cursor.fetchone()
    if at and at.tzinfo is None:  # SQLite keeps times in UTC, without saying so
        at = at.replace(tzinfo=UTC)
    return sequence, at, digest


def next_sequence(access: ReviewAccess) -> int:
    """The number of the entry that comes next. It locks the head of the review's chain."""
    return _lock_head(access)[0] + 1


def write_log(
    access: ReviewAccess,
    action: str,
    *,
    item: ScreeningItem | None = None,
    before: Any = None,
    after: Any = None,
    why: str = "",
) -> None:
    """The action is in the log. Call it last: it locks the head of the review's chain.

    Times are strictly increasing along the chain, also when the clock is set back.

    Args:
        item: for entries about votes only: they are hidden until this item is settled.
        before, after: JSON values of numbers, texts, lists and dicts.
    """
    last, last_at, last_digest = _lock_head(access)
    now = timezone.now()
    if last_at and now <= last_at:
        now = last_at + TICK
    digest = digest_of(
        last_digest,
        sequence=last + 1,
        at=now,
        actor=access.membership.number,
        action=action,
        before=before,
        after=after,
        why=why,
    )
    values = {
        "review": access.review.pk,
        "sequence": last + 1,
        "at": connection.ops.adapt_datetimefield_value(now),
        "actor": access.membership.pk,
        "action": action,
        "item": item and item.pk,
        "before": None if before is None else json.dumps(before),
        "after": None if after is None else json.dumps(after),
        "why": why,
        "digest": digest,
    }
    with connection.cursor() as cursor:
        cursor.execute(ENTER, values)
        cursor.execute(MOVE_HEAD, values)
