"""Imports have the records they say, up for screening, and as many votes as the log tells of."""

from collections import Counter
from collections.abc import Iterator

from django.db.models import Count, Exists, OuterRef

from screening.models import Import, ImportState, LogEntry, Record, Review, ScreeningItem, Vote

ROWS_AT_ONCE = 5_000


def about_imports(review: Review) -> Iterator[str]:
    """Imports have the records they say, and all of them are up for screening."""
    done = Import.objects.filter(source__review=review).exclude(
        state__in=[ImportState.PREVIEWED, ImportState.STAGED]
    )
    for one in done.annotate(stored=Count("records")).order_by("pk"):
        due = one.read if one.state == ImportState.COMMITTED else 0
        if one.stored != due:
            yield f"import {one.pk}: it should have {due} records, and {one.stored} are stored."
    items = ScreeningItem.objects.filter(record=OuterRef("pk"))
    forgotten = Record.objects.imported().filter(~Exists(items), review=review)
    numbers = forgotten.order_by("number").values_list("number", flat=True)
    for number in numbers.iterator(ROWS_AT_ONCE):
        yield f"record {number}: it is imported and not up for screening."
    yield from _about_imported_votes(review)


def _about_imported_votes(review: Review) -> Iterator[str]:
    """They are of files of the review, and as many as the log says were taken over."""
    votes = Vote.objects.filter(item__review=review, imported_by__isnull=False)
    elsewhere = votes.exclude(imported_by__source__review=review)
    numbers = elsewhere.order_by("item__record__number")
    for number in numbers.values_list("item__record__number", flat=True).iterator(ROWS_AT_ONCE):
        yield f"record {number}: a vote on it was imported with a file of another review."
    cast = votes.filter(carried_from=None).order_by()
    stored = dict(cast.values_list("imported_by__sha256").annotate(n=Count("pk")))
    logged: Counter[str] = Counter()
    entries = LogEntry.objects.filter(review=review, action="votes.imported")
    for said in entries.values_list("after", flat=True):
        # What an entry says is taken as it is: one that was tampered with may say anything.
        if isinstance(said, dict) and isinstance(said.get("votes"), int):
            logged[str(said.get("sha256"))] += said["votes"]
    for sha256 in stored.keys() | logged.keys():
        if stored.get(sha256, 0) != logged[sha256]:
            yield (
                f"file {sha256}: the log tells of {logged[sha256]} votes taken over from it, and "
                f"{stored.get(sha256, 0)} are stored."
            )
