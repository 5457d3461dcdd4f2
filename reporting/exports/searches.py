"""searches.csv: one row per source, with the items of PRISMA-S."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django.db.models import Count, FilteredRelation, Q

from screening.access import Reader
from screening.models import ImportState, Source

# The hits stand beside what came in, to be compared with it.
FACTS = (*(name for name in Source.FACTS if name != "hits"), "hits")
COLUMNS = ("source", *FACTS[1:], "imports", "records", "file_names", "sha256")


def visible(access: Reader) -> int:
    return access.scope(Source).count()


def rows(access: Reader) -> Iterator[tuple[Any, ...]]:
    """The header and every source; of its imports those that stand."""
    yield COLUMNS
    standing = FilteredRelation("imports", condition=Q(imports__state=ImportState.COMMITTED))
    found = (
        access.scope(Source)
        .annotate(standing=standing, n_records=Count("standing__records"))
        .order_by("pk", "standing")
        .values_list(
            "pk", *FACTS, "standing", "n_records", "standing__file_name", "standing__sha256"
        )
    )
    for _, group in groupby(found.iterator(), key=lambda values: values[0]):
        together = list(group)
        facts = together[0][1 : 1 + len(FACTS)]
        imports = [values[1 + len(FACTS) :] for values in together]
        imports = [parts for parts in imports if parts[0] is not None]
        yield (
            *facts,
            len(imports),
            sum(parts[1] for parts in imports),
            "|".join(parts[2] for parts in imports),
            "|".join(parts[3] for parts in imports),
        )
