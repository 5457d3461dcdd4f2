"""The flow diagram as the page shows it: boxes in order, what is in progress, what is missing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from reporting.kept import kept
from reporting.prisma import csv
from reporting.prisma.counting import count
from reporting.prisma.numbers import (
    BOXES,
    BY_REASON,
    BY_SOURCE,
    ELSEWHERE,
    IN_PROGRESS,
    NO_SOURCE,
    Identity,
    Numbers,
    identities,
)
from screening.access import Reader
from screening.models import Adjustment, ExclusionReason, Source
from screening.questions import likely
from screening.rules import Stage

WITHOUT_SOURCE = "Without a source in particular"


@dataclass(frozen=True, slots=True)
class Shown:
    """One number with its words, and those it is the sum of.

    Args:
        records: how many of them its list has; the rest are adjustments.
        has_list: whether records can stand for it at all.
    """

    code: str
    title: str
    unit: str
    number: int
    records: int
    has_list: bool
    parts: tuple["Shown", ...] = ()

    @property
    def short(self) -> str:
        """Its title where the column says how the records were found."""
        return self.title.removesuffix(ELSEWHERE)

    @property
    def adjusted(self) -> int:
        return self.number - self.records


@dataclass(frozen=True, slots=True)
class Step:
    """A box of the flow with what leaves the review there, and what waits there."""

    main: tuple[Shown, ...]
    aside: tuple[Shown, ...] = ()
    waiting: tuple[Shown, ...] = ()
    title: str = ""
    aside_title: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """Something that has to be nothing before the numbers are final."""

    shown: Shown
    page: str  # name of the address where it is dealt with
    stage: Stage | None = None
    words: str = "Full texts"  # of the link to it, where no stage says them

    @property
    def is_met(self) -> bool:
        return self.shown.number == 0


@dataclass(frozen=True)
class Report:
    """The numbers of a review at one moment; they are the same for everybody who may read it."""

    access: Reader

    @cached_property
    def now(self) -> datetime:
        return self.access.now()

    @cached_property
    def numbers(self) -> Numbers:
        return kept(self.access, "prisma", lambda: count(self.access, self.now), now=self.now)

    @cached_property
    def sources(self) -> dict[str, str]:
        """Names by primary key."""
        rows = self.access.scope(Source).order_by("pk").values_list("pk", "name")
        return {str(pk): name for pk, name in rows}

    @cached_property
    def reasons(self) -> dict[str, str]:
        """Labels by code, in the order of the protocol; retired ones too."""
        rows = self.access.scope(ExclusionReason).order_by("position", "pk")
        return dict(rows.values_list("code", "label"))

    @cached_property
    def adjustments(self) -> list[Adjustment]:
        return list(self.access.scope(Adjustment).in_force().said_by_whom())

    @cached_property
    def questions(self) -> int:
        """Pairs of records that are likely duplicates, and that nobody has decided about."""
        return likely(self.access).order_by().count()

    @cached_property
    def broken(self) -> list[Identity]:
        """Identities that do not hold; there are none unless something is wrong."""
        return [identity for identity in identities(self.numbers) if not identity.holds]

    @property
    def previous(self) -> tuple[Shown, ...]:
        if not self.numbers.has_previous:
            return ()
        return self._shown("previous_studies", "previous_reports")

    @property
    def databases(self) -> list[Step]:
        return [
            Step(
                self._shown("database_results", "register_results"),
                self._shown("duplicates", "excluded_automatic", "excluded_other"),
                title="Records identified from",
                aside_title="Records removed before screening",
            ),
            Step(
                self._shown("records_screened"),
                self._shown("records_excluded"),
                self._waiting("pending_title_abstract"),
            ),
            Step(
                self._shown("dbr_sought_reports"),
                self._shown("dbr_notretrieved_reports"),
                self._waiting("pending_retrieval"),
            ),
            Step(
                self._shown("dbr_assessed"),
                self._shown("dbr_excluded"),
                self._waiting("pending_full_text"),
            ),
        ]

    @property
    def others(self) -> list[Step]:
        if not self.numbers.has_others:
            return []
        return [
            Step(
                self._shown("website_results", "organisation_results", "citations_results"),
                self._waiting("other_removed"),
                title="Records identified from",
            ),
            Step(
                self._shown("other_sought_reports"),
                self._shown("other_notretrieved_reports"),
                self._waiting("other_pending_retrieval"),
            ),
            Step(
                self._shown("other_assessed"),
                self._shown("other_excluded"),
                self._waiting("other_pending_full_text"),
            ),
        ]

    @property
    def included(self) -> tuple[Shown, ...]:
        return self._shown("new_studies", "new_reports")

    @property
    def total(self) -> tuple[Shown, ...]:
        if not self.numbers.has_previous:
            return ()
        return self._shown("total_studies", "total_reports")

    @property
    def in_progress(self) -> tuple[Shown, ...]:
        return self._waiting(*IN_PROGRESS)

    @cached_property
    def checks(self) -> list[Check]:
        ta, ft = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
        places: list[tuple[str, str, Stage | None]] = [
            ("ta_unseen", "screening:queue", ta),
            ("ta_begun", "screening:queue", ta),
            ("ta_conflict", "screening:conflicts", ta),
            ("ft_to_get", "screening:full_texts", None),
            ("ft_requested", "screening:full_texts", None),
            ("ft_unseen", "screening:queue", ft),
            ("ft_begun", "screening:queue", ft),
            ("ft_conflict", "screening:conflicts", ft),
        ]
        checks = [Check(self._shown(code)[0], page, stage) for code, page, stage in places]
        asked = Shown(
            "",
            "Likely duplicates nobody decided about",
            "question",
            number=self.questions,
            records=0,
            has_list=False,
        )
        return [Check(asked, "screening:duplicates", words="Possible duplicates"), *checks]

    @property
    def is_final(self) -> bool:
        """There is something, nothing is in progress, and everything adds up."""
        return bool(self.numbers["identified"] + self.numbers["other_identified"]) and not (
            self.numbers.in_progress or self.broken or self.questions
        )

    def rows(self) -> Iterator[tuple[str | int, ...]]:
        """prisma_flow.csv."""
        return csv.rows(self.numbers, sources=self.sources, reasons=self.reasons)

    def _shown(self, *codes: str) -> tuple[Shown, ...]:
        return tuple(self._one(code, BOXES[code].title, self._parts(code)) for code in codes)

    def _waiting(self, *codes: str) -> tuple[Shown, ...]:
        return tuple(one for one in self._shown(*codes) if one.number)

    def _one(self, code: str, title: str, parts: tuple[Shown, ...] = ()) -> Shown:
        name, _, part = code.partition(":")
        box = BOXES[name]
        return Shown(
            code,
            title,
            box.unit,
            number=self.numbers[code],
            records=self.numbers.records.get(code, 0),
            has_list=bool(box.kinds) and part != NO_SOURCE,
            parts=parts,
        )

    def _parts(self, code: str) -> tuple[Shown, ...]:
        if code in BY_REASON:
            named: Mapping[str, str] = self.reasons
        elif code in BY_SOURCE:
            named = {**self.sources, NO_SOURCE: WITHOUT_SOURCE}
        else:
            return ()
        there = self.numbers.parts(code)
        return tuple(
            self._one(f"{code}:{part}", title) for part, title in named.items() if part in there
        )


def flow_rows(access: Reader) -> Iterator[tuple[str | int, ...]]:
    return Report(access).rows()


def flow_visible(access: Reader) -> int:
    return csv.ROWS
