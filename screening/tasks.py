"""What wakes a worker. A task says that there is something to do; what it is stands in our jobs.

django-tasks-db marks a task as taken and never gives it out again, also when its worker is killed.
So a task may be lost or be one too many, and nothing is lost or done twice.
"""

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django_tasks import TaskContext, task
from django_tasks_db.models import DBTaskResult

from screening.actions.looked_by_job import look_through
from screening.actions.stored_by_job import store_imports
from screening.models import Job, JobKind
from screening.working import Claim, Lost, Stopped, claim_next, end_exhausted

DOES = {JobKind.IMPORT: store_imports, JobKind.DUPLICATES: look_through}


@task(takes_context=True)
def do_next_job(context: TaskContext) -> str:
    """Do the oldest job that nobody works on, if there is one; returns what became of it."""
    claim = claim_next(context.task_result.worker_ids[-1])
    return do(claim) if claim else "Nothing waits."


def do(claim: Claim) -> str:
    """Do what was claimed; returns what became of it."""
    try:
        return _carry_out(claim)
    except Stopped:
        claim.give_back(counts=False)
        return f"Job {claim.job.pk} was given back."
    except Lost:
        return f"Job {claim.job.pk} is somebody else's by now."
    except BaseException:
        claim.give_back(counts=True)
        raise


def _carry_out(claim: Claim) -> str:
    try:
        DOES[JobKind(claim.job.kind)](claim)
    except PermissionDenied as refusal:
        claim.fail(str(refusal))
        return f"Job {claim.job.pk} has failed."
    claim.end()
    return f"Job {claim.job.pk} is done."


def wake_a_worker() -> None:
    """A worker will look for a job, once the surrounding transaction is committed."""
    do_next_job.enqueue()


def wake_for_what_waits() -> None:
    """There is a task for every job that nobody works on: workers die, and so do their tasks."""
    end_exhausted_if_any()
    waiting = Job.objects.claimable(timezone.now()).count()
    if waiting:
        for _ in range(waiting - unread_tasks()):
            wake_a_worker()


def end_exhausted_if_any() -> None:
    """Asked without a lock first, since every idle worker asks every second."""
    if Job.objects.exhausted(timezone.now()).exists():
        end_exhausted()


def unread_tasks() -> int:
    return DBTaskResult.objects.ready().filter(task_path=do_next_job.module_path).count()
