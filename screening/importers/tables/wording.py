"""The text of a cell: what is no value, and titles and abstracts without markup."""

import re
from html import unescape

_NO_VALUE = frozenset(
    ["", "none", "na", "n/a", "#n/a", "-", "--", "\u2013", "\u2014", "null", "nan", "<na>"]
)
_LONGEST_NOTHING = 4
_NOT_AVAILABLE = re.compile(
    r"\s*\[?(?:no (?:abstract|title|author name|source information) available"
    r"|(?:abstract|title) not available)\]?\.?\s*\Z",
    re.IGNORECASE,
)
_TAG = re.compile(
    r"</?(?:jats:|mml:|xhtml:)?(?P<name>[a-z][a-z0-9-]{0,20})(?:\s[^<>]{0,500})?/?>", re.IGNORECASE
)
_KEPT = {"i": "i", "em": "i", "italic": "i", "b": "b", "strong": "b", "bold": "b"}
_KEPT |= {"sub": "sub", "inf": "sub", "sup": "sup"}
_BREAK_TAGS = "p br div sec title h1 h2 h3 h4 h5 h6 li ul ol abstract list"
_BREAKS = frozenset(_BREAK_TAGS.split())
_OTHER_TAGS = (
    "a span u font tt small big sc article-title list-item label named-content xref ext-link math "
    "mrow mi mn mo msub msup mfrac mtext mstyle inline-formula"
)
_DROPPED = frozenset(_OTHER_TAGS.split())
_WHOLE_NUMBER = re.compile(r"(-?[0-9]+)\.0+\Z")


def value(cell: str) -> str:
    """The cell, or "" where it says that there is nothing."""
    text = cell.strip()
    if len(text) <= _LONGEST_NOTHING and text.casefold() in _NO_VALUE:
        return ""
    return "" if _NOT_AVAILABLE.match(text) else text


def whole(cell: str) -> str:
    """A number without the ".0" that spreadsheets give it."""
    match = _WHOLE_NUMBER.match(cell)
    return match[1] if match else cell


def plain(text: str) -> str:
    """The text without markup other than i, b, sub and sup, its entities decoded once."""
    if "<" in text:
        text = _TAG.sub(_tag, text)
    return unescape(text) if "&" in text and ";" in text else text


def _tag(match: re.Match[str]) -> str:
    """What stands for a tag; what only looks like one ("p <b and c> d") stays."""
    name = match["name"].lower()
    if name in _KEPT and " " not in match[0].rstrip("/> "):
        return f"</{_KEPT[name]}>" if match[0].startswith("</") else f"<{_KEPT[name]}>"
    if name in _BREAKS:
        return "\n"
    return "" if name in _DROPPED else match[0]
