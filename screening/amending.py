"""What an amendment of the protocol changes: counted before it is saved, and done by the same SQL.

Votes that come by the thousand out of a file are added up by it as well.

One statement a stage, since a review may have 250,000 items. It says again in SQL what `rules` says
in Python; tests/screening/test_amending.py holds them together.
"""

from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from typing import Any

from django.db import connection

from screening.access import ReviewAccess
from screening.bulk import seek_reports
from screening.models import Proposal, Protocol, QueuePosition
from screening.querysets.standing import ITEM_STANDS
from screening.querysets.votes import undo_ends_for
from screening.rules import Outcome, Stage

# Each item in its latest round that no resolution ended, as it is and as it should be. A resolved
# one stays as it is: its votes were counted by the version that made it a conflict. What is being
# imported is changed too, but nobody counts it yet.
DUE = f"""
    WITH votes AS (
        SELECT vote.item_id, COUNT(*) AS n,
               SUM(CASE WHEN vote.decision = 'exclude' THEN 1 ELSE 0 END) AS excluding,
               SUM(CASE WHEN vote.decision = 'maybe' THEN 1 ELSE 0 END) AS maybes
        FROM screening_vote vote
        JOIN screening_screeningitem voted ON voted.id = vote.item_id
        WHERE voted.review_id = %(review)s AND voted.stage = %(stage)s
        AND voted.closed_at IS NULL AND vote.superseded_at IS NULL
        GROUP BY vote.item_id
    ),
    counted AS (
        SELECT item.id, item.quorum, item.outcome, item.completed_at,
               COALESCE(votes.n, 0) AS n, votes.excluding, votes.maybes,
               CASE WHEN votes.n > %(quorum)s THEN votes.n ELSE %(quorum)s END AS new_quorum,
               CASE WHEN (item.stage = 'title_abstract' OR item.sought_at <= %(settled)s)
                    AND {ITEM_STANDS} THEN 1 ELSE 0 END AS is_open,
               CASE WHEN item.completed_at <= %(settled)s THEN 1 ELSE 0 END AS is_old
        FROM screening_screeningitem item LEFT JOIN votes ON votes.item_id = item.id
        WHERE item.review_id = %(review)s AND item.stage = %(stage)s AND item.closed_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM screening_resolution ended WHERE ended.item_id = item.id)
    ),
    due AS (
        SELECT counted.*, CASE
            WHEN n = 0 THEN 'unseen'
            WHEN n < new_quorum THEN 'partial'
            WHEN %(maybe)s = 'discuss' AND maybes > 0 AND new_quorum > 1 THEN 'conflict'
            WHEN excluding = 0 THEN 'included'
            WHEN excluding < n THEN 'conflict'
            WHEN %(reasons_must_agree)s = 1 AND NOT EXISTS (
                SELECT 1 FROM screening_exclusionreason common
                WHERE common.review_id = %(review)s AND NOT EXISTS (
                    SELECT 1 FROM screening_vote cast_without
                    WHERE cast_without.item_id = counted.id
                    AND cast_without.superseded_at IS NULL AND cast_without.reason_id <> common.id
                    AND NOT EXISTS (
                        SELECT 1 FROM screening_furtherreason further
                        WHERE further.vote_id = cast_without.id AND further.reason_id = common.id
                    )
                )
            ) THEN 'conflict'
            ELSE 'excluded' END AS new_outcome
        FROM counted
    )
"""  # noqa: S608 -- made of constants, as all here
IS_SETTLED = "is_open = 1 AND is_old = 1"
IS_SHORT = "outcome IN ('unseen', 'partial')"
IS_DECIDED = "outcome IN ('included', 'excluded')"
GETS_SHORT = "new_outcome IN ('unseen', 'partial')"
GETS_DECIDED = "new_outcome IN ('included', 'excluded')"
# Of what is not settled it is said whether votes are missing, and never what they add up to; nor
# how many reports there are of records that are not settled.
COUNTED = {
    "another_quorum": "quorum <> new_quorum AND is_open = 1",
    "completed": f"{IS_SHORT} AND is_open = 1 AND NOT {GETS_SHORT}",
    "unsettled_short_again": f"NOT {IS_SHORT} AND is_open = 1 AND is_old = 0 AND {GETS_SHORT}",
    "decided_short_again": f"{IS_DECIDED} AND {IS_SETTLED} AND {GETS_SHORT}",
    "conflicts_short_again": f"outcome = 'conflict' AND {IS_SETTLED} AND {GETS_SHORT}",
    "decided_in_conflict": f"{IS_DECIDED} AND {IS_SETTLED} AND new_outcome = 'conflict'",
    "conflicts_decided": f"outcome = 'conflict' AND {IS_SETTLED} AND {GETS_DECIDED}",
    "proposals_ended": "outcome = 'conflict' AND new_outcome <> 'conflict' AND EXISTS "
    "(SELECT 1 FROM screening_proposal open WHERE open.item_id = due.id AND open.closed_at IS NULL)",
    "reports_sought": f"outcome = 'conflict' AND {IS_SETTLED} AND new_outcome = 'included' "
    "AND %(stage)s = 'title_abstract'",
    "reports_not_sought": f"outcome = 'included' AND {IS_SETTLED} AND new_outcome <> 'included' "
    "AND %(stage)s = 'title_abstract'",
}
_SUMS = ", ".join(
    f"COALESCE(SUM(CASE WHEN {condition} THEN 1 ELSE 0 END), 0)" for condition in COUNTED.values()
)
COUNT = f"{DUE} SELECT {_SUMS} FROM due"  # noqa: S608
CHANGE = f"""{DUE}
    UPDATE screening_screeningitem SET
        quorum = due.new_quorum,
        outcome = due.new_outcome,
        completed_at = CASE WHEN {GETS_SHORT} THEN NULL
                            ELSE COALESCE(due.completed_at, %(now)s) END
    FROM due WHERE due.id = screening_screeningitem.id
    AND (due.quorum <> due.new_quorum OR due.outcome <> due.new_outcome)
"""  # noqa: S608
LOCK = """
    SELECT COUNT(*) FROM (
        SELECT id FROM screening_screeningitem
        WHERE review_id = %(review)s AND stage = %(stage)s AND closed_at IS NULL
        ORDER BY id FOR NO KEY UPDATE
    ) locked
"""
# As `actions.outcomes` does it item by item.
REPORTS_FOLLOW = """
    UPDATE screening_screeningitem AS report
    SET sought_at = CASE WHEN item.outcome = 'included' THEN item.completed_at END
    FROM screening_screeningitem item
    WHERE item.record_id = report.record_id AND item.review_id = %(review)s
    AND item.stage = 'title_abstract' AND item.closed_at IS NULL
    AND report.stage = 'full_text' AND report.closed_at IS NULL
    AND ((item.outcome = 'included'
          AND (report.sought_at IS NULL OR report.sought_at <> item.completed_at))
         OR (item.outcome <> 'included' AND report.sought_at IS NOT NULL))
"""


