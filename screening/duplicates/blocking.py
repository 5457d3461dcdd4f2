"""Which records are worth comparing: those that share a key.

A record's keys depend on it alone and are texts, so that they can be stored, indexed and asked
for: whoever brings new records fetches the known ones that have one of their keys, and gives all
of these to `pairs`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from screening.duplicates.normalise import Normalised

LARGEST = 80
"""Records with one key that are all compared; more of them are divided."""
BEGINNING, END = 60, 40
"""Letters of a title's beginning and end that are keys."""
FEWEST_LETTERS = 12
"""Letters of a title from which on its beginning and end are keys."""
SURNAME = 6
LONG_WORDS = 4
IN_ABSTRACT = slice(60, 140)
"""What the many abstracts that begin with Background or Objective do not share."""

Positions = NDArray[np.int64]


def _doi(record: Normalised) -> Iterator[str]:
    if record.doi:
        yield record.doi


def _pmid(record: Normalised) -> Iterator[str]:
    if record.pmid:
        yield record.pmid


def _trial(record: Normalised) -> Iterator[str]:
    if record.trial:
        yield record.trial


def _address(record: Normalised) -> Iterator[str]:
    if record.address:
        yield record.address


def _title_beginning(record: Normalised) -> Iterator[str]:
    if len(record.letters) >= FEWEST_LETTERS:
        yield record.letters[:BEGINNING]
    elif record.letters:
        yield f"{record.letters} {record.first_author}"


def _title_end(record: Normalised) -> Iterator[str]:
    if len(record.letters) >= FEWEST_LETTERS:
        yield record.letters[-END:]


def _author_and_year(record: Normalised) -> Iterator[str]:
    if record.first_author and record.year:
        yield f"{record.first_author[:SURNAME]} {record.year}"


def _author_and_page(record: Normalised) -> Iterator[str]:
    if record.first_author and record.first_page:
        yield f"{record.first_author[:SURNAME]} {record.first_page}"


def _volume_and_page(record: Normalised) -> Iterator[str]:
    if record.volume and record.first_page:
        when_or_where = record.year or " ".join(record.journal)[:4]
        yield f"{record.volume} {record.first_page} {when_or_where}"


def _journal_and_page(record: Normalised) -> Iterator[str]:
    if record.journal and record.first_page and record.year:
        yield f"{' '.join(record.journal)[:3]} {record.first_page} {record.year}"


def _long_words(record: Normalised) -> Iterator[str]:
    """Each three of the longest words of the title, which are seldom the common ones."""
    longest = sorted(set(record.title_words), key=lambda word: (-len(word), word))[:LONG_WORDS]
    for three in combinations(sorted(longest), LONG_WORDS - 1):
        yield " ".join(three)


def _abstract(record: Normalised) -> Iterator[str]:
    if record.abstract:
        yield record.abstract[IN_ABSTRACT]


KINDS: dict[str, Callable[[Normalised], Iterator[str]]] = {
    "doi": _doi,
    "pmid": _pmid,
    "trial": _trial,
    "address": _address,
    "title": _title_beginning,
    "title_end": _title_end,
    "author_year": _author_and_year,
    "author_page": _author_and_page,
    "volume_page": _volume_and_page,
    "journal_page": _journal_and_page,
    "words": _long_words,
    "abstract": _abstract,
}
"""What records may have in common, and the keys of a record for it."""


def keys(record: Normalised) -> set[tuple[str, str]]:
    """The record's keys as (kind, key)."""
    return {(kind, key) for kind, keys_of in KINDS.items() for key in keys_of(record)}


def pairs(
    new: Sequence[Normalised],
    known: Sequence[Normalised] = (),
    *,
    tick: Callable[[], None] = lambda: None,
) -> tuple[Positions, ...]:
    """Pairs worth comparing that have a new record in them.

    Args:
        new: records that were never compared.
        known: at least all earlier records that share a key with a new one.
        tick: called now and then, for whoever waits.

    Returns:
        Two arrays of one length, positions in [*new, *known]: the first smaller than the second,
        in ascending order, without repetition.
    """
    records = [*new, *known]
    found = [np.empty(0, np.int64)]
    for keys_of in KINDS.values():
        tick()
        blocks: defaultdict[str, list[int]] = defaultdict(list)
        for place, record in enumerate(records):
            for key in keys_of(record):
                blocks[key].append(place)
        within = (_small_blocks(block, records) for block in blocks.values() if len(block) > 1)
        found.append(_pair_codes((block for some in within for block in some), records))
    codes = np.unique(np.concatenate(found))
    first, second = codes // max(len(records), 1), codes % max(len(records), 1)
    has_new = first < len(new)
    return first[has_new], second[has_new]


def _small_blocks(block: list[int], records: Sequence[Normalised]) -> Iterable[Sequence[int]]:
    """The block, or, if it is too large, those within it that share more than the key."""
    if len(block) <= LARGEST:
        return (block,)
    parts: defaultdict[tuple[str, int, str], list[int]] = defaultdict(list)
    for place in block:
        record = records[place]
        parts["title", record.year, record.letters[:8]].append(place)
        if record.first_page:
            parts["page", record.year, record.first_page].append(place)
    return (small for part in parts.values() for small in _chained(part, records))


def _chained(part: list[int], records: Sequence[Normalised]) -> Iterable[Sequence[int]]:
    """The part, or, if it is still too large, each record with the next one in title order."""
    if len(part) <= LARGEST:
        return (part,)
    in_order = sorted(part, key=lambda place: (records[place].title, records[place].id))
    return pairwise(in_order)


def _pair_codes(blocks: Iterable[Sequence[int]], records: Sequence[Normalised]) -> Positions:
    """Each pair of each block as one number: smaller place times the number of records + larger."""
    by_size: defaultdict[int, list[Sequence[int]]] = defaultdict(list)
    for block in blocks:
        by_size[len(block)].append(block)
    found = [np.empty(0, np.int64)]
    for size, of_size in by_size.items():
        places = np.sort(np.array(of_size, dtype=np.int64), axis=1)
        left, right = np.triu_indices(size, 1)
        found.append((places[:, left] * len(records) + places[:, right]).ravel())
    return np.unique(np.concatenate(found))
