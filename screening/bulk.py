"""Rows of an import by the thousand, in SQL: objects would cost more time than the database."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db import connection
from django.utils import timezone

from screening.copying import copy
from screening.finding import index
from screening.importers import ParsedRecord
from screening.matching import keys
from screening.matching.plan import Evidence
from screening.querysets.among import as_parameter, is_among
from screening.rules import Outcome, Stage

# What an entry of a file gives stands in columns of the same names.
_GIVEN = tuple(field.name for field in fields(ParsedRecord) if field.name != "line")
_given_by = attrgetter(*_GIVEN)

RECORD_COLUMNS = ("review_id", "imported_by_id", "number", "rank", *_GIVEN)

MERGE_COLUMNS = ("record_id", "kept_id", "pattern", "score", "measures")
MergeRow = tuple[int, int, str, float | None, str]
SAID_COLUMNS = ("review_id", "said_by_id", "said_at", "started_at_sequence", "imported_by_id")


def record_row(
    review_pk: int, import_pk: int, number: int, rank: int, entry: ParsedRecord
) -> tuple[str | int | None, ...]:
    """The values of a record in the order of RECORD_COLUMNS; lists stand one part a line."""
    given = ("\n".join(fact) if isinstance(fact, tuple) else fact for fact in _given_by(entry))
    return review_pk, import_pk, number, rank, *given


def insert_records(rows: Iterable[Sequence[str | int | None]]) -> None:
    """These records, each a `record_row`, are stored."""
    _insert("screening_record", RECORD_COLUMNS, rows)


def merge_row(record_pk: int, kept_pk: int, evidence: Evidence) -> MergeRow:
    """The values of a merge in the order of MERGE_COLUMNS."""
    measures = json.dumps(evidence.measures)
    return record_pk, kept_pk, evidence.pattern, evidence.score, measures


def insert_merges(
    rows: Iterable[MergeRow],
    *,
    review: int,
    said_by: int,
    said_at: datetime,
    sequence: int,
    import_pk: int,
) -> None:
    """These merges come with the import, each a `merge_row`, all said at once.

    PostgreSQL plans the questions of their triggers once, by the size that the table has then; what
    it finds best for an empty table reads every merge there is for each that comes. So it plans
    anew after every some hundred.
    """
    at = connection.ops.adapt_datetimefield_value(said_at)
    said = (review, said_by, at, sequence, import_pk)
    _insert("screening_merge", (*MERGE_COLUMNS, *SAID_COLUMNS), [(*row, *said) for row in rows])
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DISCARD PLANS")


def _insert(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    if connection.vendor == "postgresql":
        copy(table, columns, ("\t".join(map(_for_copy, row)) + "\n" for row in rows))
        return
    named, marks = ", ".join(columns), ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({named}) VALUES ({marks})", list(rows))  # noqa: S608


def insert_items(
    import_pk: int,
    numbers: range,
    *,
    stage: Stage,
    quorum: int,
    sought_at: datetime | None = None,
    duplicates: Collection[int] = (),
) -> int:
    """These records of the import are up for screening once it stands, unseen; how many there are.

    Args:
        sought_at: since when their reports are sought, if they are at once.
        duplicates: the numbers of records that are not, since another is kept in their place.
    """
    sought = sought_at and connection.ops.adapt_datetimefield_value(sought_at)
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT_ITEMS.format(is_among=is_among(connection, "integer"), of_import=_OF_IMPORT),
            [
                *(stage.value, quorum, Outcome.UNSEEN.value, sought),
                *(as_parameter(connection, duplicates), now),
                *_of_import(import_pk, numbers),
            ],
        )
        return cursor.rowcount


# By number, which has an index in its review: the plus keeps SQLite from reading all of the import.
_OF_IMPORT = (
    "screening_record WHERE review_id = (SELECT source.review_id FROM screening_source source "
    "JOIN screening_import import ON import.source_id = source.id WHERE import.id = %s) "
    "AND number BETWEEN %s AND %s AND +imported_by_id = %s"
)

# What goes with its records.
FOLLOWING_RECORDS = (
    ("screening_screeningitem", "record_id"),
    ("screening_duplicatequestion", "first_id"),
    ("screening_duplicatequestion", "second_id"),
    ("screening_merge", "record_id"),
    ("screening_merge", "kept_id"),
)

INSERT_ITEMS = """
    INSERT INTO screening_screeningitem
    (review_id, record_id, stage, round, quorum, rank, outcome, sought_at, closed_at,
     imported_by_id)
    SELECT review_id, id, %s, 1, %s, rank, %s, %s, CASE WHEN number {is_among} THEN %s END,
           imported_by_id
    FROM {of_import} ORDER BY id
