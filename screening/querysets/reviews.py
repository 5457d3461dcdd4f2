from __future__ import annotations

from typing import Self

from django.db.models import QuerySet


class ExclusionReasonQuerySet(QuerySet):
    def in_use(self) -> Self:
        """Those a vote may give today."""
        return self.filter(retired_at__isnull=True)
