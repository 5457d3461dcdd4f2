"""Blocks: which of some thousand records that are stored together have a word. Pure."""

import sys
from array import array
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Protocol

from screening.finding.folding import (
    LONGEST,
    SHORT_PREFIX,
    entries,
    is_identifier,
    short_prefix_entry,
)

RECORDS_IN_BLOCK = 10_000
"""More records make fewer rows, and a longer transaction when their block is stored."""
LARGEST_PLACE = 2**16 - 1

Rows = list[tuple[str, bytes]]
"""Pairs of a word and the places of the records that have it, each of two bytes."""
_Places = defaultdict[str, list[int]]


class Extent(Protocol):
    """From the first to the last number of a block, and how many records it has."""

    @property
    def first(self) -> int: ...
    @property
    def last(self) -> int: ...
    @property
    def records(self) -> int: ...


class Block:
    """Records that are stored together; their numbers come in ascending order.

    What it is told can be sent to another process, where its rows are made.
    """

    def __init__(self) -> None:
        self.first = self.last = 0
        self._told: list[tuple[int, Sequence[str], str, str]] = []

    @property
    def records(self) -> int:
        return len(self._told)

    def takes(self, number: int) -> bool:
        """There is room for the record of this number."""
        return not self._told or (
            self.records < RECORDS_IN_BLOCK and number - self.first <= LARGEST_PLACE
        )

    def add(self, number: int, texts: Sequence[str], *, doi: str = "", pmid: str = "") -> None:
        """The record will be found by the words of its texts, its DOI and its PMID."""
        if not self._told:
            self.first = number
        self.last = number
        self._told.append((number - self.first, texts, doi, pmid))

    def rows(self) -> Rows:
        """In the order in which both databases keep them. It is slow: hold no lock meanwhile."""
        places: _Places = defaultdict(list)
        for place, texts, doi, pmid in self._told:
            words = entries(texts, doi=doi, pmid=pmid)
            # A loop that Python itself does not run: it is sixteen million times for 100,000.
            appending = map(list.append, map(places.__getitem__, words), repeat(place))
            deque(appending, maxlen=0)
        _cut_long_words(places)
        found = {**places, **_short_prefixes(places)}
        # The order of code points, which is that of bytes in UTF-8.
        return [(word, _stored(found[word])) for word in sorted(found)]


@dataclass(frozen=True, slots=True)
class Built:
    """The rows of a block from the first to the last number of its records."""

    first: int
    last: int
    records: int
    rows: Rows


def built(block: Block) -> Built:
    return Built(block.first, block.last, block.records, block.rows())


def _cut_long_words(places: _Places) -> None:
    """Here, where each word comes once; identifiers are compared whole."""
    for word in [word for word in places if len(word) > LONGEST]:
        if not is_identifier(word):
            both = {*places.pop(word), *places[word[:LONGEST]]}
            places[word[:LONGEST]] = sorted(both)


def _short_prefixes(places: _Places) -> dict[str, list[int]]:
    """Beginnings that so many words share that reading all of these would take long."""
    beginnings: defaultdict[str, set[int]] = defaultdict(set)
    for word, some in places.items():
        if not is_identifier(word):
            beginnings[word[:SHORT_PREFIX]].update(some)
    for beginning, found in list(beginnings.items()):
        for length in range(1, len(beginning)):
            beginnings[beginning[:length]].update(found)
    return {short_prefix_entry(beginning): sorted(found) for beginning, found in beginnings.items()}


def _stored(places: list[int]) -> bytes:
    stored = array("H", places)
    if sys.byteorder == "big":
        stored.byteswap()
    return stored.tobytes()
