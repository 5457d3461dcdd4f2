"""What the search for duplicates is told of a record."""

from collections.abc import Iterable, Iterator

from screening.duplicates import Description, Normalised, normalise
from screening.importers import ParsedRecord
from screening.models import Record

COMPARED = (
    "number",
    "title",
    "abstract",
    "authors",
    "year",
    "journal",
    "volume",
    "issue",
    "pages",
    "doi",
    "pmid",
    "url",
    "kind",
)
"""The columns of a record that `of_record` reads."""


def of_entry(number: int, entry: ParsedRecord) -> Normalised:
    """An entry of a file that becomes the record of this number."""
    return normalise(
        Description(
            id=number,
            title=entry.title,
            abstract=entry.abstract,
            authors=entry.authors,
            year=entry.year,
            journal=entry.journal,
            volume=entry.volume,
            issue=entry.issue,
            pages=entry.pages,
            doi=entry.doi,
            pmid=entry.pmid,
            url=entry.url,
            kind=entry.kind,
        )
    )


def of_record(record: Record) -> Normalised:
    return normalise(
        Description(
            id=record.number,
            title=record.title,
            abstract=record.abstract,
            authors=tuple(record.authors.splitlines()),
            year=record.year,
            journal=record.journal,
            volume=record.volume,
            issue=record.issue,
            pages=record.pages,
            doi=record.doi,
            pmid=record.pmid,
            url=record.url,
            kind=record.kind,
        )
    )


def of_records(records: Iterable[Record], counting: Iterable[int]) -> Iterator[Normalised]:
    """Records in the order of their imports.

    Args:
        counting: imports whose issues are a database's own numbers, by primary key.
    """
    without_issue = set(counting)
    for record in records:
        if record.imported_by_id in without_issue:
            record.issue = ""
        yield of_record(record)
