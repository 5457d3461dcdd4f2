"""Looking through all records for duplicates: the last time, and why one would do it again."""

from dataclasses import dataclass

from screening.access import ReviewAccess
from screening.models import Import, Job, LogEntry


@dataclass(frozen=True, slots=True)
class Reasons:
    """What nobody has looked for yet.

    Args:
        unlooked: files of the review that were imported without looking for duplicates.
        separated: records that stand alone since an import was undone into which they were merged.
    """

    unlooked: int = 0
    separated: int = 0

    def __bool__(self) -> bool:
        return bool(self.unlooked or self.separated)


def last_look(access: ReviewAccess) -> Job | None:
    """The one that goes on, else the one that ended last."""
    return access.scope(Job).looking().select_related("asked_by").order_by("-pk").first()


def reasons_to_look(access: ReviewAccess) -> Reasons:
    """Why it would make sense, going by the log."""
    last = access.scope(Job).looking().done().order_by("-pk").first()
    undone = access.scope(LogEntry).of_undone_imports()
    if last:
        undone = undone.filter(at__gt=last.asked_at)
    separated = sum(entry.before.get("separated", 0) for entry in undone)
    return Reasons(0 if last else _unlooked(access), separated)


def _unlooked(access: ReviewAccess) -> int:
    """An import says in the log how many duplicates it found since it looks for any."""
    entries = access.scope(LogEntry).of_imports_without("duplicates")
    files = {entry.after["sha256"] for entry in entries}
    return access.scope(Import).committed().filter(sha256__in=files).count()
