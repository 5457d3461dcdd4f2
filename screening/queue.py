"""Which items come next for one reviewer: by hint and index, never by counting.

What runs with every vote is written in SQL: to build these questions as querysets takes several
times as long as the database needs to answer them.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from config.prepared import Parameter, Prepared
from screening.access import ReviewAccess
from screening.filling import filled
from screening.models import Record, ScreeningItem
from screening.querysets.standing import ITEM_STANDS
from screening.querysets.votes import (
    ScreeningItemQuerySet,
    is_open_if_settled_by,
    undo_ends_for,
)
from screening.rules import Stage

CARDS = 4  # one to read and three behind it
# Ten minutes from the last activity: renewed when no more are left, so that not every vote writes.
LEASED_FOR = timedelta(minutes=11)
LEFT_AT_LEAST = timedelta(minutes=10)

# Asked of one item at a time, so that no plan begins with all votes of a reviewer, who may have
# cast 90,000. A vote of one's own counts for nine: there is no room for another.
VOTES = """
    (SELECT COALESCE(SUM(CASE WHEN vote.reviewer_id = %(reviewer)s THEN 9 ELSE 1 END), 0)
     FROM screening_vote vote WHERE vote.item_id = item.id AND vote.superseded_at IS NULL)
"""
# Others who read it; of two with a lease for the one place left, the first one keeps it: did both
# count, both would wait for the other.
READERS = """
    (SELECT COUNT(*) FROM screening_lease lease
     WHERE lease.item_id = item.id AND lease.reviewer_id <> %(reviewer)s
     AND lease.expires_at > %(now)s AND NOT EXISTS (
        SELECT 1 FROM screening_lease own WHERE own.item_id = item.id
        AND own.reviewer_id = %(reviewer)s AND own.expires_at > %(now)s AND own.id < lease.id
     ))
"""
# A report is there to read once its record is settled, unless somebody says that it is missing.
IS_THERE = """
    (item.stage = 'title_abstract' OR item.sought_at <= %(settled)s AND NOT EXISTS (
        SELECT 1 FROM screening_retrieval missing WHERE missing.record_id = item.record_id
        AND missing.ended_at_sequence IS NULL AND missing.state <> 'retrieved'
    ))
"""
IS_AWAITING = (
    f"item.closed_at IS NULL AND item.completed_at IS NULL AND {ITEM_STANDS} AND {IS_THERE} "
    f"AND {VOTES} < item.quorum"
)
HAS_ROOM = f"{VOTES} + {READERS} < item.quorum"
CANDIDATES = f"""
    SELECT item.id, item.rank, item.record_id FROM screening_screeningitem item
    WHERE item.review_id = %(review)s AND item.stage = %(stage)s AND {IS_AWAITING}
    AND (SELECT COUNT(*) FROM screening_postponement later
         WHERE later.item_id = item.id AND later.reviewer_id = %(reviewer)s) = 0
"""  # noqa: S608 -- made of constants, as all statements here
POSTPONED = f"""
    SELECT item.id, item.rank, item.record_id FROM screening_screeningitem item
    JOIN screening_postponement later
    ON later.item_id = item.id AND later.reviewer_id = %(reviewer)s
    WHERE item.review_id = %(review)s AND item.stage = %(stage)s AND {IS_AWAITING}
"""  # noqa: S608
TAKE = f"""
    INSERT INTO screening_lease (item_id, slot, reviewer_id, expires_at)
    SELECT item.id, slots.slot, %(reviewer)s, %(until)s
    FROM screening_screeningitem item
    CROSS JOIN (SELECT 1 AS slot UNION ALL SELECT 2 UNION ALL SELECT 3) slots
    WHERE item.id = %(item)s AND slots.slot <= item.quorum AND {IS_AWAITING} AND {HAS_ROOM}
    AND NOT EXISTS (
        SELECT 1 FROM screening_lease taken
        WHERE taken.item_id = item.id AND taken.slot = slots.slot
    )
"""  # noqa: S608
HINT = """
    SELECT rank FROM screening_queueposition
    WHERE review_id = %(review)s AND reviewer_id = %(reviewer)s AND stage = %(stage)s
"""
MOVE_HINT = """
    INSERT INTO screening_queueposition (review_id, reviewer_id, stage, rank)
    VALUES (%(review)s, %(reviewer)s, %(stage)s, %(rank)s)
    ON CONFLICT (reviewer_id, review_id, stage) DO UPDATE SET rank = excluded.rank