# Of one, and of several.
IN_WORDS = {
    "another_quorum": (
        "{one} needs another number of votes",
        "{one}s need another number of votes",
    ),
    "completed": (
        "{one} short of votes has enough; what they add up to shows once it is settled",
        "{one}s short of votes have enough; what they add up to shows once they are settled",
    ),
    "unsettled_short_again": (
        "{one} that just got its votes is short of them again",
        "{one}s that just got their votes are short of them again",
    ),
    "decided_short_again": (
        "decided {one} is short of votes again",
        "decided {one}s are short of votes again",
    ),
    "conflicts_short_again": (
        "{one} in conflict is short of votes again",
        "{one}s in conflict are short of votes again",
    ),
    "decided_in_conflict": (
        "decided {one} gets into conflict",
        "decided {one}s get into conflict",
    ),
    "conflicts_decided": (
        "{one} in conflict is decided by its votes",
        "{one}s in conflict are decided by their votes",
    ),
    "proposals_ended": (
        "open proposal ends, since there is no conflict any more",
        "open proposals end, since there is no conflict any more",
    ),
    "reports_sought": ("more report is sought", "more reports are sought"),
    "reports_not_sought": (
        "report is not sought any more; what is known of it is kept",
        "reports are not sought any more; what is known of them is kept",
    ),
}


