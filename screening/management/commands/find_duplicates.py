"""What the search for duplicates makes of a table, for scripts: no database, nothing stored."""

import csv
import json
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from screening.duplicates import (
    Description,
    Found,
    Normalised,
    find_duplicates,
    normalise,
    without_counters,
)
from screening.importers.fields import year
from screening.management.shell import ShellCommand

NEEDED = {"record_id", "title"}
LONGEST_CELL = 4_000_000


class Command(ShellCommand):
    help = (
        "Find the duplicates of a table of records; the table of clusters has what is merged, that "
        "of the queue what a person should look at, the likeliest first. Columns: record_id, "
        "title, author, year, journal, volume, number, pages, doi, pmid, abstract, type, isbn, url."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("records", type=Path, metavar="RECORDS.csv")
        parser.add_argument("--clusters", type=Path, metavar="OUT.csv")
        parser.add_argument("--queue", type=Path, metavar="QUEUE.csv")

    def handle(
        self, *args: Any, records: Path, clusters: Path | None, queue: Path | None, **options: Any
    ) -> None:
        started = time.monotonic()
        try:
            normalised = without_counters([normalise(record) for record in described(records)])
            found = find_duplicates(normalised)
            if clusters:
                written(clusters, ("record_id", "cluster_id"), clusters_of(normalised, found))
            if queue:
                written(queue, ("id_1", "id_2", "score", "reason"), questions_of(found))
        except OSError as error:
            sentence = f"{error.filename or records} cannot be opened: {error.strerror}."
            raise CommandError(sentence) from error
        except (UnicodeDecodeError, csv.Error) as error:
            raise CommandError(f"{records} is not a CSV file in UTF-8: {error}.") from error
        answer = {
            "records": len(normalised),
            "clusters": len(normalised) - len(found.merges),
            "merged": len(found.merges),
            "questions": len(found.questions),
            "seconds": round(time.monotonic() - started, 2),
        }
        self.stdout.write(json.dumps(answer))


def described(path: Path) -> Iterator[Description]:
    """The records of the table.

    Raises: CommandError for a column that is missing and for a number that is given twice;
        OSError, UnicodeDecodeError, csv.Error.
    """
    csv.field_size_limit(LONGEST_CELL)
    seen = set()
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictReader(stream, restval="")
        missing = sorted(NEEDED - set(rows.fieldnames or ()))
        if missing:
            raise CommandError(f"{path} has no column {' and no column '.join(missing)}.")
        for row in rows:
            name = row["record_id"]
            if name in seen:
                raise CommandError(f"{path} has two records with the record_id {name}.")
            seen.add(name)
            yield description(row)


def description(row: dict[str, str]) -> Description:
    def cell(column: str) -> str:
        return row.get(column, "").strip()

    return Description(
        id=row["record_id"],
        title=cell("title"),
        abstract=cell("abstract"),
        authors=(cell("author"),) if cell("author") else (),
        year=year(cell("year")),
        journal=cell("journal"),
        volume=cell("volume"),
        issue=cell("number"),
        pages=cell("pages"),
        doi=cell("doi"),
        pmid=cell("pmid"),
        url=cell("url"),
        issn=cell("isbn"),
        kind=cell("type"),
    )


def clusters_of(
    records: Sequence[Normalised], found: Found
) -> Iterator[tuple[str | int, str | int]]:
    """Each record and the first of its cluster."""
    first = {record.id: record.id for record in records}
    members = {record.id: [record.id] for record in records}
    for merge in found.merges:
        kept, absorbed = sorted(first[record] for record in merge.pair)
        for record in members[absorbed]:
            first[record] = kept
        members[kept] += members.pop(absorbed)
    yield from first.items()


def questions_of(found: Found) -> Iterator[tuple[str | int, str | int, str, str]]:
    for question in found.questions:
        yield *question.pair, f"{question.score:.4f}", question.reason


def written(path: Path, header: Sequence[str], rows: Iterator[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
