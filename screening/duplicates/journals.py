"""Names of journals: whether an abbreviation, an acronym or another form means the same one."""

import re
from functools import lru_cache

from rapidfuzz import fuzz

from screening.duplicates.words import plain

Words = tuple[str, ...]

_SMALL = frozenset(
    (
        *("a", "an", "and", "d", "das", "de", "der", "des", "die", "du", "et", "for", "fur"),
        *("in", "j", "journal", "la", "le", "of", "on", "the", "to", "und", "y"),
    )
)
"""Words that abbreviations leave out or that nearly every journal has."""
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_AFTER_NAME = re.compile(r"\.\s*(?:conference|electronic resource)\b|\s[:=]\s", re.IGNORECASE)
_MEETING = re.compile(
    r"\b(?:abstracts?|conference|congress|symposium|meeting|proceedings|poster|annual)\b"
)

REMEMBERED = 20_000
"""Names as they were written whose form is kept."""
SAME_ISSN = 0.97
ACRONYM = 0.95
LIKE_WORD = 80
"""Percent from which two words with one initial are spellings of one."""


@lru_cache(REMEMBERED)
def journal_words(journal: str) -> Words:
    """The words that tell journals apart: without place, subtitle and the word journal."""
    name = _IN_BRACKETS.sub("", journal) if "(" in journal else journal
    return tuple(w for w in plain(_AFTER_NAME.split(name)[0]).split() if w not in _SMALL)


@lru_cache(REMEMBERED)
def names_a_meeting(journal: str) -> bool:
    """The journal is a meeting's book of abstracts or proceedings."""
    return bool(_MEETING.search(plain(journal)))


def likeness(one: Words, other: Words) -> float | None:
    """How surely two names mean one journal, from 0 to 1; None when a name is missing."""
    if not one or not other:
        return None
    if one == other:
        return 1.0
    short, long = sorted((one, other), key=lambda words: (len(words), words))
    joined, other_joined = "".join(short), "".join(long)
    if joined == other_joined:
        return 1.0
    if _is_acronym(short, long):
        return ACRONYM
    letters = fuzz.ratio(joined, other_joined) / 100
    found = [_abbreviated(short, long), 0.98 * letters if letters > 0.75 else 0.0]
    if len(short) > 1:
        found.append(0.9 * fuzz.token_set_ratio(" ".join(short), " ".join(long)) / 100)
    return max(found)


def _is_acronym(short: Words, long: Words) -> bool:
    letters = "".join(word[0] for word in long)
    return len(short) == 1 and len(short[0]) >= 3 and short[0] == letters


def _abbreviated(short: Words, long: Words) -> float:
    """How many words of the shorter name abbreviate words of the longer one, in their order."""
    place = hits = 0
    for word in short:
        at = next((k for k in range(place, len(long)) if _abbreviates(word, long[k])), None)
        if at is not None:
            hits, place = hits + 1, at + 1
    covered = hits / len(long)
    is_whole = hits == len(short) and (len(short) > 1 or covered == 1 or len(short[0]) > 5)
    if is_whole:
        return 0.7 + 0.3 * covered
    return 0.6 * covered * hits / len(short)


def _abbreviates(word: str, other: str) -> bool:
    if word.startswith(other) or other.startswith(word):
        return True
    return len(word) > 2 and word[0] == other[0] and fuzz.ratio(word, other) >= LIKE_WORD
