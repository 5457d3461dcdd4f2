"""Numbers of the flow diagram that no record here stands for."""

from django.core.exceptions import ValidationError
from django.utils import timezone

from screening.access import Refused, ReviewAccess, Right
from screening.actions.base import action, lock_membership
from screening.actions.log import next_sequence, write_log
from screening.actions.sources import lock_source
from screening.models import AdjustedBox, Adjustment, Source

OF_EARLIER_VERSION = frozenset({AdjustedBox.PREVIOUS_STUDIES, AdjustedBox.PREVIOUS_REPORTS})


def right_to_adjust(box: str) -> Right:
    """Whoever imports knows what was removed before; the previous version is the lead's."""
    return Right.PROTOCOL if box in OF_EARLIER_VERSION else Right.IMPORT


@action
def add_adjustment(
    access: ReviewAccess, *, box: str, number: int, why: str, source: Source | None = None
) -> Adjustment:
    """The number is added to the box from this entry of the log on.

    Raises:
        ValidationError: no such box, nothing to add, no reason, or a source where there can be
            none; a source of another review.
        Refused: the source was removed.
    """
    lock_membership(access, right_to_adjust(box))
    if source and (box in OF_EARLIER_VERSION or source.review_id != access.review.pk):
        raise ValidationError({"source": "This source gave nothing to that box."})
    if source:
        source = lock_source(access, source)
    adjustment = Adjustment(
        review=access.review,
        box=box,
        source=source,
        number=number,
        why=why,
        said_by=access.user,
        said_at=timezone.now(),
        started_at_sequence=next_sequence(access),
    )
    adjustment.full_clean()
    adjustment.save(force_insert=True)
    write_log(access, "adjustment.added", after=_facts(adjustment), why=why)
    return adjustment


@action
def end_adjustment(access: ReviewAccess, adjustment: Adjustment) -> Adjustment:
    """The number is not added any more; the row stays, with its end.

    Raises:
        Refused: it ended before.
    """
    lock_membership(access, right_to_adjust(adjustment.box))
    rows = access.scope(Adjustment).select_for_update(no_key=True, of=("self",))
    adjustment = rows.get(pk=adjustment.pk)
    if adjustment.ended_at_sequence is not None:
        raise Refused("This adjustment is not in force any more. Nothing was changed.")
    adjustment.ended_at_sequence = next_sequence(access)
    adjustment.save(update_fields=["ended_at_sequence"])
    write_log(access, "adjustment.ended", before=_facts(adjustment))
    return adjustment


def _facts(adjustment: Adjustment) -> dict[str, str | int]:
    facts: dict[str, str | int] = {
        "box": adjustment.get_box_display(),
        "number": adjustment.number,
    }
    return facts | {"source": adjustment.source.name} if adjustment.source else facts
