"""The sixteen items of PRISMA-S: where a review answers each, and what it does not say yet.

What is a proposal of a template still is said by nobody.

Source: PRISMA-S, doi:10.1186/s13643-020-01542-z, table 1; the items in our own words.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from reporting.searches.gathering import Gathered, Search
from screening.models import SourceKind


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is said, or could be.

    Args:
        source: the primary key of the source whose fact it is; None of the search as a whole.
        field: which fact; empty where the source itself is missing.
    """

    words: str
    source: int | None
    field: str


@dataclass(frozen=True, slots=True)
class Item:
    number: int
    title: str
    asks: str
    said: list[Place]
    missing: list[Place]

    @property
    def state(self) -> str:
        if not self.missing:
            return "stated"
        return "stated in part" if self.said else "not stated yet"


Answer = tuple[list[Place], list[Place]]


def checklist(gathered: Gathered) -> list[Item]:
    """All sixteen, in the order of PRISMA-S."""
    ask = _Asking(gathered)
    website, organisation = SourceKind.WEBSITE, SourceKind.ORGANISATION
    answers: list[tuple[str, str, Answer]] = [
        (
            "Database name",
            "Each database, and the platform it was searched on.",
            ask.databases(),
        ),
        (
            "Multi-database searching",
            "Databases searched at once on one platform, if any were.",
            ask.anybody("databases", whole="together"),
        ),
        (
            "Study registries",
            "Each register of studies that was searched.",
            ask.kinds(SourceKind.REGISTER, whole="registers"),
        ),
        (
            "Online resources and browsing",
            "Sources online or in print that were browsed, and how.",
            ask.kinds(website, organisation, whole="browsing", need=("method",)),
        ),
        (
            "Citation searching",
            "Whether cited or citing references were looked at, and how.",
            ask.kinds(SourceKind.CITATIONS, whole="citations", need=("method",)),
        ),
        (
            "Contacts",
            "Whether authors, experts, manufacturers or others were asked.",
            ask.whole("contacts"),
        ),
        (
            "Other methods",
            "Any other source of information or way of searching.",
            ask.whole("other_methods"),
        ),
        (
            "Full search strategies",
            "Each strategy, copied exactly as it was run.",
            ask.strategies(),
        ),
        (
            "Limits and restrictions",
            "Limits with the reasons for them, or that there were none.",
            ask.everybody("limits", whole="limits", what="limits"),
        ),
        (
            "Search filters",
            "Published filters as they are or changed, with citation.",
            ask.everybody("filters", whole="filters", what="filters"),
        ),
        (
            "Prior work",
            "Strategies of other reviews that were adapted or reused.",
            ask.whole("prior_work"),
        ),
        (
            "Updates",
            "How the searches were updated, such as run again or by alerts.",
            ask.anybody("updated_on", "updates", whole="updates"),
        ),
        (
            "Dates of searches",
            "For each strategy the date it was last run.",
            ask.everybody("searched_on", "updated_on", what="date"),
        ),
        (
            "Peer review",
            "How the searches were reviewed by peers.",
            ask.anybody("peer_review", whole="peer_review"),
        ),
        (
            "Total records",
            "How many records each source gave.",
            ask.totals(),
        ),
        (
            "Deduplication",
            "How duplicates were found, and with what software.",
            ask.whole("deduplication", "deduplication_software"),
        ),
    ]
    return [
        Item(number, title, asks, said, missing)
        for number, (title, asks, (said, missing)) in enumerate(answers, start=1)
    ]


class _Asking:
    """Questions to the sources and to the search as a whole."""

    def __init__(self, gathered: Gathered) -> None:
        self.searches = gathered.searches
        self.methods = gathered.methods

    def whole(self, *fields: str) -> Answer:
        """One of the fields is said once for all sources."""
        place = _whole(fields[0])
        is_said = any(getattr(self.methods, field) for field in fields)
        return ([place], []) if is_said else ([], [place])

    def anybody(self, *fields: str, whole: str) -> Answer:
        """It is enough that one source says it, or the search as a whole."""
        said = [_said(one, fields[0]) for one in self.searches if _says(one, *fields)]
        once, missing = self.whole(whole)
        return said + once, [] if said else missing

    def everybody(self, *fields: str, what: str, whole: str = "") -> Answer:
        """Every source says it, unless the search as a whole does."""
        said, missing = self._each(self.searches, fields, what)
        if whole:
            once, nowhere = self.whole(whole)
            return said + once, [] if once else (missing if said else nowhere)
        return said, missing or ([] if said else [_NO_SOURCE])

    def kinds(self, *kinds: SourceKind, whole: str, need: tuple[str, ...] = ()) -> Answer:
        """There are sources of the kind, which say what they must, or the whole does."""
        sources = [one for one in self.searches if one.source.kind in kinds]
        once, nowhere = self.whole(whole)
        said, missing = self._each(sources, need or ("name",), "how it was done")
        return said + once, [] if once else (missing or ([] if said else nowhere))

    def databases(self) -> Answer:
        databases = [one for one in self.searches if one.source.kind == SourceKind.DATABASE]
        if not databases:
            return [], [_NO_SOURCE]
        return self._each(databases, ("platform",), "platform")

    def strategies(self) -> Answer:
        """What is browsed, and not searched with a string, says how it was done."""
        said, missing = [], []
        for one in self.searches:
            fields = ("search_string",)
            if SourceKind(one.source.kind).is_other_method:
                fields = ("search_string", "method")
            new_said, new_missing = self._each([one], fields, "the search as it was run")
            said += new_said
            missing += new_missing
        return said, missing or ([] if said else [_NO_SOURCE])

    def totals(self) -> Answer:
        """Records that are here were found, whatever the source says."""
        said = [_said(one, "hits") for one in self.searches if one.records or _says(one, "hits")]
        silent = [one for one in self.searches if not one.records and not _says(one, "hits")]
        missing = [_missing(one, "hits", "hits") for one in silent]
        return said, missing or ([] if said else [_NO_SOURCE])

    def _each(self, searches: Iterable[Search], fields: tuple[str, ...], what: str) -> Answer:
        said, missing = [], []
        for one in searches:
            if _says(one, *fields):
                said.append(_said(one, fields[0]))
            else:
                missing.append(_missing(one, fields[-1], what))
        return said, missing


_NO_SOURCE = Place("a source", None, "")


def _says(search: Search, *fields: str) -> bool:
    """No hits at all are said too, as 0."""
    if search.source.is_proposal:
        return False
    return any(getattr(search.source, field) not in ("", None) for field in fields)


def _said(search: Search, field: str) -> Place:
    return Place(str(search.source), search.source.pk, field)


def _missing(search: Search, field: str, what: str) -> Place:
    still = ", a proposal still" if search.source.is_proposal else ""
    return Place(f"{search.source}: {what}{still}", search.source.pk, field)


def _whole(field: str) -> Place:
    return Place("The search as a whole", None, field)
