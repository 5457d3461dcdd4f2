"""records_wide.csv: one row per record, one vote column per reviewer and stage."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, groupby, islice
from typing import Any

from django.db.models import Case, Exists, F, FilteredRelation, OuterRef, Q, QuerySet, When

from reporting.exports.names import WITHHELD, members
from reporting.exports.reasons import Reasons, reasons_of
from screening.access import Reader
from screening.conflicts import names_hidden
from screening.models import Membership, Merge, Record, Role, ScreeningItem, Vote
from screening.querysets.votes import is_open
from screening.rules import Outcome, Stage

BIBLIOGRAPHIC = (
    "title",
    "authors",
    "year",
    "journal",
    "volume",
    "issue",
    "pages",
    "doi",
    "pmid",
    "pmcid",
    "language",
    "keywords",
    "url",
    "kind",
    "abstract",
)
# Of a report of which nothing is known yet; what is known is a code of `RetrievalState`.
SOUGHT = "sought"
SHORT = {Stage.TITLE_ABSTRACT: "ta", Stage.FULL_TEXT: "ft"}

ROWS_AT_ONCE = 1_000


@dataclass(slots=True)
class _Item:
    """A screening item as the downloader may see it: its votes by user, where visible."""

    outcome: str
    is_settled: bool
    resolved: int | None
    votes: dict[int, str] = field(default_factory=dict)
    reasons: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def shown_outcome(self) -> str:
        """An item whose votes can still be taken back is as good as one short of votes."""
        if self.is_settled or self.outcome == Outcome.UNSEEN:
            return self.outcome
        return Outcome.PARTIAL

    def counted_reason(self, reasons: Reasons) -> str:
        """The reason that an excluded report is counted under, once that stands."""
        if not self.is_settled or self.outcome != Outcome.EXCLUDED:
            return ""
        return reasons.code(reasons.counted(list(self.reasons.values()), self.resolved))

    def cells(self, access: Reader) -> dict[int, str]:
        is_open = self.is_settled and self.outcome == Outcome.CONFLICT
        if is_open and names_hidden(access, self.votes, resolved=False):
            return dict.fromkeys(self.votes, WITHHELD)
        return self.votes


def visible(access: Reader) -> int:
    return access.scope(Record).imported().count()


def rows(access: Reader) -> Iterator[list[Any]]:
    """The header and every record, by number.

    One query joins records, items and votes, so that all cells are of one moment; each vote is
    asked whether this person may see it.
    """
    found = _joined(access).iterator(chunk_size=ROWS_AT_ONCE)
    first = list(islice(found, 1))
    columns, reasons = _vote_columns(access), reasons_of(access)
    yield _header(columns)
    width = len(BIBLIOGRAPHIC) + 4
    others = _sources_of_duplicates(access)
    for _, group in groupby(chain(first, found), key=lambda values: values[0]):
        together = list(group)
        number, source, kept, known, *facts = together[0][:width]
        items = _items(values[width:] for values in together)
        report = items.get(Stage.FULL_TEXT)
        yield [
            number,
            "; ".join(dict.fromkeys([source, *others.get(number, ())])),
            *(_one_line(name, fact) for name, fact in zip(BIBLIOGRAPHIC, facts, strict=True)),
            kept,
            *(items[stage].shown_outcome() if stage in items else "" for stage in Stage),
            report.counted_reason(reasons) if report else "",
            *_vote_cells(access, items, columns),
            (known or SOUGHT) if report else "",
            "",
        ]


def _joined(access: Reader) -> QuerySet[Record]:
    now = access.now()  # one moment for both: a vote seen is one of a settled item
    settled = access.scope(ScreeningItem).settled(now).filter(pk=OuterRef("open_item"))
    seen = access.scope(Vote).visible_to(access, now).filter(pk=OuterRef("vote"))
    joined = (
        access.scope(Record)
        .imported()
        .annotate(
            open_item=FilteredRelation("items", condition=is_open("items__", now)),
            known=FilteredRelation(
                "retrievals", condition=Q(retrievals__ended_at_sequence__isnull=True)
            ),
            merge=FilteredRelation("merges", condition=Q(merges__ended_at_sequence__isnull=True)),
            vote=FilteredRelation(
                "open_item__votes", condition=Q(open_item__votes__superseded_at__isnull=True)
            ),
            is_settled=Exists(settled),
            decision=Case(When(Exists(seen), then=F("vote__decision"))),
            reason=Case(When(Exists(seen), then=F("vote__reason"))),
        )
    )
    return joined.order_by("number", "open_item", "vote").values_list(
        "number",
        "imported_by__source__name",
        "merge__kept__number",
        "known__state",
        *BIBLIOGRAPHIC,
        "open_item__stage",
        "open_item__outcome",
        "is_settled",
        "open_item__resolution__reason",
        "vote__reviewer",
        "decision",
        "reason",
        "vote__further_reasons__reason",
    )


def _sources_of_duplicates(access: Reader) -> dict[int, list[str]]:
    """By the number of the record that is kept, the sources that gave it too."""
    merges = access.scope(Merge).in_force().order_by("record__number")
    found: dict[int, list[str]] = {}
    for number, source in merges.values_list("kept__number", "record__imported_by__source__name"):
        found.setdefault(number, []).append(source)
    return found


def _items(parts: Iterator[tuple[Any, ...]]) -> dict[str, _Item]:
    items: dict[str, _Item] = {}
    for stage, outcome, is_settled, resolved, reviewer, decision, *reasons in parts:
        if stage is None:
            continue
        item = items.setdefault(stage, _Item(outcome, is_settled, resolved))
        if decision is not None:
            item.votes[reviewer] = decision
        first, further = reasons
        if first is not None:
            item.reasons[reviewer] |= {first, further} - {None}
    return items


def _vote_columns(access: Reader) -> list[Membership]:
    """Everybody who screens or has ever voted here, in the order they joined."""
    voted = set(access.scope(Vote).order_by().values_list("reviewer", flat=True).distinct())
    screening = access.scope(Membership).active().with_role(Role.REVIEWER)
    voted |= set(screening.values_list("user", flat=True))
    found = [member for user, member in members(access).items() if user in voted]
    return sorted(found, key=lambda member: member.number)


def _header(columns: list[Membership]) -> list[str]:
    return [
        "record_id",
        "sources",
        *BIBLIOGRAPHIC,
        "duplicate_of",
        "ta_outcome",
        "ft_outcome",
        "ft_reason",
        *(f"vote_{SHORT[stage]}_{member.name}" for stage in Stage for member in columns),
        "retrieval",
        "study_id",
    ]


def _vote_cells(
    access: Reader, items: dict[str, _Item], columns: list[Membership]
) -> Iterator[str]:
    for stage in Stage:
        votes = items[stage].cells(access) if stage in items else {}
        yield from (votes.get(member.user_id, "") for member in columns)


def _one_line(name: str, fact: Any) -> Any:
    """Authors and keywords stand one per line in the database, and side by side in the file."""
    return "; ".join(fact.splitlines()) if name in {"authors", "keywords"} else fact
