"""The boxes of a PRISMA 2020 flow diagram, and what must add up among them. Pure.

Records are counted until screening ends, reports at retrieval and eligibility, studies at the end;
until studies are kept, every included report is one. What is not decided yet is in progress, so
that the identities hold at every moment and not only at the last.

Source: PRISMA 2020, doi:10.1136/bmj.n71; its flow diagram, doi:10.1002/cl2.1230.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from screening.rules import Stage

DATABASES = frozenset({"database", "register"})
OTHERS = frozenset({"website", "organisation", "citations"})
EVERYWHERE = DATABASES | OTHERS

NO_SOURCE = "none"  # the part of a box that an adjustment without a source goes to
ELSEWHERE = " (other methods)"  # behind titles that both columns have
TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT


class Standing(StrEnum):
    """Where the item of a record stands at one stage; each is in one place alone.

    The first three of a report are what is known of getting it while nobody has voted; one that
    somebody voted on is here.
    """

    TO_GET = "to_get"
    REQUESTED = "requested"
    NOT_RETRIEVED = "not_retrieved"
    UNSEEN = "unseen"
    BEGUN = "begun"  # also complete, while the last vote can still be taken back
    CONFLICT = "conflict"
    EXCLUDED = "excluded"
    INCLUDED = "included"
    DUPLICATE = "duplicate"  # of records as they were imported: never up for screening


UNDECIDED = frozenset({Standing.UNSEEN, Standing.BEGUN, Standing.CONFLICT})
TO_COME = frozenset({Standing.TO_GET, Standing.REQUESTED})
ASSESSED = UNDECIDED | {Standing.EXCLUDED, Standing.INCLUDED}
_DUPLICATE = frozenset({Standing.DUPLICATE})


@dataclass(frozen=True, slots=True)
class Box:
    """What a box counts.

    Args:
        kinds: of the sources its records came from; none where no record stands for its number.
        stage: where they stand; None for records as they were imported.
        standings: of their items at that stage, or whether they are duplicates; empty for any.
    """

    title: str
    unit: str
    kinds: frozenset[str] = frozenset()
    stage: Stage | None = None
    standings: frozenset[Standing] = frozenset()


def _records(title: str, *kinds: str) -> Box:
    return Box(title, "record", frozenset(kinds))


def _screened(title: str, *standings: Standing) -> Box:
    return Box(title, "record", DATABASES, TA, frozenset(standings))


def _reports(title: str, kinds: frozenset[str], *standings: Standing, unit: str = "report") -> Box:
    full = f"{title}{ELSEWHERE}" if kinds == OTHERS else title
    return Box(full, unit, kinds, FT, frozenset(standings))


BOXES: dict[str, Box] = {
    "previous_studies": Box("Studies included in the previous version of the review", "study"),
    "previous_reports": Box("Reports of these studies", "report"),
    "identified": _records("Records identified from databases and registers", *DATABASES),
    "database_results": _records("Records from databases", "database"),
    "register_results": _records("Records from registers", "register"),
    "duplicates": Box("Duplicate records", "record", DATABASES, standings=_DUPLICATE),
    "excluded_automatic": Box("Records marked as ineligible by automation tools", "record"),
    "excluded_other": Box("Records removed for other reasons", "record"),
    "records_screened": _screened("Records screened"),
    "records_excluded": _screened("Records excluded", Standing.EXCLUDED),
    "pending_title_abstract": _screened("Records to be decided on title and abstract", *UNDECIDED),
    "dbr_sought_reports": _reports("Reports sought for retrieval", DATABASES),
    "dbr_notretrieved_reports": _reports(
        "Reports not retrieved", DATABASES, Standing.NOT_RETRIEVED
    ),
    "pending_retrieval": _reports("Reports to be retrieved", DATABASES, *TO_COME),
    "dbr_assessed": _reports("Reports assessed for eligibility", DATABASES, *ASSESSED),
    "dbr_excluded": _reports("Reports excluded", DATABASES, Standing.EXCLUDED),
    "pending_full_text": _reports("Reports to be decided", DATABASES, *UNDECIDED),
    "dbr_included": _reports("Reports included", DATABASES, Standing.INCLUDED),
    "other_identified": _records("Records identified by other methods", *OTHERS),
    "website_results": _records("Records from websites", "website"),
    "organisation_results": _records("Records from organisations", "organisation"),
    "citations_results": _records("Records from citation searching", "citations"),
    "other_removed": Box(
        "Records removed before retrieval", "record", OTHERS, standings=_DUPLICATE
    ),
    "other_sought_reports": _reports("Reports sought for retrieval", OTHERS),
    "other_notretrieved_reports": _reports("Reports not retrieved", OTHERS, Standing.NOT_RETRIEVED),
    "other_pending_retrieval": _reports("Reports to be retrieved", OTHERS, *TO_COME),
    "other_assessed": _reports("Reports assessed for eligibility", OTHERS, *ASSESSED),
    "other_excluded": _reports("Reports excluded", OTHERS, Standing.EXCLUDED),
    "other_pending_full_text": _reports("Reports to be decided", OTHERS, *UNDECIDED),
    "other_included": _reports("Reports included", OTHERS, Standing.INCLUDED),
    "new_studies": _reports(
        "New studies included in the review", EVERYWHERE, Standing.INCLUDED, unit="study"
    ),
    "new_reports": _reports("Reports of new included studies", EVERYWHERE, Standing.INCLUDED),
    "total_studies": _reports(
        "Studies included in the review", EVERYWHERE, Standing.INCLUDED, unit="study"
    ),
    "total_reports": _reports("Reports of included studies", EVERYWHERE, Standing.INCLUDED),
    # No boxes of the diagram, but what stands between it and its last state.
    "ta_unseen": _screened("Records that nobody has screened", Standing.UNSEEN),
    "ta_begun": _screened("Records short of a vote, or settling", Standing.BEGUN),
    "ta_conflict": _screened("Records in open conflict", Standing.CONFLICT),
    "ft_to_get": _reports("Reports not looked for yet", EVERYWHERE, Standing.TO_GET),
    "ft_requested": _reports("Reports asked for, not here yet", EVERYWHERE, Standing.REQUESTED),
    "ft_unseen": _reports("Reports that nobody has screened", EVERYWHERE, Standing.UNSEEN),
    "ft_begun": _reports("Reports short of a vote, or settling", EVERYWHERE, Standing.BEGUN),
    "ft_conflict": _reports("Reports in open conflict", EVERYWHERE, Standing.CONFLICT),
}

RESULTS = {
    "database": "database_results",
    "register": "register_results",
    "website": "website_results",
    "organisation": "organisation_results",
    "citations": "citations_results",
}
BY_SOURCE = frozenset({*RESULTS.values(), "duplicates", "other_removed"})
BY_REASON = frozenset({"dbr_excluded", "other_excluded"})
IN_PROGRESS = (
    "pending_title_abstract",
    "pending_retrieval",
    "pending_full_text",
    "other_pending_retrieval",
    "other_pending_full_text",
)
REMOVED = ("duplicates", "excluded_automatic", "excluded_other")
TOTALS = {"previous_studies": "total_studies", "previous_reports": "total_reports"}


class Counted(NamedTuple):
    """So many records came from this kind of source and stand here.

    Args:
        stage: None of records as they were imported; those at title and abstract are of databases.
        standing: without a stage empty, but for duplicates.
        part: the source's primary key without a stage, the code of the reason where excluded.
    """

    stage: Stage | None
    kind: str
    standing: str
    part: str
    number: int


class Adjusted(NamedTuple):
    """A number that no record stands for; kind and part of its source are empty without one."""

    box: str
    kind: str
    part: str
    number: int


class Identity(NamedTuple):
    code: str
    says: str
    left: int
    right: int

    @property
    def holds(self) -> bool:
        return self.left == self.right


@dataclass(frozen=True, slots=True)
class Numbers:
    """The number of every box, by what it is made of.

    Args:
        records: how many records or reports there are, by box, and by part as `dbr_excluded:E4`.
        adjusted: what adjustments add, likewise.
    """

    records: Mapping[str, int]
    adjusted: Mapping[str, int]

    def __getitem__(self, box: str) -> int:
        """
        Raises:
            KeyError: there is no such box.
        """
        if box.partition(":")[0] not in BOXES:
            raise KeyError(box)
        return self.records.get(box, 0) + self.adjusted.get(box, 0)

    def parts(self, box: str) -> dict[str, int]:
        """By source or by reason: the parts that are not nothing, by what follows the colon."""
        codes = [code for code in {**self.records, **self.adjusted} if code.startswith(f"{box}:")]
        return {code.partition(":")[2]: self[code] for code in codes if self[code]}

    @property
    def in_progress(self) -> int:
        """How many records and reports are not decided; nothing in a final diagram."""
        return sum(self[box] for box in IN_PROGRESS)

    @property
    def has_previous(self) -> bool:
        return bool(self["previous_studies"] or self["previous_reports"])

    @property
    def has_others(self) -> bool:
        return bool(self["other_identified"])


def numbers_of(counted: Iterable[Counted], adjusted: Iterable[Adjusted]) -> Numbers:
    """Every box's number; each record is counted in all boxes it belongs to."""
    records: dict[str, int] = {}
    for one in counted:
        for code, box in BOXES.items():
            if belongs(box, one):
                records[code] = records.get(code, 0) + one.number
                if one.part and code in BY_SOURCE | BY_REASON:
                    part = f"{code}:{one.part}"
                    records[part] = records.get(part, 0) + one.number
    return Numbers(records, _adjustments(adjusted))


