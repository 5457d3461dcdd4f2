"""Votes: cast, change, take back, put off."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from config.prepared import Parameter, Prepared
from screening.access import Refused, ReviewAccess, Right
from screening.actions.base import action, lock_membership
from screening.actions.log import write_log
from screening.actions.outcomes import added_up, reasons_of, write_outcome
from screening.actions.reasons import reasons_given
from screening.actions.retrieval import refuse_unless_to_be_had, report_is_here
from screening.models import (
    ExclusionReason,
    FurtherReason,
    Lease,
    Merge,
    Postponement,
    Protocol,
    QueuePosition,
    Record,
    ScreeningItem,
    Vote,
)
from screening.querysets.votes import undo_ends_for
from screening.queue import (
    CARDS,
    Place,
    forget_reading,
    hand_out,
    hand_out_places,
    lease,
    open_item,
    with_records,
)
from screening.rules import COMPLETE, Decision, MaybePolicy, Stage, decisions_offered

UNKNOWN = -1
LEFT_TO_COMMIT = timedelta(seconds=0.5)
CURRENT_VOTES = Prepared(lambda: Vote.objects.current().filter(item=Parameter("item")))


@dataclass(frozen=True, slots=True)
class Ballot:
    """What the reviewer says of a record.

    Args:
        reasons: codes of the reasons to exclude a report; of no other vote.
        seconds: how long the page was visible, 0 to 3,600; None when not known.
        current: the primary key of my vote as the page knew it, None when it knew none;
            UNKNOWN when the caller does not say, as scripts.
    """

    decision: Decision
    note: str = ""
    seconds: int | None = None
    reasons: tuple[str, ...] = ()
    current: int | None = UNKNOWN


class ItemFull(Refused):
    """The record got its votes while the page was open."""


class VoteChanged(Refused):
    """My vote is another than the page knew, as from a second tab."""


class TooLate(Refused):
    """The item is settled; votes on it stand."""


@action
def cast_vote(access: ReviewAccess, record: Record, ballot: Ballot, *, stage: Stage) -> Vote:
    """The reviewer's vote on the record is what the ballot says, cast or changed.

    The item's row is locked while votes are counted; slots in the database would refuse a vote
    too many even without it.

    Raises:
        ItemFull: others voted first; nothing was stored.
        VoteChanged: `ballot.current` is not my vote any more.
        TooLate: my vote is settled.
        Refused: there is nothing to vote on, the protocol has no maybe, a report is excluded
            without a reason of the review, or it cannot be retrieved.
    """
    vote, before, was_complete_at = _cast(access, record, ballot, stage)
    _log_vote(access, record, vote, before)
    _refuse_what_took_too_long(record, was_complete_at)
    return vote


def cast_vote_and_go_on(
    access: ReviewAccess,
    record: Record,
    ballot: Ballot,
    *,
    stage: Stage,
    held: Collection[int] = (),
) -> tuple[Vote, list[ScreeningItem]]:
    """As `cast_vote`, and the reviewer's next items are handed out in the same transaction.

    What does not need the transaction is read around it: on SQLite all others wait for it.

    Args:
        held: primary keys of the records whose cards the page has already.
    """
    access.shares_queue(stage)  # how many reviewers there are is remembered
    vote, places = _cast_and_hand_out(access, record, ballot, stage, held)
    return vote, with_records(places)


@action
def _cast_and_hand_out(
    access: ReviewAccess, record: Record, ballot: Ballot, stage: Stage, held: Collection[int]
) -> tuple[Vote, list[Place]]:
    vote, before, was_complete_at = _cast(access, record, ballot, stage)
    count = max(1, CARDS - 1 - len(held))
    places = hand_out_places(access, stage, count=count, held=held)
    _log_vote(access, record, vote, before)
    _refuse_what_took_too_long(record, was_complete_at)
    return vote, places


@action
def take_back_vote(access: ReviewAccess, record: Record, *, stage: Stage) -> ScreeningItem:
    """The reviewer has no vote on the record any more; it is theirs to screen again.

    Raises:
        TooLate: the item is settled.
        Refused: there is no vote of mine on it.
    """
    lock_membership(access, Right.VOTE)
    item = _lock_item(access, record, stage)
    now = timezone.now()
    was_complete_at = item.completed_at
    votes = CURRENT_VOTES.ask(item=item.pk)
    mine = next((vote for vote in votes if vote.reviewer_id == access.user.pk), None)
    if mine is None:
        raise Refused(f"There is no vote of yours on record {record.number} to take back.")
    if _is_settled(item, now):
        raise TooLate(_settled_sentence(record))
    supersede(mine, now)
    rest = [vote for vote in votes if vote is not mine]
    # An amendment that asks for fewer votes left the item those it had; see `amending`.
    item.quorum = min(item.quorum, max(access.quorum(stage), len(rest)))
    _add_up(item, rest, access.protocol, now)
    QueuePosition.objects.filter(
        review=access.review, reviewer=access.user, stage=stage, rank__gte=item.rank
    ).update(rank=item.rank - 1)
    write_log(
        access,
        "vote.taken_back",
        item=item,
        before=for_log(record, mine),
    )
    _refuse_what_took_too_long(record, was_complete_at)
    return item


@action
def postpone(access: ReviewAccess, record: Record, *, stage: Stage) -> None:
    """The item waits at the end of the reviewer's queue, behind what was put off before it."""
    lock_membership(access, Right.VOTE)
    item = _lock_item(access, record, stage)
    if item.votes.current().filter(reviewer=access.user).exists():
        raise Refused(f"You have voted on record {record.number} already.")
    Postponement.objects.filter(item=item, reviewer=access.user).delete()
    Postponement.objects.create(item=item, reviewer=access.user)
    Lease.objects.filter(item=item, reviewer=access.user).delete()


