from __future__ import annotations

from typing import Self

from screening.querysets.said import SaidQuerySet


class RetrievalQuerySet(SaidQuerySet):
    def missing(self) -> Self:
        """Asked for and not here yet, or not to be had."""
        return self.filter(state__in=["requested", "not_retrieved"])
