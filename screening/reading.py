"""A title or abstract as it is shown: passages with labels, marked terms, and a few text forms.

Pure, and safe by construction: it gives plain texts to templates, which escape them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

FORMS = {"i": "i", "em": "i", "b": "b", "strong": "b", "sub": "sub", "sup": "sup"}
_TAG = re.compile(r"<(/?)(i|em|b|strong|sub|sup)>", re.IGNORECASE)
_LABEL = re.compile(
    r"(?:^|(?<=[.;!?)\]”\"]\s)|(?<=\n))"
    r"([A-Z][A-Z/&,' -]{1,48}[A-Z]"
    r"|Background|Purpose|Aims?|Objectives?|Introduction|(?:Materials and )?Methods|Findings|Results"
    r"|Discussion|Conclusions?):[ \n]"
)


@dataclass(frozen=True, slots=True)
class Highlight:
    """A literal word or phrase to be marked; with * at its end it stands for any ending."""

    text: str
    is_against: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    text: str
    form: str = ""  # "", "i", "b", "sub" or "sup"
    mark: str = ""  # "", "for" or "against"


@dataclass(frozen=True, slots=True)
class Passage:
    label: str
    spans: tuple[Span, ...]


def passages(text: str, terms: Iterable[Highlight] = ()) -> list[Passage]:
    """Cut a text at the labels of a structured abstract, and mark the terms.

    Labels are words in capitals before a colon, as PubMed gives them; they are shown in small
    letters. Nothing else of the text is left out or changed, but for the tags of `FORMS`.
    """
    pattern = _pattern(tuple(terms))
    return [
        Passage(label.capitalize(), tuple(_spans(part, pattern)))
        for label, part in _labelled(text)
        if label or part.strip()
    ]


def _labelled(text: str) -> Iterator[tuple[str, str]]:
    label, start = "", 0
    for found in _LABEL.finditer(text):
        yield label, text[start : found.start()].rstrip()
        label, start = found[1], found.end()
    yield label, text[start:].rstrip()


def _spans(text: str, pattern: re.Pattern[str] | None) -> Iterator[Span]:
    form, start = "", 0
    for tag in _TAG.finditer(text):
        yield from _marked(text[start : tag.start()], form, pattern)
        form = "" if tag[1] else FORMS[tag[2].lower()]
        start = tag.end()
    yield from _marked(text[start:], form, pattern)


def _marked(text: str, form: str, pattern: re.Pattern[str] | None) -> Iterator[Span]:
    start = 0
    for found in pattern.finditer(text) if pattern else ():
        if found.start() > start:
            yield Span(text[start : found.start()], form)
        yield Span(found[0], form, found.lastgroup or "")
        start = found.end()
    if start < len(text):
        yield Span(text[start:], form)


@lru_cache(maxsize=64)
def _pattern(terms: tuple[Highlight, ...]) -> re.Pattern[str] | None:
    groups = []
    for name, against in (("against", True), ("for", False)):
        words = [_literal(term.text) for term in terms if term.is_against is against]
        if words := sorted(filter(None, words), key=len, reverse=True):
            groups.append(rf"(?P<{name}>(?<!\w)(?:{'|'.join(words)})(?!\w))")
    return re.compile("|".join(groups), re.IGNORECASE) if groups else None


def _literal(text: str) -> str:
    stem = text.strip().rstrip("*")
    words = r"\s+".join(re.escape(word) for word in stem.split())
    if not words:
        return ""
    return words + r"\w*" if text.strip().endswith("*") else words
