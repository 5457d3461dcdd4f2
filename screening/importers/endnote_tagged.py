"""EndNote's tagged format, that of refer: `%T Title`, entries divided by blank lines.

Most exporters begin an entry with %0 (its type), some with %T or %A, and a blank line may stand
in an abstract: the tag behind the blank line decides.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from screening.importers import fields
from screening.importers.base import Counted, ParsedRecord, Problem
from screening.importers.counting import Lines
from screening.importers.decoding import text_lines
from screening.importers.mentions import mention
from screening.importers.people import authors
from screening.importers.tagged import Entry

NAME = "endnote-tagged"

_TAG = re.compile(r"\ufeff?%([0-9A-Z!#$&()*+:<=>?@\[\]^|~-])(?:[ \t]|\Z)")
_WANTED = frozenset("0ABDEGJKMNPQRSTUVWX289!~")
_ALONE = frozenset("0T")
"""Tags that an entry has once."""
_LEADING = frozenset("0TABDEJ")
"""Tags with which an entry may begin."""

_FIRST_LINE = re.compile(rb"\s*%[0TABDEJ][ \t]")
_TITLE_OR_KIND = re.compile(rb"^%[0T][ \t]", re.MULTILINE)


def looks_like(head: bytes) -> bool:
    """Whether the first line that is not blank has a tag, and a title or a type comes too."""
    head = head.replace(b"\r", b"\n")
    return _FIRST_LINE.match(head) is not None and _TITLE_OR_KIND.search(head) is not None


def count(path: Path, encoding: str) -> Counted:
    """How many entries begin; warns of lines before the first."""
    tally = _Tally()
    number = 0
    for lines in text_lines(path, encoding):
        for line in lines:
            number += 1
            tally.feed(line.removeprefix("\ufeff"), number)
    return Counted(tally.found, tuple(tally.warnings()))


def read(path: Path, encoding: str) -> Iterator[ParsedRecord | Problem]:
    """Every entry, in the file's order."""
    return map(_record, entries(text_lines(path, encoding)))


class _Tally:
    """Counts the lines at which an entry begins."""

    _TAGS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$&()*+:<=>?@[]^|~-")

    def __init__(self) -> None:
        self.found = 0
        self._had = ""
        self._is_behind_blank = False
        self._outside = Lines()

    def feed(self, line: str, number: int) -> None:
        if not line.strip():
            self._is_behind_blank = True
            return
        if line[:1] == "%" and line[1:2] in self._TAGS and line[2:3] in ("", " ", "\t"):
            self._field(line[1])
        elif not self.found:
            self._outside.add(number)
        self._is_behind_blank = False

    def warnings(self) -> Iterator[str]:
        if self._outside.number:
            lines = mention(self._outside, "line", "lines")
            yield f"{lines} before the first entry held no field and stayed unread."

    def _field(self, tag: str) -> None:
        again = tag in self._had
        has_title = "T" in self._had
        begins = not self.found or (again and tag in "0T")
        if tag == "0":
            begins = begins or self._is_behind_blank or (has_title and self._had[-1] != "T")
        elif self._is_behind_blank and tag in "TABDEJ":
            begins = begins or again or has_title
        self.found += begins
        self._had = tag if begins else self._had.replace(tag, "") + tag


def entries(groups: Iterable[list[str]]) -> Iterator[Entry]:
    """The entries of a file, one at a time; what stands before the first is left out."""
    entry: Entry | None = None
    values: list[str] | None = None
    last = ""
    is_behind_blank = False
    before = 0
    for lines in groups:
        begun = 0
        for place, line in enumerate(lines):
            match = _TAG.match(line) if line.startswith(("%", "\ufeff%")) else None
            if match and (entry is None or _begins(match[1], entry.seen, last, is_behind_blank)):
                if entry is not None:
                    yield _finished(entry, lines, begun, place, before)
                begun = place
                entry = Entry(entry.position + 1 if entry else 1, before + place + 1, frozenset())
            if match and entry is not None:
                last = match[1]
                entry.seen |= {last}
                values = entry.fields[last] if last in _WANTED else None
                if values is not None:
                    values.append(line[match.end() :])
            elif entry is not None and values is not None:
                entry.go_on(values, line)
            is_behind_blank = not line.strip()
        if entry is not None:
            entry.stretch = (lines, begun, len(lines))
            entry.shrink()
        before += len(lines)
    if entry is not None:
        entry.close(before, None)
        yield entry


def _begins(tag: str, seen: frozenset[str], last: str, is_behind_blank: bool) -> bool:
    """Whether a tag begins the next entry: `seen` are the current one's, `last` its latest."""
    if tag == "0" and "T" in seen and last != "T":
        return True
    if tag in _ALONE and tag in seen:
        return True
    return is_behind_blank and tag in _LEADING and (tag == "0" or tag in seen or "T" in seen)


def _finished(entry: Entry, lines: list[str], begun: int, end: int, before: int) -> Entry:
    entry.stretch = (lines, begun, end)
    entry.close(before + end, None)
    return entry


def _record(entry: Entry) -> ParsedRecord | Problem:
    firsts = entry.firsts()
    get = firsts.get
    title = fields.fold(fields.pick(firsts, "T", "!"), fields.TITLE)
    if not title:
        return fields.untitled(entry, "%T")
    addresses = _one_a_line(entry.all("U"))
    return ParsedRecord(
        position=entry.position,
        line=entry.line,
        title=title,
        abstract=fields.paragraphs("\n".join(entry.all("X")).strip()),
        authors=authors(_people(entry)),
        year=fields.year(get("D", ""), get("8", "")),
        journal=fields.fold(fields.pick(firsts, "J", "B", "S"), fields.LONG),
        volume=fields.fold(get("V", ""), fields.SHORT),
        issue=fields.fold(get("N", ""), fields.SHORT),
        pages=fields.page_range(get("P", "")),
        doi=_doi(get("R", ""), addresses),
        pmid=_pmid(firsts, addresses),
        pmcid=next(filter(None, map(fields.pmcid, [get("2", ""), *addresses])), ""),
        language=fields.joined(entry.all("G")),
        keywords=fields.words(_keywords(entry)),
        url=fields.fold(next(filter(None, addresses), ""), fields.LONG),
        kind=fields.fold(fields.pick(firsts, "9", "0"), fields.SHORT),
    )


def _people(entry: Entry) -> list[str]:
    """One name a line; a comma at its end tells that it is a group's."""
    written = entry.all("A")
    names = written if any(map(str.strip, written)) else entry.all("E")
    return [name.strip().removesuffix(",") for name in _one_a_line(names)]


def _keywords(entry: Entry) -> list[str]:
    return [word for line in _one_a_line(entry.all("K")) for word in line.split(";")]


def _one_a_line(values: list[str]) -> list[str]:
    return [line.strip() for value in values for line in value.split("\n")]


def _doi(written: str, addresses: list[str]) -> str:
    return fields.doi(written) or next(filter(None, map(fields.doi_in_address, addresses)), "")


def _pmid(firsts: dict[str, str], addresses: list[str]) -> str:
    """The PubMed number, only where the entry says that it is one."""
    number = firsts.get("M", "")
    found = fields.labelled_pmid(number)
    if fields.is_pubmed(f"{firsts.get('~', '')} {firsts.get('W', '')}"):
        found = found or fields.pmid(number)
    return found or next(filter(None, map(fields.pmid_in_address, addresses)), "")
