"""PubMed's tagged format (MEDLINE, nbib)."""

import re

from screening.importers import fields
from screening.importers.base import ParsedRecord, Problem
from screening.importers.tagged import Entry, Profile, Tag

_TAGS = "PMID TI BTI TT AB OAB FAU AU CN FED ED DP DEP JT TA VI IP PG LID AID SO PMC LA MH OT PT"
_WANTED = {tag: tag for tag in _TAGS.split()}
_CANONICAL = re.compile(
    r"(?:([A-Z][A-Z0-9])  |([A-Z][A-Z0-9]{2}) |([A-Z][A-Z0-9]{3}))-(?:[ \t]|\Z)"
)
_PMID_LINE = re.compile(r"[ \t]{0,3}PMID[ \t]{0,4}-[ \t]{0,8}(?=[0-9]|\Z)")
_MISSPACED = re.compile(
    rf"({'|'.join(sorted(set(_WANTED) - {'PMID', 'PMC'}))}|STAT|AD|GN|IS|SB)[ \t]{{0,4}}-[ \t]"
)
_LATEST_DASH = 10
_HEAD = 64

_DIGITS = re.compile(r"\s*([0-9]+)")
_NOT_AVAILABLE = re.compile(r"\s*\[not available\]\.?\s*\Z", re.IGNORECASE)
_DOI_IN_CITATION = re.compile(r"\bdoi:\s*(10\.\S+)", re.IGNORECASE)


def _tag(line: str, loose: bool) -> Tag | None:
    """Read `TI  - `; continuations are indented by six, so four blanks decide at once."""
    if line.startswith("    ") or "-" not in line[: _LATEST_DASH + 2]:
        return None
    head = line[:_HEAD]
    if match := _CANONICAL.match(head):
        return Tag(match[match.lastindex or 1], line[6:])
    if match := _PMID_LINE.match(head):
        return Tag("PMID", line[match.end() :])
    if match := _MISSPACED.match(head):
        return Tag(match[1], line[match.end() :], certain=False)
    return None


PROFILE = Profile(
    wanted=_WANTED,
    tag=_tag,
    heads=frozenset({"PMID", "OWN"}),
    assumed=frozenset(),
    lead="PMID",
    first_head="PMC",
)


def record(entry: Entry) -> ParsedRecord | Problem:
    """The entry as a record, or the problem that it has no title."""
    get = entry.get
    title = fields.fold(_title(entry), fields.TITLE)
    if not title:
        return fields.untitled(entry, "TI")
    pmid = _DIGITS.match(get("PMID"))
    return ParsedRecord(
        position=entry.position,
        line=entry.line,
        title=title,
        abstract=fields.fold(get("AB", "OAB"), fields.ABSTRACT),
        authors=fields.names(_people(entry)),
        year=fields.year(get("DP"), get("DEP")),
        journal=fields.fold(get("JT", "TA"), fields.LONG),
        volume=fields.fold(get("VI"), fields.SHORT),
        issue=fields.fold(get("IP"), fields.SHORT),
        pages=fields.fold(get("PG"), fields.SHORT),
        doi=_doi(entry),
        pmid=fields.cut(pmid[1], fields.SHORT) if pmid else "",
        pmcid=fields.pmcid(get("PMC")),
        language=fields.joined(entry.all("LA")),
        keywords=fields.names(entry.all("MH", "OT")),
        kind=fields.joined(entry.all("PT")),
    )


def _title(entry: Entry) -> str:
    title = entry.get("TI", "BTI", "TT")
    # PubMed's words for a title that nobody translated; the original one is in TT.
    return (entry.get("TT") or title) if _NOT_AVAILABLE.match(title) else title


def _people(entry: Entry) -> list[str]:
    for slot in ("FAU", "AU", "CN", "FED", "ED"):
        if any(value.strip() for value in entry.all(slot)):
            return entry.all(slot)
    return []


def _doi(entry: Entry) -> str:
    for value in entry.all("LID", "AID"):
        if "[doi]" in value and (found := fields.doi(value)):
            return found
    match = _DOI_IN_CITATION.search(entry.get("SO"))
    return fields.doi(match[1]) if match else ""