@dataclass(frozen=True, slots=True)
class StageChange:
    """How many records of a stage, at full text reports, an amendment changes.

    Args:
        another_quorum: another number of votes is asked for.
        completed: short of votes, and no more; what they add up to shows once settled.
        unsettled_short_again: got their votes in the last seconds, and are short of them again.
        decided_short_again, conflicts_short_again: as those, and settled.
        decided_in_conflict, conflicts_decided: with the votes they have.
        proposals_ended: open proposals to end a conflict that is none any more.
        reports_sought, reports_not_sought: of records that are included, or not any more.
    """

    stage: Stage
    another_quorum: int = 0
    completed: int = 0
    unsettled_short_again: int = 0
    decided_short_again: int = 0
    conflicts_short_again: int = 0
    decided_in_conflict: int = 0
    conflicts_decided: int = 0
    proposals_ended: int = 0
    reports_sought: int = 0
    reports_not_sought: int = 0

    @property
    def in_words(self) -> list[tuple[int, str]]:
        """Each number with what it is a number of."""
        one = "record" if self.stage is Stage.TITLE_ABSTRACT else "report"
        return [
            (number, IN_WORDS[name][number != 1].format(one=one))
            for name, number in self.numbers.items()
        ]

    @property
    def numbers(self) -> dict[str, int]:
        """Those that are not 0, by name."""
        named = zip((one.name for one in fields(self)), astuple(self), strict=True)
        return {name: number for name, number in named if name != "stage" and number}


def count_changes(review: int, old: Protocol, new: Protocol) -> list[StageChange]:
    """What would be changed at each stage if the new version took the place of the old one now."""
    return [_count(review, new, stage) for stage in _recounted(old, new)]


def change_items(
    access: ReviewAccess, old: Protocol, new: Protocol, now: datetime
) -> list[StageChange]:
    """Quorum and outcome of every open item are what the new version makes of its votes.

    The caller changes the protocol, alone, see `hold_protocol`; `follow_up` comes after it.

    Returns:
        What was changed, in the numbers of `count_changes`.
    """
    review = access.review.pk
    stages = list(_recounted(old, new))
    if connection.vendor == "postgresql":
        for stage in stages:
            _rows(LOCK, {"review": review, "stage": stage.value})
    changed = [_count(review, new, stage) for stage in stages]
    for stage in stages:
        _execute(CHANGE, {**_asked(review, new, stage), "now": _adapted(now)})
        QueuePosition.objects.filter(review=review, stage=stage).update(rank=0)
    return changed


def recount(access: ReviewAccess, stage: Stage, now: datetime) -> None:
    """Outcomes are what the protocol in force makes of the votes there are, after many were added.

    The caller holds the locks of the items that got votes; the others stay as they are.
    """
    _execute(CHANGE, {**_asked(access.review.pk, access.protocol, stage), "now": _adapted(now)})
    if stage is Stage.TITLE_ABSTRACT:
        _execute(REPORTS_FOLLOW, {"review": access.review.pk})
        seek_reports(access.review.pk)


def follow_up(access: ReviewAccess, new: Protocol, now: datetime) -> None:
    """Reports are sought where records are included now, and only conflicts are discussed."""
    ended = access.scope(Proposal).filter(closed_at=None, item__closed_at=None)
    ended.exclude(item__outcome=Outcome.CONFLICT).update(
        ending=Proposal.Ending.WITHDRAWN,
        closed_at=now,
        closed_by=access.user,
        closing_sentence=f"Version {new.number} of the protocol ended this conflict.",
    )
    _execute(REPORTS_FOLLOW, {"review": access.review.pk})
    seek_reports(access.review.pk)


def _recounted(old: Protocol, new: Protocol) -> Iterator[Stage]:
    """The stages whose votes the new version counts otherwise; title and abstract come first."""
    for stage in Stage:
        policy = "maybe_policy" if stage is Stage.TITLE_ABSTRACT else "reasons_must_agree"
        if any(getattr(old, name) != getattr(new, name) for name in (f"quorum_{stage}", policy)):
            yield stage


def _count(review: int, protocol: Protocol, stage: Stage) -> StageChange:
    return StageChange(stage, *_rows(COUNT, _asked(review, protocol, stage))[0])


def _asked(review: int, protocol: Protocol, stage: Stage) -> dict[str, Any]:
    is_asked = stage is Stage.FULL_TEXT and protocol.reasons_must_agree
    return {
        "review": review,
        "stage": stage.value,
        "quorum": protocol.quorum(stage),
        "maybe": str(protocol.maybe_policy),
        "reasons_must_agree": int(is_asked),
        "settled": _adapted(undo_ends_for()),
    }


def _adapted(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def _execute(statement: str, values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
