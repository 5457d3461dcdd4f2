"""Counting the rows of a table without the reader of its cells.

Only the cutting into lines is shared with `cells`. Rows are found by the marks alone: inside a
quoted value a line end is no end of a row. That this agrees with what is read, for any text, is
what `found = read + problems` checks.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from screening.importers.tables.cells import LONGEST_VALUE, is_blank


@dataclass(slots=True)
class RowCount:
    """How many rows there are below the headings, and which lines a user should look at.

    `short` rows have fewer cells than there are headings; `open_marks` are quotation marks that
    open a value and never close it. Of both the number, and the first line (0: none).
    """

    rows: int = 0
    short: int = 0
    first_short: int = 0
    open_marks: int = 0
    first_open_mark: int = 0


def counted_rows(
    blocks: Iterable[list[str]], delimiter: str, *, quoted: bool, heading_line: int, width: int
) -> RowCount:
    """Count the rows below the headings; blank rows and repeated headings are none."""
    count = RowCount()
    lines = islice(chain.from_iterable(blocks), heading_line - 1, None)
    scan = _Scan(lines, delimiter, heading_line) if quoted else None
    rows = scan.rows() if scan else _one_a_line(lines, delimiter, heading_line)
    headings = None
    for line, text, cells in rows:
        if headings is None:
            headings = text
        elif not is_blank(text, delimiter) and text != headings:
            count.rows += 1
            if cells < width:
                count.short += 1
                count.first_short = count.first_short or line
    if scan:
        count.open_marks, count.first_open_mark = scan.open_marks, scan.first_open_mark
    return count


def _one_a_line(lines: Iterable[str], delimiter: str, first: int) -> Iterator[tuple[int, str, int]]:
    for number, line in enumerate(lines, first):
        line = line.removeprefix("\ufeff")
        yield number, line, line.count(delimiter) + 1


class _Scan:
    """Finds where rows end by walking from mark to mark."""

    def __init__(self, lines: Iterable[str], delimiter: str, first: int) -> None:
        self._lines = iter(lines)
        self._delimiter = delimiter
        self._number = first - 1
        self._waiting: list[str] = []
        self.open_marks = 0
        self.first_open_mark = 0

    def rows(self) -> Iterator[tuple[int, str, int]]:
        """The first line, the text and the number of cells of every row."""
        while (line := self._next()) is not None:
            begun = self._number
            text, cells, place = [line], 0, 0
            while place >= 0:
                place = self._after_cell(text, place)
                cells += 1
            yield begun, "\n".join(text), cells

    def _next(self) -> str | None:
        line = self._waiting.pop() if self._waiting else next(self._lines, None)
        if line is None:
            return None
        self._number += 1
        return line.removeprefix("\ufeff")

    def _after_cell(self, text: list[str], place: int) -> int:
        """Where the next cell begins on the last line of the text, or -1 after the last cell."""
        line = text[-1]
        mark = self._opening_mark(line, place)
        if mark >= 0:
            closed, stray = self._closing_mark(line, mark + 1)
            if closed >= 0:
                return self._past_delimiter(line, closed + 1)
            if not stray and (closed := self._closed_later(text, len(line) - mark - 1)) >= 0:
                return self._past_delimiter(text[-1], closed + 1)
            self.open_marks += 1
            self.first_open_mark = self.first_open_mark or self._number
        return self._past_delimiter(line, place)

    def _past_delimiter(self, line: str, place: int) -> int:
        return line.find(self._delimiter, place) + 1 or -1

    def _opening_mark(self, line: str, place: int) -> int:
        while line.startswith(" ", place):
            place += 1
        if line.startswith("=", place):
            place += 1
        return place if line.startswith('"', place) else -1

    def _closing_mark(self, line: str, place: int) -> tuple[int, bool]:
        """The mark that ends a value on this line (-1: none), and whether others are stray."""
        stray = False
        while (mark := line.find('"', place)) >= 0:
            if line.startswith('"', mark + 1):
                place = mark + 2
            elif self._ends_cell(line, mark):
                return mark, stray
            else:
                stray = True
                place = mark + 1
        return -1, stray

    def _ends_cell(self, line: str, mark: int) -> bool:
        place = mark + 1
        while line.startswith(" ", place):
            place += 1
        return place == len(line) or line.startswith(self._delimiter, place)

    def _closed_later(self, text: list[str], size: int) -> int:
        """The mark that ends the value on a later line, which then ends the text; or -1."""
        further: list[str] = []
        while size <= LONGEST_VALUE and (line := self._next()) is not None:
            further.append(line)
            size += len(line) + 1
            closed, _ = self._closing_mark(line, 0)
            first = line.replace('""', "  ").find('"')
            if first >= 0:
                if closed == first:
                    text.extend(further)
                    return closed
                break
        self._waiting.extend(reversed(further))
        self._number -= len(further)
        return -1
