"""Counting the entries of an XML file by their start tags, without the reader of `xml_stream.py`.

Works in two steps on bytes: comments and CDATA sections are taken out, then tags are counted.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path

from screening.importers.base import Counted, UnreadableFile
from screening.importers.decoding import as_utf8, chunks
from screening.importers.xml_stream import LONGEST_MARK, OPENINGS, with_plain_line_ends
from screening.importers.xml_tree import FORBIDDEN

_OPENING = re.compile(rb"<!--|<!\[CDATA\[")
_LONGEST_OPENING = 9
_BEFORE_THE_ROOT = re.compile(
    rb"<!--.*?(?:-->|\Z)|<!DOCTYPE[^\[>]*(?:\[.*?(?:\]\s*>|\Z)|>|\Z)|<([A-Za-z_][A-Za-z0-9_:.-]*)",
    re.DOTALL,
)
_DECLARED = re.compile(rb"""\s*<\?xml[^>]{1,200}?encoding=["']([A-Za-z0-9._-]{1,40})["']""")
_READ_AS_THEY_ARE = frozenset(
    {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1", "latin-1", "windows-1252"}
)


def beginning(path: Path, encoding: str) -> bytes:
    """The first bytes of the text as UTF-8, without a byte order mark."""
    return next(as_utf8(chunks(path), encoding), b"").removeprefix(BOM_UTF8)


def root(head: bytes) -> str:
    """The name of the first element, with its prefix; or "" where no XML begins."""
    if not head.lstrip().startswith(b"<"):
        return ""
    names = (found[1] for found in _BEFORE_THE_ROOT.finditer(head))
    return next((name.decode() for name in names if name), "")


def count(path: Path, encoding: str, starts: re.Pattern[bytes], tag: str) -> Counted:
    """How many entries begin, and what the user should know of the file.

    `starts` matches what begins an entry, within LONGEST_MARK bytes; `tag` names it for the user.

    Raises: UnreadableFile when no entry begins.
    """
    head = beginning(path, encoding)
    scan = _Scan(starts, root(head))
    for piece in with_plain_line_ends(as_utf8(chunks(path), encoding)):
        scan.feed(piece)
    scan.finish()
    if not scan.found:
        raise UnreadableFile(
            f"From its beginning this is XML of a kind that can be read, but up to its end at line "
            f"{scan.line} nothing begins an entry ({tag}): check at the source that the search "
            "found something, then export and import it again."
        )
    declared = _DECLARED.match(head)
    return Counted(
        scan.found,
        (*scan.warnings(), *_encoding_warning(declared[1] if declared else b"", encoding)),
    )


class _Scan:
    """Takes a text's bytes in pieces and counts in what is neither comment nor CDATA section."""

    def __init__(self, starts: re.Pattern[bytes], root_name: str) -> None:
        self.found = 0
        self.line = 1
        self._root = root_name
        end = rb"</" + re.escape(root_name.encode()) + rb"(?=[\s>])" if root_name else rb"(?!)"
        self._tags = re.compile(
            rb"(?P<start>" + starts.pattern + rb")|(?P<end>" + end + rb")|(?P<entity><!ENTITY\s)"
        )
        self._closing = b""
        self._rest = b""
        self._opened = 0
        self._visible = b""
        self._visible_line = 1
        self._last_start = 0
        self._has_end = not root_name
        self._forbidden = 0
        self._entity = 0

    def feed(self, piece: bytes) -> None:
        """Count the tags in; what may still go on waits for the next piece."""
        if not self._forbidden and (place := _first_forbidden(piece)) >= 0:
            before = self._rest + piece[:place]
            self._forbidden = self.line + before.count(b"\n")
        self._look(b"".join(self._outside(piece, _LONGEST_OPENING)), LONGEST_MARK)

    def finish(self) -> None:
        """Count the tags of what waited."""
        self._look(b"".join(self._outside(b"", 0)), 0)

    def warnings(self) -> Iterator[str]:
        if self._closing:
            yield (
                f"A comment or CDATA section that begins at line {self._opened} has no end: what "
                "follows it was not read."
            )
        if not self._has_end:
            yield (
                f"The file ends without </{self._root}>, so it was cut off or damaged: entries "
                f"after the last one, which begins at line {self._last_start}, may be missing."
            )
        if self._forbidden:
            yield (
                "Control characters, which XML does not allow, were left out (first at line "
                f"{self._forbidden})."
            )
        if self._entity:
            yield (
                f"The file declares entities of its own (first at line {self._entity}). They are "
                "not expanded: where a text uses one, its name stands, as in &name;."
            )

    def _outside(self, piece: bytes, margin: int) -> Iterator[bytes]:
        """The text outside of comments and CDATA sections, of which `<!` and line ends stay."""
        data, at = self._rest + piece, 0
        while True:
            if self._closing:
                end = data.find(self._closing, at)
                stop = end if end >= 0 else max(at, len(data) - len(self._closing) + 1)
                yield b"\n" * self._passed(data, at, stop)
                if end < 0:
                    break
                at = stop + len(self._closing)
                self._closing = b""
            opening = _OPENING.search(data, at)
            stop = opening.start() if opening else max(at, len(data) - margin)
            self._passed(data, at, stop)
            yield data[at:stop]
            if not opening:
                break
            yield b"<!"
            self._closing, self._opened = OPENINGS[opening[0]], self.line
            at = opening.end()
        self._rest = data[stop:]

    def _passed(self, data: bytes, start: int, stop: int) -> int:
        lines = data.count(b"\n", start, stop)
        self.line += lines
        return lines

    def _look(self, text: bytes, margin: int) -> None:
        self._visible += text
        edge = max(0, len(self._visible) - margin)
        counted = 0
        for tag in self._tags.finditer(self._visible):
            if tag.start() >= edge:
                break
            self._visible_line += self._visible.count(b"\n", counted, tag.start())
            counted = tag.start()
            self._take(tag.lastgroup or "")
        self._visible_line += self._visible.count(b"\n", counted, edge)
        self._visible = self._visible[edge:]

    def _take(self, kind: str) -> None:
        if kind == "start":
            self.found += 1
            self._last_start = self._visible_line
            self._has_end = not self._root
        elif kind == "end":
            self._has_end = True
        else:
            self._entity = self._entity or self._visible_line


def _first_forbidden(piece: bytes) -> int:
    if len(piece.translate(None, FORBIDDEN)) == len(piece):
        return -1
    return next(place for place, byte in enumerate(piece) if byte in FORBIDDEN)


def _encoding_warning(declared: bytes, encoding: str) -> Iterator[str]:
    name = declared.decode().lower()
    if encoding == "cp1252" and name and name not in _READ_AS_THEY_ARE:
        yield (
            f"Line 1 says that the file is in {name}, but it was read as Windows-1252: check the "
            "accented letters, or save the file as UTF-8 and import that."
        )
