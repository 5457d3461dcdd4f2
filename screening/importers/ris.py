"""RIS in the dialects of Ovid, EBSCO, ProQuest, Scopus, Web of Science, EndNote and the rest."""

import re
from collections.abc import Mapping

from screening.importers import fields
from screening.importers.base import ParsedRecord, Problem
from screening.importers.people import authors
from screening.importers.tagged import Entry, Profile, Tag

_AUTHORS = {"AU": "AU", "A1": "AU"}
_EDITORS = ("A2", "A3", "A4", "ED")
_AS_THEY_ARE = (
    "TY TI T1 CT BT ST TT T2 JF JO JA J1 J2 JI J9 AB N2 PY Y1 DA VL IS SP EP LP C7 DO DI L1 L2 L3 "
    "LK M3 UR N1 AN ID DB DP C2 C3 LA KW MH A2 A3 A4 ED"
)
_JOURNAL = ("JF", "T2", "JO", "JA", "J2", "J1", "JI", "J9", "BT")
_WANTED = {tag: tag for tag in _AS_THEY_ARE.split()} | _AUTHORS

OWN_FILES = "Parallax"
"""The DP of entries that we wrote ourselves: there M3 is the type in the source's words."""

_CANONICAL = re.compile(r"([A-Z][A-Z0-9])  -(?:[ \t]|\Z)")
_START = re.compile(r"[ \t]{0,3}TY[ \t]{0,4}-[ \t]{0,4}(?:[A-Z]{3}|\Z)")
_END = re.compile(r"[ \t]{0,3}ER[ \t]{0,4}-[ \t]*\Z")
_MISSPACED = re.compile(
    rf"[ \t]{{0,3}}({'|'.join(_WANTED)})(?:[ \t]{{0,4}}-(?:[ \t]|\Z)|[ \t]{{1,4}}-)"
)
_MISSPACED_OTHER = re.compile(r"[ \t]{0,3}([A-Z][A-Z0-9])[ \t]{1,4}-(?:[ \t]|\Z)")
_END_TAG = Tag("ER", "")
_USUAL_ENDS = frozenset({"ER  -", "ER  - "})
_LATEST_DASH = 10
_HEAD = 64

_PMID_OF_ID = re.compile(r"\s*([0-9]{5,8})\s*\Z")
_DOI_BEGINS = re.compile(r"\s*(?:doi\b|https?://(?:dx\.)?doi\.org/|10\.[0-9]{4})", re.IGNORECASE)
_DOI_IN_NOTE = re.compile(
    r"(?:\bdoi[:=]?\s*(?:https?://(?:dx\.)?doi\.org/)?|doi\.org/)(10\.[0-9]{4,9}/\S+)",
    re.IGNORECASE,
)
# Notes that name other publications: their DOIs are not the record's.
_NOTE_OF_OTHERS = re.compile(
    r"references|cited|comment|errat|retract|correct|republish|update|reprint", re.IGNORECASE
)


def _tag(line: str, loose: bool) -> Tag | None:
    """Read `TI  - `, and the same with other spaces where the tag is one we know.

    A line of a wrapped abstract may look like a tag ("NF-kappa", "IL- 6"), so an unknown tag
    with wrong spaces is believed only in an entry that has had a known one.
    """
    if line in _USUAL_ENDS:
        return _END_TAG
    if line.startswith("TY  - "):
        return Tag("TY", line[6:])
    if "-" not in line[:_LATEST_DASH]:
        return None
    head = line[:_HEAD]
    if match := _CANONICAL.match(head):
        if match[1] != "ER":
            return Tag(match[1], line[6:])
        return _END_TAG if _END.match(head) else None
    if _START.match(head):
        return Tag("TY", line[line.index("-") + 1 :], exact=False)
    if _END.match(head):
        return _END_TAG
    match = _MISSPACED.match(head) or (_MISSPACED_OTHER.match(head) if loose else None)
    if match and match[1] not in ("TY", "ER"):
        return Tag(match[1], line[match.end() :], certain=False, exact=False)
    return None


PROFILE = Profile(
    wanted=_WANTED,
    tag=_tag,
    heads=frozenset({"TY"}),
    assumed=frozenset({"TY"}),
    lead="TY",
    end="ER",
    silent=frozenset({"EF"}),
    preamble=re.compile(
        r"\d+\.\s*\Z|Record #\d+ of \d+|(?:Provider|Database|Content): ?|Link to the Ovid"
    ),
)


