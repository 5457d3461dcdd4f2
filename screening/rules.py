"""What votes add up to, and when a proposal stands. Pure: no ORM, no request, no clock."""

from collections.abc import Collection, Hashable, Sequence
from enum import StrEnum
from typing import TypeVar

Person = TypeVar("Person", bound=Hashable)
Reason = TypeVar("Reason", bound=Hashable)


class Stage(StrEnum):
    TITLE_ABSTRACT = "title_abstract"
    FULL_TEXT = "full_text"

    @property
    def words(self) -> str:
        return "title and abstract" if self is Stage.TITLE_ABSTRACT else "full text"


class Decision(StrEnum):
    """What a vote says. A resolution is only ever include or exclude."""

    INCLUDE = "include"
    EXCLUDE = "exclude"
    MAYBE = "maybe"


class Outcome(StrEnum):
    UNSEEN = "unseen"
    PARTIAL = "partial"
    CONFLICT = "conflict"
    INCLUDED = "included"
    EXCLUDED = "excluded"


class MaybePolicy(StrEnum):
    """What a maybe counts as when votes are added up."""

    INCLUDE = "include"
    DISCUSS = "discuss"
    OFF = "off"


AWAITING_VOTES = (Outcome.UNSEEN, Outcome.PARTIAL)
COMPLETE = (Outcome.CONFLICT, Outcome.INCLUDED, Outcome.EXCLUDED)


def decisions_offered(stage: Stage, maybe: MaybePolicy) -> tuple[Decision, ...]:
    """The votes a reviewer may cast; maybe does not exist at full text."""
    if stage is Stage.FULL_TEXT or maybe is MaybePolicy.OFF:
        return (Decision.EXCLUDE, Decision.INCLUDE)
    return (Decision.EXCLUDE, Decision.MAYBE, Decision.INCLUDE)


def outcome(
    votes: Collection[Decision],
    *,
    quorum: int,
    maybe: MaybePolicy = MaybePolicy.INCLUDE,
    reasons: Collection[Collection[Hashable]] | None = None,
    resolution: Decision | None = None,
) -> Outcome:
    """Add up the current votes on one screening item.

    Fewer votes than `quorum` leave it unseen or partial. A full set that agrees decides it;
    one that does not is a conflict until a resolution ends it. A maybe counts as an include,
    or, where the protocol says `discuss`, always makes a conflict. A resolution stands, also
    where the same votes would be no conflict under a later version of the protocol.

    Args:
        votes: one decision per reviewer, in any order.
        quorum: votes the protocol asks for, 1 to 3.
        reasons: those of each vote to exclude, where the protocol asks that one is common to all;
            None where it does not.
        resolution: how the conflict ended, if it did.

    Raises:
        ValueError: more votes than the quorum; a resolution that is a maybe, or of too few votes.
    """
    if len(votes) > quorum:
        raise ValueError(f"{len(votes)} votes where {quorum} are asked for")
    added_up = _added_up(votes, quorum, maybe)
    if added_up is Outcome.EXCLUDED and reasons is not None and not common_to_all(reasons):
        added_up = Outcome.CONFLICT
    if resolution is None:
        return added_up
    if added_up in AWAITING_VOTES:
        raise ValueError(f"a resolution of an item that is {added_up}")
    if resolution is Decision.MAYBE:
        raise ValueError("a resolution is include or exclude")
    return Outcome.EXCLUDED if resolution is Decision.EXCLUDE else Outcome.INCLUDED


def _added_up(votes: Collection[Decision], quorum: int, maybe: MaybePolicy) -> Outcome:
    if not votes:
        return Outcome.UNSEEN
    if len(votes) < quorum:
        return Outcome.PARTIAL
    if maybe is MaybePolicy.DISCUSS and Decision.MAYBE in votes and quorum > 1:
        return Outcome.CONFLICT
    excluding = sum(vote is Decision.EXCLUDE for vote in votes)
    if excluding == 0:
        return Outcome.INCLUDED
    return Outcome.EXCLUDED if excluding == len(votes) else Outcome.CONFLICT


def common_to_all(given: Collection[Collection[Reason]]) -> set[Reason]:
    """The reasons that every vote to exclude gave."""
    return set.intersection(*map(set, given)) if given else set()


def counted_reason(given: Collection[Collection[Reason]], order: Sequence[Reason]) -> Reason | None:
    """The one reason an excluded report is counted under (PRISMA 2020).

    The first in the protocol's order of those that all votes gave, or, where they share none, of
    all that were given.

    Args:
        given: the reasons of each vote to exclude.
        order: every reason of the review, the first one first.
    """
    candidates = common_to_all(given) or {reason for reasons in given for reason in reasons}
    return next((reason for reason in order if reason in candidates), None)


def still_to_confirm(
    active_voters: Collection[Person], *, proposer: Person, confirmed: Collection[Person]
) -> set[Person]:
    """Who must still confirm a proposal: every other active voter who has not yet."""
    return set(active_voters) - {proposer} - set(confirmed)
