"""The search report as its page shows it."""

from dataclasses import dataclass
from functools import cached_property

from reporting.searches.checklist import Item, checklist
from reporting.searches.gathering import Gathered, Search, gather
from screening.access import Reader
from screening.models import Adjustment, SearchMethods


@dataclass(frozen=True, slots=True)
class Stated:
    """A fact of the search as a whole, in words."""

    label: str
    text: str


class SearchReport:
    def __init__(self, access: Reader) -> None:
        self._gathered: Gathered = gather(access)

    @property
    def searches(self) -> list[Search]:
        return self._gathered.searches

    @property
    def removed(self) -> list[Adjustment]:
        """Before an import, from no source in particular."""
        return self._gathered.removed

    @property
    def removed_without_source(self) -> int:
        return self._gathered.removed_elsewhere

    @property
    def hits(self) -> int:
        return sum(one.source.hits or 0 for one in self.searches)

    @property
    def without_hits(self) -> int:
        """How many sources do not say what they found."""
        return sum(one.source.hits is None for one in self.searches)

    @property
    def records(self) -> int:
        return sum(one.records for one in self.searches)

    @property
    def reports(self) -> int:
        """Of all sources, each counted once."""
        return self._gathered.overlap.total

    @property
    def duplicates(self) -> int:
        return self.records - self.reports

    @property
    def overlaps(self) -> list[tuple[Search, list[tuple[str, int | None]]]]:
        """Each source with how many reports it shares with each, by name; None with itself."""
        there = [one for one in self.searches if one.records]
        if len(there) < 2:
            return []
        common = self._gathered.overlap
        return [
            (
                one,
                [
                    (
                        other.source.name,
                        None if one is other else common.shared_by(one.source.pk, other.source.pk),
                    )
                    for other in there
                ],
            )
            for one in there
        ]

    @property
    def problems(self) -> int:
        return sum(one.problems for one in self.searches)

    @property
    def removed_elsewhere(self) -> int:
        by_source = sum(one.removed_elsewhere for one in self.searches)
        return by_source + self.removed_without_source

    @property
    def whole(self) -> list[Stated]:
        """What is said of the search as a whole; nothing of what is not."""
        methods = self._gathered.methods
        said = [(name, getattr(methods, name)) for name in SearchMethods.FACTS]
        return [
            Stated(str(SearchMethods._meta.get_field(name).verbose_name), text)
            for name, text in said
            if text
        ]

    @cached_property
    def checklist(self) -> list[Item]:
        return checklist(self._gathered)

    @property
    def stated(self) -> int:
        """How many items lack nothing."""
        return sum(not item.missing for item in self.checklist)
