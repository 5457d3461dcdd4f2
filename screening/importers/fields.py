"""Values of a record, as every format needs them: folded, capped, normalised.

A value over its limit ends in an ellipsis, and says that it was cut by its type; the record is
kept.
"""

import re
from collections.abc import Iterable, Mapping
from html import unescape
from urllib.parse import unquote

from screening.importers.base import Cut, Problem
from screening.importers.tagged import Entry

TITLE = 5_000
ABSTRACT = 100_000
NAMES = 20_000
"""Characters of all authors, or of all keywords, together."""
NAME = 500
SHORT = 500
LONG = 2_000

# A year alone among digits, or before month and day as in 20230316.
_YEAR = re.compile(
    r"(?<![0-9])(1[0-9]{3}|20[0-9]{2}|2100)(?![0-9])"
    r"|(?<![0-9])(1[0-9]{3}|20[0-9]{2}|2100)(?:0[1-9]|1[0-2])[0-3][0-9](?![0-9])"
)
_DOI = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]+)*/[^\s\x00-\x1f\x7f]+")
_DOI_IN_ADDRESS = re.compile(
    r"(?:doi\.org/|[?&]doi=|/doi/(?:(?:abs|full|pdf|epdf|pdfdirect|book|epub)/)?)"
    r"(10\.[0-9]{4,9}(?:\.[0-9]+)*(?:/|%2f)[^\s?&#]+)",
    re.IGNORECASE,
)
_OPENING = {")": "(", "]": "[", "}": "{", ">": "<"}
_NOT_LAST = frozenset(".,;:'\"<[({" + "".join(_OPENING))
_VIEW = re.compile(r"/(?:full|abstract|pdf|epdf|fulltext|summary|html)$")
_PUBMED = re.compile(r"pubmed|medline|\bnlm\b", re.IGNORECASE)
_PMID = re.compile(r"\s*([0-9]{1,8})\s*\Z")
_LABELLED_PMID = re.compile(r"\s*(?:PMID|PUBMED|MEDLINE)[: ]\s*([0-9]{1,8})\b", re.IGNORECASE)
_PMID_IN_ADDRESS = re.compile(
    r"(?:pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/pubmed/)([0-9]{1,8})\b"
)
_PMCID = re.compile(r"\bPMC[0-9]{1,9}\b", re.IGNORECASE)
_SENTENCE_END = (".", "?", "!", ":", ";", ")", "]", "”", '"')
_WRAPPED_AT = 60
_DASHES = frozenset("-\u2010\u2011\u2012\u2013\u2014")
_ONE_PAGE = re.compile(r"(\S+) ?[-\u2010-\u2014]{1,2} ?\1")
_UNSPECIFIED = "UNSP "
# Six digits are no publisher's own number of a manuscript, which may stand there too.
_ARTICLE_NUMBER = re.compile(r"e?[0-9]{1,6}", re.IGNORECASE)


def fold(value: str, limit: int) -> str:
    """One line, single spaces, at most `limit` characters."""
    # White space other than a space is not printable, so most values need no splitting.
    plain = value.isprintable() and "  " not in value
    folded = value.strip() if plain else " ".join(value.split())
    return folded if len(folded) <= limit else cut(folded, limit)


def cut(value: str, limit: int) -> str:
    """The value, or its beginning and an ellipsis."""
    return value if len(value) <= limit else Cut(value[: limit - 1].rstrip() + "…")


def pick(firsts: Mapping[str, str], *slots: str) -> str:
    """The value of the first slot that has one."""
    for slot in slots:
        if slot in firsts:
            return firsts[slot]
    return ""


def names(values: Iterable[str]) -> tuple[str, ...]:
    """A list of names or keywords without blanks; cut as a whole, with an ellipsis at its end."""
    kept = [name for value in values if (name := " ".join(value.split()))]
    if len("".join(kept)) <= NAME:
        return tuple(kept)
    room = NAMES
    for place, name in enumerate(kept):
        kept[place] = cut(name, NAME)
        room -= len(kept[place])
        if room < 0:
            return (*kept[:place], Cut("…"))
    return tuple(kept)


def words(values: Iterable[str]) -> tuple[str, ...]:
    """Keywords without blanks, each once: the first spelling stays, whatever its capitals."""
    once: dict[str, str] = {}
    for value in values:
        word = " ".join(value.split())
        once.setdefault(word.casefold(), word)
    return names(once.values())


