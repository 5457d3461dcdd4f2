"""What becomes of the duplicates that a search found: which record of a group is kept. Pure.

Records are named by their numbers, as everywhere in `screening.duplicates`.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from screening.duplicates import Comparison, Merge, Question

_MEASURES = tuple(field.name for field in fields(Comparison))
_measured = attrgetter(*_MEASURES)

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why two records are one report: the name of a pattern, and what was compared."""

    pattern: str
    score: float | None
    measures: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Link:
    """`record` is merged into `kept`."""

    record: int
    kept: int
    evidence: Evidence


def links_of(
    merges: Collection[Merge],
    merged: Iterable[Pair],
    first_to_keep: Callable[[Collection[int]], int],
) -> list[Link]:
    """One link for every record that is merged now; of groups of earlier ones, for the kept one.

    Args:
        merges: what was found; a tree over the groups there are.
        merged: pairs of record and kept one that are merged already.
        first_to_keep: of several records the one that is to be kept.
    """
    kept_of = dict(merged)
    neighbours: defaultdict[int, list[tuple[int, Merge]]] = defaultdict(list)
    for merge in merges:
        one, other = (kept_of.get(int(record), int(record)) for record in merge.pair)
        neighbours[one].append((other, merge))
        neighbours[other].append((one, merge))
    links: list[Link] = []
    seen: set[int] = set()
    for start in sorted(neighbours):
        if start not in seen:
            group = _reached(start, neighbours)
            seen.update(group)
            kept = first_to_keep(group)
            links += (
                Link(record, kept, evidence_of(merge)) for record, merge in _from(kept, neighbours)
            )
    return links


def evidence_of(found: Merge | Question) -> Evidence:
    pattern = found.pattern if isinstance(found, Merge) else found.reason
    return Evidence(pattern, round(found.score, 6), measures_of(found))


def measures_of(found: Merge | Question) -> dict[str, Any]:
    """What was compared, as JSON holds it, and between which two records."""
    compared = {
        name: round(value, 3) if isinstance(value, float) else value
        for name, value in zip(_MEASURES, _measured(found.comparison), strict=True)
        if value is not None
    }
    return {**compared, "between": sorted(found.pair)}


def _reached(start: int, neighbours: dict[int, list[tuple[int, Merge]]]) -> set[int]:
    return {start, *(record for record, _ in _from(start, neighbours))}


def _from(
    start: int, neighbours: dict[int, list[tuple[int, Merge]]]
) -> Iterator[tuple[int, Merge]]:
    """Every other record of the group, with the merge by which it is reached."""
    seen, waiting = {start}, deque([start])
    while waiting:
        for record, merge in neighbours[waiting.popleft()]:
            if record not in seen:
                seen.add(record)
                waiting.append(record)
                yield record, merge
