from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db.models import QuerySet


class MembershipQuerySet(QuerySet):
    def active(self) -> Self:
        return self.filter(ended_at__isnull=True)

    def with_role(self, role: str) -> Self:
        return self.filter(roles__role=role)


class InvitationQuerySet(QuerySet):
    def pending(self, now: datetime) -> Self:
        """Invitations somebody may still accept."""
        return self.filter(accepted_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=now)

    def unanswered(self) -> Self:
        """Pending or expired: what the team page lists."""
        return self.filter(accepted_at__isnull=True, withdrawn_at__isnull=True)
