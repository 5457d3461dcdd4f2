"""Votes on a duplicate count where it was merged to, as rows of their own; and no longer do.

Called under the locks of all items concerned.
"""

from collections.abc import Collection
from datetime import datetime

from screening.access import Refused
from screening.actions.outcomes import added_up, reasons_of, write_outcome
from screening.actions.voting import supersede
from screening.models import FurtherReason, Protocol, ScreeningItem, Vote
from screening.rules import Stage


class WasResolved(Refused):
    """A conflict with one of the votes was resolved: they belong to that now."""


def carry(
    duplicate: ScreeningItem, kept: ScreeningItem, protocol: Protocol, now: datetime
) -> list[Vote]:
    """The current votes of the duplicate, in the order they were cast, fill the free slots.

    Who voted there already keeps that vote.
    """
    there = list(kept.votes.current())
    voters = {vote.reviewer_id for vote in there}
    taken = {vote.slot for vote in there}
    free = [slot for slot in range(1, kept.quorum + 1) if slot not in taken]
    carried = []
    for vote in duplicate.votes.current().order_by("cast_at", "pk"):
        if free and vote.reviewer_id not in voters:
            carried.append(_said_again(vote, kept, free.pop(0)))
    if carried:
        add_up_again(kept, protocol, now)
    return carried


def _said_again(vote: Vote, item: ScreeningItem, slot: int) -> Vote:
    again = Vote.objects.create(
        item=item,
        reviewer_id=vote.reviewer_id,
        protocol_id=vote.protocol_id,
        slot=slot,
        quorum=item.quorum,
        decision=vote.decision,
        reason_id=vote.reason_id,
        note=vote.note,
        seconds=vote.seconds,
        cast_at=vote.cast_at,
        carried_from=vote,
        imported_by_id=vote.imported_by_id,
        stands_for_team=vote.stands_for_team,
    )
    further = vote.further_reasons.order_by("pk").values_list("reason", flat=True)
    FurtherReason.objects.bulk_create(
        FurtherReason(vote=again, reason_id=reason) for reason in further
    )
    return again


def take_back_carried(
    records: Collection[int], leaving: Collection[int], protocol: Protocol, now: datetime
) -> list[ScreeningItem]:
    """No vote counts any more across the border of the records that leave a group.

    What stands in an earlier round stays: it was judged anew since.

    Args:
        records: primary keys of all the records of the group.
        leaving: of those that leave it together.

    Returns:
        The items that lost votes.

    Raises:
        WasResolved: one of the votes is part of a conflict that was resolved.
    """
    votes = Vote.objects.current().filter(item__record__in=records, carried_from__isnull=False)
    votes = votes.select_related("item__record", "carried_from__item")
    crossing = [
        vote
        for vote in votes.order_by("pk")
        if (vote.item.record_id in leaving) != (_origin(vote).item.record_id in leaving)
    ]
    items = {vote.item_id: vote.item for vote in crossing if _is_latest(vote.item)}
    for item in items.values():
        _refuse_if_resolved(item)
    for vote in crossing:
        if vote.item_id in items:
            supersede(vote, now)
    for item in items.values():
        add_up_again(item, protocol, now)
    return list(items.values())


def add_up_again(item: ScreeningItem, protocol: Protocol, now: datetime) -> None:
    """Quorum and outcome are what the protocol makes of the votes there are.

    An item that is complete still was complete when it was before.
    """
    votes = list(item.votes.current())
    resolution = getattr(item, "resolution", None)
    if resolution is None:
        item.quorum = max(protocol.quorum(Stage(item.stage)), len(votes))
    new = added_up(
        item,
        [vote.decision for vote in votes],
        protocol,
        reasons=reasons_of(votes),
        resolution=resolution and resolution.decision,
    )
    write_outcome(item, new, protocol, completed_at=item.completed_at or now)


def _origin(vote: Vote) -> Vote:
    """The vote that was cast: it may have been carried more than once."""
    while vote.carried_from is not None:
        vote = vote.carried_from
    return vote


def _is_latest(item: ScreeningItem) -> bool:
    later = ScreeningItem.objects.filter(
        record=item.record_id, stage=item.stage, round__gt=item.round
    )
    return not later.exists()


def _refuse_if_resolved(item: ScreeningItem) -> None:
    if getattr(item, "resolution", None) is not None:
        raise WasResolved(
            f"The voters of record {item.record.number} disagreed, and that was resolved; a vote "
            "on the duplicate was one of theirs. Reopen the record first. Nothing was changed."
        )
