"""What the fields of a BibTeX entry say, in the names of Scopus, Web of Science, Zotero and others."""

import re

from screening.importers import fields
from screening.importers.base import ParsedRecord, Problem
from screening.importers.bibtex.latex import text, verbatim
from screening.importers.bibtex.people import people
from screening.importers.people import authors
from screening.importers.tables.wording import plain, value
from screening.importers.tagged import Entry

_JOURNAL = (
    *("journal", "journaltitle", "fjournal", "booktitle", "journal-iso", "shortjournal"),
    *("abbrev_source_title", "series"),
)
_ARTICLE_NUMBER = ("article-number", "art_number", "articleno", "eid")
_KEYWORDS = ("keywords", "keyword", "author_keywords", "keywords-plus")
_NUMBER = re.compile(r"\s*(?:PMID[: ]*)?([0-9]{1,8})\s*\Z")
_NOTED_NUMBER = re.compile(r"\bPMID: ?([0-9]{1,8})\b")
# EBSCO writes the name of its own variable where a value is missing.
_UNFILLED = re.compile(r"\$\{\w{1,40}\}")
_WRAPPED = re.compile(r"\n[ \t]+(?=\S)")
_DASH = re.compile(r" ?(?:-{1,3}|[\u2010-\u2014]) ?")


def record(entry: Entry, kind: str) -> ParsedRecord | Problem:
    """The entry as a record, or the problem that it has no title; `kind` is its @type."""
    firsts = {name: first for name, first in entry.firsts().items() if not _is_missing(first)}
    get = firsts.get
    title = _plain(fields.pick(firsts, "title", "booktitle"))
    if not title.strip():
        return fields.untitled(entry, "title or booktitle")
    if "title" in firsts and (subtitle := _plain(get("subtitle", ""))):
        title = f"{title}: {subtitle}"
    address = verbatim(fields.pick(firsts, "url", "link"))
    return ParsedRecord(
        position=entry.position,
        line=entry.line,
        title=fields.fold(title, fields.TITLE),
        abstract=_abstract(get("abstract", "")),
        authors=authors(_people(entry)),
        year=fields.year(text(get("year", "")), text(get("date", ""))),
        journal=_journal(firsts, title),
        volume=_short(get("volume", "")),
        issue=_short(fields.pick(firsts, "number", "issue")),
        pages=_pages(firsts),
        doi=fields.doi(verbatim(get("doi", ""))) or fields.doi_in_address(address),
        pmid=_pmid(firsts, address),
        pmcid=fields.pmcid(fields.pick(firsts, "pmcid", "pmc")) or fields.pmcid(address),
        language=_short(fields.pick(firsts, "language", "langid")),
        keywords=fields.words(_keywords(entry)),
        url=fields.fold(address, fields.LONG),
        kind=_short(fields.pick(firsts, "document_type", "type") or kind),
    )


def _is_missing(written: str) -> bool:
    return not value(written) or _UNFILLED.fullmatch(written) is not None


def _plain(written: str) -> str:
    """Without LaTeX, references to characters and elements of a page."""
    return plain(text(written))


def _short(written: str) -> str:
    return fields.fold(_plain(written), fields.SHORT)


def _abstract(written: str) -> str:
    """An indented line goes on with the paragraph; Web of Science wraps its values so."""
    if "\n" in written:
        written = _WRAPPED.sub(" ", written)
    return fields.paragraphs(_plain(written))


def _people(entry: Entry) -> list[str]:
    roles = ("author", "editor", "book-group-author")
    written = next(filter(any, map(entry.all, roles)), [])
    # A character reference ends in a semicolon, which would divide names.
    return [
        name
        for field in dict.fromkeys(written)
        if not _is_missing(field)
        for name in people(plain(field))
    ]


def _journal(firsts: dict[str, str], title: str) -> str:
    found = fields.fold(_plain(fields.pick(firsts, *_JOURNAL)), fields.LONG)
    return "" if found == fields.fold(title, fields.LONG) else found


def _pages(firsts: dict[str, str]) -> str:
    written = text(fields.pick(firsts, "pages", *_ARTICLE_NUMBER))
    return fields.page_range(_DASH.sub("-", " ".join(written.split())))


def _pmid(firsts: dict[str, str], address: str) -> str:
    """The PubMed number, only where the entry says that it is one."""
    number = fields.pick(firsts, "pmid", "pubmed_id")
    if not number and "pubmed" in fields.pick(firsts, "eprinttype", "archiveprefix").lower():
        number = firsts.get("eprint", "")
    match = _NUMBER.match(number) or _NOTED_NUMBER.match(firsts.get("note", ""))
    return match[1] if match else fields.pmid_in_address(address)


def _keywords(entry: Entry) -> list[str]:
    """By semicolon where there is one, else by comma, as Zotero and Mendeley do."""
    written = [_plain(field) for field in dict.fromkeys(entry.all(*_KEYWORDS))]
    return [
        word
        for field in written
        if not _is_missing(field)
        for word in field.split(";" if ";" in field else ",")
    ]
