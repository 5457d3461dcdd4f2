"""Cutting a BibTeX file into blocks: an entry, a macro, a comment each.

A block goes on until the next one begins, whatever its braces say, so a damaged entry takes
nothing of its neighbours with it.
"""

import re
from collections.abc import Iterable, Iterator

LONGEST = 4_000_000
"""Characters of one block that are read."""

# At the beginning of a line; within a line only behind a closing brace, and with a key.
_START = re.compile(
    r"(?:\A\ufeff?|(?<=\})(?=[ \t]*@[A-Za-z]{1,40}\{[^\s,{}\"=]{1,200},))"
    r"[ \t]*@[ \t]{0,9}(?P<kind>[A-Za-z][A-Za-z_-]{0,39})[ \t]{0,9}(?:\n[ \t]*+)?[{(]"
)
_WITHOUT_BRACE = re.compile(r"\ufeff?[ \t]*@[ \t]{0,9}[A-Za-z][A-Za-z_-]{0,39}[ \t]{0,9}\Z")
_BRACE = re.compile(r"[ \t]*\{")


class Block:
    """What stands behind `@kind{` up to the next block; `line` is where it begins, from 1."""

    __slots__ = ("_room", "_start", "kind", "line", "lines")

    def __init__(self, kind: str, line: int, start: int) -> None:
        self.kind = kind
        self.line = line
        self.lines: list[str] = []
        self._start = start
        self._room = LONGEST

    def add(self, line: str) -> None:
        if self._room > 0:
            self.lines.append(line[: self._room])
            self._room -= len(line) + 1

    def content(self) -> str:
        """Its text without the beginning `@kind{`."""
        return "\n".join(self.lines)[self._start :]


def blocks(groups: Iterable[list[str]]) -> Iterator[Block]:
    """The blocks of a file, in its order; what stands before the first is a comment."""
    block: Block | None = None
    for number, line in _with_braces(groups):
        begun = 0
        for start in _START.finditer(line) if "@" in line else ():
            if block is not None:
                if start.start():
                    block.add(line[begun : start.start()])
                yield block
            begun = start.start()
            block = Block(start["kind"], number, start.end() - begun)
        if block is not None:
            block.add(line[begun:])
    if block is not None:
        yield block


def _with_braces(groups: Iterable[list[str]]) -> Iterator[tuple[int, str]]:
    """The lines and their numbers; one that ends behind `@kind` has the brace's line with it."""
    waiting = ""
    number = 0
    for lines in groups:
        for line in lines:
            number += 1
            if waiting:
                if _BRACE.match(line):
                    yield number - 1, f"{waiting}\n{line}"
                    waiting = ""
                    continue
                yield number - 1, waiting
                waiting = ""
            if "@" in line and _WITHOUT_BRACE.match(line):
                waiting = line
            else:
                yield number, line
    if waiting:
        yield number, waiting
