from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

if TYPE_CHECKING:
    from screening.models import Job

MOST_ATTEMPTS = 3
"""How often a job is begun; whatever stops its worker every time would stop all others too."""


class JobQuerySet(QuerySet):
    def storing(self) -> Self:
        return self.filter(kind="import")

    def looking(self) -> Self:
        """Those that look for duplicates among all records of a review."""
        return self.filter(kind="duplicates")

    def done(self) -> Self:
        return self.filter(state="done")

    def waiting(self) -> Self:
        return self.filter(state="waiting")

    def unfinished(self) -> Self:
        return self.filter(state__in=["waiting", "running"])

    def lapsed(self, now: datetime) -> Self:
        """Jobs whose worker showed no life for a whole lease: it was killed."""
        return self.filter(state="running", lease_until__lt=now)

    def claimable(self, now: datetime) -> Self:
        """Jobs that nobody works on."""
        return self.unfinished().filter(
            Q(state="waiting") | Q(lease_until__lt=now), attempts__lt=MOST_ATTEMPTS
        )

    def exhausted(self, now: datetime) -> Self:
        """Jobs that nobody works on, and that were begun often enough."""
        return self.unfinished().filter(
            Q(state="waiting") | Q(lease_until__lt=now), attempts__gte=MOST_ATTEMPTS
        )

    def of_claim(self, job: Job) -> Self:
        """The job, unless somebody else has claimed it since."""
        return self.filter(
            pk=job.pk, state="running", claimed_by=job.claimed_by, attempts=job.attempts
        )


class BundleQuerySet(QuerySet):
    def undecided(self) -> Self:
        """Those with a file that waits for somebody's decision."""
        files = self.model._meta.get_field("files").related_model.objects
        waiting = files.filter(bundle=OuterRef("pk"), imported__state="previewed")
        return self.filter(Exists(waiting), job__isnull=True)

    def with_files_counted(self) -> Self:
        """Annotate `n_files`: how many came."""
        return self.annotate(n_files=Count("files"))
