"""Work left by pair: how many records both, one or neither of two reviewers have voted on."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

from django.db import connection

from screening.access import ReviewAccess
from screening.models import Membership, Role, ScreeningItem
from screening.querysets.votes import undo_ends_for
from screening.rules import Stage

# That somebody voted may show, the direction never: only votes are counted here. Reports show once
# their records are settled, as everywhere.
VOTES = """
    SELECT item.stage, first.reviewer_id, second.reviewer_id, COUNT(*)
    FROM screening_screeningitem item
    JOIN screening_vote first ON first.item_id = item.id AND first.superseded_at IS NULL
    JOIN screening_vote second ON second.item_id = item.id AND second.superseded_at IS NULL
    WHERE item.review_id = %(review)s AND item.closed_at IS NULL
    AND (item.stage = 'title_abstract' OR item.sought_at <= %(settled)s)
    AND first.reviewer_id <= second.reviewer_id
    GROUP BY item.stage, first.reviewer_id, second.reviewer_id
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two reviewers at one stage: records with a vote of both, of one of them, and of neither."""

    stage: Stage
    names: tuple[str, str]
    both: int
    one: int
    neither: int


def work_by_pair(access: ReviewAccess) -> list[Pair]:
    """Every pair of active reviewers at every stage that has something to screen."""
    members = access.scope(Membership).active().with_role(Role.REVIEWER).order_by("number")
    reviewers = list(members.values_list("user", "name"))
    if len(reviewers) < 2:
        return []
    both = _counted(access)
    pairs = []
    for stage in Stage:
        n_items = access.scope(ScreeningItem).at(stage).open().count()
        for (first, name), (second, other) in combinations(reviewers, 2):
            shared = both.get((stage, *sorted((first, second))), 0)
            votes = both.get((stage, first, first), 0) + both.get((stage, second, second), 0)
            one, neither = votes - 2 * shared, n_items - votes + shared
            if n_items:
                pairs.append(Pair(stage, (name, other), shared, one, neither))
    return pairs


def _counted(access: ReviewAccess) -> dict[tuple[Any, ...], int]:
    """By stage and two people; the same person twice stands for all votes of theirs."""
    settled = connection.ops.adapt_datetimefield_value(undo_ends_for())
    with connection.cursor() as cursor:
        cursor.execute(VOTES, {"review": access.review.pk, "settled": settled})
        return {tuple(people): n for *people, n in cursor.fetchall()}
