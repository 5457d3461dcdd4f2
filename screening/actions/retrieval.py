"""Getting the reports of included records: asked for, retrieved, not to be had."""

from django.utils import timezone

from screening.access import Refused, ReviewAccess, Right
from screening.actions.base import action, lock_membership
from screening.actions.log import next_sequence, write_log
from screening.models import Record, Retrieval, RetrievalState, ScreeningItem, Vote
from screening.rules import Stage


class NotToBeHad(Refused):
    """Somebody said that the report cannot be retrieved."""


@action
def say_of_report(
    access: ReviewAccess, record: Record, state: RetrievalState | None, *, why: str = ""
) -> Retrieval | None:
    """What became of getting the report of an included record.

    Args:
        state: None takes back what was said.
        why: whom was asked, or why it cannot be had; not needed of a report that is here.

    Raises:
        Refused: the record is not up for screening at full text, there are votes on a report
            that is said not to be here, or the reason is missing.
    """
    lock_membership(access, Right.RETRIEVE)
    items = access.scope(ScreeningItem).open().at(Stage.FULL_TEXT).filter(record=record)
    item = items.select_for_update(no_key=True, of=("self",)).first()
    if item is None:
        raise Refused(f"The report of record {record.number} is not sought. Nothing was changed.")
    is_here = state == RetrievalState.RETRIEVED
    if not is_here and not why and state is not None:
        raise Refused("Say whom you asked, or why the report cannot be retrieved.")
    if not is_here and _was_voted_on(item):
        raise Refused(
            f"Somebody screened the report of record {record.number} already, so it is here. "
            "Nothing was changed."
        )
    before = Retrieval.objects.in_force().filter(record=record).first()
    if (before and (before.state, before.why)) == (state and (state, why)):
        return before
    return _say(access, record, before, state, why)


def refuse_unless_to_be_had(record: Record) -> None:
    """Nobody screens a report that was said not to be retrieved.

    Called under the lock of its item.

    Raises:
        NotToBeHad: so it was.
    """
    known = Retrieval.objects.in_force().filter(record=record)
    if known.filter(state=RetrievalState.NOT_RETRIEVED).exists():
        raise NotToBeHad(
            f"The report of record {record.number} is marked as not retrieved. If you have it "
            "after all, mark it as retrieved first."
        )


def report_is_here(access: ReviewAccess, record: Record) -> None:
    """Whoever votes on a report has it: it is retrieved, if nobody said so before.

    Called in the transaction of the vote, when only the log is left to be written.
    """
    known = Retrieval.objects.in_force().filter(record=record).first()
    if known is None or known.state != RetrievalState.RETRIEVED:
        _say(access, record, known, RetrievalState.RETRIEVED, "")


def _say(
    access: ReviewAccess,
    record: Record,
    before: Retrieval | None,
    state: RetrievalState | None,
    why: str,
) -> Retrieval | None:
    """Ends what was said, and says the new state, from this entry of the log on."""
    sequence = next_sequence(access)
    if before:
        before.ended_at_sequence = sequence
        before.save(update_fields=["ended_at_sequence"])
    said = None
    if state:
        said = Retrieval.objects.create(
            record=record,
            state=state,
            why=why,
            said_by=access.user,
            said_at=timezone.now(),
            started_at_sequence=sequence,
        )
    write_log(
        access,
        "report.retrieval",
        before={"record": record.number, "state": before.state} if before else None,
        after={"record": record.number, "state": state.value if state else "sought"},
        why=why,
    )
    return said


def _was_voted_on(item: ScreeningItem) -> bool:
    return Vote.objects.current().filter(item=item).exists()
