"""Which reports a source alone found, and which others found too: counted from the merges."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from django.db.models import Count, F

from screening.access import Reader
from screening.models import Merge, Record


@dataclass(frozen=True, slots=True)
class Overlap:
    """Reports by source (primary keys), duplicates counted once.

    Args:
        reports: how many a source found.
        only_here: how many of them no other source found.
        shared: by pair of sources, the smaller key first, how many both found.
        total: of all sources together.
    """

    reports: Mapping[int, int] = field(default_factory=dict)
    only_here: Mapping[int, int] = field(default_factory=dict)
    shared: Mapping[tuple[int, int], int] = field(default_factory=dict)
    total: int = 0

    def shared_by(self, one: int, other: int) -> int:
        return self.shared.get((min(one, other), max(one, other)), 0)


def overlap(access: Reader) -> Overlap:
    """Of the records that are imported, whatever became of them."""
    records = access.scope(Record).imported().order_by()
    counted = records.values_list("imported_by__source").annotate(n=Count("pk"))
    merges = access.scope(Merge).in_force().order_by()
    rows = merges.annotate(
        kept_source=F("kept__imported_by__source"), record_source=F("record__imported_by__source")
    ).values_list("kept", "kept_source", "record_source")
    return overlap_of(dict(counted), rows.iterator())


def overlap_of(records: Mapping[int, int], merges: Iterable[tuple[int, int, int]]) -> Overlap:
    """
    Args:
        records: how many records each source gave.
        merges: for each duplicate the record that is kept, its source, and the duplicate's.
    """
    groups: dict[int, set[int]] = {}
    alone = Counter(records)
    for kept, kept_source, source in merges:
        if kept not in groups:
            groups[kept] = {kept_source}
            alone[kept_source] -= 1
        groups[kept].add(source)
        alone[source] -= 1
    reports, only_here = Counter(alone), Counter(alone)
    shared: Counter[tuple[int, int]] = Counter()
    for sources in groups.values():
        reports.update(sources)
        if len(sources) == 1:
            only_here.update(sources)
        shared.update(combinations(sorted(sources), 2))
    return Overlap(reports, only_here, shared, sum(alone.values()) + len(groups))
