"""The records of a list as CSV: the columns of records_wide.csv that are of no reviewer's."""

from collections.abc import Iterable, Iterator
from typing import Any

from reporting.exports.records import BIBLIOGRAPHIC
from reporting.records.rows import Row
from screening.models import Record
from screening.rules import Stage

COLUMNS = (
    "record_id",
    "sources",
    *BIBLIOGRAPHIC,
    "duplicate_of",
    "ta_outcome",
    "ft_outcome",
    "ft_reason",
    "retrieval",
)


def rows(found: Iterable[Row]) -> Iterator[tuple[Any, ...]]:
    yield COLUMNS
    for row in found:
        record = row.record
        yield (
            record.number,
            record.imported_by.source.name,
            *(_fact(record, name) for name in BIBLIOGRAPHIC),
            row.duplicate_of.number if row.duplicate_of else "",
            row.outcome(Stage.TITLE_ABSTRACT),
            row.outcome(Stage.FULL_TEXT),
            row.reason,
            row.retrieval,
        )


def _fact(record: Record, name: str) -> Any:
    """Authors and keywords stand one per line in the database, and side by side in the file."""
    fact = getattr(record, name)
    return "; ".join(fact.splitlines()) if name in {"authors", "keywords"} else fact
