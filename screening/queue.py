"""Which items come next for one reviewer: by hint and index, never by counting."""

from collections.abc import Collection, Iterable
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from screening.access import ReviewAccess
from screening.models import Lease, QueuePosition, ScreeningItem
from screening.rules import Stage

CARDS = 4  # one to read and three behind it
LEASED_FOR = timedelta(minutes=10)


def upcoming(
    access: ReviewAccess, stage: Stage, *, count: int = CARDS, held: Collection[int] = ()
) -> list[ScreeningItem]:
    """The reviewer's next items with their records, leaving out the records they `held`.

    First what lies beyond the hint, then, when that is short, one scan from the start, then what
    was put off. Near the end of shared work one item at a time.
    """
    found, _ = _look(access, stage, count, held)
    return found


@transaction.atomic
def hand_out(
    access: ReviewAccess, stage: Stage, *, count: int = CARDS, held: Collection[int] = ()
) -> list[ScreeningItem]:
    """As `upcoming`, and the hint is moved; items are leased where reviewers share them.

    Only for POST. A lease lost to somebody quicker leaves that item out.
    """
    found, first_rank = _look(access, stage, count, held)
    if first_rank is not None:
        _move_hint(access, stage, first_rank - 1)
    if not access.shares_queue(stage):
        return found
    wanted = [item.pk for item in found]
    wanted += list(
        access.scope(ScreeningItem)
        .open()
        .at(stage)
        .filter(record__in=held)
        .values_list("pk", flat=True)
    )
    mine = lease(access, wanted)
    return [item for item in found if item.pk in mine]


def lease(access: ReviewAccess, items: Collection[int]) -> set[int]:
    """Lease these items for ten minutes; give back which are the reviewer's now.

    Rows that somebody else is about to change are left alone, and new ones come in one order: a
    lease is advice, and not worth a deadlock.
    """
    now = timezone.now()
    until = now + LEASED_FOR
    all_leases = Lease.objects.filter(item__in=items)
    mine = all_leases.filter(reviewer=access.user)
    _unlocked(mine).update(expires_at=until)
    held = set(mine.values_list("item", flat=True))
    free = (
        ScreeningItem.objects.awaiting_votes()
        .filter(pk__in=set(items) - held)
        .with_room_for(access.user, now)
        .order_by("pk")
    )
    _unlocked(all_leases.filter(expires_at__lte=now)).delete()
    taken: dict[int, set[int]] = {}
    for item, slot in all_leases.values_list("item", "slot"):
        taken.setdefault(item, set()).add(slot)
    Lease.objects.bulk_create(
        [
            Lease(
                item=item,
                reviewer=access.user,
                expires_at=until,
                slot=min(set(range(1, item.quorum + 1)) - taken.get(item.pk, set())),
            )
            for item in _staying(free)
            if len(taken.get(item.pk, set())) < item.quorum
        ],
        ignore_conflicts=True,
    )
    return set(mine.filter(expires_at__gt=now).values_list("item", flat=True))


def _staying(items: Iterable[ScreeningItem]) -> list[ScreeningItem]:
    """Those that undoing an import does not remove before this transaction ends.

    The database would do the same at the commit, where it could only fail. Votes do not wait for
    this lock, and it waits for nobody. SQLite has one writer at a time.
    """
    items = list(items)
    if connection.vendor != "postgresql" or not items:
        return items
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM screening_screeningitem WHERE id = ANY(%s) FOR KEY SHARE SKIP LOCKED",
            [[item.pk for item in items]],
        )
        staying = {pk for (pk,) in cursor.fetchall()}
    return [item for item in items if item.pk in staying]


def _unlocked(leases: QuerySet[Lease]) -> QuerySet[Lease]:
    return Lease.objects.filter(pk__in=leases.select_for_update(skip_locked=True).values("pk"))


def _look(
    access: ReviewAccess, stage: Stage, count: int, held: Collection[int]
) -> tuple[list[ScreeningItem], int | None]:
    """Up to `count` items that are not held, and the first rank that is still the reviewer's."""
    hint = _hint(access, stage)
    shared = access.shares_queue(stage)
    mine = _candidates(access, stage, shared)
    wanted = count + len(held)
    found = list(mine.filter(rank__gt=hint)[:wanted])
    if len(found) < wanted and hint:
        found += list(mine.filter(rank__lte=hint)[: wanted - len(found)])
    first_rank = found[0].rank if found else None
    if len(found) < wanted:
        found += _postponed(access, stage, shared, wanted - len(found))
    fresh = [item for item in found if item.record_id not in held]
    near_the_end = shared and len(found) < wanted
    if near_the_end:
        return fresh[: max(0, 1 - len(held))], first_rank
    return fresh[:count], first_rank


def _candidates(access: ReviewAccess, stage: Stage, shared: bool) -> QuerySet[ScreeningItem]:
    items = access.scope(ScreeningItem).at(stage).awaiting(access.user)
    items = items.not_postponed_by(access.user).select_related("record")
    return items.with_room_for(access.user, timezone.now()) if shared else items


def _postponed(access: ReviewAccess, stage: Stage, shared: bool, count: int) -> list[ScreeningItem]:
    items = access.scope(ScreeningItem).at(stage).awaiting(access.user)
    items = items.filter(postponements__reviewer=access.user).select_related("record")
    if shared:
        items = items.with_room_for(access.user, timezone.now())
    return list(items.order_by("postponements__pk")[:count])


def _hint(access: ReviewAccess, stage: Stage) -> int:
    positions = QueuePosition.objects.filter(
        review=access.review, reviewer=access.user, stage=stage
    )
    return positions.values_list("rank", flat=True).first() or 0


def _move_hint(access: ReviewAccess, stage: Stage, rank: int) -> None:
    position, made = QueuePosition.objects.get_or_create(
        review=access.review, reviewer=access.user, stage=stage, defaults={"rank": rank}
    )
    if not made and position.rank != rank:
        position.rank = rank
        position.save(update_fields=["rank"])
