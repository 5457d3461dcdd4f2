"""The pairs that are looked at closely: those whose titles are alike, or that share more than that.

Of hundreds of thousands of pairs with a common key most are plainly different; they are told
by the likeness of their titles alone, all at once.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from screening.duplicates.normalise import Normalised

ALIKE = 70
"""Percent of likeness of two titles that is enough alone."""
SOMEWHAT_ALIKE = 45
"""Percent that is enough with the same first author or first page."""
AT_ONCE = 100_000

Positions = NDArray[np.int64]
Likeness = NDArray[np.float32]


def likely(
    records: Sequence[Normalised],
    first: Positions,
    second: Positions,
    *,
    tick: Callable[[], None] = lambda: None,
) -> tuple[Positions, Positions, Likeness]:
    """Those of the pairs that may be duplicates.

    Args:
        records: what the positions are of.
        first, second: the pairs, two arrays of one length.
        tick: called now and then, for whoever waits.

    Returns:
        The first, the second and the likeness of their titles from 0 to 100, below SOMEWHAT_ALIKE
        given as 0.
    """
    titles = np.array([record.title for record in records], dtype=object)
    likeness = np.empty(len(first), np.float32)
    for start in range(0, len(first), AT_ONCE):
        tick()
        part = slice(start, start + AT_ONCE)
        likeness[part] = process.cpdist(
            titles[first[part]].tolist(),
            titles[second[part]].tolist(),
            scorer=fuzz.ratio,
            score_cutoff=SOMEWHAT_ALIKE,
            dtype=np.float32,
        )
    kept = _worth_a_look(records, first, second, likeness)
    return first[kept], second[kept], likeness[kept]


def _worth_a_look(
    records: Sequence[Normalised], first: Positions, second: Positions, likeness: Likeness
) -> NDArray[np.bool_]:
    def same(values: Iterable[object]) -> NDArray[np.bool_]:
        """Which pairs agree in a value that both have."""
        numbers: dict[object, int] = {}
        codes = np.array(
            [numbers.setdefault(value, len(numbers)) if value else -1 for value in values],
            dtype=np.int64,
        )
        agree: NDArray[np.bool_] = (codes[first] == codes[second]) & (codes[first] >= 0)
        return agree

    author = same(record.first_author for record in records)
    page = same(record.first_page for record in records)
    range_in_volume = same(
        (record.volume, record.first_page, record.last_page)
        if record.volume and record.first_page
        else None
        for record in records
    )
    identified = (
        same(record.doi for record in records)
        | same(record.pmid for record in records)
        | same(record.trial for record in records)
        | same(record.address for record in records)
        | same(record.abstract for record in records)
    )
    alike = (likeness >= ALIKE) | ((likeness >= SOMEWHAT_ALIKE) & (author | page))
    placed = (author & page) | (
        range_in_volume & (author | same(record.journal for record in records))
    )
    kept: NDArray[np.bool_] = alike | placed | identified
    return kept
