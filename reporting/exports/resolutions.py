"""resolutions.csv: one row per conflict that ended."""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain, groupby, islice
from typing import Any, NamedTuple

from django.db.models import FilteredRelation, Q, QuerySet

from reporting.exports.names import members
from screening.access import Reader
from screening.models import Membership, Resolution
from screening.querysets.votes import is_shown

COLUMNS = (
    "record_id",
    "stage",
    "round",
    "votes_before",
    "mode",
    "decision",
    "reason",
    "rationale",
    "resolved_by",
    "confirmed_by",
    "resolved_at",
)


class _Row(NamedTuple):
    """A resolution with one of its votes and one of its confirmations."""

    pk: int
    record: int
    stage: str
    round: int
    mode: str
    decision: str
    reason: str | None
    rationale: str
    resolved_by: int
    resolved_at: datetime
    vote: int | None
    voted: str | None
    confirmed_by: int | None


FIELDS = (
    "pk",
    "item__record__number",
    "item__stage",
    "item__round",
    "mode",
    "decision",
    "reason__code",
    "rationale",
    "resolved_by",
    "resolved_at",
    "vote",
    "vote__decision",
    "proposal__confirmations__confirmed_by",
)

ROWS_AT_ONCE = 2_000


def visible(access: Reader) -> int:
    return _shown(access).count()


def rows(access: Reader) -> Iterator[tuple[Any, ...]]:
    """The header and every resolution, by record."""
    yield COLUMNS
    pairs = _shown(access).annotate(
        vote=FilteredRelation("item__votes", condition=Q(item__votes__superseded_at__isnull=True))
    )
    pairs = pairs.order_by("item__record__number", "item", "pk").values_list(*FIELDS)
    found = pairs.iterator(chunk_size=ROWS_AT_ONCE)
    first = list(islice(found, 1))
    people = members(access)
    for _, group in groupby(chain(first, found), key=lambda values: values[0]):
        yield _cells([_Row._make(values) for values in group], people)


def _cells(together: list[_Row], people: dict[int, Membership]) -> tuple[Any, ...]:
    """One resolution, from the pairs of its votes and confirmations."""
    one = together[0]
    votes = {row.vote: row.voted for row in together}
    confirmed = {people[row.confirmed_by] for row in together if row.confirmed_by is not None}
    return (
        one.record,
        one.stage,
        one.round,
        "|".join(sorted(votes.values())),
        one.mode,
        one.decision,
        one.reason,
        one.rationale,
        people[one.resolved_by].name,
        "|".join(member.name for member in sorted(confirmed, key=lambda member: member.number)),
        one.resolved_at,
    )


def _shown(access: Reader) -> QuerySet[Resolution]:
    """Resolutions whose votes are visible to everybody; of earlier rounds once the latest stands."""
    resolutions = access.scope(Resolution)
    return resolutions if access.sees_everything else resolutions.filter(is_shown("item__"))
