from __future__ import annotations

from typing import Self

from django.db.models import QuerySet


class RetrievalQuerySet(QuerySet):
    def in_force(self) -> Self:
        """What is true of each report now."""
        return self.filter(ended_at_sequence__isnull=True)

    def missing(self) -> Self:
        """Asked for and not here yet, or not to be had."""
        return self.filter(state__in=["requested", "not_retrieved"])
