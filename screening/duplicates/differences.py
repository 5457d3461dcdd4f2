"""Two records side by side, and what differs: words of long texts, whole short fields. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from rapidfuzz.distance import LCSseq

from screening.duplicates.words import plain

MOST_WORDS = 4_000
"""Of longer texts no words are marked, only that they differ."""

LABELS = {
    "title": "Title",
    "authors": "Authors",
    "journal": "Journal",
    "year": "Year",
    "volume": "Volume",
    "issue": "Issue",
    "pages": "Pages",
    "doi": "DOI",
    "pmid": "PMID",
    "kind": "Type",
    "abstract": "Abstract",
}
"""The fields that are shown, in their order."""
LONG = {"title", "authors", "abstract"}

_FORM = re.compile(r"</?(?:i|em|b|strong|sub|sup)>", re.IGNORECASE)


class Verdict(StrEnum):
    SAME = "same"
    ALIKE = "alike"  # other signs or letters, the same words
    OTHER = "other"
    FIRST_ONLY = "first"
    SECOND_ONLY = "second"

    @property
    def is_difference(self) -> bool:
        return self is Verdict.OTHER


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a text that the other one has too, or has not."""

    text: str
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """One field of two records, each as stretches; empty where a record has nothing there."""

    name: str
    verdict: Verdict
    first: tuple[Stretch, ...]
    second: tuple[Stretch, ...]

    @property
    def label(self) -> str:
        return LABELS[self.name]

    @property
    def is_long(self) -> bool:
        return self.name in LONG


def compared(first: Mapping[str, str], second: Mapping[str, str]) -> list[Compared]:
    """Every field that one of the two has."""
    rows = (_field(name, shown(first[name]), shown(second[name])) for name in LABELS)
    return [row for row in rows if row.first or row.second]


def shown(text: str) -> str:
    """A text without the tags of sub- and superscripts, in which nothing is compared."""
    return " ".join(_FORM.sub("", text).split())


def _field(name: str, first: str, second: str) -> Compared:
    verdict = _verdict(first, second)
    if name in LONG and verdict is Verdict.OTHER:
        marked = marked_words(first, second)
        return Compared(name, verdict, *marked)
    return Compared(name, verdict, _whole(first), _whole(second))


def _whole(text: str) -> tuple[Stretch, ...]:
    return (Stretch(text),) if text else ()


def _verdict(first: str, second: str) -> Verdict:
    if first == second:
        return Verdict.SAME
    if not second:
        return Verdict.FIRST_ONLY
    if not first:
        return Verdict.SECOND_ONLY
    return Verdict.ALIKE if plain(first) == plain(second) else Verdict.OTHER


def marked_words(first: str, second: str) -> tuple[tuple[Stretch, ...], tuple[Stretch, ...]]:
    """Both texts; words that the other lacks are marked. Case, accents and signs do not count."""
    one, other = first.split(), second.split()
    if max(len(one), len(other)) > MOST_WORDS:
        return _whole(first), _whole(second)
    keys, others = [plain(word) for word in one], [plain(word) for word in other]
    alone: tuple[set[int], set[int]] = (set(), set())
    for step in LCSseq.opcodes(keys, others):
        if step.tag != "equal":
            alone[0].update(range(step.src_start, step.src_end))
            alone[1].update(range(step.dest_start, step.dest_end))
    return (
        tuple(_stretches(one, keys, alone[0])),
        tuple(_stretches(other, others, alone[1])),
    )


def _stretches(words: Sequence[str], keys: Sequence[str], alone: set[int]) -> Iterator[Stretch]:
    """Words that follow each other in one stretch; what is no word, as a dash, is never marked."""
    is_marked = [at in alone and bool(key) for at, key in enumerate(keys)]
    for marked, some in groupby(range(len(words)), key=is_marked.__getitem__):
        yield Stretch(" ".join(words[at] for at in some), marked)
