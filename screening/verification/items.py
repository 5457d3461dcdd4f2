"""Items with their votes, resolutions and outcomes, beside what the log tells of them."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

from django.db.models import FilteredRelation, Q

from screening.models import (
    FurtherReason,
    ImportState,
    LogEntry,
    Protocol,
    Resolution,
    Review,
    ScreeningItem,
)
from screening.rules import COMPLETE, Decision, MaybePolicy, Outcome, Stage, outcome

ROWS_AT_ONCE = 5_000
LOGGED = ("vote", "note", "slot", "reasons")
VOTE_ACTIONS = ("vote.cast", "vote.changed", "vote.taken_back", "vote.returned")


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
    came_with: int | None
    record_review: int
    import_state: str
    resolution: str | None
    mode: str | None
    resolved_by: int | None
    proposal_item: int | None
    proposal_decision: str | None
    proposal_ending: str | None

    @property
    def is_staged(self) -> bool:
        return self.came_with is not None and self.import_state == ImportState.STAGED


class Cast(NamedTuple):
    """A current vote. `reasons` are codes, the first one first.

    Args:
        quorum: what its item asked for when it was cast, under this version of the protocol.
        carried_from: the vote on a duplicate that it says again.
        imported_by: the import whose file tells of it.
    """

    pk: int
    reviewer: int
    decision: str
    note: str
    slot: int
    quorum: int
    protocol: int
    carried_from: int | None
    imported_by: int | None
    reasons: tuple[str, ...]


ITEM_COLUMNS = (
    "pk",
    "record__number",
    "stage",
    "round",
    "quorum",
    "outcome",
    "completed_at",
    "closed_at",
    "imported_by",
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
    "current_vote",
    "current_vote__reviewer",
    "current_vote__decision",
    "current_vote__note",
    "current_vote__slot",
    "current_vote__quorum",
    "current_vote__protocol",
    "current_vote__carried_from",
    "current_vote__imported_by",
    "current_vote__reason__code",
)


def about_items(review: Review, looked_at: Counter[str]) -> Iterator[str]:
    """Every item with its votes, its resolution, and the votes its log entries tell of."""
    versions = list(review.protocols.order_by("number"))
    protocol = next((one for one in versions if one.ended_at_sequence is None), None)
    if protocol is None:
        yield "protocol: none is in force."
        return
    yield from _about_versions(versions)
    people = set(review.memberships.values_list("user", flat=True))
    logged = _logged_votes(review)
    ahead = next(logged, None)
    for item, votes in _items_with_votes(review):
        looked_at["items"] += 1
        looked_at["votes"] += len(votes)
        told: dict[int, Any] = {}
        while ahead and ahead[0] <= item.pk:
            if ahead[0] == item.pk:
                told = ahead[1]
            ahead = next(logged, None)
        found = (
            *_about_the_item(item, votes, review, protocol),
            *_about_its_votes(item, votes, protocol, people),
            *_about_its_outcome(item, votes, versions if item.closed_at else [protocol]),
            *_about_its_resolution(item, votes, versions),
        )
        for what in found:
            yield f"{_place(item)}: {what}."
        # Of a carried vote the log tells where it was cast, and that the records were merged; of
        # imported ones how many there are: see `imports`.
        cast = {vote.reviewer: _as_logged(vote) for vote in votes if _was_cast_here(vote)}
        if told != cast:
            yield f"{_place(item)}: the log tells of other votes than are stored."


def _was_cast_here(vote: Cast) -> bool:
    return vote.carried_from is None and vote.imported_by is None


def _place(item: Item) -> str:
    return f"record {item.record} at {Stage(item.stage).words}, round {item.round}"


def _about_versions(versions: Iterable[Protocol]) -> Iterator[str]:
    """Each begins with the entry of the log that the one before it ends with."""
    number, ended = 0, None
    for version in versions:
        begins_there = not number or version.started_at_sequence == ended
        if version.number != number + 1 or not begins_there:
            yield f"protocol: version {version.number} does not follow on the one before it."
        number, ended = version.number, version.ended_at_sequence


def _items_with_votes(review: Review) -> Iterator[tuple[Item, list[Cast]]]:
    current = FilteredRelation("votes", condition=Q(votes__superseded_at__isnull=True))
    rows = (
        ScreeningItem.objects.filter(review=review)
        .annotate(current_vote=current)
        .order_by("pk")
        .values_list(*ITEM_COLUMNS, *VOTE_COLUMNS)
    )
    width = len(ITEM_COLUMNS)
    further = _further_reasons(review)
    for _, group in groupby(rows.iterator(ROWS_AT_ONCE), key=lambda row: row[0]):
        of_item = list(group)
        votes = [
            Cast(*row[:-1], reasons=(row[-1], *further.get(row[0], ())) if row[-1] else ())
            for row in (one[width:] for one in of_item)
            if row[0] is not None
        ]
        yield Item(*of_item[0][:width]), votes


def _further_reasons(review: Review) -> dict[int, list[str]]:
    """Codes by vote, as they were given. Few: only reports that are excluded have some."""
    rows = FurtherReason.objects.filter(vote__item__review=review).order_by("pk")
    given: dict[int, list[str]] = {}
    for vote, code in rows.values_list("vote", "reason__code"):
        given.setdefault(vote, []).append(code)
    return given


def _logged_votes(review: Review) -> Iterator[tuple[int, dict[int, Any]]]:
    """Pairs of item and the votes on it that should be current, in the order of items.

    What an entry says is taken as it is: one that was tampered with may say anything. A vote is
    its actor's, or, where the lead gave it back to the queue, that of the member it names.
    """
    users = dict(review.memberships.values_list("number", "user"))
    rows = (
        LogEntry.objects.filter(review=review, item__isnull=False, action__in=VOTE_ACTIONS)
        .order_by("item", "sequence")
        .values_list("item", "actor__user", "after", "action", "before")
    )
    for item, group in groupby(rows.iterator(ROWS_AT_ONCE), key=lambda row: row[0]):
        last = {}
        for _, actor, after, action, before in group:
            is_named = action == "vote.returned" and isinstance(before, dict)
            last[users.get(before.get("member")) if is_named else actor] = after
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
    return {name: said for name, said in after.items() if name in LOGGED}


def _as_logged(vote: Cast) -> dict[str, Any]:
    said = {"vote": vote.decision, "note": vote.note, "slot": vote.slot}
    return said | {"reasons": list(vote.reasons)} if vote.reasons else said


def _about_the_item(
    item: Item, votes: Collection[Cast], review: Review, protocol: Protocol
) -> Iterator[str]:
    if item.record_review != review.pk:
        yield "its record is of another review"
    # Until its import stands an item is there for nobody, see `querysets.standing`.
    if item.import_state != ImportState.COMMITTED and (votes or not item.is_staged):
        yield f"its record came with an import that is {item.import_state}"
    asked = max(protocol.quorum(Stage(item.stage)), len(votes))
    if item.closed_at is None and item.resolution is None and item.quorum != asked:
        yield f"it asks for {item.quorum} votes, and the protocol for {asked}"


def _about_its_votes(
    item: Item, votes: Collection[Cast], protocol: Protocol, people: Collection[int]
) -> Iterator[str]:
    if any(_is_beside(vote, item, protocol) for vote in votes):
        yield "a vote on it has another quorum"
    if len({vote.reviewer for vote in votes}) < len(votes):
        yield "somebody has two votes on it"
    slots = {vote.slot for vote in votes}
    beyond = any(not 1 <= vote.slot <= vote.quorum for vote in votes)
    if len(slots) < len(votes) or beyond or len(votes) > item.quorum:
        yield "its votes are not in slots of their own within the quorum"
    if any(vote.reviewer not in people for vote in votes):
        yield "somebody voted who never was a member"
    takes_reasons = item.stage == Stage.FULL_TEXT
    for vote in votes:
        if bool(vote.reasons) != (takes_reasons and vote.decision == Decision.EXCLUDE):
            yield "a vote on it lacks a reason, or has one that it should not have"


def _is_beside(vote: Cast, item: Item, protocol: Protocol) -> bool:
    """The quorum of a vote is not its item's, and no amendment explains it.

    After one an item may ask for more than the protocol, as long as it has as many votes.
    """
    if vote.quorum == item.quorum or vote.protocol != protocol.pk:
        return False
    return protocol.number == 1 or vote.quorum < item.quorum


def _about_its_outcome(
    item: Item, votes: Collection[Cast], versions: Sequence[Protocol]
) -> Iterator[str]:
    """An earlier round stays as a version that has ended may have made it."""
    due = [_due(item, votes, version, item.resolution) for version in versions]
    if item.outcome not in due:
        yield f"the outcome stored is “{item.outcome}”, and its votes make {due[-1]}"
    if (item.completed_at is not None) != (item.outcome in COMPLETE):
        yield "it is complete without a time, or the other way round"


def _due(item: Item, votes: Iterable[Cast], protocol: Protocol, resolution: str | None) -> str:
    decisions = tuple(sorted(vote.decision for vote in votes))
    reasons = None
    if item.stage == Stage.FULL_TEXT and protocol.reasons_must_agree:
        reasons = tuple(sorted(tuple(sorted(vote.reasons)) for vote in votes if vote.reasons))
    return _due_outcome(decisions, item.quorum, protocol.maybe_policy, reasons, resolution)


@cache
def _due_outcome(
    decisions: tuple[str, ...],
    quorum: int,
    maybe: str,
    reasons: tuple[tuple[str, ...], ...] | None,
    resolution: str | None,
) -> str:
    """The outcome, or why there is none; there are few combinations."""
    try:
        due = outcome(
            [Decision(decision) for decision in decisions],
            quorum=quorum,
            maybe=MaybePolicy(maybe),
            reasons=reasons,
            resolution=Decision(resolution) if resolution else None,
        )
    except ValueError as impossible:
        return f"none: {impossible}"
    return due.value


def _about_its_resolution(
    item: Item, votes: Collection[Cast], versions: Iterable[Protocol]
) -> Iterator[str]:
    if item.resolution and not any(
        _due(item, votes, version, None) == Outcome.CONFLICT for version in versions
    ):
        yield "it was resolved, and no version of the protocol makes it a conflict"
    if item.mode == Resolution.Mode.ADJUDICATION:
        if item.resolved_by in {vote.reviewer for vote in votes}:
            yield "it was adjudicated by somebody who voted on it"
    elif item.mode == Resolution.Mode.DISCUSSION:
        proposal = (item.proposal_item, item.proposal_decision, item.proposal_ending)
        if proposal != (item.pk, item.resolution, "accepted"):
            yield "it was resolved by a proposal that says something else"
