from __future__ import annotations

from typing import Self

from django.db.models import QuerySet


class SaidQuerySet(QuerySet):
    def in_force(self) -> Self:
        """What is true now."""
        return self.filter(ended_at_sequence__isnull=True)
