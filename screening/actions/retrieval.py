"""Getting the reports of included records: asked for, retrieved, not to be had."""

from collections.abc import Collection

from django.utils import timezone

from screening.access import Refused, ReviewAccess, Right
from screening.actions.base import action, lock_membership
from screening.actions.log import next_sequence, write_log
from screening.models import Record, Retrieval, RetrievalState, ScreeningItem, Vote
from screening.rules import Stage

# What a state is not said without.
WITH_WHY = {
    RetrievalState.REQUESTED: "whom you asked",
    RetrievalState.NOT_RETRIEVED: "why the report cannot be retrieved",
}


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
        Refused: the report is not sought, it was screened and so is here, or `why` is missing.
    """
    return _say_of(access, [record], state, why)[0]


@action
def say_of_reports(
    access: ReviewAccess,
    records: Collection[Record],
    state: RetrievalState | None,
    *,
    why: str = "",
) -> list[Retrieval | None]:
    """As `say_of_report`, of several at once: of all of them or, when one is refused, of none."""
    return _say_of(access, records, state, why)


def _say_of(
    access: ReviewAccess, records: Collection[Record], state: RetrievalState | None, why: str
) -> list[Retrieval | None]:
    """What is said of each report now, in the order of the records."""
    lock_membership(access, Right.RETRIEVE)
    why = why.strip()
    if state in WITH_WHY and not why:
        raise Refused(f"Say {WITH_WHY[state]}. Nothing was changed.")
    _lock_reports(access, records)
    if state != RetrievalState.RETRIEVED:
        _refuse_what_was_screened(access, records)
    known = Retrieval.objects.in_force().filter(record__in=records)
    before = {said.record_id: said for said in known}
    now = {
        record.pk: _say_unless_said(access, record, before.get(record.pk), state, why)
        for record in sorted(records, key=lambda record: record.number)
    }
    return [now[record.pk] for record in records]


def _lock_reports(access: ReviewAccess, records: Collection[Record]) -> None:
    """Their items are locked, all before the head of the log, and each is sought."""
    items = access.scope(ScreeningItem).open().at(Stage.FULL_TEXT).filter(record__in=records)
    locked = items.order_by("pk").select_for_update(no_key=True, of=("self",))
    sought = set(locked.values_list("record", flat=True))
    missing = sorted(record.number for record in records if record.pk not in sought)
    if missing:
        raise Refused(f"The report of record {missing[0]} is not sought. Nothing was changed.")


def _refuse_what_was_screened(access: ReviewAccess, records: Collection[Record]) -> None:
    """Whoever voted on a report had it, in whatever round."""
    votes = access.scope(Vote).current().at(Stage.FULL_TEXT).filter(item__record__in=records)
    numbers = votes.order_by("item__record__number").values_list("item__record__number", flat=True)
    number = numbers.first()
    if number is not None:
        raise Refused(
            f"Somebody screened the report of record {number} already, so it is here. "
            "Nothing was changed."
        )


def _say_unless_said(
    access: ReviewAccess,
    record: Record,
    before: Retrieval | None,
    state: RetrievalState | None,
    why: str,
) -> Retrieval | None:
    """Who says again that a report is here, and no more, takes nothing from who said so first."""
    if before is None:
        is_known = state is None
    else:
        is_here = before.state == state == RetrievalState.RETRIEVED
        is_known = (before.state, before.why) == (state, why) or (is_here and not why)
    return before if is_known else _say(access, record, before, state, why)


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


def reports_are_here(access: ReviewAccess, records: Collection[int]) -> None:
    """As `report_is_here`, of the reports of many records that got votes at once.

    What it says is told by the entry of the log that the caller writes next.
    """
    known = Retrieval.objects.in_force().filter(record__in=records)
    here = set(known.filter(state=RetrievalState.RETRIEVED).values_list("record", flat=True))
    sequence, now = next_sequence(access), timezone.now()
    known.exclude(state=RetrievalState.RETRIEVED).update(ended_at_sequence=sequence)
    Retrieval.objects.bulk_create(
        Retrieval(
            record_id=record,
            state=RetrievalState.RETRIEVED,
            said_by=access.user,
            said_at=now,
            started_at_sequence=sequence,
        )
        for record in sorted(set(records) - here)
    )


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
        item=_sought_because_of(record),
        before={"record": record.number, "state": before.state} if before else None,
        after={"record": record.number, "state": state.value if state else "sought"},
        why=why,
    )
    return said


def _sought_because_of(record: Record) -> ScreeningItem | None:
    """The item by which the record was included; none where records come from other methods.

    What is said of a report tells that its record was included: should that be judged anew, the
    entry is hidden with the votes.
    """
    items = ScreeningItem.objects.at(Stage.TITLE_ABSTRACT).filter(record=record, closed_at=None)
    return items.first()
