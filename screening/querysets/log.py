from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db.models import Exists, OuterRef, Q, QuerySet

from screening.querysets.votes import is_shown
from screening.rules import Outcome

if TYPE_CHECKING:
    from screening.access import Reader


class LogEntryQuerySet(QuerySet):
    def visible_to(self, access: Reader, now: datetime | None = None) -> Self:
        """Entries about votes are left out whole until their item is settled.

        While a conflict is open they are left out too for whoever did not vote on it: who voted
        what is not for them to know until it is resolved.
        """
        if access.sees_everything:
            return self.all()
        in_open_conflict = Q(item__outcome=Outcome.CONFLICT, item__closed_at__isnull=True)
        voted = access.user.votes.filter(item=OuterRef("item"))
        return self.filter(
            Q(item__isnull=True)
            | is_shown("item__", now) & (~in_open_conflict | Exists(voted.current()))
        )

    def of_undone_imports(self) -> Self:
        return self.filter(action="import.undone", item__isnull=True)

    def of_imports_without(self, fact: str) -> Self:
        """Imports of a version that did not write this fact down."""
        imports = self.filter(action="import.committed", item__isnull=True)
        return imports.exclude(after__has_key=fact)
