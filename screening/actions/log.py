"""Writing the log, and the arithmetic of its chain."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from screening.access import ReviewAccess
from screening.models import LogEntry, LogHead, ScreeningItem

TICK = timedelta(microseconds=1)


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


def write_log(
    access: ReviewAccess,
    action: str,
    *,
    item: ScreeningItem | None = None,
    before: Any = None,
    after: Any = None,
    why: str = "",
) -> LogEntry:
    """The action is in the log. Call it last: it locks the head of the review's chain.

    Times are strictly increasing along the chain, also when the clock is set back.

    Args:
        item: for entries about votes only: they are hidden until this item is settled.
        before, after: JSON values of numbers, texts, lists and dicts.
    """
    head = LogHead.objects.select_for_update().get(review=access.review)
    now = timezone.now()
    if head.at and now <= head.at:
        now = head.at + TICK
    sequence = head.sequence + 1
    digest = digest_of(
        head.digest,
        sequence=sequence,
        at=now,
        actor=access.membership.number,
        action=action,
        before=before,
        after=after,
        why=why,
    )
    entry = LogEntry.objects.create(
        review=access.review,
        sequence=sequence,
        at=now,
        actor=access.membership,
        action=action,
        item=item,
        before=before,
        after=after,
        why=why,
        digest=digest,
    )
    head.sequence, head.at, head.digest = sequence, now, digest
    head.save(update_fields=["sequence", "at", "digest"])
    return entry