def record(entry: Entry) -> ParsedRecord | Problem:
    """The entry as a record, or the problem that it has no title."""
    firsts = entry.firsts()
    get = firsts.get
    title = get("TI") or fields.pick(firsts, "T1", "CT", "BT", "ST", "TT")
    if not title:
        return fields.untitled(entry, "TI or T1")
    # What we wrote says itself what is missing.
    is_ours = get("DP") == OWN_FILES
    return ParsedRecord(
        position=entry.position,
        line=entry.line,
        title=fields.fold(title, fields.TITLE),
        abstract=_abstract(entry, firsts),
        authors=authors(_people(entry.fields["AU"] if "AU" in firsts else entry.all(*_EDITORS))),
        year=fields.year(get("PY", ""), get("Y1", ""), get("DA", "")),
        journal=fields.fold(fields.pick(firsts, *_JOURNAL), fields.LONG),
        volume=fields.fold(get("VL", ""), fields.SHORT),
        issue=fields.fold(get("IS", ""), fields.SHORT),
        pages=fields.page_range(get("SP") or get("C7", ""), get("EP") or get("LP", "")),
        doi=fields.own_doi(get("DO", "")) if is_ours else _doi(entry, firsts),
        pmid=fields.labelled_pmid(get("AN", "")) if is_ours else _pmid(entry, firsts),
        pmcid=fields.pmcid(get("C2", "")) or ("" if is_ours else fields.pmcid(get("UR", ""))),
        language=fields.joined(entry.fields.get("LA", [])),
        keywords=fields.words(_one_a_line(entry.all("KW", "MH"))),
        url=_address(fields.pick(firsts, "UR", "L2", "L1", "LK")),
        kind=fields.fold(get("M3" if is_ours else "TY", ""), fields.SHORT),
    )


def begins_something(line: str) -> bool:
    """Behind the first line of a value, this one would not be read as more of it."""
    is_tag = _tag(line, True) is not None
    return is_tag or bool(PROFILE.preamble and PROFILE.preamble.match(line))


def _abstract(entry: Entry, firsts: Mapping[str, str]) -> str:
    """Abstracts in several languages, or with a rights notice, stand in several AB fields."""
    slot = "AB" if "AB" in firsts else "N2"
    values = entry.fields.get(slot, [])
    if len(values) <= 1:
        return fields.paragraphs(firsts.get(slot, ""))
    texts = dict.fromkeys(fields.paragraphs(value) for value in values)
    return fields.cut("\n".join(text for text in texts if text), fields.ABSTRACT)


def _people(values: list[str]) -> list[str]:
    """One name each; some exporters put several into one AU, between semicolons."""
    names = _one_a_line(values)
    if ";" not in "".join(names):
        return names
    # "&" may begin a character reference, whose semicolon divides nothing.
    return [part for name in names for part in ([name] if "&" in name else name.split(";"))]


def _one_a_line(values: list[str]) -> list[str]:
    """In a field that repeats, a further line is a further value: EndNote writes keywords so."""
    if "\n" not in "".join(values):
        return values
    return [line for value in values for line in value.split("\n")]


def _address(value: str) -> str:
    """The first address: some exporters write several, by space or by line."""
    words = value.split(maxsplit=1)
    if words and "://" in words[0]:
        return fields.cut(words[0].rstrip(";"), fields.LONG)
    return fields.fold(value, fields.LONG)


def _doi(entry: Entry, firsts: Mapping[str, str]) -> str:
    if found := fields.doi(firsts.get("DO", "")):
        return found
    for value in entry.all("DO", "DI"):
        if found := fields.doi(value):
            return found
    for value in entry.all("L3", "M3"):
        if _DOI_BEGINS.match(value) and (found := fields.doi(value)):
            return found
    for value in entry.all("UR", "LK", "L2", "L1", "L3"):
        if found := fields.doi_in_address(value):
            return found
    return _doi_in_notes(entry.all("N1"))


def _doi_in_notes(notes: list[str]) -> str:
    """The one DOI that the notes call the record's own; two different ones decide nothing."""
    found = set()
    for note in notes:
        first_line = note.split("\n", 1)[0]
        if _NOTE_OF_OTHERS.search(first_line):
            continue
        if _DOI_BEGINS.match(first_line):
            found.add(fields.doi(first_line))
        else:
            found.update(fields.doi(match[1]) for match in _DOI_IN_NOTE.finditer(first_line))
    found.discard("")
    return found.pop() if len(found) == 1 else ""


def _pmid(entry: Entry, firsts: Mapping[str, str]) -> str:
    """The PubMed number, only where the file says that it is one."""
    get = firsts.get
    number = get("AN", "")
    database = f"{get('DB', '')} {get('DP', '')}"
    found = ""
    if fields.is_pubmed(database):
        found = fields.pmid(number)
        if not number and (match := _PMID_OF_ID.match(get("ID", ""))):
            found = match[1]
    elif "scopus" in database.lower():
        found = fields.pmid(get("C2", ""))
    if found := found or fields.labelled_pmid(number) or fields.labelled_pmid(get("C3", "")):
        return found
    for value in entry.all("UR", "L2", "N1"):
        if found := fields.pmid_in_address(value) or fields.labelled_pmid(value):
            return found
    return ""
