"""Where somebody acts on a record."""

from collections.abc import Iterator
from dataclasses import dataclass

from reporting.records.history import History, Round
from screening.access import Right
from screening.models import RetrievalState
from screening.rules import Stage

NOT_TO_READ = {RetrievalState.REQUESTED, RetrievalState.NOT_RETRIEVED}


@dataclass(frozen=True, slots=True)
class Way:
    """A page where somebody acts on the record."""

    page: str  # name of the address
    words: str
    stage: Stage | None = None
    is_main: bool = False


def ways_of(history: History) -> Iterator[Way]:
    """Pages where the viewer may act, or see more; the step that waits for them is the main one."""
    latest, access = history.latest, history.access
    if latest is None:
        return
    for one in history.rounds:
        if one.item.is_open:
            yield from _of_round(history, one, is_latest=one is latest)
    if history.report:
        is_main = history.waits_for_report and access.may(Right.RETRIEVE)
        yield Way("screening:full_text", "Its report", is_main=is_main)


def _of_round(history: History, one: Round, *, is_latest: bool) -> Iterator[Way]:
    item, at, access = one.item, f"on {one.stage.words}", history.access
    if one.is_disputed:
        yield Way("screening:conflict", f"The conflict {at}", one.stage, is_main=True)
    elif item.is_settled:
        if one.resolution:
            words = f"How the conflict {at} was resolved"
            yield Way("screening:conflict", words, one.stage)
        if access.may(Right.REOPEN):
            yield Way("screening:reopen", f"Reopen it {at}", one.stage)
    elif access.may(Right.VOTE) and is_latest:
        yield from _to_vote(history, one)


def _to_vote(history: History, one: Round) -> Iterator[Way]:
    at = f"on {one.stage.words}"
    if any(vote.superseded_at is None for vote in one.votes):
        yield Way("screening:record", f"Your vote {at}", one.stage)
        return
    is_missing = one.stage is Stage.FULL_TEXT and history.row.retrieval in NOT_TO_READ
    if one.item.n_votes < one.item.quorum and not is_missing:
        is_main = not history.waits_for_report
        yield Way("screening:record", f"Judge it {at}", one.stage, is_main=is_main)
