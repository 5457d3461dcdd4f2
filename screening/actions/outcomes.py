"""The one place that writes the outcome of a screening item, and what follows from it."""

from collections.abc import Collection, Iterable
from datetime import datetime

from screening.models import FurtherReason, Protocol, ScreeningItem, Vote
from screening.querysets.votes import ScreeningItemQuerySet
from screening.rules import COMPLETE, Decision, MaybePolicy, Outcome, Stage, outcome


def added_up(
    item: ScreeningItem,
    decisions: Iterable[str],
    protocol: Protocol,
    *,
    reasons: Collection[Collection[int]] = (),
    resolution: str | None = None,
) -> Outcome:
    """What the rules say of an item with these current votes.

    Args:
        reasons: primary keys of those of each vote to exclude a report; see `reasons_of`.
    """
    are_asked_for = item.stage == Stage.FULL_TEXT and protocol.reasons_must_agree
    return outcome(
        [Decision(decision) for decision in decisions],
        quorum=item.quorum,
        maybe=MaybePolicy(protocol.maybe_policy),
        reasons=reasons if are_asked_for else None,
        resolution=Decision(resolution) if resolution else None,
    )


def reasons_of(votes: Iterable[Vote]) -> list[set[int]]:
    """The reasons of each vote that has some, by primary key."""
    given = {vote.pk: {vote.reason_id} for vote in votes if vote.reason_id}
    if given:
        further = FurtherReason.objects.filter(vote__in=list(given))
        for vote, reason in further.values_list("vote", "reason"):
            given[vote].add(reason)
    return list(given.values())


def write_outcome(
    item: ScreeningItem, new: Outcome, protocol: Protocol, *, completed_at: datetime | None
) -> None:
    """The item's outcome is `new`. The caller holds its lock and changed a fact of it.

    The report of a record is sought from the moment its record is included at title and
    abstract; until that is settled nobody is shown so, and it may end again.

    Args:
        completed_at: when the votes became, or were changed while, complete; a resolution
            passes on what the item has. Left out of an item short of votes.
    """
    concerns_report = Outcome.INCLUDED in (item.outcome, new)
    item.outcome = new
    item.completed_at = completed_at if new in COMPLETE else None
    item.save(update_fields=["quorum", "outcome", "completed_at"])
    if item.stage == Stage.TITLE_ABSTRACT and concerns_report:
        _seek_report(item, protocol)


def begin_round(item: ScreeningItem, protocol: Protocol, now: datetime) -> ScreeningItem:
    """Another round takes the place of this one, which stays as it is. The caller holds its lock.

    The report of a record that is judged anew is not sought until the record is included again;
    what is known of it is kept.
    """
    item.closed_at = now
    item.save(update_fields=["closed_at"])
    if item.stage == Stage.TITLE_ABSTRACT:
        _reports_of(item).update(sought_at=None)
    return ScreeningItem.objects.create(
        review_id=item.review_id,
        record_id=item.record_id,
        stage=item.stage,
        round=item.round + 1,
        quorum=protocol.quorum(Stage(item.stage)),
        rank=item.rank,
        sought_at=item.sought_at,
    )


def _reports_of(item: ScreeningItem) -> ScreeningItemQuerySet[ScreeningItem]:
    """The report of this record in its latest round, whether it is sought or not."""
    items = ScreeningItem.objects.filter(record=item.record_id, closed_at=None)
    return items.at(Stage.FULL_TEXT)


def _seek_report(item: ScreeningItem, protocol: Protocol) -> None:
    reports = _reports_of(item)
    is_included = item.outcome == Outcome.INCLUDED
    sought_at = item.completed_at if is_included else None
    if reports.update(sought_at=sought_at) or not is_included:
        return
    ScreeningItem.objects.create(
        review_id=item.review_id,
        record_id=item.record_id,
        stage=Stage.FULL_TEXT,
        quorum=protocol.quorum(Stage.FULL_TEXT),
        rank=item.rank,
        sought_at=sought_at,
    )
