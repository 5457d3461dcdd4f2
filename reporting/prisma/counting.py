"""Where every record of a review stands, counted, and the records behind each number.

Only what is settled counts as decided. The number of a box is that of its records and what
adjustments add; both come from the same conditions.
"""

from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce

from reporting.prisma.numbers import (
    BOXES,
    BY_REASON,
    BY_SOURCE,
    DATABASES,
    EVERYWHERE,
    NO_SOURCE,
    OTHERS,
    Adjusted,
    Counted,
    Numbers,
    Standing,
    numbers_of,
)
from screening.access import Reader
from screening.models import (
    Adjustment,
    ExclusionReason,
    FurtherReason,
    Import,
    Merge,
    Record,
    Retrieval,
    RetrievalState,
    ScreeningItem,
    Vote,
)
from screening.querysets.votes import is_open, undo_ends_for
from screening.rules import Decision, Outcome, Stage

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
KIND = "record__imported_by__source__kind"
TEXT = CharField()


def count(access: Reader, now: datetime | None = None) -> Numbers:
    """The numbers of this moment: all records are counted in one statement, thus in one snapshot.

    They depend on nothing but what is settled at `now`, whoever asks.
    """
    now = now or access.now()
    reports = _grouped(
        _items(access, FT, now),
        stage=FT,
        now=now,
        kind=F(KIND),
        part=Case(When(_standings(FT, now)[Standing.EXCLUDED], then=_reason_code()), default=None),
    )
    records = _grouped(
        _items(access, TA, now), stage=TA, now=now, kind=Value("database"), part=Value("")
    )
    # One row for each import: the records of one are counted in an index, without reading them.
    of_import = Record.objects.filter(imported_by=OuterRef("pk")).order_by().values("imported_by")
    merged = Merge.objects.in_force().filter(record__imported_by=OuterRef("pk")).order_by()
    merged = merged.values("record__imported_by").annotate(n=Count("*")).values("n")
    imported = _imports(access, "", Subquery(of_import.annotate(n=Count("*")).values("n")))
    duplicates = _imports(access, Standing.DUPLICATE.value, Subquery(merged))
    rows = imported.union(duplicates, records, reports, all=True)
    counted = [
        Counted(Stage(stage) if stage else None, kind, standing, part or "", number)
        for stage, kind, standing, part, number in rows
    ]
    return numbers_of(counted, _adjusted(access))


def _imports(access: Reader, standing: str, number: Subquery) -> QuerySet[Import]:
    return (
        access.scope(Import)
        .committed()
        .order_by()
        .annotate(
            at_stage=Value("", TEXT),
            kind=F("source__kind"),
            standing=Value(standing, TEXT),
            part=Cast("source", TEXT),
            number=Coalesce(number, 0),
        )
        .values_list("at_stage", "kind", "standing", "part", "number")
    )


def records_in(access: Reader, box: str, now: datetime | None = None) -> QuerySet[Record]:
    """The records that the number of a box counts, in no order.

    Args:
        box: a code of `BOXES`; of boxes with parts also one part, as `dbr_excluded:E4` for a
            reason and `database_results:7` for the primary key of a source.

    Raises:
        KeyError: there is no such box.
    """
    now = now or access.now()
    items = items_in(access, box, now)
    if items is not None:
        # Whatever is up for screening came with an import that stands.
        return access.scope(Record).filter(pk__in=items.values("record"))
    code, _, part = box.partition(":")
    records = access.scope(Record).imported()
    if not BOXES[code].kinds or part == NO_SOURCE:
        return records.none()
    if part and not (part.isascii() and part.isdigit() and len(part) < 19):
        raise KeyError(box)
    of_source = {"imported_by__source": int(part)} if part else {}
    if Standing.DUPLICATE in BOXES[code].standings:
        records = records.filter(Exists(Merge.objects.in_force().filter(record=OuterRef("pk"))))
    return records.filter(imported_by__source__kind__in=sorted(BOXES[code].kinds), **of_source)


