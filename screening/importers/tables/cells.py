"""Rows of cells out of lines of text, whatever divides and quotes them.

A value stands between quotation marks when its cell begins with one; a mark within is doubled.
Three things that occur in real files are read as well as they can be:

- a mark within a quoted value that was not doubled belongs to the value, if the value still ends
  on that line;
- a quoted value may hold line ends, but then it must end before a delimiter or a line end: a
  mark that never closes so (or not within LONGEST_VALUE characters) is a letter like any other,
  and its row ends with its line;
- spreadsheets write ="00123" for a number that is to stay text.

`counting` says the same in its own way, and what is found there is compared with what is read
here.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LONGEST_VALUE = 4_000_000
"""Characters that one value with line ends may have."""

_BLANKS = ' \t\r\n\f\v\xa0\ufeff"'


def is_blank(text: str, delimiter: str) -> bool:
    """Whether a row holds nothing but delimiters, quotation marks and white space."""
    return not text.strip(_BLANKS + delimiter)


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row as the file has them; `line` is where it begins, `raw` its text."""

    line: int
    cells: list[str]
    raw: str


class Lines:
    """The lines of a file one by one, with a look ahead; `number` is that of the last taken."""

    def __init__(self, blocks: Iterable[list[str]]) -> None:
        self._source = (line for block in blocks for line in block)
        self._ahead: list[str] = []
        self.number = 0

    def take(self) -> str | None:
        """The next line, or None at the end."""
        line = self._ahead.pop() if self._ahead else next(self._source, None)
        if line is None:
            return None
        self.number += 1
        return line.removeprefix("\ufeff")

    def give_back(self, lines: list[str]) -> None:
        """Put lines back that were taken, in their order."""
        self._ahead.extend(reversed(lines))
        self.number -= len(lines)

    def skip(self, number: int) -> None:
        """Pass over so many lines."""
        for _ in range(number):
            self.take()


class Grammar:
    """How rows are written: what divides cells, and whether quotation marks mean anything."""

    def __init__(self, delimiter: str, *, quoted: bool = True) -> None:
        self.delimiter = delimiter
        self.quoted = quoted
        mark = re.escape(delimiter)
        ends = rf" *+({mark}|\Z)"
        self._cell = re.compile(
            rf' *+=?"((?:[^"]++|""|"(?! *+(?:{mark}|\Z)))*+)"{ends}'
            rf'|(?! *+=?")([^{mark}]*+)({mark}|\Z)'
        )
        self._opening = re.compile(r' *+=?"')
        self._plain = re.compile(rf"([^{mark}]*+)({mark}|\Z)")
        self._inner = re.compile(r'((?:[^"]++|"")*+)("?)')
        self._end = re.compile(ends)

    def rows(self, lines: Lines) -> Iterator[Row]:
        """Every row from the next line on; blank ones too."""
        while (line := lines.take()) is not None:
            number = lines.number
            if '"' not in line or not self.quoted:
                yield Row(number, line.split(self.delimiter), line)
                continue
            taken = [line]
            cells = self._cells(taken, lines)
            yield Row(number, cells, "\n".join(taken))

    def _cells(self, taken: list[str], lines: Lines) -> list[str]:
        cells: list[str] = []
        place = 0
        while True:
            match = self._cell.match(taken[-1], place)
            if match is None:
                value, place, ended = self._unfinished(taken, lines, place)
            elif match[1] is not None:
                value, place, ended = match[1].replace('""', '"'), match.end(), not match[2]
            else:
                value, place, ended = match[3], match.end(), not match[4]
            cells.append(value)
            if ended:
                return cells

    def _unfinished(self, taken: list[str], lines: Lines, place: int) -> tuple[str, int, bool]:
        """A value that does not end on the line where it began; else its mark is a letter."""
        line = taken[-1]
        opening = self._opening.match(line, place)
        if opening and (inner := self._inner.match(line, opening.end())) and not inner[2]:
            begun = line[opening.end() :]
            if found := self._closed(lines, len(begun)):
                further, value, place, ended = found
                taken.extend(further)
                return "\n".join((begun, *value)).replace('""', '"'), place, ended
        match = self._plain.match(line, place)
        # The pattern matches anywhere, an empty text at least.
        return (match[1], match.end(), not match[2]) if match else ("", len(line), True)

    def _closed(self, lines: Lines, size: int) -> tuple[list[str], list[str], int, bool] | None:
        """The further lines of a value, its text in them, where it ends; None puts them back."""
        further: list[str] = []
        while size <= LONGEST_VALUE and (line := lines.take()) is not None:
            further.append(line)
            size += len(line) + 1
            inner = self._inner.match(line)
            if inner is None or not inner[2]:
                continue
            end = self._end.match(line, inner.end())
            if end is None:
                break
            return further, [*further[:-1], inner[1]], end.end(), not end[1]
        lines.give_back(further)
        return None
