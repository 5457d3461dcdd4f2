"""Counting the entries of a BibTeX file without its reader, and what is wrong with their braces."""

import re
from collections.abc import Iterable, Iterator

from screening.importers.base import Counted
from screening.importers.bibtex.blocks import LONGEST
from screening.importers.counting import Lines
from screening.importers.mentions import entries

_AT_LINE_BEGIN = re.compile(r"\ufeff?[ \t]*@[ \t]{0,9}([A-Za-z][A-Za-z_-]{0,39})[ \t]{0,9}[{(]")
_BRACE_IS_NEXT = re.compile(r"\ufeff?[ \t]*@[ \t]{0,9}([A-Za-z][A-Za-z_-]{0,39})[ \t]{0,9}\Z")
_BEHIND_BRACE = re.compile(r"\}[ \t]*(?=@([A-Za-z]{1,40})\{[^\s,{}\"=]{1,200},)")
_OTHER_KINDS = frozenset(["comment", "preamble", "string"])


def count_entries(groups: Iterable[list[str]]) -> Counted:
    """How many entries begin in these lines, and sentences about the damaged ones."""
    tally = _Tally()
    number = 0
    for lines in groups:
        for line in lines:
            number += 1
            tally.feed(line, number)
    tally.end()
    return Counted(tally.found, tuple(tally.warnings()))


class _Tally:
    def __init__(self) -> None:
        self.found = 0
        self._line = 0
        self._kind_before = ""
        self._depth = 0
        self._size = 0
        self._unbalanced = Lines()
        self._too_long = Lines()

    def feed(self, line: str, number: int) -> None:
        done = 0
        if self._kind_before and line.lstrip(" \t").startswith("{"):
            self._begin(self._kind_before, number - 1)
        match = _BRACE_IS_NEXT.match(line) if "@" in line else None
        self._kind_before = match[1] if match else ""
        for place, kind in _starts(line) if "@" in line else ():
            self._take(line[done:place])
            done = place
            self._begin(kind, number)
        self._take(line[done:])

    def _begin(self, kind: str, number: int) -> None:
        self.end()
        self._line = 0 if kind.lower() in _OTHER_KINDS else number
        self.found += self._line > 0

    def end(self) -> None:
        """Judge the entry that ends here, if there is one."""
        if self._line and self._depth:
            self._unbalanced.add(self._line)
        if self._line and self._size > LONGEST:
            self._too_long.add(self._line)
        self._line = self._depth = self._size = 0

    def warnings(self) -> Iterator[str]:
        if self._unbalanced.number:
            yield (
                f"{entries(self._unbalanced)} with braces that do not balance, read as far as it "
                "goes: compare with the source."
            )
        if self._too_long.number:
            yield (
                f"{entries(self._too_long)} longer than {LONGEST:,} characters: the rest was left "
                "out."
            )

    def _take(self, part: str) -> None:
        self._size += len(part) + 1
        self._depth += part.count("{") - part.count("}")


def _starts(line: str) -> Iterator[tuple[int, str]]:
    """Where entries begin in a line, and of which kind they are."""
    if first := _AT_LINE_BEGIN.match(line):
        yield 0, first[1].lower()
    for brace in _BEHIND_BRACE.finditer(line):
        yield brace.end(), brace[1].lower()
