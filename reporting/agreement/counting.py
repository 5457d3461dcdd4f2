"""What each pair of reviewers made of the same items, before anything was discussed.

Counted are the first rounds that are settled, or were when a later round took their place, with
the votes that stood then; resolutions never enter, nor do duplicates and the votes carried from
them, which were cast on another record, nor imported votes of members who stand for a team, which
were not cast by two people. A maybe counts as an include, whatever becomes
of it in the protocol. What the viewer may not tell apart by name is left out: see `left_out`.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)

from reporting.agreement.coefficients import Estimate, cohen_kappa, gwet_ac1, percent_agreement
from reporting.agreement.summary import SCREENING, Summary, summary
from reporting.agreement.tables import Table
from screening.access import Reader
from screening.models import ExclusionReason, Membership, Merge, Vote
from screening.querysets.votes import is_settled, is_shown
from screening.rules import Decision, Outcome, Stage

WITHHELD = ""
COUNTS_AS = {
    Decision.INCLUDE: Decision.INCLUDE,
    Decision.MAYBE: Decision.INCLUDE,
    Decision.EXCLUDE: Decision.EXCLUDE,
}

# By pair of users, how often they gave each pair of answers.
Answers = dict[tuple[int, int], dict[tuple[str, str], int]]


@dataclass(frozen=True, slots=True)
class ReasonAgreement:
    """Of the reports both exclude: what each gave as the first of their reasons."""

    table: Table
    raw: Estimate
    kappa: Estimate
    ac1: Estimate


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two reviewers at one stage, the one who joined first first.

    Args:
        left_out: open conflicts of theirs that are not counted in, since whose vote is whose is
            hidden from the viewer; without them agreement looks higher than it is.
        reasons: at full text alone; None where they exclude nothing together.
    """

    stage: Stage
    first: str
    second: str
    left_out: int
    summary: Summary
    reasons: ReasonAgreement | None


def agreement(access: Reader, stage: Stage, now: datetime | None = None) -> list[PairAgreement]:
    """Every pair with at least one item in common, in the order in which they joined."""
    votes = _pairs_of_votes(access, stage, now or access.now())
    decisions = _decisions(access, votes)
    reasons = _reasons(access, votes) if stage is Stage.FULL_TEXT else {}
    codes = _codes(access) if reasons else []
    people = {member.user_id: member for member in access.scope(Membership)}
    found = []
    for pair, counts in decisions.items():
        one, other = sorted(pair, key=lambda user: people[user].number)
        is_turned = (one, other) != pair
        table = Table.of(_decided(counts), SCREENING)
        found.append(
            PairAgreement(
                stage,
                people[one].name,
                people[other].name,
                counts.get((WITHHELD, WITHHELD), 0),
                summary(table.swapped if is_turned else table),
                _of_reasons(reasons.get(pair), codes, is_turned=is_turned),
            )
        )
    numbers = {member.name: member.number for member in people.values()}
    return sorted(found, key=lambda pair: (numbers[pair.first], numbers[pair.second]))


def _pairs_of_votes(access: Reader, stage: Stage, now: datetime) -> QuerySet[Vote]:
    """Current votes on first rounds, each with the one of every other person on the same item."""
    cast = access.scope(Vote).current().at(stage).filter(carried_from=None, stands_for_team=False)
    merged = Merge.objects.in_force().filter(record=OuterRef("item__record"))
    first_rounds = cast.filter(~Exists(merged), item__round=1)
    return (
        first_rounds.filter(_is_counted(access, now))
        .annotate(
            other=FilteredRelation(
                "item__votes",
                condition=Q(
                    item__votes__superseded_at__isnull=True,
                    item__votes__carried_from__isnull=True,
                    item__votes__stands_for_team=False,
                ),
            )
        )
        .filter(other__reviewer__gt=F("reviewer"))
        .order_by()
    )


def _is_counted(access: Reader, now: datetime) -> Q:
    if access.sees_everything:
        return is_settled("item__", now) | Q(item__closed_at__isnull=False)
    return is_shown("item__", now)


def _is_withheld(access: Reader) -> Q:
    """An open conflict of others, where names are hidden: see `conflicts.names`."""
    if access.sees_everything or access.protocol.names_shown_in_conflicts:
        return Q(pk__isnull=True)
    mine = Vote.objects.current().filter(reviewer=access.user, item=OuterRef("item"))
    is_open = Q(item__outcome=Outcome.CONFLICT.value, item__closed_at__isnull=True)
    return is_open & ~Q(Exists(mine))


def _decisions(access: Reader, votes: QuerySet[Vote]) -> Answers:
    """With no answer in place of what is withheld."""
    withheld = When(_is_withheld(access), then=Value(WITHHELD))
    return _by_pair(
        votes.annotate(
            a=Case(withheld, default=F("decision")), b=Case(withheld, default=F("other__decision"))
        )
    )


def _reasons(access: Reader, votes: QuerySet[Vote]) -> Answers:
    both = votes.filter(
        ~_is_withheld(access),
        decision=Decision.EXCLUDE.value,
        other__decision=Decision.EXCLUDE.value,
    )
    return _by_pair(both.annotate(a=F("reason__code"), b=F("other__reason__code")))


def _by_pair(votes: QuerySet[Vote]) -> Answers:
    rows = votes.values_list("reviewer", "other__reviewer", "a", "b").annotate(n=Count("pk"))
    found: Answers = {}
    for first, second, a, b, n in rows:
        found.setdefault((first, second), {})[a, b] = n
    return found


def _codes(access: Reader) -> list[tuple[str, bool]]:
    """Reasons in the order of the protocol, and whether a vote may give them today."""
    reasons = access.scope(ExclusionReason).order_by("position", "pk")
    return [(reason.code, reason.retired_at is None) for reason in reasons]


def _decided(counts: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """Maybe taken for include; what is withheld left out."""
    found: Counter[tuple[str, str]] = Counter()
    for (a, b), n in counts.items():
        if WITHHELD not in (a, b):
            found[COUNTS_AS[Decision(a)], COUNTS_AS[Decision(b)]] += n
    return found


def _of_reasons(
    counts: Mapping[tuple[str, str], int] | None, codes: list[tuple[str, bool]], *, is_turned: bool
) -> ReasonAgreement | None:
    """Categories are the reasons one could give, used or not, and those that were given."""
    if not counts:
        return None
    given = {code for pair in counts for code in pair}
    table = Table.of(counts, [code for code, in_use in codes if in_use or code in given])
    table = table.swapped if is_turned else table
    return ReasonAgreement(table, percent_agreement(table), cohen_kappa(table), gwet_ac1(table))
