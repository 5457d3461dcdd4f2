"""How a text table is written, found from its first lines: delimiter, headings, preamble."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from screening.importers.tables.cells import Grammar, Lines, Row, is_blank
from screening.importers.tables.columns import distinct, is_web_of_science, known_fields

DELIMITERS = ("\t", ";", ",", "|")
PREAMBLE = 20
"""Rows that may stand above the headings."""

_ROWS_LOOKED_AT = 60
_WIDEST = 16_384
_FEW_HEADINGS = 2
_LONGEST_HEADING = 80
_SEPARATOR_LINE = re.compile(r"\s*sep=(.)\s*\Z", re.IGNORECASE)
_SENTENCE_END = (".", "?", "!", ":", ",", ";")
# First lines of formats that may have commas or tabs, too.
_OTHER_FORMAT = re.compile(
    r"\s*(?:[<{\[@]|%[0A-Z] |(?:FN|VR|PT) \S|\{\\rtf)"
    r"|\s{0,3}(?:[A-Z][A-Z0-9]{1,3} {0,3}-(?: |\Z)|Record #|Provider:)"
)
_TAGGED_LINE = re.compile(r"\s{0,3}(?:TY|ER|PMID|TI|AU|A1|T1)\s{0,2}-(?:\s|\Z)")


@dataclass(frozen=True, slots=True)
class Shape:
    """Where the headings of a table are, and how its rows are written.

    `heading_line` is the line at which the heading row begins, from 1.
    """

    delimiter: str
    quoted: bool
    heading_line: int
    headings: list[str]


def shape_of(lines: Sequence[str]) -> Shape | None:
    """The shape of the table that begins with these lines, or None where there is none.

    The headings are the row, within PREAMBLE rows, in which most headings are known, one of
    them for titles; without such a row the first of rows of the same width.
    """
    first = next((line for line in lines if line.strip("\ufeff \t")), "").removeprefix("\ufeff")
    if not first or _OTHER_FORMAT.match(first) or any(map(_TAGGED_LINE.match, lines)):
        return None
    stated = _SEPARATOR_LINE.match(first)
    delimiters = (stated[1],) if stated and stated[1] != '"' else DELIMITERS
    tables = [(mark, _first_rows(lines, mark)) for mark in delimiters]
    return _by_known_headings(tables) or _by_width(tables)


def _first_rows(lines: Sequence[str], delimiter: str) -> list[Row]:
    rows: list[Row] = []
    for row in Grammar(delimiter).rows(Lines([list(lines)])):
        if not is_blank(row.raw, delimiter) and not _SEPARATOR_LINE.match(row.raw):
            rows.append(row)
        if len(rows) == _ROWS_LOOKED_AT:
            break
    return rows


def _by_known_headings(tables: Sequence[tuple[str, list[Row]]]) -> Shape | None:
    candidates = [
        (known, mark, row)
        for mark, rows in tables
        for row in rows[: PREAMBLE + 1]
        if (known := known_headings(row.cells)) >= _FEW_HEADINGS
    ]
    if not candidates:
        return None
    _, delimiter, row = max(candidates, key=lambda candidate: candidate[0])
    return _shape(delimiter, row)


def known_headings(cells: Sequence[str]) -> int:
    """How many fields the cells name as headings; 0 when none of them is for titles."""
    if not _FEW_HEADINGS <= len(cells) <= _WIDEST:
        return 0
    known = known_fields(distinct(cells))
    filled = sum(bool(cell.strip()) for cell in cells)
    # A sentence may hold "title" and "abstract" between commas, but no more of the kind.
    is_sentence = cells[-1].rstrip().endswith(_SENTENCE_END) or len(known) * 8 < filled
    return 0 if is_sentence or "title" not in known else len(set(known))


def _by_width(tables: Sequence[tuple[str, list[Row]]]) -> Shape | None:
    for delimiter, rows in tables:
        if len(rows) < _FEW_HEADINGS:
            continue
        # A last row may be cut off where the lines end.
        width = len(rows[0].cells)
        same = all(len(row.cells) == width for row in rows[1:-1] or rows[1:])
        if same and _FEW_HEADINGS <= width <= _WIDEST and _are_headings(rows[0], delimiter):
            return _shape(delimiter, rows[0])
    return None


def _are_headings(row: Row, delimiter: str) -> bool:
    """Whether the cells look like headings and not like prose with commas in it."""
    cells = [" ".join(cell.split()) for cell in row.cells]
    return (
        len(set(cells)) == len(cells)
        and all(0 < len(cell) <= _LONGEST_HEADING for cell in cells)
        and not any(cell.endswith(_SENTENCE_END) for cell in cells)
        and not (delimiter in ",;" and all(cell.startswith(" ") for cell in row.cells[1:]))
    )


def _shape(delimiter: str, row: Row) -> Shape:
    headings = distinct(row.cells)
    quoted = not (delimiter == "\t" and is_web_of_science(headings))
    return Shape(delimiter, quoted, row.line, headings)


def first_lines(blocks: Iterator[list[str]], most: int = 2_000, size: int = 2_000_000) -> list[str]:
    """The lines of a file by which its shape is told."""
    lines: list[str] = []
    for block in blocks:
        for line in block:
            lines.append(line)
            size -= len(line)
            if len(lines) == most or size <= 0:
                return lines
    return lines
