"""The files a review gives, each under the blinding of whoever takes it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from reporting.agreement import csv as agreement
from reporting.exports import (
    duplicates,
    excluded,
    log,
    records,
    resolutions,
    searches,
    votes,
)
from reporting.prisma import page as prisma
from screening.access import Reader, Right


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file.

    Args:
        holds: what a row is, as a sentence.
        rows: the header, then every row this person may see, from one snapshot.
        visible: how many rows that is.
        hidden: how many rows are left out until their items are settled.
        right: what it takes to get the file.
        left_out: what `hidden` counts.
    """

    name: str
    holds: str
    rows: Callable[[Reader], Iterator[tuple[Any, ...] | list[Any]]]
    visible: Callable[[Reader], int]
    hidden: Callable[[Reader], int]
    right: Right = Right.READ
    left_out: str = "row"


def _none(access: Reader) -> int:
    return 0


FILES = {
    file.name: file
    for file in (
        ExportFile(
            "votes_long",
            "Every vote: one row each, those changed or taken back with the time it happened.",
            votes.rows,
            votes.visible,
            votes.hidden,
        ),
        ExportFile(
            "records_wide",
            "Every record as its source gave it, with its outcomes, what became of getting its "
            "report, and a column for each reviewer's vote.",
            records.rows,
            records.visible,
            _none,
        ),
        ExportFile(
            "resolutions",
            "How conflicts ended: one row each, with the votes before and the rationale.",
            resolutions.rows,
            resolutions.visible,
            _none,
        ),
        ExportFile(
            "excluded_full_text",
            "Every report excluded at full text, with the reason it is counted under and all "
            "that were given.",
            excluded.rows,
            excluded.visible,
            _none,
        ),
        ExportFile(
            "searches",
            "Every source with what PRISMA-S asks for: where, when, the exact search, the files; and "
            "what is said of the search as a whole.",
            searches.rows,
            searches.visible,
            _none,
        ),
        ExportFile(
            "duplicates",
            "Records that are duplicates of others: which, by what pattern or person, and when.",
            duplicates.rows,
            duplicates.visible,
            _none,
        ),
        ExportFile(
            "agreement",
            "How far each pair of reviewers agrees at each stage before any discussion, with "
            "standard errors and intervals.",
            agreement.rows,
            agreement.visible,
            agreement.hidden,
            left_out="open conflict",
        ),
        ExportFile(
            "prisma_flow",
            "The numbers of the PRISMA 2020 flow diagram, as the R package PRISMA2020 reads them.",
            prisma.flow_rows,
            prisma.flow_visible,
            _none,
        ),
        ExportFile(
            "log",
            "Who did what and when, as the page of the log shows it to you.",
            log.rows,
            log.visible,
            log.hidden,
            right=Right.LOG,
            left_out="record",
        ),
    )
}
