"""What an import brings is in the review once the import stands, all of it at one moment.

Its items, merges and questions are stored in short transactions, so that voters never wait. Until
the last one they are there for nobody: not in a queue, not in a list, not in a number.
"""

from __future__ import annotations

from typing import Self

from django.db.models import Q, QuerySet

# The same in SQL, of a row called `item`.
ITEM_STANDS = """
    (item.imported_by_id IS NULL OR item.imported_by_id NOT IN
     (SELECT id FROM screening_import WHERE state = 'staged'))
"""


def stands() -> Q:
    """It came with no import, or with one that is not being stored any more."""
    from screening.models import Import  # noqa: PLC0415 -- the models import this module

    return ~Q(imported_by__in=Import.objects.staged().order_by().values("pk"))


class StandingQuerySet(QuerySet):
    def standing(self) -> Self:
        return self.filter(stands())
