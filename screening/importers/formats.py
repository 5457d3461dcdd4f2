"""The formats a file's beginning tells, a module each; RIS and PubMed text are told line by line."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from screening.importers import (
    bibtex,
    endnote_tagged,
    endnote_xml,
    pubmed_xml,
    wos_tagged,
    zotero_rdf,
)
from screening.importers.base import Counted, ParsedRecord, Problem
from screening.importers.tables import text as table
from screening.importers.tables import workbook

HEAD = 1 << 16
"""Bytes at the beginning of a file by which its format is told."""


class Format(Protocol):
    """What a module of a format gives."""

    NAME: str

    def looks_like(self, head: bytes) -> bool:
        """Whether these are the first bytes of such a file, UTF-16 turned into UTF-8, no mark."""

    def count(self, path: Path, encoding: str) -> Counted:
        """How many entries there are, independently of `read`.

        Raises: UnreadableFile.
        """

    def read(self, path: Path, encoding: str) -> Iterator[ParsedRecord | Problem]:
        """Every entry as a record or as a problem, in the file's order."""


class Table(Format, Protocol):
    """A format of rows under headings: a person may say what the columns hold."""

    def headings_of(self, path: Path, encoding: str) -> list[str]:
        """The headings, each unlike the others."""

    def first_rows(self, path: Path, encoding: str, number: int) -> list[list[str]]:
        """The cells of the first rows below the headings."""

    def count_rows(self, path: Path, encoding: str) -> Counted:
        """The rows below the headings, whatever their columns hold."""

    def read_with(
        self, path: Path, encoding: str, mapping: Mapping[str, str]
    ) -> Iterator[ParsedRecord | Problem]:
        """As `read`, by this mapping of headings to fields."""


# The surer a sign, the earlier: many texts look like a table.
_SURE: tuple[Format, ...] = (
    workbook,
    pubmed_xml,
    endnote_xml,
    zotero_rdf,
    wos_tagged,
    bibtex,
    endnote_tagged,
)
_TABLES: dict[str, Table] = {form.NAME: form for form in (table, workbook)}
_BY_NAME: dict[str, Format] = {form.NAME: form for form in _SURE} | _TABLES
LABELS = {
    "nbib": "PubMed (nbib)",
    "ris": "RIS",
    pubmed_xml.NAME: "PubMed XML",
    endnote_xml.NAME: "EndNote XML",
    endnote_tagged.NAME: "EndNote tagged",
    wos_tagged.NAME: "Web of Science",
    bibtex.NAME: "BibTeX",
    zotero_rdf.NAME: "Zotero RDF",
    table.NAME: "Table (CSV, TSV)",
    workbook.NAME: "Excel",
}
"""Every format in words."""


def by_beginning(head: bytes) -> Format | None:
    """The format with a sure sign in the file's first bytes."""
    return next((form for form in _SURE if form.looks_like(head)), None)


def by_rows(head: bytes) -> Format | None:
    """The table a file may be that holds no entry of any other format."""
    return table if table.looks_like(head) else None


def by_name(name: str) -> Format | None:
    return _BY_NAME.get(name)


def table_by_name(name: str) -> Table | None:
    return _TABLES.get(name)
