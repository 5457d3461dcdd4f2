"""What is asked of the list of records: words, filters, or a number of the flow diagram."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.http import urlencode

from reporting.kept import kept
from reporting.prisma.counting import items_in, records_in
from reporting.prisma.numbers import BOXES, BY_REASON, BY_SOURCE
from screening.access import ReviewAccess
from screening.finding.folding import Question, parse
from screening.finding.search import Found, every, find
from screening.models import (
    ExclusionReason,
    Import,
    Merge,
    Record,
    Resolution,
    ScreeningItem,
    Source,
)
from screening.pages import number_in
from screening.querysets.votes import is_shown, undo_ends_for
from screening.rules import COMPLETE, Outcome, Stage

Asked = TypeVar("Asked")

LONGEST_BOX = 100
"""Characters of a code; longer ones are none."""


MOST_LISTED = 10_000
"""Records that a query names one by one."""


class Unknown(LookupError):
    """An address asks for a source, stage, outcome or number that there is none of."""


class Kept(StrEnum):
    """Whether records are asked for that are duplicates of others."""

    ONLY = "only"
    WITHOUT = "without"


@dataclass(frozen=True)
class Filters:
    """What the records of a list have in common; all of it is asked for.

    Args:
        stage: without an outcome, the records that got as far as this stage.
        outcome: at `stage`, or at either. One whose votes can still be taken back is partial.
        in_conflict: the voters disagreed, whether that is resolved or not; at `stage`, or either.
        duplicates: only records that are merged into others, or only those that are not.
        box: code of a number of the flow diagram, as `prisma.counting.records_in` takes it.
        now: the moment at which items have to be settled.
    """

    access: ReviewAccess
    typed: str
    source: Source | None
    stage: Stage | None
    outcome: Outcome | None
    in_conflict: bool
    duplicates: Kept | None
    box: str
    now: datetime

    @cached_property
    def question(self) -> Question:
        return parse(self.typed)

    @property
    def is_blank(self) -> bool:
        """Every record is asked for."""
        return self.question.is_blank and not self._codes

    @property
    def address(self) -> str:
        """The query that asks for the same; it can be followed by more."""
        return urlencode({**({"q": self.typed} if self.typed else {}), **self._codes})

    @property
    def without_box(self) -> str:
        codes = {name: code for name, code in self._codes.items() if name != "box"}
        return urlencode({**({"q": self.typed} if self.typed else {}), **codes})

    @property
    def box_title(self) -> str:
        """What the number counts, in words; with its reason or source."""
        code, _, part = self.box.partition(":")
        title = BOXES[code].title
        if part and code in BY_REASON:
            reasons = self.access.scope(ExclusionReason).filter(code=part)
            part = next((str(reason) for reason in reasons), part)
        elif part and code in BY_SOURCE:
            sources = self.access.scope(Source).filter(pk=number_in(part) or 0)
            part = next((source.name for source in sources), part)
        return f"{title}: {part}" if part else title

    def page(self, after: int = 0) -> Found:
        """Fifty records by number, beyond the record of that number."""
        return find(self.access, self.question, among=self.among, after=after)

    def numbers(self) -> Iterator[int]:
        """The numbers of all the records, in their order."""
        return every(self.access, self.question, among=self.among)

    def total(self, found: Found) -> int | None:
        """How many records there are; None when that would take long to count."""
        if not found.is_more:
            return found.total
        if not self.question.is_blank:
            return None
        name = f"records:{urlencode(self._codes)}"
        return kept(self.access, name, self._count, now=self.now)

    @cached_property
    def among(self) -> QuerySet[Any] | None:
        """Records or screening items, as the finder takes them; None where all are asked for."""
        of_box = items_in(self.access, self.box, self.now) if self.box else None
        asked = [of_box, self._items() if self.stage or self.outcome else None]
        items = [one for one in asked if one is not None]
        if items and not (self.box and of_box is None):
            first, *others = items
            for other in others:
                first = first.filter(Exists(other.filter(record=OuterRef("record"))))
            return self._narrowed(first, "record")
        if not (self.box or self.source or self.in_conflict or self.duplicates):
            return None
        in_box = records_in(self.access, self.box, self.now) if self.box else None
        records = self.access.scope(Record) if in_box is None else in_box
        for other in items:
            records = records.filter(Exists(other.filter(record=OuterRef("pk"))))
        return self._narrowed(records, "pk")

    def _narrowed(self, rows: QuerySet[Any], record: str) -> QuerySet[Any]:
        if self.in_conflict:
            rows = rows.filter(**{f"{record}__in": self._disputed()})
        if self.duplicates:
            is_merged = Exists(Merge.objects.in_force().filter(record=OuterRef(record)))
            rows = rows.filter(is_merged if self.duplicates is Kept.ONLY else ~is_merged)
        if self.source:
            path = "imported_by__source" if record == "pk" else "record__imported_by__source"
            rows = rows.filter(**{path: self.source})
        return rows

    def _items(self) -> QuerySet[ScreeningItem]:
        """Of the latest rounds. Only what is settled has an outcome for everybody to see."""
        items = self._at_stage().open(self.now)
        if self.outcome is None:
            return items
        if self.outcome is Outcome.PARTIAL:
            not_settled = Q(
                outcome__in=[one.value for one in COMPLETE],
                completed_at__gt=undo_ends_for(self.now),
            )
            return items.filter(Q(outcome=Outcome.PARTIAL.value) | not_settled)
        if self.outcome in COMPLETE:
            items = items.settled(self.now)
        return items.filter(outcome=self.outcome.value)

    def _disputed(self) -> list[int] | QuerySet[Any]:
        """Records with a conflict, open or resolved, also of an earlier round that is shown.

        Listed where they are as few as they should be: SQLite would ask of every record whether
        it is one.
        """
        still_open = self._at_stage().settled(self.now).filter(outcome=Outcome.CONFLICT.value)
        resolved = self.access.scope(Resolution).filter(is_shown("item__", self.now))
        if self.stage:
            resolved = resolved.filter(item__stage=self.stage.value)
        both = (
            still_open.order_by().values("record").union(resolved.order_by().values("item__record"))
        )
        listed = [row["record"] for row in both[: MOST_LISTED + 1]]
        return listed if len(listed) <= MOST_LISTED else both

    def _at_stage(self) -> QuerySet[ScreeningItem]:
        # Always by stage, with which the indexes begin.
        stages = [self.stage] if self.stage else list(Stage)
        return self.access.scope(ScreeningItem).filter(stage__in=[one.value for one in stages])

    def _count(self) -> int:
        if self.among is None:
            return self._imported()
        if self.among.model is Record:
            return self.among.count()
        return self.among.order_by().values("record").distinct().count()

    def _imported(self) -> int:
        """By import: the records of one are counted in an index, without reading them."""
        of_import = Record.objects.filter(imported_by=OuterRef("pk")).values("imported_by")
        counted = of_import.order_by().annotate(n=Count("pk")).values("n")
        imports = self.access.scope(Import).committed().order_by()
        return sum(imports.annotate(n=Coalesce(Subquery(counted), 0)).values_list("n", flat=True))

    @property
    def _codes(self) -> dict[str, str]:
        codes = {
            "box": self.box,
            "source": str(self.source.pk) if self.source else "",
            "stage": self.stage.value.replace("_", "-") if self.stage else "",
            "outcome": self.outcome.value if self.outcome else "",
            "conflict": "yes" if self.in_conflict else "",
            "duplicates": self.duplicates.value if self.duplicates else "",
        }
        return {name: code for name, code in codes.items() if code}


def filters_of(access: ReviewAccess, asked: Mapping[str, str]) -> Filters:
    """The filters that an address asks for.

    Args:
        asked: q, source, stage, outcome, conflict, duplicates and box, as texts; all may be missing or empty.

    Raises:
        Unknown: there is no such source, stage, outcome or number.
    """
    now = access.now()
    box = asked.get("box", "")
    try:
        if len(box) > LONGEST_BOX or "\0" in box:
            raise KeyError(box)
        if box:
            records_in(access, box, now)
    except KeyError as error:
        raise Unknown(box) from error
    return Filters(
        access,
        typed=" ".join(asked.get("q", "").split()),
        source=_one(asked, "source", lambda code: _source(access, code)),
        stage=_one(asked, "stage", lambda code: Stage(code.replace("-", "_"))),
        outcome=_one(asked, "outcome", Outcome),
        in_conflict=bool(asked.get("conflict", "")),
        duplicates=_one(asked, "duplicates", Kept),
        box=box,
        now=now,
    )


def _one(asked: Mapping[str, str], name: str, read: Callable[[str], Asked]) -> Asked | None:
    code = asked.get(name, "")
    if not code:
        return None
    try:
        return read(code)
    except ValueError as error:
        raise Unknown(code) from error


def _source(access: ReviewAccess, code: str) -> Source:
    found = access.scope(Source).filter(pk=number_in(code) or 0).first()
    if found is None:
        raise ValueError(code)
    return found