"""

# As `actions.outcomes` does it item by item.
SEEK_REPORTS = """
    INSERT INTO screening_screeningitem
    (review_id, record_id, stage, round, quorum, rank, outcome, sought_at)
    SELECT item.review_id, item.record_id, 'full_text', 1, protocol.quorum_full_text, item.rank,
           'unseen', item.completed_at
    FROM screening_screeningitem item
    JOIN screening_protocol protocol
    ON protocol.review_id = item.review_id AND protocol.ended_at_sequence IS NULL
    WHERE item.stage = 'title_abstract' AND item.closed_at IS NULL AND item.outcome = 'included'
    AND (%(review)s IS NULL OR item.review_id = %(review)s)
    AND NOT EXISTS (
        SELECT 1 FROM screening_screeningitem report
        WHERE report.record_id = item.record_id AND report.stage = 'full_text'
    )
    ORDER BY item.id
"""


def seek_reports(review: int | None = None) -> int:
    """The report of every included record that has none yet is sought; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(SEEK_REPORTS, {"review": review})
        return cursor.rowcount


def count_rows() -> None:
    """PostgreSQL knows how many rows there are, before it would next look by itself.

    Until then it would search all records of a review for one. SQLite does not ask.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "ANALYZE screening_record, screening_screeningitem, screening_indexentry, "
                "screening_duplicatekey, screening_merge"
            )


def numbers_of(import_pk: int) -> range:
    """From the first to the last of the import's records; other imports have none between."""
    # In the order of their positions, which has an index and is that of their numbers.
    number = "SELECT number FROM screening_record WHERE imported_by_id = %s ORDER BY position"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ({number} LIMIT 1), ({number} DESC LIMIT 1)",
            [import_pk, import_pk],
        )
        first, last = cursor.fetchone()
    return range(0) if first is None else range(first, last + 1)


def delete_records(import_pk: int) -> int:
    """The import has no records, and none is found any more; returns how many it had.

    What a record has that somebody did is gone before.
    """
    index.remove(import_pk)
    numbers = numbers_of(import_pk)
    if not numbers:
        return 0
    keys.remove(import_pk)
    delete_following(import_pk, numbers)
    return delete_only_records(import_pk, numbers)


def delete_following(import_pk: int, numbers: range) -> None:
    """These records of the import have no items, and are not named in merges and questions."""
    for table, column in FOLLOWING_RECORDS:
        of_import = f"{table} WHERE {column} IN (SELECT id FROM {_OF_IMPORT})"  # noqa: S608
        _delete(of_import, import_pk, numbers)


def delete_only_records(import_pk: int, numbers: range) -> int:
    """These records are gone, and nothing follows them any more; returns how many there were."""
    return _delete(_OF_IMPORT, import_pk, numbers)


def _delete(what: str, import_pk: int, numbers: range) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {what}", _of_import(import_pk, numbers))  # noqa: S608
        return cursor.rowcount


def _of_import(import_pk: int, numbers: range) -> list[int]:
    return [import_pk, numbers[0], numbers[-1], import_pk]


def _for_copy(value: str | float | None) -> str:
    """The value as PostgreSQL reads it in a line of text, with tabs between values."""
    if value is None:
        return r"\N"
    if not isinstance(value, str):
        return str(value)
    escaped = value.replace("\\", r"\\").replace("\t", r"\t")
    return escaped.replace("\n", r"\n").replace("\r", r"\r")
