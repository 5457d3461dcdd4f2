"""Possible duplicates as their pages show them: which comes next, and two records side by side."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import QuerySet

from screening.access import Reader, ReviewAccess
from screening.duplicates import LIKELY, RELATED
from screening.duplicates.differences import LABELS, Compared, compared
from screening.models import Distinction, DuplicateQuestion, Merge, Record


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question stands among the open ones, the likeliest first.

    Args:
        unlikely: how many of those from here on are probably different.
    """

    number: int
    of: int
    unlikely: int


@dataclass(slots=True)
class Side:
    """One of two records, with the others of its group of duplicates."""

    record: Record
    others: list[Record] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records side by side.

    Args:
        merge: that of one of them into the other.
        are_merged: in whatever way, also both into a third.
        told: somebody told them, or two of their groups, apart.
    """

    first: Side
    second: Side
    rows: list[Compared]
    merge: Merge | None
    are_merged: bool
    told: Distinction | None

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.first, self.second

    @property
    def n_differing(self) -> int:
        return sum(row.verdict.is_difference for row in self.rows)


def asked(access: ReviewAccess, pk: int) -> DuplicateQuestion | None:
    """The question with its records; also one that was answered."""
    return _whole(access).filter(pk=pk).first()


def next_question(
    access: ReviewAccess, behind: DuplicateQuestion | None = None
) -> DuplicateQuestion | None:
    """The likeliest open one, or the likeliest of those behind this one."""
    questions = _whole(access).open()
    return (questions.behind(behind) if behind else questions).first()


def _whole(access: ReviewAccess):
    sources = (f"{side}__imported_by__source" for side in ("first", "second"))
    return access.scope(DuplicateQuestion).standing().select_related(*sources)


def likely(access: Reader) -> QuerySet[DuplicateQuestion]:
    """The open ones that it would be wrong to leave alone."""
    questions = access.scope(DuplicateQuestion).open()
    return questions.filter(score__gte=LIKELY).exclude(reason=RELATED)


def is_likely(question: DuplicateQuestion) -> bool:
    return question.score >= LIKELY and question.reason != RELATED


def place_of(access: ReviewAccess, question: DuplicateQuestion) -> Place:
    questions = access.scope(DuplicateQuestion).open().order_by()
    ahead, of = questions.ahead_of(question).count(), questions.count()
    return Place(ahead + 1, of, min(of - ahead, of - likely(access).count()))


def pair_of(access: ReviewAccess, first: Record, second: Record) -> Pair:
    merges = access.scope(Merge).of_groups_with([first.pk, second.pk])
    merges = list(merges.select_related("record", "kept").defer(*_texts("record", "kept")))
    groups = _groups(merges)
    one, other = groups[first.pk] or {first.pk: first}, groups[second.pk] or {second.pk: second}
    pair = {first.pk, second.pk}
    return Pair(
        Side(first, _others(one, first)),
        Side(second, _others(other, second)),
        compared(facts_of(first), facts_of(second)),
        merge=next((one for one in merges if {one.record_id, one.kept_id} == pair), None),
        are_merged=second.pk in one,
        told=None if second.pk in one else told_apart(access, one, other),
    )


def told_apart(
    access: ReviewAccess, one: Collection[int], other: Collection[int]
) -> Distinction | None:
    """What says that these two groups, primary keys of records, are not one report."""
    told = access.scope(Distinction).in_force().select_related("first", "second")
    both = told.filter(first__in=one, second__in=other) | told.filter(
        first__in=other, second__in=one
    )
    return both.first()


def facts_of(record: Record) -> dict[str, str]:
    facts = {name: str(getattr(record, name) or "") for name in LABELS}
    return {**facts, "authors": "; ".join(record.authors.splitlines())}


def _groups(merges: list[Merge]) -> defaultdict[int, dict[int, Record]]:
    """By each record that is merged, all of its group."""
    of_kept: defaultdict[int, dict[int, Record]] = defaultdict(dict)
    for merge in merges:
        of_kept[merge.kept_id] |= {merge.kept_id: merge.kept, merge.record_id: merge.record}
    found: defaultdict[int, dict[int, Record]] = defaultdict(dict)
    for group in of_kept.values():
        found.update(dict.fromkeys(group, group))
    return found


def _others(group: dict[int, Record], record: Record) -> list[Record]:
    others = (one for pk, one in group.items() if pk != record.pk)
    return sorted(others, key=lambda one: one.number)


def _texts(*paths: str) -> list[str]:
    return [f"{path}__{name}" for path in paths for name in ("abstract", "authors", "keywords")]
