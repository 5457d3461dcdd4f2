"""What every format gives back."""

from dataclasses import dataclass


class UnreadableFile(Exception):
    """The file as a whole cannot be read; the message is one sentence for the user."""


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


@dataclass(frozen=True, slots=True)
class Problem:
    """An entry that could not be read as a record; `raw` is its text, at most 2,000 characters."""

    position: int
    line: int
    message: str
    remedy: str
    raw: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """What one pass over a file's bytes shows before anything is parsed.

    `format` is nbib or ris; `encoding` is utf-8, utf-8-sig, cp1252 or utf-16; `found` counts
    entries by their start tags, independently of the parser; `size` is in bytes; `warnings`
    are sentences for the user.
    """

    format: str
    encoding: str
    found: int
    sha256: str
    size: int
    warnings: tuple[str, ...]
