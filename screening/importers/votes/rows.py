"""The rows of an exported table by its headings, in the order and number that its import has."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from screening.importers.base import UnreadableFile
from screening.importers.tables.cells import Grammar, Lines, Row, is_blank

_LINE_END = re.compile(r"\r\n?|\n")


@dataclass(frozen=True, slots=True)
class Entry:
    """A row below the headings: `position` counts them from 1, `line` is where it begins."""

    position: int
    line: int
    cells: dict[str, str]
    is_whole: bool
    raw: str


def headings(text: str) -> tuple[str, ...]:
    """The headings in the first filled line, in small letters."""
    return tuple(_table(text)[0])


def entries(text: str, *needed: str) -> Iterator[Entry]:
    """The rows below the headings; without blank ones and repeated headings.

    Raises: UnreadableFile when a heading that is needed is not there.
    """
    names, head, rows = _table(text)
    missing = [name for name in needed if name not in names]
    if missing or head is None:
        raise UnreadableFile(
            f"The first line has no heading “{missing[0] if missing else ''}”: give the file as "
            "it was exported."
        )
    position = 0
    for row, delimiter in rows:
        if is_blank(row.raw, delimiter) or row.raw == head.raw:
            continue
        position += 1
        cells = dict(zip(names, chain(row.cells, [""] * len(names)), strict=False))
        is_whole = not any(map(str.strip, row.cells[len(names) :]))
        yield Entry(position, row.line, cells, is_whole, row.raw)


def _table(text: str) -> tuple[list[str], Row | None, Iterator[tuple[Row, str]]]:
    lines = _LINE_END.split(text.removeprefix("\ufeff"))
    first = next((line for line in lines if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    rows = Grammar(delimiter).rows(Lines([lines]))
    head = next((row for row in rows if not is_blank(row.raw, delimiter)), None)
    names = [" ".join(cell.split()).casefold() for cell in head.cells] if head else []
    return names, head, ((row, delimiter) for row in rows)
