"""Files that a worker stores, one after the other, for whoever asked."""

from django.core.exceptions import PermissionDenied

from screening.access import Refused
from screening.actions.storing import commit_import
from screening.models import Import, ImportState, JobImport
from screening.working import Claim, Stopped


def store_imports(claim: Claim) -> None:
    """Every import of the job is in the review, or says why it is not.

    Each is whole or absent by itself; those that an earlier attempt ended are left as they are.

    Raises:
        Stopped: the worker has to end.
        Lost: somebody else has the job.
    """
    before = 0
    for part in claim.job.parts.select_related("imported"):
        if is_to_be_stored(part):
            _store(claim, part, before)
        before += part.imported.found
        claim.show_life(before)


def is_to_be_stored(part: JobImport) -> bool:
    return not part.refusal and part.imported.state in {ImportState.PREVIEWED, ImportState.STAGED}


def _store(claim: Claim, part: JobImport, before: int) -> None:
    if claim.job.attempts > 1:
        _take_over(part.imported)
    try:
        commit_import(
            claim.access_of_asker(), part.imported, progress=claim.has_done_beside(before)
        )
    except Stopped:
        _take_over(part.imported)
        raise
    except (Refused, PermissionDenied) as refusal:
        claim.show_life(before)  # whoever lost the job has nothing to say about it
        JobImport.objects.filter(pk=part.pk).update(refusal=str(refusal)[:500])


def _take_over(import_: Import) -> None:
    """Nobody stores the import: whoever was about to finds that out before its next part."""
    Import.objects.filter(pk=import_.pk, state=ImportState.STAGED).update(staged_at=None)
