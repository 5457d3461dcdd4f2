"""Questions about screening items and votes; `visible_to` and `settled` are the blinding."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, When
from django.utils import timezone

from config.prepared import Parameter
from screening.querysets.standing import StandingQuerySet
from screening.rules import Outcome, Stage

if TYPE_CHECKING:
    from screening.access import Reader
    from screening.models import User


def undo_ends_for(now: datetime | None = None) -> datetime:
    """Items completed at or before this moment are settled."""
    return (now or timezone.now()) - timedelta(seconds=settings.UNDO_SECONDS)


def is_open(item: str = "", now: datetime | None = None) -> Q:
    """In the latest round and, at full text, sought since the record itself is settled.

    Of items that stand, as all do that anybody voted on.

    Args:
        item: the lookup to the screening item, ending in two underscores; empty for the item.
    """
    return is_open_if_settled_by(undo_ends_for(now), item)


def is_open_if_settled_by(moment: datetime | Parameter, item: str = "") -> Q:
    """As `is_open`, when what was complete by that moment is settled."""
    is_sought = Q(**{f"{item}stage": Stage.TITLE_ABSTRACT.value}) | Q(
        **{f"{item}sought_at__lte": moment}
    )
    return is_sought & Q(**{f"{item}closed_at__isnull": True})


def is_settled(item: str = "", now: datetime | None = None) -> Q:
    """Complete, and the time to undo has passed: what anybody but the voters may see."""
    return is_open(item, now) & Q(**{f"{item}completed_at__lte": undo_ends_for(now)})


def is_shown(item: str = "", now: datetime | None = None) -> Q:
    """Settled, or of an earlier round where the latest is settled; so too of a duplicate.

    While a record is judged anew, nobody is shown how it was judged before. Votes on a duplicate
    count where it was merged to, and are shown when that is settled; while that is in conflict
    they are not, since the names that a conflict hides could be read from them.
    """
    from screening.models import Merge, ScreeningItem  # noqa: PLC0415 -- the models import this

    settled = ScreeningItem.objects.settled(now).filter(stage=OuterRef(f"{item}stage"))
    latest = settled.filter(record=OuterRef(f"{item}record"))
    merges = Merge.objects.in_force().filter(record=OuterRef(OuterRef(f"{item}record")))
    of_kept = settled.exclude(outcome=Outcome.CONFLICT).filter(record__in=merges.values("kept"))
    is_closed = Q(**{f"{item}closed_at__isnull": False})
    return is_settled(item, now) | is_closed & (Q(Exists(latest)) | Q(Exists(of_kept)))


class ScreeningItemQuerySet(StandingQuerySet):
    def at(self, stage: Stage) -> Self:
        return self.filter(stage=stage)

    def open(self, now: datetime | None = None) -> Self:
        return self.standing().filter(is_open(now=now))

    def awaiting_votes(self) -> Self:
        """Not complete; see the index `item_queue` for why they are not asked for by outcome."""
        return self.open().filter(completed_at__isnull=True)

    def to_be_had(self) -> Self:
        """Without reports that were asked for and are not here yet, or cannot be retrieved."""
        from screening.models import Retrieval  # noqa: PLC0415 -- the models import this module

        missing = Retrieval.objects.in_force().missing()
        is_missing = Exists(missing.filter(record=OuterRef("record")))
        return self.filter(Q(stage=Stage.TITLE_ABSTRACT) | ~is_missing)

    def awaiting(self, reviewer: User) -> Self:
        """Short of votes, and without one of this reviewer, in the order of screening."""
        own = reviewer.votes.current().filter(item=OuterRef("pk"))
        return self.awaiting_votes().to_be_had().filter(~Exists(own)).order_by("rank", "pk")

    def settled(self, now: datetime | None = None) -> Self:
        return self.filter(is_settled(now=now))

    def shown(self, now: datetime | None = None) -> Self:
        return self.filter(is_shown(now=now))

    def in_conflict(self) -> Self:
        return self.settled().filter(outcome=Outcome.CONFLICT)

    def voted_on_by(self, user: User) -> Self:
        return self.filter(Exists(user.votes.current().filter(item=OuterRef("pk"))))

    def with_own_vote(self, user: User) -> Self:
        """Annotate `has_own_vote`, in one query."""
        return self.annotate(has_own_vote=Exists(user.votes.current().filter(item=OuterRef("pk"))))

    def settled_outcomes(self, stage: Stage) -> dict[str, int]:
        """How many settled items have each outcome; outcomes nobody has are left out."""
        rows = self.at(stage).settled().order_by().values_list("outcome").annotate(n=Count("pk"))
        return dict(rows)


class VoteQuerySet(QuerySet):
    def current(self) -> Self:
        return self.filter(superseded_at__isnull=True)

    def at(self, stage: Stage) -> Self:
        return self.filter(item__stage=stage)

    def visible_to(self, access: Reader, now: datetime | None = None) -> Self:
        """Blinding: one's own votes, and those on settled items and their earlier rounds.

        Pages, counts, filters, order and files all read votes through this. Whose vote it is
        may still be hidden: see `conflicts.names.names_hidden`.
        """
        if access.sees_everything:
            return self.all()
        return self.filter(Q(reviewer=access.user) | is_shown("item__", now))

    def undoable(self, now: datetime | None = None) -> Self:
        """Current votes on items that are not settled."""
        return self.current().filter(_on_unsettled_items(now))

    def with_undoable(self, now: datetime | None = None) -> Self:
        """Annotate `is_undoable`."""
        return self.annotate(
            is_undoable=Case(When(_on_unsettled_items(now), then=True), default=False)
        )


def _on_unsettled_items(now: datetime | None) -> Q:
    return Q(item__closed_at__isnull=True) & (
        Q(item__completed_at__isnull=True) | Q(item__completed_at__gt=undo_ends_for(now))
    )
