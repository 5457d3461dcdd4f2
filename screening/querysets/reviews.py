from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import Exists, OuterRef, QuerySet

if TYPE_CHECKING:
    from screening.models import User


class ReviewQuerySet(QuerySet):
    def of(self, user: User) -> Self:
        """Reviews this person is an active member of."""
        active = user.memberships.active()
        return self.filter(Exists(active.filter(review=OuterRef("pk"))))
