"""Workbooks (.xlsx): the first sheet with headings, its rows as text would have them.

Only values are read: of a formula the result that is stored with it; macros, links and pictures
are not opened.
"""

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time
from itertools import islice
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from defusedxml.ElementTree import iterparse
from openpyxl import load_workbook

from screening.importers.base import Counted, ParsedRecord, Problem, UnreadableFile
from screening.importers.tables import archive
from screening.importers.tables.cells import Row
from screening.importers.tables.columns import distinct, proposed_mapping, title_columns
from screening.importers.tables.records import entry
from screening.importers.tables.shape import PREAMBLE, known_headings
from screening.importers.tagged import RAW_LIMIT

NAME = "xlsx"

_LAST_ROW = 1_048_576
_ROWS_AT_A_TIME = 500
_ESCAPED = re.compile(r"_x000[9AaDd]_")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
# What openpyxl and the XML parser raise where parts of a workbook contradict each other.
_DAMAGE = (
    *(BadZipFile, OSError, EOFError, ArithmeticError, AssertionError, AttributeError),
    *(LookupError, RecursionError, NotImplementedError, SyntaxError, TypeError, ValueError),
)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet of an open workbook and its heading row."""

    source: Any
    heading_row: int
    headings: list[str]


def looks_like(head: bytes) -> bool:
    """Whether the first bytes are those of a workbook, be it an old or a locked one."""
    return archive.begins_workbook(head)


def headings_of(path: Path, encoding: str) -> list[str]:
    """The headings of the sheet that is read, each unlike the others.

    Raises: UnreadableFile when it is no workbook that can be read.
    """
    with _opened(path) as sheet:
        return sheet.headings


def first_rows(path: Path, encoding: str, number: int) -> list[list[str]]:
    """The cells of the first filled rows below the headings.

    Raises: UnreadableFile when it is no workbook that can be read.
    """
    with _opened(path) as sheet:
        return [row.cells for row in islice(_rows_below_headings(sheet), number)]


def count(path: Path, encoding: str) -> Counted:
    """The filled rows below the headings, by the row elements of the sheet.

    Raises: NeedsColumns without a column for titles, UnreadableFile when it cannot be read.
    """
    with _opened(path) as sheet:
        title_columns(sheet.headings, proposed_mapping(sheet.headings))
        return Counted(_count_below_headings(sheet))


def count_rows(path: Path, encoding: str) -> Counted:
    """The same, whatever the columns hold."""
    with _opened(path) as sheet:
        return Counted(_count_below_headings(sheet))


def read(path: Path, encoding: str) -> Iterator[ParsedRecord | Problem]:
    """Every filled row below the headings, by what is known of the headings.

    Raises: NeedsColumns without a column for titles, UnreadableFile when it cannot be read.
    """
    with _opened(path) as sheet:
        yield from _entries(sheet, proposed_mapping(sheet.headings))


def read_with(
    path: Path, encoding: str, mapping: Mapping[str, str]
) -> Iterator[ParsedRecord | Problem]:
    """The same, where a person says which column is which: heading to field, "" for none."""
    with _opened(path) as sheet:
        yield from _entries(sheet, mapping)


def _entries(sheet: _Sheet, mapping: Mapping[str, str]) -> Iterator[ParsedRecord | Problem]:
    columns = title_columns(sheet.headings, mapping)
    for position, row in enumerate(_rows_below_headings(sheet), 1):
        yield entry(row, position, columns)


@contextmanager
def _opened(path: Path) -> Iterator[_Sheet]:
    """The sheet that is read."""
    archive.check(path)
    with path.open("rb") as stream:
        with _damage_in_words():
            workbook = load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        try:
            yield _sheet(workbook)
        finally:
            workbook.close()


@contextmanager
def _damage_in_words() -> Iterator[None]:
    """Whatever is wrong inside the workbook becomes one sentence: for calls of openpyxl alone.

    What it says about styles and validations concerns nobody here.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except _DAMAGE as error:
        raise UnreadableFile(
            "The parts of this workbook contradict each other, so its lines cannot be read. "
            f"{archive.SAVE_AGAIN}"
        ) from error


def _sheet(workbook: Any) -> _Sheet:
    """The first sheet with headings that are known, else the first that is not empty."""
    beginnings = [
        (source, rows)
        for source in workbook.worksheets
        if (rows := list(islice(_filled_rows(source), PREAMBLE + 1)))
    ]
    if not beginnings:
        raise UnreadableFile(
            "No sheet of this workbook holds a filled row: check at the source that the search "
            "found something, then export and import it again."
        )
    for source, rows in beginnings:
        known = [known_headings(row.cells) for row in rows]
        if max(known):
            row = rows[known.index(max(known))]
            return _Sheet(source, row.line, distinct(row.cells))
    source, rows = beginnings[0]
    return _Sheet(source, rows[0].line, distinct(rows[0].cells))


def _rows_below_headings(sheet: _Sheet) -> Iterator[Row]:
    """The filled rows, each with a cell for every heading."""
    for row in _filled_rows(sheet.source):
        if row.line > sheet.heading_row:
            missing = len(sheet.headings) - len(row.cells)
            yield Row(row.line, row.cells + [""] * missing, row.raw)


def _filled_rows(source: Any) -> Iterator[Row]:
    """The rows with a value in them, `line` being the number of the row."""
    # The size that a sheet states for itself is often wrong, and rows beyond it would be lost.
    with _damage_in_words():
        source.reset_dimensions()
        rows = enumerate(source.iter_rows(values_only=True), 1)
    while True:
        with _damage_in_words():
            some = list(islice(rows, _ROWS_AT_A_TIME))
        if not some:
            return
        for number, values in some:
            if number > _LAST_ROW:
                raise UnreadableFile(
                    f"This workbook names a row beyond line {_LAST_ROW:,}, which is the last that "
                    f"a sheet can have. {archive.SAVE_AGAIN}"
                )
            cells = [_text(value) for value in values]
            while cells and not cells[-1].strip():
                cells.pop()
            if cells:
                yield Row(number, cells, "\t".join(cells)[:RAW_LIMIT])


def _text(value: object) -> str:
    """The value as a table in text would have it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _ESCAPED.sub(" ", value) if "_x000" in value else value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return str(value.date() if value.time() == time.min else value)
    return str(value)


def _count_below_headings(sheet: _Sheet) -> int:
    """Counted by the row elements of the sheet, without openpyxl's reader of rows.

    Raises: UnreadableFile when rows are not in their order: that reader would pass over some.
    """
    count, last = 0, 0
    texts = sheet.source._shared_strings
    path = sheet.source._worksheet_path
    with _damage_in_words(), sheet.source.parent._archive.open(path) as stream:
        for _, element in iterparse(stream):
            if element.tag != f"{_MAIN}row":
                continue
            number = int(float(element.get("r", last + 1)))
            if number <= last:
                raise UnreadableFile(
                    f"The rows of the sheet are not in their order (line {number}). "
                    f"{archive.SAVE_AGAIN}"
                )
            last = number
            is_entry = number > sheet.heading_row
            count += is_entry and any(_is_filled(cell, texts) for cell in element)
            element.clear()
    return count


def _is_filled(cell: Any, texts: Sequence[str]) -> bool:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        inline = cell.find(f"{_MAIN}is")
        parts = () if inline is None else inline.iter(f"{_MAIN}t")
        return bool("".join(part.text or "" for part in parts).strip())
    stored = cell.findtext(f"{_MAIN}v") or ""
    if kind == "s" and stored:
        stored = _ESCAPED.sub(" ", texts[int(stored)])
    return bool(stored.strip())
