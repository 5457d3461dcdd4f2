"""Asking for work that a worker does."""

from collections.abc import Sequence

from django.utils import timezone

from screening.access import Refused, ReviewAccess, Right
from screening.actions.base import action, lock_membership, lock_review
from screening.actions.importing import lock_import, refuse_being_stored, refuse_same_file
from screening.models import Import, ImportState, Job, JobImport, JobKind, Record
from screening.tasks import wake_a_worker


@action
def ask_to_store(access: ReviewAccess, imports: Sequence[Import]) -> Job:
    """A worker will store these imports, in this order.

    Raises:
        SameFile: the review has one of the files already.
        Refused: one of them is imported, undone or being stored, waits for its columns, or is
            part of another job.
    """
    lock_membership(access, Right.IMPORT)
    lock_review(access.review.pk)
    for import_ in imports:
        refuse_same_file(access, import_.sha256, but=import_)
    return add_job(access, imports)


def add_job(access: ReviewAccess, imports: Sequence[Import]) -> Job:
    """As `ask_to_store`; the caller holds the locks of the membership and the review.

    A file that the review has by now is left to the worker, which says so beside it.
    """
    locked = [lock_import(access, import_) for import_ in imports]
    for import_ in locked:
        _refuse_unfit(access, import_)
    job = Job.objects.create(
        review=access.review,
        kind=JobKind.IMPORT,
        asked_by=access.user,
        asked_at=timezone.now(),
        of=sum(import_.found for import_ in locked),
    )
    JobImport.objects.bulk_create(
        JobImport(job=job, imported=import_, place=place) for place, import_ in enumerate(locked, 1)
    )
    wake_a_worker()
    return job


@action
def ask_to_look(access: ReviewAccess) -> Job:
    """A worker will look for duplicates among all records; the one that does already goes on.

    Raises:
        Refused: nothing is imported.
    """
    lock_membership(access, Right.MERGE)
    lock_review(access.review.pk)
    if there := access.scope(Job).looking().unfinished().first():
        return there
    records = access.scope(Record).imported().count()
    if not records:
        raise Refused("Nothing is imported yet, so there are no records to look through.")
    job = Job.objects.create(
        review=access.review,
        kind=JobKind.DUPLICATES,
        asked_by=access.user,
        asked_at=timezone.now(),
        of=records,
    )
    wake_a_worker()
    return job


def _refuse_unfit(access: ReviewAccess, import_: Import) -> None:
    refuse_being_stored(import_)
    if import_.state not in {ImportState.PREVIEWED, ImportState.STAGED}:
        raise Refused(f"{import_.file_name} was imported already. Nothing was changed.")
    if import_.needs_columns:
        raise Refused(f"{import_.file_name} waits for its columns. Nothing was changed.")
    if access.scope(Job).unfinished().filter(imports=import_).exists():
        raise Refused(f"{import_.file_name} is about to be stored already. Nothing was changed.")
