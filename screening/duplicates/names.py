"""Authors as they are compared: a surname without particles and an initial."""

import re
from collections.abc import Sequence
from functools import lru_cache

from screening.duplicates.words import plain

Name = tuple[str, str]
"""A surname in plain letters without spaces, and the first initial or ""."""

REMEMBERED = 50_000
"""Names as they were written whose form is kept: the copies of a report have the same."""
MOST = 25
"""Authors of a record that are compared; a list of hundreds is a consortium's."""

_PARTICLES = frozenset(
    (
        *("al", "bin", "da", "de", "del", "della", "den", "der", "di", "do", "dos", "du", "el"),
        *("ibn", "la", "le", "st", "ten", "ter", "van", "von"),
    )
)
_TITLES = frozenset(("jr", "md", "phd", "sr"))
_NOBODY = frozenset(
    ("anonymous", "[anonymous]", "[no authors listed]", "et al", "et al.", "others")
)
_INITIALS = re.compile(r"(?:[A-Z]\.?-?){1,4}")
# "Smith JA, Li W" has initials before its commas, "Smith, J. A., Li, W." after them.
_COMMA_AND_INITIALS = re.compile(r",\s*[A-Z]\.?(?:[\s.-]*[A-Z]\.?)*\s*(?:,|$)")
_NAME_AND_INITIALS = re.compile(r"\s*\S.*\s[A-Z]{1,4}\s*")
_FULL_STOP_AND_NAME = re.compile(r"(?<=\.)(?=[A-Z][a-z])")


def people(authors: Sequence[str]) -> list[Name]:
    """The authors in their order; a single text may hold several names.

    Understood are "Smith, John A", "Smith JA" and "John Smith", divided by semicolons, "and",
    line ends or commas, and "Smith J. A.Li W.", which some exporters write.
    """
    texts = _divided(authors[0]) if len(authors) == 1 else authors
    names = (_name(text.strip().strip(",")) for text in texts[: 2 * MOST])
    return [name for name in names if name][:MOST]


def name_words(authors: Sequence[str]) -> tuple[str, ...]:
    """Every word of three letters or more in the names, for authors that are written backwards."""
    words = {word for text in authors[:MOST] for word in _long_words(text)}
    return tuple(sorted(words - {"and"}))


@lru_cache(REMEMBERED)
def _long_words(text: str) -> list[str]:
    return [word for word in plain(text).split() if len(word) > 2]


def _divided(text: str) -> list[str]:
    for divider in (" and ", ";", "\n"):
        if divider in text:
            return text.split(divider)
    if "," in text and all(map(_NAME_AND_INITIALS.fullmatch, text.split(","))):
        return text.split(",")
    if text.count(",") >= 2:
        if not _COMMA_AND_INITIALS.search(text):
            return text.split(",")
        if not _FULL_STOP_AND_NAME.search(text):
            parts = text.split(",")
            return [",".join(parts[at : at + 2]) for at in range(0, len(parts), 2)]
    return _FULL_STOP_AND_NAME.split(text)


@lru_cache(REMEMBERED)
def _name(text: str) -> Name | None:
    if not text or text.lower() in _NOBODY:
        return None
    surname, given = _surname_and_given(text)
    given_words = plain(given).split()
    surname_words = plain(surname).split()
    kept = [word for word in surname_words if word not in _PARTICLES and word not in _TITLES]
    if not kept:
        # "Le, Quintrec M.": the particle alone stands before the comma.
        kept = [word for word in given_words if len(word) > 1][:1] or surname_words[:1]
        given_words = [word for word in given_words if word not in kept]
    if not kept:
        return None
    return "".join(kept), given_words[0][:1] if given_words else ""


def _surname_and_given(text: str) -> tuple[str, str]:
    if "," in text:
        surname, _, given = text.partition(",")
        return surname, given
    words = text.split()
    end = len(words)
    while end > 1 and _INITIALS.fullmatch(words[end - 1]):
        end -= 1
    if end == len(words):
        return words[-1], " ".join(words[:-1])
    return " ".join(words[:end]), " ".join(words[end:])
