"""Web of Science's tagged format: plain text, and CIW for EndNote.

PT begins an entry, ER ends it, EF ends the file; a line with three blanks continues a field.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from screening.importers import fields
from screening.importers.base import Counted, ParsedRecord, Problem
from screening.importers.counting import Lines
from screening.importers.decoding import text_lines
from screening.importers.mentions import entries as entries_at
from screening.importers.mentions import mention
from screening.importers.people import authors
from screening.importers.tagged import Entry, Profile, Tag, entries

NAME = "wos-plain"

_TAGS = "PT AU AF BA BF BE CA GP TI SO SE J9 JI AB PY EY PD EA VL IS BP EP AR DI PM DE ID MH LA DT"
_TAG = re.compile(r"([A-Z][A-Z0-9])(?: |\Z)")
_FIRST_LINE = re.compile(rb"\s*(?:FN|VR|PT) \S")
_FIRST_ENTRY = re.compile(rb"^PT [A-Z][A-Za-z ]{0,20}[ \t]{0,9}$", re.MULTILINE)
_PEOPLE = ("AF", "AU", "BF", "BA", "CA", "GP", "BE")
_DIGITS = re.compile(r"\s*(?:MEDLINE:)?([0-9]{1,8})\s*\Z")


def _tag(line: str, loose: bool) -> Tag | None:
    """Read `TI Title`; the tag's two letters and one blank make no use of `loose`."""
    match = _TAG.match(line[:3])
    return Tag(match[1], line[3:], exact=False) if match else None


_PROFILE = Profile(
    wanted={tag: tag for tag in _TAGS.split()},
    tag=_tag,
    heads=frozenset({"PT"}),
    assumed=frozenset({"PT"}),
    lead="PT",
    end="ER",
    silent=frozenset({"FN", "VR", "EF"}),
)


def looks_like(head: bytes) -> bool:
    """Whether it begins with FN or VR of the file or PT of an entry, and an entry's PT is there."""
    head = head.replace(b"\r", b"\n")
    return _FIRST_LINE.match(head) is not None and _FIRST_ENTRY.search(head) is not None


def count(path: Path, encoding: str) -> Counted:
    """How many entries begin; warns of missing ends and of lines without a tag."""
    tally = _Tally()
    number = 0
    for lines in text_lines(path, encoding):
        for line in lines:
            number += 1
            tally.feed(line.removeprefix("\ufeff"), number)
    tally.end()
    return Counted(tally.found, tuple(tally.warnings(number)))


def read(path: Path, encoding: str) -> Iterator[ParsedRecord | Problem]:
    """Every entry, in the file's order."""
    return map(_record, entries(text_lines(path, encoding), _PROFILE))


class _Tally:
    """Counts by PT and ER, and by a field that stands between ER and PT."""

    _FIELD = re.compile(r"[A-Z][A-Z0-9](?:\Z| )")
    _OF_FILE = frozenset(["FN", "VR", "EF"])

    def __init__(self) -> None:
        self.found = 0
        self._open = 0
        self._has_file_end = False
        self._without_start = Lines()
        self._without_end = Lines()
        self._untagged = Lines()
        self._outside = Lines()

    def feed(self, line: str, number: int) -> None:
        if not self._FIELD.match(line):
            self._no_field(line, number)
            return
        tag = line[:2]
        if tag == "PT":
            self.end()
            self._begin(number)
        elif tag == "ER":
            self._open = 0
        elif not self._open and tag not in self._OF_FILE:
            self._without_start.add(number)
            self._begin(number)
        self._has_file_end = tag == "EF"

    def end(self) -> None:
        if self._open:
            self._without_end.add(self._open)

    def warnings(self, last: int) -> Iterator[str]:
        if self._without_start.number:
            yield f"{entries_at(self._without_start)} without a PT line, read as far as it goes."
        if self._without_end.number:
            yield f"{entries_at(self._without_end)} without an ER line, read up to the next entry."
        if self._untagged.number:
            yield (
                f"{mention(self._untagged, 'line', 'lines')} with neither a tag nor an indent: "
                "taken as more of the field before."
            )
        if self._outside.number:
            lines = mention(self._outside, "line", "lines")
            yield f"{lines} outside the entries held no field and stayed unread."
        if self.found and not self._has_file_end:
            yield (
                f"The file ends at line {last} without an EF line, so entries may be missing: "
                "compare their number with the search."
            )

    def _begin(self, number: int) -> None:
        self.found += 1
        self._open = number

    def _no_field(self, line: str, number: int) -> None:
        if not line.strip():
            return
        if not self._open:
            self._outside.add(number)
        elif not line.startswith((" ", "\t")):
            self._untagged.add(number)


def _record(entry: Entry) -> ParsedRecord | Problem:
    firsts = entry.firsts()
    get = firsts.get
    title = fields.fold(get("TI", ""), fields.TITLE)
    if not title:
        return fields.untitled(entry, "TI")
    return ParsedRecord(
        position=entry.position,
        line=entry.line,
        title=title,
        abstract=fields.paragraphs("\n".join(entry.all("AB"))),
        authors=authors(_people(entry, firsts)),
        year=fields.year(*(get(tag, "") for tag in ("PY", "EY", "PD", "EA"))),
        journal=fields.fold(fields.pick(firsts, "SO", "SE", "JI", "J9"), fields.LONG),
        volume=fields.fold(get("VL", ""), fields.SHORT),
        issue=fields.fold(get("IS", ""), fields.SHORT),
        pages=fields.page_range(get("BP") or get("AR", ""), get("EP", "")),
        doi=fields.doi(get("DI", "")),
        pmid=match[1] if (match := _DIGITS.match(get("PM", ""))) else "",
        language=fields.joined(entry.all("LA")),
        keywords=fields.words(_keywords(entry)),
        kind=fields.fold(get("DT") or get("PT", "").split("\n", 1)[0], fields.SHORT),
    )


def _people(entry: Entry, firsts: dict[str, str]) -> list[str]:
    """One name a line, full names before short ones."""
    slot = next((slot for slot in _PEOPLE if slot in firsts), "")
    return [line for value in entry.all(slot) for line in value.split("\n")]


def _keywords(entry: Entry) -> list[str]:
    words = " ; ".join(" ".join(value.split()) for value in entry.all("DE", "ID", "MH"))
    return words.split(";")
