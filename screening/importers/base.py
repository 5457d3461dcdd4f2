"""What every format gives back."""

from dataclasses import dataclass
from operator import attrgetter


class UnreadableFile(Exception):
    """The file as a whole cannot be read; the message is one sentence for the user."""


class Cut(str):
    """The beginning of a value that was longer than a record may keep, and an ellipsis."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class ParsedRecord:
    """An entry as its source gave it, with white space folded and lengths capped.

    `position` counts entries of the file from 1, `line` is the entry's first line, from 1.
    `kind` is the publication type in the words of the file.
    """

    position: int
    line: int
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    journal: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    language: str = ""
    keywords: tuple[str, ...] = ()
    url: str = ""
    kind: str = ""

    @property
    def cuts(self) -> int:
        """How many of its values were cut; a list counts once."""
        cut = sum(type(value) is Cut for value in _texts_of(self))
        return cut + (Cut in map(type, self.authors)) + (Cut in map(type, self.keywords))


_texts_of = attrgetter(
    *("title", "abstract", "journal", "volume", "issue", "pages"),
    *("doi", "pmid", "pmcid", "language", "url", "kind"),
)


class CutCount:
    """Counts the values that were cut, over the records of a file in their order."""

    def __init__(self) -> None:
        self.values = 0
        self.line = 0

    def add(self, record: ParsedRecord) -> None:
        if cuts := record.cuts:
            self.values += cuts
            self.line = self.line or record.line

    def warnings(self) -> list[str]:
        """A sentence for the user when there is one cut or more."""
        if not self.values:
            return []
        if self.values == 1:
            said = "1 value is longer than Parallax keeps and was cut"
            where = "in the entry that begins at"
        else:
            said = f"{self.values:,} values are longer than Parallax keeps and were cut"
            where = "the first in the entry that begins at"
        return [f"{said}, {where} line {self.line}: look for the ellipsis (…) at the end."]


@dataclass(frozen=True, slots=True)
class Problem:
    """An entry that could not be read as a record; `raw` is its text, at most 2,000 characters."""

    position: int
    line: int
    message: str
    remedy: str
    raw: str


ColumnPairs = tuple[tuple[str, str], ...]
"""Pairs of a heading and the field its column fills, "" for none."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many entries a file holds by its start tags or rows, and sentences for the user."""

    found: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspection:
    """What one pass over a file's bytes shows before anything is parsed.

    `format` is a name in `formats`; `encoding` is utf-8, utf-8-sig, cp1252, utf-16, or binary;
    `found` counts entries by their start tags or rows, independently of the parser; `size` is in
    bytes; `warnings` are sentences for the user. `columns` are pairs of a table's heading and the
    field it fills, as a person said; None where the headings are known.
    """

    format: str
    encoding: str
    found: int
    sha256: str
    size: int
    warnings: tuple[str, ...]
    columns: ColumnPairs | None = None
