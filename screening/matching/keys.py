"""The keys of records, by which a new record finds those it may be a duplicate of.

A table kept in the order of (review, key, record): a key is asked for across all imports.
"""

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import blake2b
from itertools import repeat

import numpy as np
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from screening.copying import copy
from screening.duplicates import Normalised, keys
from screening.querysets.among import as_parameter, is_among

TABLE = "screening_duplicatekey"
COLUMNS = ("review_id", "key", "record_id")
ASKED_AT_ONCE = 100_000
ROWS_AT_ONCE = 5_000
"""Written in the order of the table so many take some hundredths of a second."""

Row = tuple[int, int]
"""A key and the primary key of a record that has it."""


def numbers_of(record: Normalised) -> set[int]:
    """The record's keys as the table holds them, each of 64 bits with a sign."""
    return {_number(kind, key) for kind, key in keys(record)}


def _number(kind: str, key: str) -> int:
    digest = blake2b(f"{kind}:{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


class Gathered:
    """The keys of many records, to be stored in the order of the table when there are no more.

    Keys are as good as random: each thousand records would write to nearly every page.
    """

    def __init__(self) -> None:
        self._keys, self._numbers = array("q"), array("q")

    def add(self, record: Normalised) -> None:
        """Its identifier is its number in the review."""
        own = numbers_of(record)
        self._keys.extend(own)
        self._numbers.extend(repeat(int(record.id), len(own)))

    def parts(self, primary_keys: Mapping[int, int]) -> Iterator[list[Row]]:
        """All of them, some thousand at once.

        Args:
            primary_keys: of the records, by number.
        """
        keys, numbers = np.array(self._keys, np.int64), np.array(self._numbers, np.int64)
        in_order = np.lexsort((numbers, keys))
        for start in range(0, len(in_order), ROWS_AT_ONCE):
            part = in_order[start : start + ROWS_AT_ONCE]
            records = map(primary_keys.__getitem__, numbers[part].tolist())
            yield list(zip(keys[part].tolist(), records, strict=True))


def store(review: int, rows: Iterable[Row]) -> None:
    """Records have these keys; none of them had one before."""
    in_order = sorted(rows)
    if connection.vendor == "postgresql":
        copy(TABLE, COLUMNS, [f"{review}\t{key}\t{record}\n" for key, record in in_order])
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {TABLE} ({', '.join(COLUMNS)}) VALUES (%s, %s, %s)",  # noqa: S608
            [(review, key, record) for key, record in in_order],
        )


def remove(import_pk: int) -> None:
    """No record of the import has keys."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {TABLE} WHERE review_id = (SELECT source.review_id "  # noqa: S608
            "FROM screening_source source JOIN screening_import import "
            "ON import.source_id = source.id WHERE import.id = %s) "
            "AND record_id IN (SELECT id FROM screening_record WHERE imported_by_id = %s)",
            [import_pk, import_pk],
        )


def sharing(review: int, wanted: Collection[int]) -> set[int]:
    """The primary keys of the records that have one of these keys."""
    found: set[int] = set()
    in_order = sorted(wanted)
    with connection.cursor() as cursor:
        for start in range(0, len(in_order), ASKED_AT_ONCE):
            some = in_order[start : start + ASKED_AT_ONCE]
            cursor.execute(
                f"SELECT record_id FROM {TABLE} WHERE review_id = %s AND key {is_among(connection)}",  # noqa: S608
                [review, as_parameter(connection, some)],
            )
            found.update(record for (record,) in cursor.fetchall())
    return found


def create(connection: BaseDatabaseWrapper) -> None:
    """The table is there: on SQLite kept in the order of its key."""
    number, kept = ("bigint", "")
    if connection.vendor == "sqlite":
        number, kept = ("integer", " WITHOUT ROWID")
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {TABLE} (review_id {number} NOT NULL, key {number} NOT NULL, "
            f"record_id {number} NOT NULL, PRIMARY KEY (review_id, key, record_id)){kept}"
        )


def drop(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {TABLE}")
