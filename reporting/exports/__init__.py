"""The files a review gives, each under the blinding of whoever takes it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from reporting.exports import records, resolutions, searches, votes
from screening.access import ReviewAccess


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file.

    Args:
        holds: what a row is, as a sentence.
        rows: the header, then every row this person may see, from one snapshot.
        visible: how many rows that is.
        hidden: how many rows are left out until their items are settled.
    """

    name: str
    holds: str
    rows: Callable[[ReviewAccess], Iterator[tuple[Any, ...] | list[Any]]]
    visible: Callable[[ReviewAccess], int]
    hidden: Callable[[ReviewAccess], int]


def _none(access: ReviewAccess) -> int:
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
            "Every record as its source gave it, with its outcome and a column for each "
            "reviewer's vote.",
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
            "searches",
            "Every source with what PRISMA-S asks for: where, when, the exact search, the files.",
            searches.rows,
            searches.visible,
            _none,
        ),
    )
}