"""


ITEM = Prepared(lambda: ScreeningItem.objects.filter(pk=Parameter("item")))
RECORD = Prepared(lambda: Record.objects.filter(pk=Parameter("record")))
OPEN_ITEM = Prepared(lambda: _open_item())
OPEN_ITEM_LOCKED = Prepared(lambda: _open_item().select_for_update(no_key=True))


class Place(NamedTuple):
    """An item in the queue, without what it is about."""

    item: int
    rank: int
    record: int


def upcoming(
    access: ReviewAccess, stage: Stage, *, count: int = CARDS, held: Collection[int] = ()
) -> list[ScreeningItem]:
    """The reviewer's next items with their records, leaving out the records they `held`.

    First what lies beyond the hint, then, when that is short, one scan from the start, then what
    was put off. Near the end of shared work one item at a time.
    """
    hint = _read_hint(access, stage)
    found, _ = _look(access, stage, count, held, hint)
    return with_records(found)


def hand_out(
    access: ReviewAccess, stage: Stage, *, count: int = CARDS, held: Collection[int] = ()
) -> list[ScreeningItem]:
    """As `upcoming`, and the hint is moved; items are leased where reviewers share them.

    Only for POST. A lease lost to somebody quicker leaves that item out.
    """
    return with_records(hand_out_places(access, stage, count=count, held=held))


@transaction.atomic(savepoint=False)
def hand_out_places(
    access: ReviewAccess, stage: Stage, *, count: int, held: Collection[int]
) -> list[Place]:
    """As `hand_out`, for a transaction that is short: its records can be read after it."""
    hint = _read_hint(access, stage)
    shared = access.shares_queue(stage)
    found, first_rank = _look(access, stage, count, held, hint, spare=CARDS if shared else 0)
    if first_rank is not None and first_rank - 1 != hint:
        _change(access, MOVE_HINT, stage=stage.value, rank=first_rank - 1)
    if not shared:
        return found
    cards = _items_of(access, stage, held)
    wanted = [place.item for place in found]
    mine = lease(access, [*cards, *wanted], at_most=len(cards) + count)
    return [place for place in found if place.item in mine]


def with_records(places: Collection[Place]) -> list[ScreeningItem]:
    """The items in these places, in this order, with their records."""
    items = [item for place in places for item in ITEM.ask(item=place.item)]
    for item in items:
        _with_record(item)
    return items


def open_item(
    access: ReviewAccess, record: int, stage: Stage, *, locked: bool = False
) -> ScreeningItem | None:
    """The record at this stage in its latest round; None when it is not up for screening.

    Args:
        locked: the item stays as it is until the transaction ends; it comes without its record.
    """
    question = OPEN_ITEM_LOCKED if locked else OPEN_ITEM
    values = {"review": access.review.pk, "record": record, "stage": stage.value}
    found = question.ask(settled=undo_ends_for(), **values)
    if not found:
        return None
    return found[0] if locked else _with_record(found[0])


def _open_item() -> ScreeningItemQuerySet[ScreeningItem]:
    items = ScreeningItem.objects.standing().filter(is_open_if_settled_by(Parameter("settled")))
    return items.filter(
        review=Parameter("review"), record=Parameter("record"), stage=Parameter("stage")
    )


def _with_record(item: ScreeningItem) -> ScreeningItem:
    [record] = RECORD.ask(record=item.record_id)
    item.record = filled(record)
    return item


def lease(access: ReviewAccess, items: Sequence[int], *, at_most: int = 10) -> set[int]:
    """Lease these items, the first of them first; give back which are the reviewer's now.

    A lease is advice and not worth waiting for: what somebody else is just leasing, changing or
    removing is left alone.
    """
    if not items:
        return set()
    now = timezone.now()
    times = {"now": now, "until": now + LEASED_FOR, "soon": now + LEFT_AT_LEAST}
    these = f"item_id IN ({', '.join(map(str, items))})"
    mine = f"{these} AND reviewer_id = %(reviewer)s"
    known = f"SELECT item_id, expires_at < %(soon)s FROM screening_lease WHERE {mine}"  # noqa: S608
    held = dict(_rows(access, known, **times))
    if any(held.values()):
        renewed = f"UPDATE screening_lease SET expires_at = %(until)s WHERE {_free(mine)}"  # noqa: S608
        _change(access, renewed, **times)
    taken = set(held)
    missing = [item for item in items if item not in taken]
    if missing:
        over = _free(f"{these} AND expires_at <= %(now)s")
        _change(access, f"DELETE FROM screening_lease WHERE {over}", **times)  # noqa: S608
    for item in missing:
        if len(taken) < at_most and _take(access, item, times):
            taken.add(item)
    return taken


def forget_reading(access: ReviewAccess, item: int) -> None:
    """The reviewer neither reads the item nor put it off: it has their vote."""
    for table in ("screening_lease", "screening_postponement"):
        forgotten = f"DELETE FROM {table} WHERE item_id = %(item)s AND reviewer_id = %(reviewer)s"  # noqa: S608
        _change(access, forgotten, item=item)


def _take(access: ReviewAccess, item: int, times: dict[str, datetime]) -> bool:
    """Whether a slot of the item was free and is leased to the reviewer now."""
    unless_busy, skip = "", ""
    if _knows_row_locks():
        unless_busy = "AND pg_try_advisory_xact_lock(item.id)"
        skip = "FOR KEY SHARE OF item SKIP LOCKED"
    taken = f"{TAKE} {unless_busy} ORDER BY slots.slot LIMIT 1 {skip} ON CONFLICT DO NOTHING"
    return _change(access, taken, item=item, **times) == 1


def _free(leases: str) -> str:
    """A condition: these leases, without those that somebody else is about to change."""
    lock = "FOR UPDATE SKIP LOCKED" if _knows_row_locks() else ""
    return f"id IN (SELECT id FROM screening_lease WHERE {leases} {lock})"  # noqa: S608


def _knows_row_locks() -> bool:
    """SQLite has one writer at a time instead."""
    return connection.vendor == "postgresql"


def _look(
    access: ReviewAccess,
    stage: Stage,
    count: int,
    held: Collection[int],
    hint: int,
    *,
    spare: int = 0,
) -> tuple[list[Place], int | None]:
    """Up to `count` places that are not held, and the first rank that is still the reviewer's.

    Args:
        spare: how many places more, for those that are leased by somebody quicker.
    """
    wanted = count + len(held)
    shared = access.shares_queue(stage)
    room = f"AND {HAS_ROOM}" if shared else ""
    found: list[Place] = []

    def look_for(question: str, order: str) -> None:
        if len(found) < wanted + spare:
            limited = f"{question} {room} ORDER BY {order} LIMIT %(missing)s"
            asked = {"stage": stage.value, "hint": hint, "missing": wanted + spare - len(found)}
            rows = _rows(access, limited, now=timezone.now(), **asked)
            found.extend(map(Place._make, rows))

    look_for(f"{CANDIDATES} AND item.rank > %(hint)s", "item.rank, item.id")
    look_for(f"{CANDIDATES} AND item.rank <= %(hint)s", "item.rank, item.id")
    first_rank = found[0].rank if found else None
    look_for(POSTPONED, "later.id")
    fresh = [place for place in found if place.record not in held]
    if shared and len(found) < wanted:
        return fresh[: max(0, 1 - len(held))], first_rank
    return fresh[: count + spare], first_rank


def _items_of(access: ReviewAccess, stage: Stage, records: Collection[int]) -> list[int]:
    if not records:
        return []
    # The plus keeps SQLite from an index of the whole review, which it takes for four records.
    items = f"""
        SELECT item.id FROM screening_screeningitem item WHERE +item.review_id = %(review)s
        AND item.stage = %(stage)s AND item.closed_at IS NULL
        AND item.record_id IN ({", ".join(map(str, records))})
    """  # noqa: S608
    return [item for (item,) in _rows(access, items, stage=stage.value)]


def _read_hint(access: ReviewAccess, stage: Stage) -> int:
    known = _rows(access, HINT, stage=stage.value)
    return known[0][0] if known else 0


def _rows(access: ReviewAccess, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, _parameters(access, values))
        return cursor.fetchall()


def _change(access: ReviewAccess, statement: str, **values: Any) -> int:
    """How many rows the statement changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, _parameters(access, values))
        return cursor.rowcount


def _parameters(access: ReviewAccess, values: dict[str, Any]) -> dict[str, Any]:
    """The values by name, times as the database writes them."""
    values["settled"] = undo_ends_for()
    adapted = {
        name: connection.ops.adapt_datetimefield_value(value)
        if isinstance(value, datetime)
        else value
        for name, value in values.items()
    }
    return {"review": access.review.pk, "reviewer": access.user.pk, **adapted}
