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
        Refused: the record is not decided, so there is nothing to reopen.
    """
    lock_membership(access, Right.REOPEN)
    items = access.scope(ScreeningItem).settled().at(stage).filter(record=record)
    item = items.select_for_update(no_key=True, of=("self",)).first()
    if item is None:
        raise Refused(
            f"Record {record.number} is not decided on {stage.words}, or not for long enough. "
            "Nothing was changed."
        )
    if item.outcome == Outcome.CONFLICT:
        raise Refused(f"Record {record.number} is in conflict: resolve that. Nothing was changed.")
    now = timezone.now()
    again = begin_round(item, access.protocol, now)
    hints = QueuePosition.objects.filter(review=access.review, stage=stage, rank__gte=item.rank)
    hints.update(rank=max(0, item.rank - 1))
    write_log(
        access,
        "item.reopened",
        item=again,
        after={"record": record.number, "stage": stage.value, "round": again.round},
        why=why,
    )
    return again
