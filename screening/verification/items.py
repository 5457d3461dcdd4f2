"""Items with their votes, resolutions and outcomes, beside what the log tells of them."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

from django.db.models import FilteredRelation, Q

from screening.actions.outcomes import added_up
from screening.models import ImportState, LogEntry, Protocol, Resolution, Review, ScreeningItem
from screening.rules import COMPLETE, Stage

ROWS_AT_ONCE = 5_000
VOTE_ACTIONS = ("vote.cast", "vote.changed", "vote.taken_back")


class Item(NamedTuple):
    """A screening item and what hangs on it, without its votes."""

    pk: int
    record: int
    stage: str
    round: int
    quorum: int
    outcome: str
    completed_at: Any
    closed_at: Any
    record_review: int
    import_state: str
    resolution: str | None
    mode: str | None
    resolved_by: int | None
    proposal_item: int | None
    proposal_decision: str | None
    proposal_ending: str | None


class Cast(NamedTuple):
    """A current vote."""

    reviewer: int
    decision: str
    note: str
    slot: int


ITEM_COLUMNS = (
    "pk",
    "record__number",
    "stage",
    "round",
    "quorum",
    "outcome",
    "completed_at",
    "closed_at",
    "record__review",
    "record__imported_by__state",
    "resolution__decision",
    "resolution__mode",
    "resolution__resolved_by",
    "resolution__proposal__item",
    "resolution__proposal__decision",
    "resolution__proposal__ending",
)
VOTE_COLUMNS = (
    "current_vote__reviewer",
    "current_vote__decision",
    "current_vote__note",
    "current_vote__slot",
    "current_vote__quorum",
)


def about_items(review: Review, looked_at: Counter[str]) -> Iterator[str]:
    """Every item with its votes, its resolution, and the votes its log entries tell of."""
    protocol = review.protocols.filter(ended_at_sequence=None).first()
    if protocol is None:
        yield "protocol: none is in force."
        return
    people = set(review.memberships.values_list("user", flat=True))
    logged = _logged_votes(review)
    ahead = next(logged, None)
    for item, votes, quorums in _items_with_votes(review):
        looked_at["items"] += 1
        looked_at["votes"] += len(votes)
        told: dict[int, Any] = {}
        while ahead and ahead[0] <= item.pk:
            if ahead[0] == item.pk:
                told = ahead[1]
            ahead = next(logged, None)
        found = (
            *_about_the_item(item, review, protocol),
            *_about_its_votes(item, votes, quorums, people),
            *_about_its_outcome(item, votes, protocol),
            *_about_its_resolution(item, votes),
        )
        for what in found:
            yield f"{_place(item)}: {what}."
        if told != {vote.reviewer: _as_logged(vote) for vote in votes}:
            yield f"{_place(item)}: the log tells of other votes than are stored."


def _place(item: Item) -> str:
    stage = item.stage.replace("_", " and ") if item.stage == Stage.TITLE_ABSTRACT else "full text"
    return f"record {item.record} at {stage}, round {item.round}"


def _items_with_votes(review: Review) -> Iterator[tuple[Item, list[Cast], set[int]]]:
    current = FilteredRelation("votes", condition=Q(votes__superseded_at__isnull=True))
    rows = (
        ScreeningItem.objects.filter(review=review)
        .annotate(current_vote=current)
        .order_by("pk")
        .values_list(*ITEM_COLUMNS, *VOTE_COLUMNS)
    )
    width = len(ITEM_COLUMNS)
    for _, group in groupby(rows.iterator(ROWS_AT_ONCE), key=lambda row: row[0]):
        of_item = list(group)
        cast = [row[width:] for row in of_item if row[width] is not None]
        votes = [Cast(*row[:-1]) for row in cast]
        yield Item(*of_item[0][:width]), votes, {row[-1] for row in cast}


def _logged_votes(review: Review) -> Iterator[tuple[int, dict[int, Any]]]:
    """Pairs of item and the votes on it that should be current, in the order of items.

    What an entry says is taken as it is: one that was tampered with may say anything.
    """
    rows = (
        LogEntry.objects.filter(review=review, item__isnull=False, action__in=VOTE_ACTIONS)
        .order_by("item", "sequence")
        .values_list("item", "actor__user", "after")
    )
    for item, group in groupby(rows.iterator(ROWS_AT_ONCE), key=lambda row: row[0]):
        last = {reviewer: after for _, reviewer, after in group}
        yield (
            item,
            {
                reviewer: _without_place(after)
                for reviewer, after in last.items()
                if after is not None
            },
        )


def _without_place(after: Any) -> Any:
    if not isinstance(after, dict):
        return after
    return {name: said for name, said in after.items() if name in ("vote", "note", "slot")}


def _as_logged(vote: Cast) -> dict[str, Any]:
    return {"vote": vote.decision, "note": vote.note, "slot": vote.slot}


def _about_the_item(item: Item, review: Review, protocol: Protocol) -> Iterator[str]:
    if item.record_review != review.pk:
        yield "its record is of another review"
    if item.import_state != ImportState.COMMITTED:
        yield f"its record came with an import that is {item.import_state}"
    asked = protocol.quorum(Stage(item.stage))
    if item.closed_at is None and item.quorum != asked:
        yield f"it asks for {item.quorum} votes, and the protocol for {asked}"


def _about_its_votes(
    item: Item, votes: Collection[Cast], quorums: set[int], people: Collection[int]
) -> Iterator[str]:
    if quorums - {item.quorum}:
        yield "a vote on it has another quorum"
    if len({vote.reviewer for vote in votes}) < len(votes):
        yield "somebody has two votes on it"
    slots = {vote.slot for vote in votes}
    if len(slots) < len(votes) or not slots <= set(range(1, item.quorum + 1)):
        yield "its votes are not in slots of their own within the quorum"
    if any(vote.reviewer not in people for vote in votes):
        yield "somebody voted who never was a member"


def _about_its_outcome(item: Item, votes: Iterable[Cast], protocol: Protocol) -> Iterator[str]:
    decisions = tuple(sorted(vote.decision for vote in votes))
    due = _due_outcome(decisions, item.quorum, protocol.maybe_policy, item.resolution)
    if item.outcome != due:
        yield f"the outcome stored is “{item.outcome}”, and its votes make {due}"
    if (item.completed_at is not None) != (item.outcome in COMPLETE):
        yield "it is complete without a time, or the other way round"


@cache
def _due_outcome(
    decisions: tuple[str, ...], quorum: int, maybe: str, resolution: str | None
) -> str:
    """The outcome, or why there is none; there are few combinations."""
    try:
        due = added_up(
            ScreeningItem(quorum=quorum), decisions, Protocol(maybe_policy=maybe), resolution
        )
    except ValueError as impossible:
        return f"none: {impossible}"
    return due.value


def _about_its_resolution(item: Item, votes: Iterable[Cast]) -> Iterator[str]:
    if item.mode == Resolution.Mode.ADJUDICATION:
        if item.resolved_by in {vote.reviewer for vote in votes}:
            yield "it was adjudicated by somebody who voted on it"
    elif item.mode == Resolution.Mode.DISCUSSION:
        proposal = (item.proposal_item, item.proposal_decision, item.proposal_ending)
        if proposal != (item.pk, item.resolution, "accepted"):
            yield "it was resolved by a proposal that says something else"
