"""searches.csv: one row per source, with the items of PRISMA-S as the search report shows them.

What is said of the search as a whole stands in every row, in columns that begin with `review_`.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from reporting.searches.gathering import gather
from screening.access import Reader
from screening.models import Adjustment, SearchMethods, Source

# The hits stand beside what came in, to be compared with it.
FACTS = (*(name for name in Source.FACTS if name != "hits"), "hits")
REMOVED = ("removed_elsewhere", "removed_elsewhere_why")
COLUMNS = (
    "source",
    *FACTS[1:],
    "imports",
    "records",
    "file_names",
    "sha256",
    "problems",
    "different_reports",
    "only_here",
    *REMOVED,
    *(f"review_{name}" for name in (*REMOVED, *SearchMethods.FACTS)),
)


def visible(access: Reader) -> int:
    return access.scope(Source).count()


def rows(access: Reader) -> Iterator[tuple[Any, ...]]:
    """The header and every source; of its imports those that stand."""
    yield COLUMNS
    gathered = gather(access)
    whole = [getattr(gathered.methods, name) for name in SearchMethods.FACTS]
    for one in gathered.searches:
        yield (
            *(getattr(one.source, name) for name in FACTS),
            len(one.files),
            one.records,
            "|".join(file.file_name for file in one.files),
            "|".join(file.sha256 for file in one.files),
            one.problems,
            one.reports,
            one.only_here,
            one.removed_elsewhere,
            _why(one.removed),
            gathered.removed_elsewhere,
            _why(gathered.removed),
            *whole,
        )


def _why(removed: Iterable[Adjustment]) -> str:
    return "|".join(f"{one.number} {one.box}: {one.why}" for one in removed)
