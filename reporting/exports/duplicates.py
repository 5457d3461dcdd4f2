"""duplicates.csv: one row per record that is merged into another, with why and by whom."""

from collections.abc import Iterator
from typing import Any

from reporting.exports.names import members
from screening.access import Reader
from screening.merged import pattern_in_words
from screening.models import Merge

ROWS_AT_ONCE = 1_000
COLUMNS = (
    "record_id",
    "source",
    "duplicate_of",
    "source_of_that",
    "pattern",
    "pattern_in_words",
    "score",
    "decided_by",
    "decided_at",
)
BY_PATTERN = "automatic"


def visible(access: Reader) -> int:
    return _merges(access).count()


def rows(access: Reader) -> Iterator[tuple[Any, ...]]:
    """The header and every duplicate, by number."""
    yield COLUMNS
    merges = _merges(access).select_related(
        "record__imported_by__source", "kept__imported_by__source"
    )
    people = None
    for merge in merges.order_by("record__number").iterator(ROWS_AT_ONCE):
        people = people or members(access)
        yield (
            merge.record.number,
            merge.record.imported_by.source.name,
            merge.kept.number,
            merge.kept.imported_by.source.name,
            merge.pattern,
            pattern_in_words(merge.pattern),
            "" if merge.score is None else f"{merge.score:.4f}",
            people[merge.said_by_id].name if merge.is_by_a_person else BY_PATTERN,
            merge.began_at,
        )


def _merges(access: Reader):
    return access.scope(Merge).in_force()
