"""What was merged in a review and what was told apart, as lists for whoever checks them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery

from screening.access import ReviewAccess
from screening.duplicates import in_words
from screening.models import (
    BY_A_PERSON,
    Distinction,
    DuplicateQuestion,
    Import,
    Membership,
    Merge,
    Record,
    ScreeningItem,
)
from screening.querysets.votes import undo_ends_for
from screening.rules import Stage

UNREAD = [f"{side}__{name}" for side in ("record", "kept") for name in ("abstract", "keywords")]


def pattern_in_words(pattern: str) -> str:
    return "somebody looked at both" if pattern == BY_A_PERSON else in_words(pattern)


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge with who made it.

    Args:
        by: the person who looked at both; empty where a pattern was enough.
        file: the file with whose import it was merged; empty where that is not known.
    """

    merge: Merge
    by: str
    file: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A reason to merge, and how many merges it justifies."""

    name: str
    words: str
    merges: int


def merges_in_force(access: ReviewAccess, pattern: str = "") -> QuerySet[Merge]:
    """The latest first, with both records."""
    merges = access.scope(Merge).in_force().order_by("-pk")
    merges = merges.select_related("record__imported_by__source", "kept__imported_by__source")
    merges = merges.filter(pattern=pattern) if pattern else merges
    return by_whom(access, merges).defer(*UNREAD)


def with_makers(access: ReviewAccess, merges: Iterable[Merge]) -> list[Merged]:
    merges = list(merges)
    imports = access.scope(Import).filter(pk__in={merge.imported_by_id for merge in merges})
    files = dict(imports.values_list("pk", "file_name"))
    return [
        Merged(
            merge,
            by=merge.name if merge.is_by_a_person else "",
            file=files.get(merge.imported_by_id, ""),
        )
        for merge in merges
    ]


def patterns_of(access: ReviewAccess) -> list[Pattern]:
    """The reasons there are, the commonest first."""
    merges = access.scope(Merge).in_force().order_by().values_list("pattern")
    counted = merges.annotate(n=Count("pk")).order_by("-n", "pattern")
    return [Pattern(name, pattern_in_words(name), n) for name, n in counted]


def told_apart(access: ReviewAccess) -> QuerySet[Distinction]:
    """The latest first, with both records."""
    told = access.scope(Distinction).in_force().select_related("first", "second")
    return by_whom(access, told.order_by("-pk")).defer("first__abstract", "second__abstract")


def by_whom(access: ReviewAccess, said: QuerySet[Any]) -> QuerySet[Any]:
    """Annotate `name`, of whoever said it, as the review calls them."""
    names = access.scope(Membership).filter(user=OuterRef("said_by")).values("name")
    return said.annotate(name=Subquery(names[:1]))


@dataclass(frozen=True, slots=True)
class OfImport:
    """What became of an import's records: so many are duplicates, so many questions are open."""

    merged: int
    asked: int


def of_import(access: ReviewAccess, import_: Import) -> OfImport:
    merges = access.scope(Merge).in_force().filter(record__imported_by=import_)
    questions = access.scope(DuplicateQuestion).open().about(import_)
    return OfImport(merges.count(), questions.order_by().count())


def merge_of(access: ReviewAccess, record: Record) -> Merge | None:
    """What makes the record a duplicate."""
    return access.scope(Merge).in_force().filter(record=record).select_related("kept").first()


def merged_item(access: ReviewAccess, record: int, stage: Stage) -> ScreeningItem | None:
    """The item of a duplicate, closed since it was merged; None for any other record."""
    merges = access.scope(Merge).in_force().filter(record=OuterRef("record"))
    items = access.scope(ScreeningItem).at(stage).filter(Exists(merges), record=record)
    if stage is Stage.FULL_TEXT:
        items = items.filter(sought_at__lte=undo_ends_for())
    return items.select_related("record").order_by("-round").first()
