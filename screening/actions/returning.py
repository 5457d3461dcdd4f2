"""What becomes of somebody's unfinished work when they cease to screen."""

from collections.abc import Mapping

from django.utils import timezone

from screening.access import ReviewAccess
from screening.actions.log import write_log
from screening.actions.outcomes import added_up, reasons_of, write_outcome
from screening.actions.voting import for_log, supersede
from screening.models import Lease, Membership, Postponement, QueuePosition, ScreeningItem, Vote
from screening.querysets.votes import ScreeningItemQuerySet

AT_ONCE = 1_000


def half_voted(
    access: ReviewAccess, membership: Membership
) -> ScreeningItemQuerySet[ScreeningItem]:
    """The items short of votes that have one of this member."""
    items = access.scope(ScreeningItem).filter(closed_at=None, completed_at=None)
    return items.voted_on_by(membership.user).order_by("pk")


def leave_queue(access: ReviewAccess, membership: Membership, *, back_to_queue: bool) -> int:
    """Nothing is read or put off by the member any more. The caller has locked the membership.

    Args:
        back_to_queue: their votes on half-voted items are superseded.

    Returns:
        How many votes that were.
    """
    returned = _return_votes(access, membership) if back_to_queue else 0
    for model in (Lease, Postponement):
        access.scope(model).filter(reviewer=membership.user).delete()
    access.scope(QueuePosition).filter(reviewer=membership.user).delete()
    return returned


def _return_votes(access: ReviewAccess, membership: Membership) -> int:
    """The entry of each is the lead's, and says whose vote it was; it is hidden with its item."""
    locked = half_voted(access, membership).select_for_update(no_key=True, of=("self",))
    items = {item.pk: item for item in locked.select_related("record")}
    votes = _votes_on(items)
    theirs: dict[int, Vote] = {}
    now, protocol = timezone.now(), access.protocol
    for pk, item in items.items():
        theirs[pk] = next(vote for vote in votes[pk] if vote.reviewer_id == membership.user_id)
        supersede(theirs[pk], now)
        rest = [vote for vote in votes[pk] if vote is not theirs[pk]]
        new = added_up(item, [vote.decision for vote in rest], protocol, reasons=reasons_of(rest))
        if new != item.outcome:
            write_outcome(item, new, protocol, completed_at=None)
    whose = {"member": membership.number, "name": membership.name}
    for pk, vote in theirs.items():
        said = for_log(items[pk].record, vote)
        write_log(access, "vote.returned", item=items[pk], before={**said, **whose})
    return len(theirs)


def _votes_on(items: Mapping[int, ScreeningItem]) -> dict[int, list[Vote]]:
    """The current votes on each item, which the caller has locked."""
    votes: dict[int, list[Vote]] = {}
    keys = list(items)
    for first in range(0, len(keys), AT_ONCE):
        some = keys[first : first + AT_ONCE]
        current = Vote.objects.current().filter(item__in=some).select_related("reason")
        for vote in current.order_by("pk"):
            vote.item = items[vote.item_id]
            votes.setdefault(vote.item_id, []).append(vote)
    return votes
