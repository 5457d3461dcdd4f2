"""Counting the entries of a file by its start tags, without the parser.

The parser has its own idea of where entries begin, on decoded text; this one works on bytes.
That the two agree for every file is what `found = read + problems` checks, so nothing here is
shared with `tagged.py`.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Iterable
from dataclasses import dataclass

HEAD = 64
"""Bytes at the beginning of a line by which it is judged."""

_BLANKS = b" \t"
_INDENT = b"      "
_PREAMBLE = re.compile(
    rb"[0-9]+\.[ \t]*\Z|Record #[0-9]+ of [0-9]+|(?:Provider|Database|Content): ?"
    rb"|Link to the Ovid Full Text|EF  -"
)


@dataclass(slots=True)
class Lines:
    """How many lines there are of a kind, and the first of them (0: none)."""

    first: int = 0
    number: int = 0

    def add(self, line: int) -> None:
        self.first = self.first or line
        self.number += 1


class Count:
    """Entries found so far, and the lines that a user should know of."""

    def __init__(self) -> None:
        self.found = 0
        self.first_start = 0
        self.foreign = 0
        self.without_start = Lines()
        self.without_end = Lines()
        self.outside = Lines()

    def pass_over(self, head: bytes, line: int) -> None:
        """A line between entries; what exporters put there needs no word."""
        if head.strip(_BLANKS) and not _PREAMBLE.match(head):
            self.outside.add(line)


class RisCount(Count):
    """TY begins an entry, ER ends it; a tagged line between the two begins one without TY."""

    _START = re.compile(rb"TY  -(?:[ \t]|\Z)|[ \t]{0,3}TY[ \t]{0,4}-[ \t]{0,4}(?:[A-Z]{3}|\Z)")
    _END = re.compile(rb"[ \t]{0,3}ER[ \t]{0,4}-[ \t]*\Z")
    _TAGGED = re.compile(rb"(?!ER|EF)[A-Z][A-Z0-9]  -(?:[ \t]|\Z)")
    _WORTH_A_LOOK = frozenset(
        [
            b"TY",
            b"ER",
            BOM_UTF8[:2],
            *(a + b for a in (b" ", b"\t") for b in (b" ", b"\t", b"T", b"E")),
        ]
    )

    def __init__(self) -> None:
        super().__init__()
        self._open = 0

    def feed(self, number: int, lines: Iterable[bytes]) -> None:
        """Count the lines in, `number` being the first line's number."""
        look = self._WORTH_A_LOOK
        for line_number, line in enumerate(lines, number):
            if self._open and line[:2] not in look:
                continue
            self._judge(line.removeprefix(BOM_UTF8)[:HEAD], line_number)

    def finish(self) -> None:
        if self._open:
            self.without_end.add(self._open)

    def _judge(self, head: bytes, line: int) -> None:
        if self._START.match(head):
            self.first_start = self.first_start or line
            self.finish()
            self.found += 1
            self._open = line
        elif self._END.match(head):
            self._open = 0
        elif self._open:
            return
        elif self._TAGGED.match(head):
            self.without_start.add(line)
            self.found += 1
            self._open = line
        elif head.startswith(b"PMID- "):
            self.foreign = self.foreign or line
        else:
            self.pass_over(head, line)


class MedlineCount(Count):
    """PMID begins an entry; so does a second OWN, and PMC in files whose entries begin with it.

    An entry without PMID ends at a blank line.
    """

    _PMID = re.compile(rb"PMID-(?:[ \t]|\Z)|[ \t]?PMID[ \t]{0,4}-[ \t]{0,8}(?:[0-9]|\Z)")
    _HEAD = re.compile(rb"(OWN|PMC) -(?:[ \t]|\Z)")
    _TAGGED = re.compile(rb"(?:[A-Z][A-Z0-9]  |[A-Z][A-Z0-9]{2} |[A-Z][A-Z0-9]{3})-(?:[ \t]|\Z)")
    _WORTH_A_LOOK = frozenset([b"PM", b"OW", b"TY", BOM_UTF8[:2], b" P", b"\tP"])
    _FOREIGN = re.compile(rb"TY  - +[A-Z]{3,}[ \t]*\Z")

    def __init__(self) -> None:
        super().__init__()
        self._heads = {b"PMID", b"OWN"}
        self._seen: set[bytes] = set()
        self._open = 0
        self._numbered = False

    def feed(self, number: int, lines: Iterable[bytes]) -> None:
        """Count the lines in, `number` being the first line's number."""
        look = self._WORTH_A_LOOK
        for line_number, line in enumerate(lines, number):
            if self._numbered and line[:2] not in look:
                continue
            self._judge(line.removeprefix(BOM_UTF8)[:HEAD], line_number)

    def finish(self) -> None:
        if self._open and not self._numbered:
            self.without_start.add(self._open)

    def _judge(self, head: bytes, line: int) -> None:
        if self._FOREIGN.match(head):
            self.foreign = self.foreign or line
        tag = self._tag(head)
        if tag and (not self._open or tag in self._seen):
            self._begin(tag, line)
        if tag in self._heads:
            self._seen.add(tag)
            self._numbered = b"PMID" in self._seen
            if tag != b"OWN":
                self.first_start = self.first_start or line
        elif not self._open:
            self.pass_over(head, line)
        elif not self._numbered and not head.strip(_BLANKS) and not head.startswith(_INDENT):
            self.finish()
            self._open = 0

    def _begin(self, tag: bytes, line: int) -> None:
        self.finish()
        self.found += 1
        if self.found == 1 and tag == b"PMC":
            self._heads.add(tag)
        self._seen = set()
        self._numbered = False
        self._open = line

    def _tag(self, head: bytes) -> bytes:
        if self._PMID.match(head):
            return b"PMID"
        if match := self._HEAD.match(head):
            return match[1]
        return b"other" if self._TAGGED.match(head) else b""
