"""What the zip of a review holds, file by file, in the order in which it is written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from reporting.cells import csv_lines
from reporting.exports import FILES, ris
from reporting.package import imports, log, protocol
from reporting.prisma.counting import records_in
from screening.host import HostAccess
from screening.models import Record

ROWS_AT_ONCE = 1_000
LOG = "Every entry of the log with its digest and the numbers of people, to check its chain."


@dataclass
class Part:
    """A file of the zip.

    Args:
        holds: what is in it, as a sentence.
        blocks: its bytes; they are made as they are written.
        rows: how many rows its table has below the header; known once it is written.
        sha256: what its content must be, where it was told from the start.
    """

    name: str
    holds: str
    blocks: Iterable[bytes]
    rows: int | None = None
    sha256: str = ""


def parts(access: HostAccess) -> Iterator[Part]:
    """Ask for the next one when the one before is written."""
    for file in FILES.values():
        if file.name == "log":
            yield _table("log", LOG, log.rows(access))
        else:
            yield _table(file.name, file.holds, file.rows(access))
    records = access.scope(Record).imported().order_by("number")
    yield Part("records.ris", "Every record, as RIS.", _ris(records))
    included = records_in(access, "new_reports").order_by("number")
    yield Part("included.ris", "The records whose reports are included, as RIS.", _ris(included))
    yield Part(
        "protocol.json",
        "The protocol with every version, its criteria, reasons to exclude and terms.",
        [protocol.as_json(access)],
    )
    yield Part(
        "protocol.txt",
        "The protocol in force, what in it is a proposal, and its amendments, to be read.",
        [protocol.as_text(access)],
    )
    files = imports.raw_files(access)
    for raw in files:
        names = ", ".join(sorted({one.source.name for one in raw.imports}))
        names = names or "the log of votes that were taken over"
        yield Part(
            raw.name, f"A file as it was uploaded: {names}.", raw.blocks(), sha256=raw.sha256
        )
    yield _table(
        "imports",
        "Every file that was uploaded: its source, its name in imports/, its SHA-256, and whether "
        "the file kept is still the one that was uploaded.",
        imports.rows(access, files),
    )


def _ris(records: QuerySet[Record]) -> Iterator[bytes]:
    return ris.ris_lines(records.iterator(chunk_size=ROWS_AT_ONCE))


def _table(name: str, holds: str, rows: Iterable[Iterable[Any]]) -> Part:
    part = Part(f"{name}.csv", holds, ())
    part.blocks = csv_lines(_counted(rows, part))
    return part


def _counted(rows: Iterable[Iterable[Any]], part: Part) -> Iterator[Iterable[Any]]:
    for number, row in enumerate(rows):
        part.rows = number
        yield row
