"""A worker's hold on a job: claimed under a lease, kept by showing life, given back or ended.

A worker may be killed at any moment and cannot say so; its lease then runs out, and whoever claims
the job next begins it again. What jobs do is safe to begin again, whole or absent.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from threading import Event

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from screening.access import ReviewAccess, access_for
from screening.models import Job, JobState, Membership
from screening.querysets.jobs import MOST_ATTEMPTS

STOPS = Event()
"""Set when this process has to end: what it works on goes back."""

SECONDS_BETWEEN_SIGNS = 1.0


class Stopped(Exception):
    """The worker has to end before the job has."""


class Lost(Exception):
    """Somebody else has claimed the job since: what is left to do is theirs."""


@dataclass(slots=True)
class Claim:
    """A job that is this worker's until it ends, stops, or shows no life for a whole lease."""

    job: Job
    _signed_at: float = field(default_factory=time.monotonic)

    def access_of_asker(self) -> ReviewAccess:
        """As with every request: what the person may do now counts.

        Raises:
            PermissionDenied: the person is no member any more.
        """
        try:
            return access_for(self.job.asked_by, self.job.review_id)
        except Membership.DoesNotExist:
            raise PermissionDenied(
                f"{self.job.asked_by} asked for it and is no member of this review any more."
            ) from None

    def has_done(self, entries: int) -> None:
        """So many entries of the job are done; told to the database at most once a second.

        Raises:
            Stopped: the worker has to end.
            Lost: somebody else has the job.
        """
        if STOPS.is_set():
            raise Stopped
        if time.monotonic() - self._signed_at >= SECONDS_BETWEEN_SIGNS:
            self.show_life(entries)

    def has_done_beside(self, before: int) -> Callable[[int], None]:
        """`has_done` for a part of the job, before which so many entries were done."""
        return partial(self._has_done_beside, before)

    def _has_done_beside(self, before: int, entries: int) -> None:
        self.has_done(before + entries)

    def show_life(self, entries: int) -> None:
        """The lease begins anew.

        Raises:
            Lost: somebody else has the job.
        """
        now = timezone.now()
        self._change(heartbeat_at=now, lease_until=now + lease(), done=min(entries, self.job.of))
        self._signed_at = time.monotonic()

    def has_merged(self) -> None:
        """Two records more are merged, in the surrounding transaction.

        Raises:
            Lost: somebody else has the job, so that nothing must be merged in its name.
        """
        self._change(merged=F("merged") + 1)

    def end(self) -> None:
        """The job is done.

        Raises:
            Lost: somebody else has the job.
        """
        self._change(
            state=JobState.DONE,
            done=self.job.of,
            claimed_by="",
            lease_until=None,
            ended_at=timezone.now(),
        )

    def fail(self, why: str) -> None:
        """The job has ended, and whoever asked is told why it could not be done.

        Raises:
            Lost: somebody else has the job.
        """
        self._change(
            state=JobState.FAILED,
            failure=why[:500],
            claimed_by="",
            lease_until=None,
            ended_at=timezone.now(),
        )

    def give_back(self, *, counts: bool) -> None:
        """The job waits again, for any worker.

        Args:
            counts: the attempt is one of those a job has.
        """
        attempts = F("attempts") if counts else Greatest(F("attempts") - 1, 0)
        self._change(
            state=JobState.WAITING, claimed_by="", lease_until=None, done=0, attempts=attempts
        )

    @transaction.atomic
    def _change(self, **values: object) -> None:
        if not Job.objects.of_claim(self.job).update(**values):
            raise Lost


def lease() -> timedelta:
    return timedelta(seconds=settings.JOB_LEASE_SECONDS)


@transaction.atomic
def claim_next(worker: str) -> Claim | None:
    """The oldest job that nobody works on is this worker's; None when there is none.

    Whoever looks at the same instant is given another job, or none: rows that somebody is claiming
    are skipped on PostgreSQL, and SQLite lets one transaction write at a time.
    """
    now = timezone.now()
    job = Job.objects.claimable(now).select_for_update(skip_locked=True).order_by("pk").first()
    if job is None:
        return None
    job.state = JobState.RUNNING
    job.claimed_by = worker
    job.attempts += 1
    job.done = 0
    job.heartbeat_at = now
    job.lease_until = now + lease()
    job.save(
        update_fields=["state", "claimed_by", "attempts", "done", "heartbeat_at", "lease_until"]
    )
    return Claim(job)


@transaction.atomic
def end_exhausted() -> int:
    """Jobs that stopped their workers too often have failed; returns how many."""
    now = timezone.now()
    return Job.objects.exhausted(now).update(
        state=JobState.FAILED,
        claimed_by="",
        lease_until=None,
        ended_at=now,
        failure=(
            f"It was begun {MOST_ATTEMPTS} times, and every time the worker stopped before the "
            "end. What it had not finished is as if it had never begun. Try again, or ask whoever "
            "runs this server to look into the log of the worker."
        ),
    )
