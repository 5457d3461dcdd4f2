"""The searches of a review with what they brought, in as many questions for one as for a hundred."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from reporting.searches.overlap import Overlap, overlap
from screening.access import Reader
from screening.models import Adjustment, Import, Record, SearchMethods, Source


@dataclass(frozen=True, slots=True)
class Search:
    """One source.

    Args:
        files: its imports that stand, each with `n_records`.
        removed: what of it was removed before it came here.
        reports: its records, without those that are duplicates of others of its own.
        only_here: of these, how many no other source gave.
    """

    source: Source
    files: list[Import]
    removed: list[Adjustment]
    reports: int
    only_here: int

    @property
    def records(self) -> int:
        return sum(file.n_records for file in self.files)

    @property
    def problems(self) -> int:
        return sum(file.problems_count for file in self.files)

    @property
    def removed_elsewhere(self) -> int:
        return number_of(self.removed)

    @property
    def identified(self) -> int:
        """As the flow diagram counts: what was removed elsewhere was found all the same."""
        return self.records + self.removed_elsewhere


@dataclass(frozen=True, slots=True)
class Gathered:
    """
    Args:
        removed: what was removed before an import, from no source in particular.
        methods: what is said of the search as a whole, unsaved while nothing is.
    """

    searches: list[Search]
    removed: list[Adjustment]
    methods: SearchMethods
    overlap: Overlap

    @property
    def removed_elsewhere(self) -> int:
        return number_of(self.removed)


def gather(access: Reader) -> Gathered:
    """Sources in the order they were added, files in the order they came."""
    removed: dict[int | None, list[Adjustment]] = defaultdict(list)
    for one in access.scope(Adjustment).in_force().of_imports():
        removed[one.source_id].append(one)
    files: dict[int, list[Import]] = defaultdict(list)
    for file in _standing(access):
        files[file.source_id].append(file)
    common = overlap(access)
    searches = [
        Search(
            source,
            files[source.pk],
            removed[source.pk],
            common.reports.get(source.pk, 0),
            common.only_here.get(source.pk, 0),
        )
        for source in access.scope(Source)
    ]
    methods = access.scope(SearchMethods).first() or SearchMethods(review=access.review)
    return Gathered(searches, removed[None], methods, common)


def number_of(removed: list[Adjustment]) -> int:
    return sum(one.number for one in removed)


def _standing(access: Reader) -> list[Import]:
    """Each with its records counted in the statement that reads it."""
    of_import = Record.objects.filter(imported_by=OuterRef("pk")).order_by().values("imported_by")
    counted = Subquery(of_import.annotate(n=Count("*")).values("n"))
    return list(access.scope(Import).committed().annotate(n_records=Coalesce(counted, 0)))
