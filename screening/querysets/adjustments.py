from __future__ import annotations

from typing import Self

from django.db.models import OuterRef, Subquery

from screening.querysets.said import SaidQuerySet


class AdjustmentQuerySet(SaidQuerySet):
    def of_imports(self) -> Self:
        """What was removed before an import; not what an earlier version of the review found."""
        return self.filter(box__in=["duplicates", "excluded_automatic", "excluded_other"])

    def said_by_whom(self) -> Self:
        """Annotate `name`, of whoever said it, as the review calls them; with its source."""
        from screening.models import Membership  # noqa: PLC0415 -- the models import this module

        names = Membership.objects.filter(review=OuterRef("review"), user=OuterRef("said_by"))
        return self.select_related("source").annotate(name=Subquery(names.values("name")[:1]))
