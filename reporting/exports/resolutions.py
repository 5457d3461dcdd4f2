"""resolutions.csv: one row per conflict that ended."""

from collections.abc import Iterator
from itertools import chain, groupby, islice
from typing import Any

from django.db.models import FilteredRelation, Q, QuerySet

from reporting.exports.names import members
from screening.access import ReviewAccess
from screening.models import Resolution, ScreeningItem

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

ROWS_AT_ONCE = 2_000


def visible(access: ReviewAccess) -> int:
    return _settled(access).count()


def rows(access: ReviewAccess) -> Iterator[tuple[Any, ...]]:
    """The header and every resolution, by record."""
    yield COLUMNS
    pairs = _settled(access).annotate(
        vote=FilteredRelation("item__votes", condition=Q(item__votes__superseded_at__isnull=True))
    )
    pairs = pairs.order_by("item__record__number", "item", "pk").values_list(
        "pk",
        "item__record__number",
        "item__stage",
        "item__round",
        "mode",
        "decision",
        "rationale",
        "resolved_by",
        "resolved_at",
        "vote",
        "vote__decision",
        "proposal__confirmations__confirmed_by",
    )
    found = pairs.iterator(chunk_size=ROWS_AT_ONCE)
    first = list(islice(found, 1))
    people = members(access)
    for _, group in groupby(chain(first, found), key=lambda values: values[0]):
        together = list(group)
        _, record, stage, round_, mode, decision, rationale, by, at, *_ = together[0]
        votes = {values[9]: values[10] for values in together}
        confirmed = [people[values[11]] for values in together if values[11] is not None]
        confirmed = sorted(set(confirmed), key=lambda member: member.number)
        yield (
            record,
            stage,
            round_,
            "|".join(sorted(votes.values())),
            mode,
            decision,
            "",
            rationale,
            people[by].name,
            "|".join(member.name for member in confirmed),
            at,
        )


def _settled(access: ReviewAccess) -> QuerySet[Resolution]:
    """Resolutions whose item stands; its votes are visible to everybody then."""
    return access.scope(Resolution).filter(item__in=access.scope(ScreeningItem).settled())