def claim(
    access: ReviewAccess, stage: Stage, *, held: Collection[int] = ()
) -> tuple[set[int], list[ScreeningItem]]:
    """What the page shows is leased to the reviewer, where reviewers share the queue.

    What takes the place of lost cards is leased in a transaction of its own, since leases are
    taken in one order within each.

    Returns:
        The primary keys of the held records that are the reviewer's, and items in place of those
        that are not.
    """
    if not access.shares_queue(stage):
        return set(held), []
    kept = _keep(access, stage, held)
    return kept, hand_out(access, stage, count=max(0, CARDS - len(kept)), held=kept)


@transaction.atomic
def _keep(access: ReviewAccess, stage: Stage, held: Collection[int]) -> set[int]:
    """Done twice it is done once, so that it asks for no key."""
    lock_membership(access, Right.VOTE)
    shown = access.scope(ScreeningItem).at(stage).awaiting(access.user).filter(record__in=held)
    records = dict(shown.values_list("pk", "record"))
    return {records[item] for item in lease(access, list(records))}


def _cast(
    access: ReviewAccess, record: Record, ballot: Ballot, stage: Stage
) -> tuple[Vote, Vote | None, datetime | None]:
    """The vote as it stands now, the one it took the place of, and when the item was complete."""
    lock_membership(access, Right.VOTE)
    item = _lock_item(access, record, stage)
    now = timezone.now()
    was_complete_at = item.completed_at
    protocol = access.protocol
    _refuse_what_is_not_offered(access, stage, ballot.decision)
    reasons = reasons_given(access, stage, ballot.decision, ballot.reasons)
    votes = CURRENT_VOTES.ask(item=item.pk)
    mine = next((vote for vote in votes if vote.reviewer_id == access.user.pk), None)
    _check_known(record, mine, ballot)
    if mine and _says_the_same(mine, ballot, reasons):
        return mine, mine, None
    if mine and _is_settled(item, now):
        raise TooLate(_settled_sentence(record))
    if mine is None and len(votes) >= item.quorum:
        raise ItemFull(
            f"Record {record.number} got its votes while you were reading. "
            "Nothing was stored from here."
        )
    if stage is Stage.FULL_TEXT:
        refuse_unless_to_be_had(record)
    if mine:
        supersede(mine, now)
    vote = Vote.objects.create(
        item=item,
        reviewer=access.user,
        protocol=protocol,
        slot=_slot(item, votes, mine),
        quorum=item.quorum,
        decision=ballot.decision,
        reason=reasons[0] if reasons else None,
        note=ballot.note,
        seconds=ballot.seconds,
        cast_at=now,
    )
    if reasons[1:]:
        further = [FurtherReason(vote=vote, reason=reason) for reason in reasons[1:]]
        FurtherReason.objects.bulk_create(further)
    cast = [one for one in votes if one is not mine] + [vote]
    _add_up(item, cast, protocol, now)
    forget_reading(access, item.pk)
    return vote, mine, was_complete_at


