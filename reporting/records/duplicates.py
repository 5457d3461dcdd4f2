"""A record's duplicates: what is merged, what was told apart, and how it came to that."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Q, QuerySet

from screening.access import ReviewAccess, Right
from screening.merged import merges_in_force, pattern_in_words, told_apart
from screening.models import Distinction, DuplicateQuestion, LogEntry, Merge, Record


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was said of the record and another one.

    Args:
        who: primary key of the person; None for what a pattern was enough for.
    """

    at: datetime
    who: int | None
    what: str
    why: str = ""


@dataclass(frozen=True)
class Duplicates:
    """What is true of a record and others now, and what was; each is read when first asked for."""

    access: ReviewAccess
    record: Record

    @cached_property
    def _in_force(self) -> list[Merge]:
        of_record = Q(record=self.record) | Q(kept=self.record)
        return list(merges_in_force(self.access).filter(of_record).order_by("pk"))

    @property
    def merge(self) -> Merge | None:
        """What makes the record a duplicate."""
        return next((one for one in self._in_force if one.record_id == self.record.pk), None)

    @property
    def of_it(self) -> list[Merge]:
        """Those that make others duplicates of it."""
        return [one for one in self._in_force if one.kept_id == self.record.pk]

    @cached_property
    def apart(self) -> list[Distinction]:
        return list(self._with_record(told_apart(self.access)).order_by("pk"))

    @cached_property
    def question(self) -> DuplicateQuestion | None:
        """The likeliest open one about the record, for whoever may answer it."""
        if not self.access.may(Right.MERGE):
            return None
        questions = self.access.scope(DuplicateQuestion).open().select_related("first", "second")
        return self._with_record(questions).first()

    def _with_record(self, pairs: QuerySet) -> QuerySet:
        return pairs.filter(Q(first=self.record) | Q(second=self.record))

    def said(self) -> Iterator[Said]:
        """Everything that was ever said, in no order."""
        merges = self._ever(Merge, "record", "kept")
        told = self._ever(Distinction, "first", "second")
        ended = {one.ended_at_sequence for one in (*merges, *told)} - {None}
        entries = self.access.scope(LogEntry).filter(sequence__in=ended).select_related("actor")
        ends = {entry.sequence: entry for entry in entries} if ended else {}
        moved = {one.started_at_sequence for one in merges if one.record_id == self.record.pk}
        for merge in merges:
            yield self._of_merge(merge)
            is_moved = merge.record_id == self.record.pk and merge.ended_at_sequence in moved
            entry = ends.get(merge.ended_at_sequence)
            if entry and entry.action == "record.separated" and not is_moved:
                yield self._of_separation(merge, entry)
        for one in told:
            # A separation says so itself.
            if not self._is_of_separation(one, merges):
                yield self._of_distinction(one)
            if entry := ends.get(one.ended_at_sequence):
                what = f"took back that it and record {self._other(one)} are not the same report"
                yield Said(entry.at, entry.actor.user_id, what)

    def _ever(self, model: type[Merge | Distinction], one: str, other: str) -> list:
        rows = self.access.scope(model).select_related(one, other).order_by("pk")
        rows = rows.standing().select_related("record__imported_by") if model is Merge else rows
        rows = rows.filter(Q(**{one: self.record}) | Q(**{other: self.record}))
        return list(rows.defer(f"{one}__abstract", f"{other}__abstract"))

    def _of_merge(self, merge: Merge) -> Said:
        is_duplicate = merge.record_id == self.record.pk
        if merge.is_by_a_person:
            duplicate = "it" if is_duplicate else f"record {merge.record.number}"
            kept = f"record {merge.kept.number}" if is_duplicate else "it"
            what = f"merged {duplicate} into {kept}"
            return Said(merge.began_at, merge.said_by_id, what)
        if is_duplicate:
            what = f"Merged into record {merge.kept.number} without a person"
        else:
            what = f"Record {merge.record.number} was merged into it without a person"
        return Said(merge.began_at, None, what, pattern_in_words(merge.pattern))

    def _of_separation(self, merge: Merge, entry: LogEntry) -> Said:
        other = merge.kept if merge.record_id == self.record.pk else merge.record
        if entry.after.get("are_different"):
            what = f"separated it from record {other.number}: it is not a duplicate"
        else:
            what = f"took back that it and record {other.number} are merged"
        return Said(entry.at, entry.actor.user_id, what)

    def _of_distinction(self, told: Distinction) -> Said:
        are = "related reports of one study" if told.is_related else "different reports"
        what = f"said that it and record {self._other(told)} are {are}"
        return Said(told.said_at, told.said_by_id, what)

    def _other(self, told: Distinction) -> int:
        return (told.second if told.first_id == self.record.pk else told.first).number

    def _is_of_separation(self, told: Distinction, merges: list[Merge]) -> bool:
        pair = {told.first_id, told.second_id}
        return any(
            merge.ended_at_sequence == told.started_at_sequence
            and {merge.record_id, merge.kept_id} == pair
            for merge in merges
        )
