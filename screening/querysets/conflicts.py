from __future__ import annotations

from typing import Self

from django.db.models import QuerySet


class ProposalQuerySet(QuerySet):
    def open(self) -> Self:
        return self.filter(closed_at__isnull=True)