def _add_up(item: ScreeningItem, votes: list[Vote], protocol: Protocol, now: datetime) -> None:
    decisions = [vote.decision for vote in votes]
    reasons = reasons_of(votes)
    write_outcome(
        item, added_up(item, decisions, protocol, reasons=reasons), protocol, completed_at=now
    )


def _says_the_same(mine: Vote, ballot: Ballot, reasons: list[ExclusionReason]) -> bool:
    if (mine.decision, mine.note) != (ballot.decision, ballot.note):
        return False
    if mine.reason_id != (reasons[0].pk if reasons else None):
        return False
    return reasons_of([mine]) == ([{reason.pk for reason in reasons}] if reasons else [])


def _log_vote(access: ReviewAccess, record: Record, vote: Vote, before: Vote | None) -> None:
    if vote is before:
        return
    if vote.item.stage == Stage.FULL_TEXT:
        report_is_here(access, record)
    write_log(
        access,
        "vote.changed" if before else "vote.cast",
        item=vote.item,
        before=for_log(record, before) if before else None,
        after=for_log(record, vote),
    )


def _refuse_what_is_not_offered(access: ReviewAccess, stage: Stage, decision: Decision) -> None:
    if decision not in decisions_offered(stage, MaybePolicy(access.protocol.maybe_policy)):
        raise Refused("The protocol of this review has no maybe. Vote include or exclude.")


def _refuse_what_took_too_long(record: Record, was_complete_at: datetime | None) -> None:
    """A change is committed before anybody can have seen what it changes.

    Others see a settled item by the clock, whatever is under way; so there must be time left for
    the commit when everything else is done.
    """
    if was_complete_at and was_complete_at <= undo_ends_for(timezone.now() + LEFT_TO_COMMIT):
        raise TooLate(_settled_sentence(record))


def _settled_sentence(record: Record) -> str:
    return f"Record {record.number} is settled: the time to change a vote on it has passed."


def supersede(vote: Vote, now: datetime) -> None:
    vote.superseded_at = now
    vote.save(update_fields=["superseded_at"])


def _lock_item(access: ReviewAccess, record: Record, stage: Stage) -> ScreeningItem:
    item = open_item(access, record.pk, stage, locked=True)
    if item is None:
        _refuse_duplicate(record)
        raise Refused("This record is not up for screening at this stage.")
    return item


def _refuse_duplicate(record: Record) -> None:
    merge = Merge.objects.in_force().filter(record=record).select_related("kept").first()
    if merge:
        raise Refused(
            f"Record {record.number} was merged into record {merge.kept.number}, its duplicate, "
            "and that one is screened. Nothing was stored from here."
        )


def _is_settled(item: ScreeningItem, now: datetime) -> bool:
    return (
        item.outcome in COMPLETE
        and item.completed_at is not None
        and item.completed_at <= undo_ends_for(now)
    )


def _check_known(record: Record, mine: Vote | None, ballot: Ballot) -> None:
    if ballot.current == UNKNOWN or (mine.pk if mine else None) == ballot.current:
        return
    now = f"your vote is {mine.decision}" if mine else "you have no vote"
    raise VoteChanged(
        f"Record {record.number} went on in another tab: there {now} now. "
        f"The {ballot.decision} from this page was not stored; open the record again to change it."
    )


def _slot(item: ScreeningItem, votes: list[Vote], mine: Vote | None) -> int:
    """The slot of my vote that is changed, unless an amendment left it no room; or a free one."""
    if mine and mine.slot <= item.quorum:
        return mine.slot
    taken = {vote.slot for vote in votes if vote is not mine}
    return next(slot for slot in range(1, item.quorum + 1) if slot not in taken)


def for_log(record: Record, vote: Vote) -> dict[str, object]:
    said = {
        "record": record.number,
        "stage": vote.item.stage,
        "round": vote.item.round,
        "vote": vote.decision,
        "note": vote.note,
        "slot": vote.slot,
    }
    if vote.reason:
        further = vote.further_reasons.order_by("pk").values_list("reason__code", flat=True)
        said["reasons"] = [vote.reason.code, *further]
    return said
