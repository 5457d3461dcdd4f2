"""votes_long.csv: one row per vote."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import chain, groupby, islice
from typing import Any, NamedTuple

from reporting.exports.names import WITHHELD, members
from reporting.exports.reasons import Reasons, reasons_of
from screening.access import Reader
from screening.conflicts import letters, names_hidden
from screening.models import Membership, Vote
from screening.rules import Outcome, Stage

COLUMNS = (
    "review",
    "record_id",
    "report_id",
    "study_id",
    "doi",
    "pmid",
    "stage",
    "round",
    "reviewer",
    "vote",
    "reason",
    "all_reasons",
    "tags",
    "note",
    "cast_at",
    "seconds",
    "rank",
    "protocol_version",
    "is_pilot",
    "superseded_at",
    "imported_from",
)

ROWS_AT_ONCE = 2_000


class _Row(NamedTuple):
    item: int
    outcome: str
    reviewer: int
    record: int
    doi: str
    pmid: str
    stage: str
    round: int
    pk: int
    vote: str
    reason: int | None
    note: str
    cast_at: datetime
    seconds: int | None
    rank: int
    protocol: int
    superseded_at: datetime | None
    imported_from: str | None
    further: int | None


FIELDS = (
    "item",
    "item__outcome",
    "reviewer",
    "item__record__number",
    "item__record__doi",
    "item__record__pmid",
    "item__stage",
    "item__round",
    "pk",
    "decision",
    "reason",
    "note",
    "cast_at",
    "seconds",
    "item__rank",
    "protocol__number",
    "superseded_at",
    "imported_by__file_name",
    "further_reasons__reason",
)


def visible(access: Reader) -> int:
    return access.scope(Vote).visible_to(access).count()


def hidden(access: Reader) -> int:
    """Votes left out. One changed before its item settled counts once: a change does not show."""
    current = access.scope(Vote).current()
    return current.count() - current.visible_to(access).count()


def rows(access: Reader) -> Iterator[tuple[Any, ...]]:
    """The header and every visible vote, in an order that depends on no vote's value."""
    yield COLUMNS
    found = access.scope(Vote).visible_to(access).order_by("item__rank", "item", "pk")
    votes = found.values_list(*FIELDS).iterator(chunk_size=ROWS_AT_ONCE)
    first = list(islice(votes, 1))
    people, reasons = members(access), reasons_of(access)
    for item, group in groupby(chain(first, votes), key=lambda values: values[0]):
        together = [_Row._make(values) for values in group]
        yield from _of_item(access, item, together, people, reasons)


def _of_item(
    access: Reader,
    item: int,
    together: list[_Row],
    people: dict[int, Membership],
    reasons: Reasons,
) -> Iterator[tuple[Any, ...]]:
    """The item's votes by membership number, or by letter where names are hidden, as cast.

    Args:
        together: a row for each vote, one more for each further reason behind the second.
    """
    votes = list({row.pk: row for row in together}.values())
    given = _reasons_given(together)
    labels = _letters(access, item, votes)
    if labels:
        votes.sort(key=lambda vote: labels.get(vote.reviewer, ""))
    else:
        votes.sort(key=lambda vote: people[vote.reviewer].number)
    for vote in votes:
        is_hidden = vote.reviewer in labels
        times = (
            ("", "", vote.superseded_at and WITHHELD, "")
            if is_hidden
            else (vote.cast_at, vote.seconds, vote.superseded_at, vote.imported_from or "")
        )
        yield (
            access.review.title,
            vote.record,
            vote.record if vote.stage == Stage.FULL_TEXT else "",
            "",
            vote.doi,
            vote.pmid,
            vote.stage,
            vote.round,
            labels[vote.reviewer] if is_hidden else people[vote.reviewer].name,
            vote.vote,
            reasons.code(reasons.counted([given[vote.pk]]) if vote.pk in given else None),
            reasons.codes(given[vote.pk]) if vote.pk in given else "",
            "",
            vote.note,
            times[0],
            times[1],
            vote.rank,
            vote.protocol,
            False,
            *times[2:],
        )


def _reasons_given(together: list[_Row]) -> dict[int, set[int]]:
    """The reasons of each vote that has some."""
    given: dict[int, set[int]] = defaultdict(set)
    for row in together:
        if row.reason:
            given[row.pk] |= {row.reason, row.further} - {None}
    return given


def _letters(access: Reader, item: int, votes: list[_Row]) -> dict[int, str]:
    """Letters for everybody but the viewer, where this is an open conflict of others.

    On an unsettled item only the viewer's own votes are here, and those need no letter.
    """
    if access.sees_everything or votes[0].outcome != Outcome.CONFLICT:
        return {}
    me = access.user.pk
    if all(vote.reviewer == me for vote in votes):
        return {}
    voters = {vote.reviewer for vote in votes if vote.superseded_at is None}
    if not names_hidden(access, voters, resolved=False):
        return {}
    return letters(item, me, voters, {vote.reviewer for vote in votes} - {me})
