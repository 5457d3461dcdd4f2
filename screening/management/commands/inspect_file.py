"""What the importers make of a file, for scripts: no database, nothing stored."""

import csv
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import CommandError

from screening.importers import ParsedRecord, Problem, UnreadableFile, inspect, read
from screening.management.shell import ShellCommand

COLUMNS = tuple(field.name for field in fields(ParsedRecord))


class Command(ShellCommand):
    help = "Say in JSON what a file of records holds; with --records write them as CSV."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--records", type=Path, metavar="OUT.csv")

    def handle(self, *args: Any, file: Path, records: Path | None, **options: Any) -> None:
        try:
            answer = examine(file, records)
        except UnreadableFile as refusal:
            raise CommandError(str(refusal)) from refusal
        except OSError as error:
            sentence = f"{error.filename or file} cannot be opened: {error.strerror}."
            raise CommandError(sentence) from error
        self.stdout.write(json.dumps(answer))


def examine(file: Path, out: Path | None) -> dict[str, str | int]:
    """The counts of the file; its records are in `out`, if that is given.

    Raises: UnreadableFile; OSError for either file.
    """
    inspection = inspect(file)
    counts = {ParsedRecord: 0, Problem: 0}
    with ExitStack() as stack:
        found = read(file, inspection)
        if out:
            stream = stack.enter_context(out.open("w", encoding="utf-8", newline=""))
            found = written(found, stream)
        for entry in found:
            counts[type(entry)] += 1
    return {
        "format": inspection.format,
        "encoding": inspection.encoding,
        "found": inspection.found,
        "read": counts[ParsedRecord],
        "problems": counts[Problem],
    }


def written(
    found: Iterator[ParsedRecord | Problem], stream: TextIO
) -> Iterator[ParsedRecord | Problem]:
    """The same entries; the records among them are rows of the stream once they have passed."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in found:
        if isinstance(entry, ParsedRecord):
            writer.writerow(cell(getattr(entry, name)) for name in COLUMNS)
        yield entry


def cell(value: Any) -> Any:
    return "; ".join(value) if isinstance(value, tuple) else value
