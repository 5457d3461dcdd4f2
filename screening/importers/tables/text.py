"""Tables as text: CSV, TSV and the like of every exporter, and Web of Science's tab files."""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from screening.importers.base import Counted, ParsedRecord, Problem, UnreadableFile
from screening.importers.decoding import CHUNK, text_lines
from screening.importers.tables.cells import Grammar, Lines, Row, is_blank
from screening.importers.tables.columns import proposed_mapping, title_columns
from screening.importers.tables.counting import RowCount, counted_rows
from screening.importers.tables.records import entry
from screening.importers.tables.shape import Shape, first_lines, shape_of

NAME = "table"


def looks_like(head: bytes) -> bool:
    """Whether the first bytes are those of a table with a row of headings."""
    text = head.decode("utf-8", "replace").removeprefix("\ufeff")
    if "\0" in text:
        return False
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(head) >= CHUNK and len(lines) > 1:
        lines.pop()
    return shape_of(lines) is not None


def headings_of(path: Path, encoding: str) -> list[str]:
    """The headings of the file, each unlike the others.

    Raises: UnreadableFile when it is no table.
    """
    return _shape(path, encoding).headings


def first_rows(path: Path, encoding: str, number: int) -> list[list[str]]:
    """The cells of the first rows below the headings.

    Raises: UnreadableFile when it is no table.
    """
    rows = _rows(path, encoding, _shape(path, encoding))
    return [row.cells for row in islice(rows, number)]


def count(path: Path, encoding: str) -> Counted:
    """The rows below the headings.

    Raises: NeedsColumns without a column for titles, UnreadableFile when it is no table.
    """
    headings = headings_of(path, encoding)
    title_columns(headings, proposed_mapping(headings))
    return count_rows(path, encoding)


def count_rows(path: Path, encoding: str) -> Counted:
    """The rows below the headings, whatever their columns hold.

    Raises: UnreadableFile when it is no table.
    """
    shape = _shape(path, encoding)
    counted = counted_rows(
        text_lines(path, encoding),
        shape.delimiter,
        quoted=shape.quoted,
        heading_line=shape.heading_line,
        width=len(shape.headings),
    )
    return Counted(counted.rows, tuple(_warnings(counted)))


def read(path: Path, encoding: str) -> Iterator[ParsedRecord | Problem]:
    """Every row below the headings, by what is known of the headings.

    Raises: NeedsColumns without a column for titles, UnreadableFile when it is no table.
    """
    return read_with(path, encoding, proposed_mapping(headings_of(path, encoding)))


def read_with(
    path: Path, encoding: str, mapping: Mapping[str, str]
) -> Iterator[ParsedRecord | Problem]:
    """The same, where a person says which column is which: heading to field, "" for none."""
    shape = _shape(path, encoding)
    columns = title_columns(shape.headings, mapping)
    for position, row in enumerate(_rows(path, encoding, shape), 1):
        yield entry(row, position, columns)


def _shape(path: Path, encoding: str) -> Shape:
    shape = shape_of(first_lines(text_lines(path, encoding)))
    if shape is None:
        raise UnreadableFile(
            "From line 1 on no row of headings was found above rows of the same width: export "
            "the search again with a row of headings, and import that file."
        )
    return shape


def _rows(path: Path, encoding: str, shape: Shape) -> Iterator[Row]:
    """The rows below the headings without blank ones and repeated headings."""
    lines = Lines(text_lines(path, encoding))
    lines.skip(shape.heading_line - 1)
    rows = Grammar(shape.delimiter, quoted=shape.quoted).rows(lines)
    headings = next(rows).raw
    for row in rows:
        if not is_blank(row.raw, shape.delimiter) and row.raw != headings:
            yield row


def _warnings(counted: RowCount) -> Iterator[str]:
    if counted.open_marks:
        marks = (
            "1 quotation mark opens"
            if counted.open_marks == 1
            else (f"{counted.open_marks:,} quotation marks open")
        )
        yield (
            f"{marks} a value and nothing closes it (first: line {counted.first_open_mark}): the "
            "row was read up to the end of its line. Look at the records and problems from there."
        )
    if counted.short:
        rows = "1 row has" if counted.short == 1 else f"{counted.short:,} rows have"
        yield (
            f"{rows} fewer cells than the table has headings (first: line "
            f"{counted.first_short}): the cells that are missing were taken as empty."
        )
