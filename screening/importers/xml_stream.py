"""Entries of an XML file one at a time, each parsed alone: what the XML formats share.

The file as a whole never meets an XML parser. Its text is cut where entries begin, and every
piece, from its start tag on, goes to a parser of its own. So damage in one entry leaves the others
alone, memory holds one entry, and a document type with its entities, which can only stand before
the first element, is never parsed: nothing is expanded and nothing fetched.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from screening.importers.base import ParsedRecord, Problem
from screening.importers.decoding import as_utf8, chunks, decoded_lines
from screening.importers.tagged import RAW_LIMIT
from screening.importers.xml_tree import Damaged, Node, parsed

LONGEST_ENTRY = 4_000_000
"""Bytes of one entry that are read: twice what an article with 3,000 authors has."""
LONGEST_MARK = 400
"""Bytes that decide whether an entry begins; the patterns of the formats need fewer."""

OPENINGS = {b"<!--": b"-->", b"<![CDATA[": b"]]>"}
"""What begins text without tags, and what ends it."""

_LOOK_BACK = 16_000
_REMEDY = (
    "Export this entry again at its source, or correct the file there, then import the file again."
)


class Entry(NamedTuple):
    """An entry's text from its start tag on, up to the next entry; the beginning of a long one."""

    position: int
    line: int
    text: str
    is_whole: bool

    def problem(self, message: str, remedy: str = _REMEDY) -> Problem:
        return Problem(self.position, self.line, message, remedy, self.text[:RAW_LIMIT].rstrip())


@dataclass(frozen=True, slots=True)
class Shape:
    """What one XML format looks like.

    `starts` matches what begins an entry, within LONGEST_MARK bytes; `begin` gives the place of
    the entry's first byte for the place of such a match, where that lies earlier. Elements
    named in `skipped` are passed over. `title` names the title's element for the user.
    """

    starts: re.Pattern[bytes]
    title: str
    skipped: frozenset[str] = frozenset()
    begin: Callable[[bytes, int], int] = lambda data, place: place


def with_plain_line_ends(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same text with LF at every line end."""
    held = b""
    for piece in pieces:
        data = held + piece
        # A CR in the last place waits: its LF may come with the next piece.
        held = b"\r" if data.endswith(b"\r") else b""
        data = data[: len(data) - len(held)]
        yield data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data
    if held:
        yield b"\n"


def records(
    path: Path, encoding: str, shape: Shape, record: Callable[[Entry, Node], ParsedRecord | None]
) -> Iterator[ParsedRecord | Problem]:
    """Every entry as what `record` makes of it, or as a problem; None means that it has no title."""
    for entry in entries(path, encoding, shape):
        try:
            root = parsed(entry.text, shape.skipped)
        except Damaged as damage:
            yield _damaged(entry, damage)
            continue
        yield record(entry, root) or entry.problem(
            f"This entry has no title ({shape.title}).",
            "Look the entry up at its source and write its title into the file, "
            "then import the file again.",
        )


def entries(path: Path, encoding: str, shape: Shape) -> Iterator[Entry]:
    """The entries of a file in its order, at places where no comment and no CDATA section is."""
    pieces = with_plain_line_ends(as_utf8(chunks(path), encoding))
    for position, (line, data, is_whole) in enumerate(_Splitter(shape).split(pieces), 1):
        yield Entry(position, line, "\n".join(decoded_lines(data)), is_whole)


def _damaged(entry: Entry, damage: Damaged) -> Problem:
    said = f"{damage}"
    if not entry.is_whole:
        said = f"is longer than {LONGEST_ENTRY:,} bytes"
    elif damage.below:
        said = f"{damage} at line {entry.line + damage.below}"
    return entry.problem(f"This entry, from line {entry.line} on, {said}.")


class _Splitter:
    """Cuts a text into entries, from one start to the next, and keeps one entry in memory."""

    def __init__(self, shape: Shape) -> None:
        self._begin = shape.begin
        self._marks = re.compile(rb"<!--|<!\[CDATA\[|(?P<start>" + shape.starts.pattern + rb")")
        self._data = b""
        self._at = 0
        self._closing = b""
        self._line = 1
        self._counted = 0
        self._begun: int | None = None
        self._begun_line = 0
        self._long = b""

    def split(self, pieces: Iterable[bytes]) -> Iterator[tuple[int, bytes, bool]]:
        """Line, text and whether it is all of it, for every entry."""
        for piece in pieces:
            self._data += piece
            yield from self._up_to(len(self._data) - LONGEST_MARK)
            self._let_go()
        yield from self._up_to(len(self._data))
        yield from self._ended(len(self._data))

    def _up_to(self, edge: int) -> Iterator[tuple[int, bytes, bool]]:
        while (place := self._next_start(edge)) >= 0:
            begun = max(self._begin(self._data, place), self._counted)
            yield from self._ended(begun)
            self._count_lines(begun)
            self._begun, self._begun_line = begun, self._line

    def _next_start(self, edge: int) -> int:
        """The place of the next start that lies before the edge, or -1."""
        while True:
            if self._closing:
                place = self._data.find(self._closing, self._at)
                if place < 0:
                    self._at = max(self._at, len(self._data) - len(self._closing) + 1)
                    return -1
                self._at = place + len(self._closing)
                self._closing = b""
            found = self._marks.search(self._data, self._at)
            if found is None or found.start() >= edge:
                self._at = max(self._at, edge)
                return -1
            self._at = found.end()
            if found.lastgroup:
                return found.start()
            self._closing = OPENINGS[found[0]]

    def _ended(self, end: int) -> Iterator[tuple[int, bytes, bool]]:
        if self._long:
            yield self._begun_line, self._long, False
        elif self._begun is not None:
            yield self._begun_line, self._data[self._begun : end], True
        self._begun, self._long = None, b""

    def _let_go(self) -> None:
        """Forget the text that no entry needs any more."""
        if self._begun is not None and len(self._data) - self._begun > LONGEST_ENTRY:
            kept = self._data[self._begun : self._begun + LONGEST_ENTRY]
            # Cut at a tag: what stands before it is whole characters.
            self._long = kept.rpartition(b"<")[0] or kept[:RAW_LIMIT]
            self._begun = None
        needless = self._begun
        if needless is None:
            needless = max(0, self._at - _LOOK_BACK, self._counted)
        self._count_lines(needless)
        self._data = self._data[needless:]
        self._at -= needless
        self._counted = 0
        if self._begun is not None:
            self._begun = 0

    def _count_lines(self, place: int) -> None:
        self._line += self._data.count(b"\n", self._counted, place)
        self._counted = place
