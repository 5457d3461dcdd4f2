"""The one fact a record waits for, as a sentence; it tells nothing that is not settled. Pure."""

from dataclasses import dataclass

from reporting.words import spelled
from screening.rules import AWAITING_VOTES, Outcome, Stage

# What reports wait for while nobody has voted on them, by what is known of them.
REPORTS = {
    None: "It waits for its report.",
    "requested": "It waits for its report, which was asked for.",
    "not_retrieved": "Its report could not be retrieved: it waits for nothing.",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a record is, at the furthest stage it has got to.

    Args:
        votes: how many there are in this round.
        retrieval: a code of `RetrievalState`; None while nothing is known, or there is no report.
        conflict: what the conflict waits for, after "waits"; empty where there is none.
        reason: what the report is excluded for.
    """

    stage: Stage
    outcome: Outcome
    is_settled: bool
    votes: int
    quorum: int
    retrieval: str | None = None
    conflict: str = ""
    reason: str = ""


def sentence(standing: Standing) -> str:
    at = f"on {standing.stage.words}"
    is_report = standing.stage is Stage.FULL_TEXT
    if standing.outcome in AWAITING_VOTES:
        if is_report and not standing.votes and standing.retrieval in REPORTS:
            return REPORTS[standing.retrieval]
        return f"It waits for {_votes(standing.votes, standing.quorum)} {at}."
    if not standing.is_settled:
        return f"It waits until its votes {at} can no longer be taken back."
    if standing.outcome is Outcome.CONFLICT:
        return f"It is in conflict {at}, and waits {standing.conflict}."
    if standing.outcome is Outcome.EXCLUDED:
        why = f": {standing.reason}" if standing.reason else ""
        return f"It is excluded {at}{why}. It waits for nothing."
    if is_report:
        return "It is included in the review. It waits for nothing."
    return f"It is included {at}."


def _votes(there: int, quorum: int) -> str:
    missing = max(quorum - there, 1)
    more = "more " if there else ""
    return f"{spelled(missing)} {more}vote{'' if missing == 1 else 's'}"
