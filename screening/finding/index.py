"""The index: for some thousand records at a time, which of them have a word.

An ordinary table, the same on both databases: (block, word) -> places. Blocks are written once, in
the order of their words, and removed whole with their import. That makes it fast to fill and to
take back: PostgreSQL needed 20 seconds to add 100,000 records to a GIN index, and SQLite's FTS5
forgets a row only if it is told its text again. No block is of two reviews.
"""

import sys
from array import array
from collections.abc import Collection, Iterable, Iterator
from typing import Any, TypeAlias

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Count, QuerySet, Sum

from screening.copying import copy
from screening.finding.blocks import Block, Extent, Rows
from screening.finding.folding import is_identifier
from screening.importers import ParsedRecord
from screening.models import Import, ImportState, IndexBlock, Record, Review

CHUNK = 1_000
TABLE = "screening_indexentry"
COLUMNS = ("block_id", "word", "places")
TEXTS = ("title", "abstract", "authors", "journal", "keywords")

Places: TypeAlias = "array[int]"  # Python 3.11 cannot evaluate it


def add(block: Block, number: int, record: ParsedRecord | Record) -> None:
    """The record will be found in the block by its words."""
    texts = [_text(getattr(record, name)) for name in TEXTS]
    texts.append(str(record.year or ""))
    block.add(number, texts, doi=record.doi, pmid=record.pmid)


def store(block: Block, rows: Rows, review: int, imported_by: int, blocks: Any = None) -> None:
    """The records of the block are found, once their import is committed.

    Args:
        blocks: the manager of index blocks; a migration gives its own.
    """
    fill(begin(block, review, imported_by, blocks), rows)


def begin(block: Extent, review: int, imported_by: int, blocks: Any = None) -> int:
    """The block stands without its words, which `fill` brings; returns its primary key."""
    stored = (blocks or IndexBlock.objects).create(
        review_id=review,
        imported_by_id=imported_by,
        first=block.first,
        last=block.last,
        records=block.records,
    )
    return int(stored.pk)


def fill(block: int, rows: Rows) -> None:
    """These of its words stand in the block, beside those that were there."""
    if connection.vendor == "postgresql":
        lines = (f"{block}\t{_for_copy(word)}\t\\\\x{places.hex()}\n" for word, places in rows)
        copy(TABLE, COLUMNS, lines)
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {TABLE} ({', '.join(COLUMNS)}) VALUES (%s, %s, %s)",  # noqa: S608
            [(block, word, places) for word, places in rows],
        )


def remove(import_pk: int) -> None:
    """No record of the import is found."""
    for block in blocks_with(import_pk):
        remove_block(block)


def blocks_with(import_pk: int) -> list[int]:
    """The primary keys of the blocks that hold records of the import."""
    blocks = IndexBlock.objects.filter(imported_by=import_pk).order_by("pk")
    return list(blocks.values_list("pk", flat=True))


def remove_block(block: int) -> None:
    """No record of the block is found."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE block_id = %s", [block])  # noqa: S608
        cursor.execute("DELETE FROM screening_indexblock WHERE id = %s", [block])


def rebuild(review: Review) -> int:
    """The index of the review is made anew; returns how many records it holds.

    In short transactions, so that voters never wait; until it ends some records are not found.
    """
    standing = Import.objects.filter(source__review=review).exclude(state=ImportState.STAGED)
    for (import_pk,) in standing.values_list("pk"):
        with transaction.atomic():
            remove(import_pk)
    indexed = 0
    records = Record.objects.imported().filter(review=review)
    for block, import_pk in blocks_of(records):
        rows = block.rows()
        with transaction.atomic():
            # Nobody undoes the import in between.
            lock = Import.objects.committed().select_for_update(no_key=True).filter(pk=import_pk)
            if lock.values_list("pk").first():
                store(block, rows, review.pk, import_pk)
                indexed += block.records
    return indexed


def blocks_of(records: QuerySet[Any]) -> Iterator[tuple[Block, int]]:
    """Blocks of these records of one review, each with the primary key of its import."""
    block, import_pk = Block(), 0
    records = records.only("number", "imported_by", *TEXTS, "year", "doi", "pmid")
    for record in records.order_by("number").iterator(CHUNK):
        if block.records and (record.imported_by_id != import_pk or not block.takes(record.number)):
            yield block, import_pk
            block = Block()
        import_pk = record.imported_by_id
        add(block, record.number, record)
    if block.records:
        yield block, import_pk


def about_the_index(review: Review) -> Iterator[str]:
    """Every imported record can be found, and nothing else: a check for `verify`, by numbers."""
    imports = Import.objects.filter(source__review=review)
    blocks = IndexBlock.objects.filter(review=review).order_by()
    found = dict(blocks.values_list("imported_by").annotate(n=Sum("records")))
    remedy = "run `manage.py rebuild_index`"
    for one in imports.annotate(n_stored=Count("records")).order_by("pk"):
        if one.state == ImportState.STAGED:
            continue
        n_found = found.get(one.pk, 0)
        if n_found != one.n_stored:
            yield (
                f"import {one.pk}: {one.n_stored} records are stored, and the finder knows "
                f"{n_found}; {remedy}."
            )


def of_words(blocks: Collection[int], words: Collection[str]) -> Iterator[tuple[int, str, Places]]:
    """Block, word and places, where a block has one of the words."""
    if not blocks or not words:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT block_id, word, places FROM {TABLE} "  # noqa: S608
            f"WHERE block_id IN ({_marks(blocks)}) AND word IN ({_marks(words)})",
            [*blocks, *words],
        )
        for block, word, stored in cursor.fetchall():
            yield block, word, _places(stored)


def of_beginning(blocks: Collection[int], beginning: str) -> Iterator[tuple[int, Places]]:
    """Block and places of every word that begins so."""
    if not blocks:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT block_id, places FROM {TABLE} "  # noqa: S608
            f"WHERE block_id IN ({_marks(blocks)}) AND word >= %s AND word < %s",
            [*blocks, beginning, beginning + chr(sys.maxunicode)],
        )
        for block, stored in cursor.fetchall():
            yield block, _places(stored)


def create(connection: BaseDatabaseWrapper) -> None:
    """The table of entries is there: kept in the order of its key, compared byte by byte."""
    if connection.vendor == "postgresql":
        number, text, binary, kept = "bigint", 'text COLLATE "C"', "bytea", ""
    else:
        number, text, binary, kept = "integer", "text", "blob", " WITHOUT ROWID"
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {TABLE} (block_id {number} NOT NULL, word {text} NOT NULL, "
            f"places {binary} NOT NULL, PRIMARY KEY (block_id, word)){kept}"
        )


def drop(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {TABLE}")


def _places(stored: Iterable[int]) -> Places:
    places = array("H")
    places.frombytes(bytes(stored))
    if sys.byteorder == "big":
        places.byteswap()
    return places


def _text(value: str | tuple[str, ...]) -> str:
    return "\n".join(value) if isinstance(value, tuple) else value


def _for_copy(word: str) -> str:
    return word.replace("\\", r"\\") if is_identifier(word) else word


def _marks(values: Collection[Any]) -> str:
    return ", ".join(["%s"] * len(values))
