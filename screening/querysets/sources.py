from __future__ import annotations

from typing import Self

from django.db.models import Count, F, Q, QuerySet

from screening.querysets import among  # noqa: F401 -- registers `__among`


class SourceQuerySet(QuerySet):
    def with_imports_counted(self) -> Self:
        """Annotate `n_imports`: files of it that are in the review."""
        return self.annotate(n_imports=Count("imports", filter=Q(imports__state="committed")))


class ImportQuerySet(QuerySet):
    def committed(self) -> Self:
        return self.filter(state="committed")

    def staged(self) -> Self:
        """Being stored, or left behind by an attempt that was killed."""
        return self.filter(state="staged")

    def of_same_file(self, sha256: str) -> Self:
        """Imports of this very file that stand, or are being stored."""
        return self.filter(sha256=sha256, state__in=["staged", "committed"])


class RecordQuerySet(QuerySet):
    def imported(self) -> Self:
        """Records that are in the review: not those of an import still being stored."""
        return self.filter(imported_by__state="committed")

    def with_source_named(self) -> Self:
        """Annotate `source_name`."""
        return self.annotate(source_name=F("imported_by__source__name"))
