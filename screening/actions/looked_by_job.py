"""A search for duplicates that a worker makes, for whoever asked."""

from django.core.exceptions import PermissionDenied

from screening.actions.looking import look_for_duplicates
from screening.working import Claim


def look_through(claim: Claim) -> None:
    """All records of the review are compared: merged, asked about, or different.

    A merge stands by itself, and is counted with the job in its own transaction. Whoever begins
    again finds what is left, and whoever has lost the job merges nothing more.

    Raises:
        PermissionDenied: whoever asked may not merge, or not any more.
        Stopped: the worker has to end.
        Lost: somebody else has the job.
    """
    access = claim.access_of_asker()
    try:
        look_for_duplicates(access, progress=claim.has_done, count_merge=claim.has_merged)
    except PermissionDenied:
        raise PermissionDenied(
            f"{claim.job.asked_by} asked for it and may not merge duplicates any more. What was "
            "merged before stays merged."
        ) from None