def belongs(box: Box, one: Counted) -> bool:
    if one.stage != box.stage or one.kind not in box.kinds:
        return False
    if box.stage is None:
        # Duplicates are among the records of their imports, and counted once more as duplicates.
        return (one.standing == Standing.DUPLICATE) == bool(box.standings)
    return not box.standings or one.standing in box.standings


def _adjustments(adjusted: Iterable[Adjusted]) -> dict[str, int]:
    """What was removed before it came here was identified all the same: it is added there too."""
    sums: dict[str, int] = {}
    for one in adjusted:
        codes = [one.box]
        if one.box in TOTALS:
            codes.append(TOTALS[one.box])
        else:
            results = RESULTS[one.kind or "database"]
            is_other = one.kind in OTHERS
            removed = "other_removed" if is_other else one.box
            codes = [removed, "other_identified" if is_other else "identified", results]
            by_source = [results, *({removed} & BY_SOURCE)]
            codes += (f"{code}:{one.part or NO_SOURCE}" for code in by_source)
        for code in codes:
            sums[code] = sums.get(code, 0) + one.number
    return sums


def identities(n: Numbers) -> list[Identity]:
    """The nine that must hold at every moment; the fifth and seventh both for both columns.

    That `new_studies <= new_reports` is part of the eighth; it is an equality until one study can
    have two reports.
    """
    return [
        Identity(
            "I1",
            "identified = databases + registers",
            n["identified"],
            n["database_results"] + n["register_results"],
        ),
        Identity(
            "I2",
            "screened = identified - removed before screening",
            n["records_screened"],
            n["identified"] - sum(n[box] for box in REMOVED),
        ),
        Identity(
            "I3",
            "sought = screened - excluded - in progress",
            n["dbr_sought_reports"],
            n["records_screened"] - n["records_excluded"] - n["pending_title_abstract"],
        ),
        Identity(
            "I4",
            "assessed = sought - not retrieved - in progress",
            n["dbr_assessed"],
            n["dbr_sought_reports"] - n["dbr_notretrieved_reports"] - n["pending_retrieval"],
        ),
        Identity(
            "I5",
            "included = assessed - excluded by reasons - in progress",
            n["dbr_included"],
            n["dbr_assessed"] - sum(n.parts("dbr_excluded").values()) - n["pending_full_text"],
        ),
        Identity(
            "I6",
            "sought elsewhere = identified elsewhere - removed before retrieval",
            n["other_sought_reports"],
            n["website_results"]
            + n["organisation_results"]
            + n["citations_results"]
            - n["other_removed"],
        ),
        Identity(
            "I7",
            "assessed elsewhere = sought - not retrieved - in progress",
            n["other_assessed"],
            n["other_sought_reports"]
            - n["other_notretrieved_reports"]
            - n["other_pending_retrieval"],
        ),
        Identity(
            "I7",
            "included elsewhere = assessed - excluded by reasons - in progress",
            n["other_included"],
            n["other_assessed"]
            - sum(n.parts("other_excluded").values())
            - n["other_pending_full_text"],
        ),
        Identity(
            "I8",
            "new reports = included of databases + included elsewhere",
            n["new_reports"],
            n["dbr_included"] + n["other_included"],
        ),
        Identity("I8", "every included report is one study", n["new_studies"], n["new_reports"]),
        Identity(
            "I9",
            "studies = previous + new",
            n["total_studies"],
            n["previous_studies"] + n["new_studies"],
        ),
        Identity(
            "I9",
            "reports = previous + new",
            n["total_reports"],
            n["previous_reports"] + n["new_reports"],
        ),
    ]
