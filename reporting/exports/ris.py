"""Records as RIS, for reference managers; our own importer reads back what was stored.

What RIS has a place for stands there in the usual way. The type of a publication is one of RIS
and M3 keeps the source's words for it. DP says who wrote the file, so that nothing is guessed
from it: no number from an address, no DOI from a note.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from screening.importers import fields, ris
from screening.models import Record

ENTRIES_AT_ONCE = 200
OTHER_TYPE = "GEN"
# The types by the words that PubMed has for them; whatever stands in a journal is JOUR.
_TYPE = re.compile(r"[A-Z]{3,8}")
_TYPES = {
    "preprint": "UNPB",
    "clinical trial protocol": "JOUR",
    "dataset": "DATA",
    "book": "BOOK",
    "congress": "CONF",
    "academic dissertation": "THES",
    "newspaper article": "NEWS",
}


def ris_lines(records: Iterable[Record]) -> Iterator[bytes]:
    """The records as RIS in UTF-8, some hundred at a time."""
    entries = map(entry, records)
    while block := "".join(islice(entries, ENTRIES_AT_ONCE)):
        yield block.encode()


def entry(record: Record) -> str:
    """One record, from TY to ER, with an empty line behind it."""
    lines = [f"{tag}  - {value}" for tag, value in _fields(record) if value]
    return "\r\n".join([*lines, "ER  - ", "", ""])


def _fields(record: Record) -> Iterator[tuple[str, str]]:
    yield from _kind(record)
    yield "TI", record.title
    yield from (("AU", name) for name in record.authors.splitlines())
    yield "PY", str(record.year or "")
    yield "T2", record.journal
    yield "VL", record.volume
    yield "IS", record.issue
    yield from _pages(record.pages)
    yield "DO", record.doi
    # Said with its label: which database the record came from is another matter.
    yield "AN", record.pmid and f"PMID: {record.pmid}"
    yield "C2", record.pmcid
    yield from _abstract(record.abstract)
    yield from (("KW", word) for word in record.keywords.splitlines())
    yield "LA", record.language
    yield "UR", record.url
    yield "ID", str(record.number)


def _kind(record: Record) -> Iterator[tuple[str, str]]:
    kinds = record.kind.lower().split("; ")
    found = next((code for words, code in _TYPES.items() if words in kinds), None)
    is_type = _TYPE.fullmatch(record.kind)
    yield "TY", record.kind if is_type else found or ("JOUR" if record.journal else OTHER_TYPE)
    yield "M3", record.kind
    yield "DP", ris.OWN_FILES


def _pages(pages: str) -> Iterator[tuple[str, str]]:
    """First and last apart, where they are joined again to the same."""
    first, _, last = pages.partition("-")
    if last and fields.page_range(first, last) == pages:
        yield "SP", first
        yield "EP", last
    else:
        yield "SP", pages


def _abstract(abstract: str) -> Iterator[tuple[str, str]]:
    """Paragraphs on lines of their own; in fields of their own where a line would be misread."""
    first, *others = abstract.split("\n")
    is_read_back = fields.paragraphs(abstract) == abstract
    if is_read_back and not any(map(ris.begins_something, others)):
        yield "AB", "\r\n".join([first, *others])
    else:
        yield from (("AB", paragraph) for paragraph in abstract.split("\n"))
