"""What a file would bring, read from the stored raw file whenever somebody looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from screening.access import ReviewAccess
from screening.actions.importing import inspection_of, kept_file
from screening.importers import ParsedRecord, Problem, read
from screening.models import Import, ImportProblem

FIRST = 3
PROBLEMS_ON_A_PAGE = 50
ENTRIES_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class ProblemPage:
    """Problems of a file in its order, from one entry on."""

    total: int
    shown: Sequence[Problem | ImportProblem]
    next_after: int | None

    @classmethod
    def of_import(cls, import_: Import, after: int) -> "ProblemPage":
        """The problems stored with an import."""
        return _page(import_.problems.count(), import_.problems.filter(position__gt=after))


@dataclass(frozen=True, slots=True)
class Preview:
    """Counts and beginnings of a file; nothing of it is in the database."""

    read: int
    first: list[ParsedRecord]
    without_abstract: int
    problems: ProblemPage


def preview_of(access: ReviewAccess, import_: Import, *, after: int = 0) -> Preview:
    """Read the file of an import.

    Args:
        after: show the problems behind this entry of the file.

    Raises:
        FileIsGone: the raw file is missing.
    """
    first: list[ParsedRecord] = []
    problems: list[Problem] = []
    records = without_abstract = 0
    for entry in read(kept_file(access, import_), inspection_of(import_)):
        if isinstance(entry, Problem):
            problems.append(entry)
            continue
        if len(first) < FIRST:
            first.append(entry)
        records += 1
        without_abstract += not entry.abstract
    return Preview(
        read=records,
        first=first,
        without_abstract=without_abstract,
        problems=_page(len(problems), [one for one in problems if one.position > after]),
    )


def beginning_of(access: ReviewAccess, import_: Import) -> list[ParsedRecord]:
    """The first records of a file too large to be read while somebody waits.

    Raises:
        FileIsGone: the raw file is missing.
    """
    entries = islice(read(kept_file(access, import_), inspection_of(import_)), ENTRIES_LOOKED_AT)
    records = (entry for entry in entries if isinstance(entry, ParsedRecord))
    return list(islice(records, FIRST))


def _page(total: int, behind: Sequence[Problem | ImportProblem]) -> ProblemPage:
    some = list(behind[: PROBLEMS_ON_A_PAGE + 1])
    shown = some[:PROBLEMS_ON_A_PAGE]
    more = len(some) > PROBLEMS_ON_A_PAGE
    return ProblemPage(total, shown, shown[-1].position if more else None)