def paragraphs(value: str) -> str:
    """White space folded within paragraphs; a line end stays where a paragraph seems to end.

    A long line that does not end a sentence was wrapped by the exporter and is joined.
    """
    if "\n" not in value:
        return fold(value, ABSTRACT)
    text = ""
    last = 0
    for line in value.split("\n"):
        folded = " ".join(line.split())
        if not folded:
            last = 0
            continue
        if text:
            wrapped = last >= _WRAPPED_AT and not text.endswith(_SENTENCE_END)
            text += " " if wrapped else "\n"
        text += folded
        last = len(folded)
        if len(text) > ABSTRACT:
            break
    return cut(text, ABSTRACT)


def joined(values: list[str], limit: int = SHORT) -> str:
    """Distinct values in one line, divided by semicolons."""
    if len(values) == 1:
        return fold(values[0], limit)
    return cut("; ".join(dict.fromkeys(v for v in (fold(v, limit) for v in values) if v)), limit)


def year(*values: str) -> int | None:
    """The first year from 1000 to 2100 in the first value that has one."""
    for value in values:
        if value and (match := _YEAR.search(value, 0, 64)):
            return int(match[1] or match[2])
    return None


def page_range(first: str, last: str = "") -> str:
    """`first-last`, unless the first is a range itself or both are one page.

    Web of Science's word for a number of an article rather than a page is left out.
    """
    if first.startswith(_UNSPECIFIED):
        first = first[len(_UNSPECIFIED) :]
    first, last = fold(first, SHORT), fold(last, SHORT)
    if not _DASHES.isdisjoint(first):
        return match[1] if (match := _ONE_PAGE.fullmatch(first)) else first
    if not first or not last or first == last:
        return first or last
    return cut(f"{first}-{last}", SHORT)


def article_number(value: str) -> str:
    """The number of an article in a place where publishers put their other numbers too, or ""."""
    return value.strip() if _ARTICLE_NUMBER.fullmatch(value.strip()) else ""


def doi(value: str) -> str:
    """The DOI in a field meant for one: lower case, no resolver, no final punctuation; or ""."""
    if "10." not in value:
        return ""
    if "%2" in value or "%3" in value:
        value = unquote(value)
    match = _DOI.search(unescape(value) if "&" in value else value)
    return _tidy_doi(match[0]) if match else ""


def own_doi(value: str) -> str:
    """A DOI that was stored: what looks encoded in it is part of it."""
    value = value.strip()
    return value if _DOI.fullmatch(value) and value == value.lower() else doi(value)


def doi_in_address(value: str) -> str:
    """The DOI in a link to a resolver or a publisher's page, or ""."""
    match = _DOI_IN_ADDRESS.search(value)
    if not match:
        return ""
    found = doi(match[1])
    # CENTRAL numbers its own records under this prefix; the report has another DOI.
    return "" if found.startswith("10.1002/central/") else _VIEW.sub("", found)


def is_pubmed(database: str) -> bool:
    """Whether a database of this name numbers its records as PubMed; Embase with MEDLINE does not."""
    return _PUBMED.search(database) is not None and "embase" not in database.lower()


def pmid(value: str) -> str:
    """The number in a field that holds a PubMed number and nothing else, or ""."""
    match = _PMID.match(value)
    return match[1] if match else ""


def labelled_pmid(value: str) -> str:
    """The number behind "PMID:" or the like at the beginning of the value, or ""."""
    match = _LABELLED_PMID.match(value)
    return match[1] if match else ""


def pmid_in_address(value: str) -> str:
    """The number in a link to PubMed, or ""."""
    match = _PMID_IN_ADDRESS.search(value)
    return match[1] if match else ""


def pmcid(value: str) -> str:
    """The PubMed Central number in the value, with its letters, or ""."""
    match = _PMCID.search(value)
    return match[0].upper() if match else ""


def untitled(entry: Entry, tags: str) -> Problem:
    """What is said about an entry that has no title."""
    return Problem(
        position=entry.position,
        line=entry.line,
        message=f"This entry has no title ({tags}).",
        remedy="Look the entry up at its source and write its title into the file, "
        "then import the file again.",
        raw=entry.text(),
    )


def _tidy_doi(found: str) -> str:
    found = found[: SHORT + 1].lower()
    while found and found[-1] in _NOT_LAST:
        opening = _OPENING.get(found[-1])
        if opening and found.count(opening) >= found.count(found[-1]):
            break
        found = found[:-1]
    return "" if found.find("/") == len(found) - 1 else cut(found, SHORT)
