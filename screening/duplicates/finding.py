"""Duplicates among new records and between them and known ones, from end to end."""

from collections.abc import Callable, Iterable, Sequence

from screening.duplicates.blocking import pairs
from screening.duplicates.clusters import Found, Judged, Pair, gather
from screening.duplicates.compare import compare_briefly, completed, repeated_titles
from screening.duplicates.decide import Verdict, decide, may_be_one
from screening.duplicates.likely import likely
from screening.duplicates.normalise import Normalised

PAIRS_PER_TICK = 1_000


def find_duplicates(
    new: Sequence[Normalised],
    known: Sequence[Normalised] = (),
    *,
    merged: Iterable[Pair] = (),
    different: Iterable[Pair] = (),
    tick: Callable[[], None] = lambda: None,
    progress: Callable[[int], None] = lambda compared: None,
) -> Found:
    """What to merge and what to ask; the order of the records changes nothing.

    Args:
        new: records that were never compared.
        known: at least all earlier records that share a key with a new one, and all that are
            merged with one of these.
        merged: pairs of known records that are merged.
        different: pairs that a person told apart; they are neither merged nor asked again, nor
            are others that are merged with them.
        tick: called now and then, for whoever waits.
        progress: told now and then how many new records are compared with all others.
    """
    new = sorted(new, key=lambda record: record.id)
    records = [*new, *sorted(known, key=lambda record: record.id)]
    repeated = repeated_titles(records)
    judged = []
    places = pairs(new, records[len(new) :], tick=tick)
    for n, (first, second, title) in enumerate(
        zip(*likely(records, *places, tick=tick), strict=True)
    ):
        if n % PAIRS_PER_TICK == 0:
            tick()
            progress(int(first))
        one, other = records[first], records[second]
        comparison = compare_briefly(one, other, repeated=repeated, title=float(title) or None)
        if not may_be_one(comparison):
            continue
        comparison = completed(comparison, one, other)
        decision = decide(comparison)
        if decision.verdict is not Verdict.APART:
            pair = (one.id, other.id) if one.id < other.id else (other.id, one.id)
            judged.append(Judged(pair, comparison, decision))
    return gather(judged, records, repeated=repeated, merged=merged, different=different)
