"""PubMed's tagged format (MEDLINE, nbib)."""

import re
from collections.abc import Mapping

from screening.importers import fields
from screening.importers.base import ParsedRecord, Problem
from screening.importers.people import authors
from screening.importers.tagged import Entry, Profile, Tag

_TAGS = "PMID TI BTI TT AB OAB FAU AU CN FED ED DP DEP JT TA VI IP PG LID AID SO PMC LA MH OT PT"
_WANTED = {tag: tag for tag in _TAGS.split()}
_CANONICAL = re.compile(
    r"(?:([A-Z][A-Z0-9])  |([A-Z][A-Z0-9]{2}) |([A-Z][A-Z0-9]{3}))-(?:[ \t]|\Z)"
)
_PMID_LINE = re.compile(r"[ \t]?PMID[ \t]{0,4}-[ \t]{0,8}(?=[0-9]|\Z)")
_MISSPACED = re.compile(
    rf"({'|'.join(sorted(set(_WANTED) - {'PMID', 'PMC'}))}|STAT|AD|GN|IS|SB)[ \t]{{0,4}}-[ \t]"
)
_LATEST_DASH = 10
_HEAD = 64

_DIGITS = re.compile(r"[0-9]+")
_NOT_AVAILABLE = re.compile(r"\[not available\]\.?\Z", re.IGNORECASE)
_DOI_IN_CITATION = re.compile(r"\bdoi:\s*(10\.\S+)", re.IGNORECASE)


def _tag(line: str, loose: bool) -> Tag | None:
    """Read `TI  - `, and the same with other spaces where the tag is one we know."""
    if "-" not in line[: _LATEST_DASH + 2]:
        return None
    head = line[:_HEAD]
    if match := _CANONICAL.match(head):
        return Tag(match[match.lastindex or 1], line[6:])
    if match := _PMID_LINE.match(head):
        return Tag("PMID", line[match.end() :], exact=False)
    if match := _MISSPACED.match(head):
        return Tag(match[1], line[match.end() :], certain=False, exact=False)
    return None


PROFILE = Profile(
    wanted=_WANTED,
    tag=_tag,
    heads=frozenset({"PMID", "OWN"}),
    assumed=frozenset(),
    lead="PMID",
    first_head="PMC",
    indent="      ",
)


def record(entry: Entry) -> ParsedRecord | Problem:
    """The entry as a record, or the problem that it has no title."""
    firsts = entry.firsts()
    get = firsts.get
    title = _title(firsts)
    if not title:
        return fields.untitled(entry, "TI")
    pmid = _DIGITS.match(get("PMID", ""))
    return ParsedRecord(
        position=entry.position,
        line=entry.line,
        title=fields.fold(title, fields.TITLE),
        abstract=fields.fold(get("AB") or get("OAB", ""), fields.ABSTRACT),
        authors=authors(_people(entry, firsts)),
        year=fields.year(get("DP", ""), get("DEP", "")),
        journal=fields.fold(get("JT") or get("TA", ""), fields.LONG),
        volume=fields.fold(get("VI", ""), fields.SHORT),
        issue=fields.fold(get("IP", ""), fields.SHORT),
        pages=fields.page_range(get("PG", "")) or _article_number(entry),
        doi=_doi(entry, firsts),
        pmid=fields.cut(pmid[0], fields.SHORT) if pmid else "",
        pmcid=fields.pmcid(get("PMC", "")),
        language=fields.joined(entry.all("LA")),
        keywords=fields.words(entry.all("MH", "OT")),
        kind=fields.joined(entry.all("PT")),
    )


def _title(firsts: Mapping[str, str]) -> str:
    title = fields.pick(firsts, "TI", "BTI", "TT")
    # PubMed's words for a title that nobody translated; the original one is in TT.
    return firsts.get("TT", title) if _NOT_AVAILABLE.match(title) else title


def _people(entry: Entry, firsts: Mapping[str, str]) -> list[str]:
    slot = next((slot for slot in ("FAU", "AU", "CN", "FED", "ED") if slot in firsts), "")
    return entry.all(slot)


def _article_number(entry: Entry) -> str:
    """What PubMed itself cites where an article has no pages."""
    places = (value.removesuffix("[pii]") for value in entry.all("LID"))
    return next(filter(None, map(fields.article_number, places)), "")


def _doi(entry: Entry, firsts: Mapping[str, str]) -> str:
    for value in entry.all("LID", "AID"):
        if "[doi]" in value and (found := fields.doi(value)):
            return found
    match = _DOI_IN_CITATION.search(firsts.get("SO", ""))
    return fields.doi(match[1]) if match else ""
