"""Imports have the records they say, and those are up for screening."""

from collections.abc import Iterator

from django.db.models import Count, Exists, OuterRef

from screening.models import Import, ImportState, Record, Review, ScreeningItem

ROWS_AT_ONCE = 5_000


def about_imports(review: Review) -> Iterator[str]:
    """Imports have the records they say, and all of them are up for screening."""
    done = Import.objects.filter(source__review=review).exclude(
        state__in=[ImportState.PREVIEWED, ImportState.STAGED]
    )
    for one in done.annotate(stored=Count("records")).order_by("pk"):
        due = one.read if one.state == ImportState.COMMITTED else 0
        if one.stored != due:
            yield f"import {one.pk}: it should have {due} records, and {one.stored} are stored."
    items = ScreeningItem.objects.filter(record=OuterRef("pk"))
    forgotten = Record.objects.imported().filter(~Exists(items), review=review)
    numbers = forgotten.order_by("number").values_list("number", flat=True)
    for number in numbers.iterator(ROWS_AT_ONCE):
        yield f"record {number}: it is imported and not up for screening."
