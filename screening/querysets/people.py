from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db.models import Count, F, Q, QuerySet

if TYPE_CHECKING:
    from screening.models import User


class MembershipQuerySet(QuerySet):
    def active(self) -> Self:
        return self.filter(ended_at__isnull=True)

    def with_role(self, role: str) -> Self:
        return self.filter(roles__role=role)

    def of_example_reviews(self) -> Self:
        return self.filter(review__is_example=True)

    def with_work_done(self) -> Self:
        """Annotate `n_votes`: records of the review this person has a vote on, never which."""
        mine = Q(
            user__votes__superseded_at__isnull=True,
            user__votes__item__review=F("review"),
        )
        return self.annotate(n_votes=Count("user__votes", filter=mine))


class InvitationQuerySet(QuerySet):
    def pending(self, now: datetime) -> Self:
        """Invitations somebody may still accept."""
        return self.filter(accepted_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=now)

    def unanswered(self) -> Self:
        """Pending or expired: what the team page lists."""
        return self.filter(accepted_at__isnull=True, withdrawn_at__isnull=True)

    def sent_by_since(self, user: User | int, since: datetime) -> Self:
        return self.filter(invited_by=user, created_at__gt=since)
