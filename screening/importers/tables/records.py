"""From the cells of a row to a record, or to the problem that it is none."""

import re
from collections.abc import Iterable, Sequence

from screening.importers import fields
from screening.importers.base import ParsedRecord, Problem
from screening.importers.people import authors
from screening.importers.tables.cells import Row
from screening.importers.tables.citations import Citation, citation
from screening.importers.tables.columns import Columns
from screening.importers.tables.people import people
from screening.importers.tables.wording import plain, value, whole
from screening.importers.tagged import RAW_LIMIT

_PMID = re.compile(r"(?:.*\D)?([1-9][0-9]{0,8})/?\Z", re.DOTALL)
_LABELLED_PMID = re.compile(r"\bPMID: ?([1-9][0-9]{0,8})\b")
_LABELLED_DOI = re.compile(r"\bDOI: ?(\S{6,500})", re.IGNORECASE)
_DATABASE_NAMES = (
    "scopus|pubmed|medline|embase|web of science|wos|cochrane|central|cinahl|psycinfo|eric|"
    "ieee|lens|google scholar|dimensions|openalex|lilacs|proquest|ovid|crossref"
)
_DATABASES = frozenset(_DATABASE_NAMES.split("|"))
_OUTSIDE_BRACKETS = re.compile(r",(?![^()]{0,200}\))")
# Far above what a record may keep, so that a cut still shows.
_LONGEST_TEXT = 1_000_000
_LONGEST_LIST = 200_000


def entry(row: Row, position: int, columns: Columns) -> ParsedRecord | Problem:
    """The row as a record; a problem where it has no title, or cells that no heading covers."""
    cells = [value(cell) for cell in row.cells]
    surplus = sum(map(bool, cells[columns.width :]))
    if surplus:
        return _problem(
            row,
            position,
            f"This row has {len(cells):,} cells, more than the {columns.width:,} headings of the "
            "table: its values may stand in the wrong columns.",
            "Put values that hold the delimiter between quotation marks, then import the file "
            "again.",
        )
    title = columns.first(cells, "title", "other_title")
    if not title:
        return _problem(
            row,
            position,
            "This row has no title.",
            "Look the entry up at its source and write its title into the table, then import the "
            "file again.",
        )
    if len(cells) < columns.width and sum(map(bool, cells)) == 1:
        return _problem(
            row,
            position,
            "This row has one value only, so it may be a remark or a part of another row.",
            "Look at the row in the file, complete it or remove it, then import the file again.",
        )
    return _record(row, position, columns, cells, title)


def _record(
    row: Row, position: int, columns: Columns, cells: Sequence[str], title: str
) -> ParsedRecord:
    first, every = columns.first, columns.all
    cited = citation(first(cells, "source")) or Citation()
    labelled = first(cells, "labelled")
    return ParsedRecord(
        position=position,
        line=row.line,
        title=fields.fold(_text(title), fields.TITLE),
        abstract=fields.paragraphs(_text(first(cells, "abstract"))),
        authors=authors(people(plain(first(cells, "authors")[:_LONGEST_LIST]))),
        year=fields.year(*every(cells, "year", "date"), cited.year),
        journal=fields.fold(plain(_journal(columns, cells, cited)), fields.LONG),
        volume=_short(first(cells, "volume") or cited.volume),
        issue=_short(first(cells, "issue") or cited.issue),
        pages=_pages(columns, cells) or _short(cited.pages),
        doi=_doi(columns, cells, labelled, cited),
        pmid=_pmid(every(cells, "pmid"), labelled),
        pmcid=next(filter(None, map(fields.pmcid, every(cells, "pmcid"))), "")
        or fields.pmcid(labelled),
        language=_short(first(cells, "language")),
        keywords=fields.words(_keywords(every(cells, "keywords"))),
        url=_address(first(cells, "url")),
        kind=fields.fold(plain(first(cells, "kind")), fields.SHORT),
    )


def _problem(row: Row, position: int, message: str, remedy: str) -> Problem:
    return Problem(position, row.line, message, remedy, row.raw[:RAW_LIMIT])


def _text(cell: str) -> str:
    return plain(cell[:_LONGEST_TEXT])


def _short(cell: str) -> str:
    return fields.fold(whole(cell), fields.SHORT)


def _journal(columns: Columns, cells: Sequence[str], cited: Citation) -> str:
    """The full name, else the short one, else what `source` says if no other column could."""
    named = (
        columns.first(cells, "journal") or cited.journal or columns.first(cells, "short_journal")
    )
    if named or columns.has("journal", "short_journal"):
        return named
    source = columns.first(cells, "source")
    return "" if source.casefold() in _DATABASES else source


def _pages(columns: Columns, cells: Sequence[str]) -> str:
    """The range as it stands, or from its two columns; else the article number."""
    begins = whole(columns.first(cells, "first_page"))
    ends = whole(columns.first(cells, "last_page"))
    return (
        fields.page_range(whole(columns.first(cells, "pages")))
        or fields.page_range(begins, ends)
        or fields.page_range(whole(columns.first(cells, "article_number")))
    )


def _doi(columns: Columns, cells: Sequence[str], labelled: str, cited: Citation) -> str:
    for cell in columns.all(cells, "doi"):
        if found := fields.doi(cell):
            return found
    for cell in columns.all(cells, "url"):
        if found := fields.doi_in_address(cell[: fields.LONG]):
            return found
    match = _LABELLED_DOI.search(labelled)
    return fields.doi(cited.doi) or (fields.doi(match[1]) if match else "")


def _pmid(cells: Iterable[str], labelled: str) -> str:
    """The number in a column for it, alone or behind "PUBMED" or an address; or in the label."""
    for cell in cells:
        if match := _PMID.match(whole(cell[: fields.SHORT].strip())):
            return match[1]
    match = _LABELLED_PMID.search(labelled)
    return match[1] if match else ""


def _keywords(cells: Iterable[str]) -> list[str]:
    """Keywords of all columns."""
    return [word for cell in cells for word in _divided(plain(cell[:_LONGEST_LIST]))]


def _divided(cell: str) -> list[str]:
    """By the mark that divides keywords; commas within brackets divide nothing."""
    for mark in (";", "|", "\n"):
        if mark in cell:
            return cell.split(mark)
    return _OUTSIDE_BRACKETS.split(cell)


def _address(cell: str) -> str:
    """The first address of the cell."""
    words = cell[: 2 * fields.LONG].split(maxsplit=1)
    address = words[0].rstrip(";") if words and "://" in words[0] else cell
    return fields.fold(address, fields.LONG)