def items_in(
    access: Reader, box: str, now: datetime | None = None
) -> QuerySet[ScreeningItem] | None:
    """The items of `records_in`, one for each record; None where no stage is asked for.

    Raises:
        KeyError: there is no such box.
    """
    now = now or access.now()
    code, _, part = box.partition(":")
    wanted = BOXES[code]
    if part and not (code in BY_SOURCE or code in BY_REASON):
        raise KeyError(box)
    if wanted.stage is None:
        return None
    if wanted.kinds == DATABASES:  # as `_items` does, and without its question for other methods
        items = access.scope(ScreeningItem).at(wanted.stage).open(now)
    else:
        items = _items(access, wanted.stage, now)
    if wanted.stage is FT and wanted.kinds != EVERYWHERE:
        # Listed, since there are few: neither database knows that of tables so small.
        imports = access.scope(Import).filter(source__kind__in=sorted(wanted.kinds))
        items = items.filter(record__imported_by__in=list(imports.values_list("pk", flat=True)))
    if wanted.standings:
        standings = _standings(wanted.stage, now)
        items = items.filter(reduce(or_, (standings[one] for one in sorted(wanted.standings))))
    if part:
        items = items.annotate(counted_reason=_reason_code()).filter(counted_reason=part)
    return items


def _items(access: Reader, stage: Stage, now: datetime) -> QuerySet[ScreeningItem]:
    """One for every record that is at the stage, in its latest round.

    A report of another method is sought from the moment of its import, when nobody has voted.
    """
    items = access.scope(ScreeningItem).at(stage).standing()
    if stage is TA:
        return items.filter(closed_at__isnull=True)
    return items.filter(
        is_open(now=now) | Q(closed_at__isnull=True, **{f"{KIND}__in": sorted(OTHERS)})
    )


def _standings(stage: Stage, now: datetime) -> dict[str, Q]:
    """Conditions on the items of a stage, of which each item meets one."""
    is_settled = Q(completed_at__lte=undo_ends_for(now))
    is_unseen = Q(outcome=Outcome.UNSEEN.value)
    found = {
        Standing.BEGUN: ~is_unseen
        & (Q(completed_at__isnull=True) | Q(completed_at__gt=undo_ends_for(now))),
        Standing.CONFLICT: is_settled & Q(outcome=Outcome.CONFLICT.value),
        Standing.EXCLUDED: is_settled & Q(outcome=Outcome.EXCLUDED.value),
        Standing.INCLUDED: is_settled & Q(outcome=Outcome.INCLUDED.value),
    }
    if stage is TA:
        return {Standing.UNSEEN: is_unseen, **found}
    known = Retrieval.objects.in_force().filter(record=OuterRef("record"))

    def is_known_as(state: RetrievalState) -> Q:
        return is_unseen & Q(Exists(known.filter(state=state)))

    return {
        Standing.TO_GET: is_unseen & ~Q(Exists(known)),
        Standing.REQUESTED: is_known_as(RetrievalState.REQUESTED),
        Standing.NOT_RETRIEVED: is_known_as(RetrievalState.NOT_RETRIEVED),
        Standing.UNSEEN: is_known_as(RetrievalState.RETRIEVED),
        **found,
    }


def _grouped(
    items: QuerySet[ScreeningItem],
    *,
    stage: Stage,
    now: datetime,
    kind: F | Value,
    part: Case | Value,
) -> QuerySet[ScreeningItem]:
    places = [
        When(is_there, then=Value(place)) for place, is_there in _standings(stage, now).items()
    ]
    return (
        items.order_by()
        .annotate(
            at_stage=Value(stage.value, TEXT),
            kind=Coalesce(kind, Value(""), output_field=TEXT),
            standing=Case(*places, output_field=TEXT),
            part=Coalesce(part, Value(""), output_field=TEXT),
        )
        .values_list("at_stage", "kind", "standing", "part")
        .annotate(number=Count("pk"))
    )


def _reason_code() -> Coalesce:
    """The one reason that an excluded report is counted under, as `rules.counted_reason` says.

    That of its resolution, if it has one; else the first in the protocol's order that all votes to
    exclude gave, or that any gave if they share none.
    """
    votes = Vote.objects.current().filter(
        item=OuterRef(OuterRef("pk")), decision=Decision.EXCLUDE.value
    )
    further = FurtherReason.objects.filter(vote=OuterRef("pk"), reason=OuterRef(OuterRef("pk")))
    gives_it = Q(reason=OuterRef("pk")) | Q(Exists(further))
    given = ExclusionReason.objects.filter(
        Exists(votes.filter(gives_it)), review=OuterRef("review")
    ).order_by("position", "pk")
    common = given.filter(~Exists(votes.filter(~gives_it)))
    return Coalesce(
        "resolution__reason__code",
        Subquery(common.values("code")[:1]),
        Subquery(given.values("code")[:1]),
    )


def _adjusted(access: Reader) -> list[Adjusted]:
    rows = (
        access.scope(Adjustment).in_force().values_list("box", "source__kind", "source", "number")
    )
    return [
        Adjusted(box, kind or "", str(source or ""), number) for box, kind, source, number in rows
    ]
