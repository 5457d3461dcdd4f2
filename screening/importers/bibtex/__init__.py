"""BibTeX in the dialects of Scopus, Web of Science, IEEE, EBSCO, Sage, Zotero and the rest."""

import re
from collections.abc import Iterator
from pathlib import Path

from screening.importers.base import Counted, ParsedRecord, Problem
from screening.importers.bibtex.blocks import Block, blocks
from screening.importers.bibtex.counting import count_entries
from screening.importers.bibtex.record import record
from screening.importers.bibtex.values import fields
from screening.importers.decoding import text_lines
from screening.importers.tagged import Entry

NAME = "bibtex"

_NO_ENTRIES = frozenset({"comment", "preamble", "string"})
_BEGINS = re.compile(
    rb"^[ \t]*@[ \t]{0,9}[A-Za-z][A-Za-z_-]{0,39}[ \t]{0,9}(?:[{(]|\n{1,2}[ \t]{0,9}\{)",
    re.MULTILINE,
)
_OTHER_FORMATS = re.compile(
    rb"\A\s*[<{\[\"]|^(?:TY  -|PMID- |PT [A-Z]|FN |%[0-9A-Z] )", re.MULTILINE
)
_MACROS_ROOM = 4_000_000


def looks_like(head: bytes) -> bool:
    """Whether a line begins with `@type{`, or the brace with the next one, and nothing of another format stands before it."""
    begins = _BEGINS.search(head.replace(b"\r", b"\n"))
    return begins is not None and _OTHER_FORMATS.search(head[: begins.start()]) is None


def count(path: Path, encoding: str) -> Counted:
    """How many entries begin; warns of entries whose braces do not balance."""
    return count_entries(text_lines(path, encoding))


def read(path: Path, encoding: str) -> Iterator[ParsedRecord | Problem]:
    """Every entry, in the file's order; macros hold for the entries behind them."""
    macros = _Macros()
    position = 0
    for block in blocks(text_lines(path, encoding)):
        kind = block.kind.lower()
        if kind == "string":
            macros.define(block)
        elif kind not in _NO_ENTRIES:
            position += 1
            yield record(_entry(block, position, macros.texts), block.kind)


def _entry(block: Block, position: int, macros: dict[str, str]) -> Entry:
    entry = Entry(position, block.line, frozenset())
    entry.stretch = (block.lines, 0, len(block.lines))
    for name, value in fields(block.content(), macros):
        entry.fields[name].append(value)
    return entry


class _Macros:
    """What `@string` defines, in bounded room: a macro may repeat others without end."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self._room = _MACROS_ROOM

    def define(self, block: Block) -> None:
        for name, value in fields(block.content(), self.texts):
            if len(value) <= self._room:
                self._room -= len(value)
                self.texts[name] = value
