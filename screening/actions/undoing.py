"""Taking an import out again, until somebody has worked on it."""

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from screening import bulk
from screening.access import Refused, ReviewAccess, Right
from screening.actions.base import action, lock_membership, lock_review
from screening.actions.importing import lock_import, log_facts
from screening.actions.log import write_log
from screening.models import (
    BY_A_PERSON,
    Distinction,
    Import,
    ImportState,
    Lease,
    Merge,
    Postponement,
    Retrieval,
    ScreeningItem,
    Vote,
)
from screening.rules import Stage


class HasWork(Refused):
    """Somebody voted on a record of the import, or decided about duplicates of it: it stays."""


@action
def undo_import(access: ReviewAccess, import_: Import) -> Import:
    """The records of the import are gone; its row, its file, its problems and the log stay.

    What was merged into one of its records is up for screening again.

    Raises:
        HasWork: somebody voted on one of the records, also if they took it back, said something
            of its report, or decided whether it is a duplicate.
        Refused: it is not committed.
    """
    lock_membership(access, Right.IMPORT)
    lock_review(access.review.pk)
    import_ = lock_import(access, import_)
    if import_.state != ImportState.COMMITTED:
        raise Refused("This import is not in the review, or not any more. Nothing was changed.")
    items = access.scope(ScreeningItem).filter(record__imported_by=import_)
    # A vote that is being cast holds its item: wait for it, then look.
    list(items.order_by("pk").select_for_update().values_list("pk"))
    if work := work_on(import_):
        raise HasWork(
            f"Somebody has {work} of {import_.file_name}, so its import cannot be undone any "
            "more. Nothing was changed."
        )
    Postponement.objects.filter(item__in=items).delete()
    Lease.objects.filter(item__in=items).delete()
    separated = _open_what_was_merged_into(access, import_)
    removed = bulk.delete_records(import_.pk)
    import_.state = ImportState.UNDONE
    import_.undone_at = timezone.now()
    import_.save(update_fields=["state", "undone_at"])
    before = {**log_facts(import_), "records": removed}
    write_log(access, "import.undone", before={**before, "separated": separated})
    return import_


def work_on(import_: Import) -> str:
    """What somebody did with a record of it, so that it stays, in words; empty if nothing."""
    if Vote.objects.filter(imported_by=import_).exists():
        return "taken over the votes"
    if Vote.objects.filter(item__record__imported_by=import_).exists():
        return "voted on a record"
    if Retrieval.objects.filter(record__imported_by=import_).exists():
        return "said something of the report of a record"
    merges = Merge.objects.filter(pattern=BY_A_PERSON)
    merges = merges.filter(Q(record__imported_by=import_) | Q(kept__imported_by=import_))
    told = Distinction.objects.filter(
        Q(first__imported_by=import_) | Q(second__imported_by=import_)
    )
    if merges.exists() or told.exists():
        return "decided about duplicates of a record"
    return ""


def _open_what_was_merged_into(access: ReviewAccess, import_: Import) -> int:
    """Records of other imports are no duplicates any more; nobody has voted on any of them.

    Whoever is merged into a record without votes has none.
    """
    merges = Merge.objects.in_force().filter(kept__imported_by=import_)
    merges = merges.exclude(record__imported_by=import_)
    records = list(merges.values_list("record", flat=True))
    later = ScreeningItem.objects.filter(
        record=OuterRef("record"), stage=OuterRef("stage"), round__gt=OuterRef("round")
    )
    items = access.scope(ScreeningItem).filter(~Exists(later), record__in=merges.values("record"))
    for stage in Stage:
        items.at(stage).update(closed_at=None, quorum=access.quorum(stage))
    return len(records)
