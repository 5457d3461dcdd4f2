"""The log is a chain that nobody changed."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from screening.actions.log import digest_of
from screening.models import LogEntry, LogHead, Review

ROWS_AT_ONCE = 5_000


class Entry(NamedTuple):
    """A log entry: what its digest covers, and the digest."""

    sequence: int
    at: Any
    actor: int
    action: str
    before: Any
    after: Any
    why: str
    digest: str

    def expected_digest(self, previous: str) -> str:
        covered = self._asdict()
        del covered["digest"]
        return digest_of(previous, **covered)


ENTRY_COLUMNS = (
    "sequence",
    "at",
    "actor__number",
    "action",
    "before",
    "after",
    "why",
    "digest",
)


def about_the_log(review: Review, since: int, looked_at: Counter[str]) -> Iterator[str]:
    """The chain of entries: no gap, digests that follow, times that grow, and its head."""
    entries = LogEntry.objects.filter(review=review).order_by("sequence")
    before = entries.filter(sequence__lt=since).values_list("sequence", "at", "digest").last()
    sequence, at, digest = before or (0, None, "")
    if sequence != max(since, 1) - 1:
        yield f"log: there is no entry {since - 1} to begin behind."
        sequence = since - 1
    rows = entries.filter(sequence__gte=since).values_list(*ENTRY_COLUMNS)
    for entry in map(Entry._make, rows.iterator(ROWS_AT_ONCE)):
        looked_at["log_entries"] += 1
        if entry.sequence != sequence + 1:
            yield f"log: entry {entry.sequence} comes after entry {sequence}."
        if at and entry.at <= at:
            yield f"log: entry {entry.sequence} is not later than the one before it."
        if entry.digest != entry.expected_digest(digest):
            yield f"log: entry {entry.sequence} was changed, or one before it."
        sequence, at, digest = entry.sequence, entry.at, entry.digest
    head = LogHead.objects.filter(review=review).values_list("sequence", "at", "digest").first()
    if head != (sequence, at, digest):
        yield f"log: its head is not the last entry, {sequence}."
