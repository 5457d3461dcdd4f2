"""Judging a record anew, when something about it was wrong."""

from django.utils import timezone

from screening.access import Refused, ReviewAccess, Right
from screening.actions.base import action, lock_membership
from screening.actions.log import write_log
from screening.actions.outcomes import begin_round
from screening.models import QueuePosition, Record, ScreeningItem
from screening.rules import Outcome, Stage


@action
def reopen(access: ReviewAccess, record: Record, *, stage: Stage, why: str) -> ScreeningItem:
    """The record is up for screening again, in a new round; nobody is shown the votes before.

    The earlier round stays as it was and is what agreement is counted on.

    Args:
        why: shown, with the votes of the earlier round, once the new round is settled.

    Raises:
        Refused: the record is not decided, so there is nothing to reopen, or `why` is missing.
    """
    lock_membership(access, Right.REOPEN)
    why = why.strip()
    if not why:
        raise Refused("Say why the record is to be judged anew. Nothing was changed.")
    items = access.scope(ScreeningItem).settled().at(stage).filter(record=record)
    locked = items.select_for_update(no_key=True, of=("self",))
    item = _decided(record, stage, locked.first())
    again = begin_round(item, access.protocol, timezone.now())
    look_again_from(access, stage, item.rank)
    write_log(
        access,
        "item.reopened",
        item=again,
        after={"record": record.number, "stage": stage.value, "round": again.round},
        why=why,
    )
    return again


def decided_item(access: ReviewAccess, record: Record, *, stage: Stage) -> ScreeningItem:
    """The item that `reopen` would begin anew.

    Raises:
        Refused: as `reopen` does.
    """
    items = access.scope(ScreeningItem).settled().at(stage).filter(record=record)
    return _decided(record, stage, items.first())


def _decided(record: Record, stage: Stage, item: ScreeningItem | None) -> ScreeningItem:
    if item is None:
        raise Refused(
            f"Record {record.number} is not decided on {stage.words}, or not for long enough. "
            "Nothing was changed."
        )
    if item.outcome == Outcome.CONFLICT:
        raise Refused(f"Record {record.number} is in conflict: resolve that. Nothing was changed.")
    return item


def look_again_from(access: ReviewAccess, stage: Stage, rank: int) -> None:
    """No hint lies beyond this rank. They are locked in one order: two leads may reopen at once."""
    hints = QueuePosition.objects.filter(review=access.review, stage=stage, rank__gte=rank)
    beyond = list(hints.order_by("pk").select_for_update().values_list("pk", flat=True))
    QueuePosition.objects.filter(pk__in=beyond).update(rank=max(0, rank - 1))
