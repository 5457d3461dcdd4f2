from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Self

from django.db.models import F, Q

from screening.querysets import among  # noqa: F401 -- registers `__among`
from screening.querysets.said import SaidQuerySet
from screening.querysets.standing import StandingQuerySet

if TYPE_CHECKING:
    from screening.models import DuplicateQuestion, Import


class MergeQuerySet(StandingQuerySet, SaidQuerySet):
    def in_force(self) -> Self:
        return super().in_force().standing()

    def of_groups_with(self, records: Collection[int]) -> Self:
        """In force, of every group of duplicates that has one of these records (primary keys)."""
        merges = self.in_force()
        kept = merges.filter(record__pk__among=records).values("kept")
        return merges.filter(Q(kept__pk__among=records) | Q(kept__in=kept))

    def kept_of(self, records: Collection[int]) -> dict[int, int]:
        """The record that is kept for each of these that is a duplicate, by primary keys."""
        merges = self.in_force().filter(record__pk__among=records)
        return dict(merges.values_list("record", "kept"))


class QuestionQuerySet(StandingQuerySet):
    def open(self) -> Self:
        """Nobody has answered yet, the likeliest duplicates first."""
        return self.standing().filter(is_open=True).order_by(F("score").desc(), "pk")

    def about(self, import_: Import) -> Self:
        """Of a record of this import, or of two."""
        return self.filter(Q(first__imported_by=import_) | Q(second__imported_by=import_))

    def ahead_of(self, question: DuplicateQuestion) -> Self:
        """Those that come before it, from the likeliest on."""
        same = Q(score=question.score, pk__lt=question.pk)
        return self.filter(Q(score__gt=question.score) | same)

    def behind(self, question: DuplicateQuestion) -> Self:
        same = Q(score=question.score, pk__gt=question.pk)
        return self.filter(Q(score__lt=question.score) | same)
