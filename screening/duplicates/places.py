"""Where a report stands in its journal: volume, issue, pages."""

import re
from dataclasses import dataclass

from screening.duplicates.words import plain

_UNKNOWN = frozenset(("", "unknown", "n/a", "na"))
_DIGITS = re.compile(r"[0-9]+")
_BEFORE_PAGES = re.compile(r"(?:pp?\.?|pages?|art(?:icle)?\.?(?: no\.?)?)\s*")
_DASHES = re.compile("[\u2010-\u2015\u2212-]+")
_PAGE = re.compile(r"([a-z]*)([0-9]+)")


@dataclass(frozen=True, slots=True)
class Pages:
    """First and last page with the letters before them, as e12 or s221; "" where unknown."""

    first: str = ""
    last: str = ""


def volume_number(volume: str) -> str:
    """The volume's first number, or its words where there is no number."""
    text = volume.strip().lower()
    if text in _UNKNOWN:
        return ""
    digits = _DIGITS.search(text)
    return digits[0].lstrip("0") if digits else plain(text)


def issue_number(issue: str) -> str:
    """As a volume, with an s before the number of a supplement."""
    text = issue.strip().lower()
    if text in _UNKNOWN:
        return ""
    if not is_supplement(text):
        return volume_number(text)
    digits = _DIGITS.search(text)
    return "s" + (digits[0].lstrip("0") if digits else "")


def is_supplement(issue: str) -> bool:
    text = issue.strip().lower()
    return "sup" in text or bool(re.match(r"s[0-9]", text))


def page_range(pages: str) -> Pages:
    """The range with its last page written out: 221-8 is 221 to 228."""
    text = pages.strip().lower()
    if text in _UNKNOWN or "no pag" in text:
        return Pages()
    text = _DASHES.sub("-", _BEFORE_PAGES.sub("", text, count=1)).replace(" ", "")
    first, _, rest = re.split(r"[;,(]", text)[0].partition("-")
    start = _PAGE.search(first)
    if not start:
        return Pages()
    letters, digits = start.groups()
    end = _PAGE.fullmatch(rest.partition("-")[0].strip("."))
    return Pages(letters + digits.lstrip("0"), _written_out(digits, end[2]) if end else "")


def _written_out(first: str, last: str) -> str:
    kept = first[: len(first) - len(last)] if len(last) < len(first) else ""
    return (kept + last).lstrip("0")
