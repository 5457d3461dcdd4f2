"""What stands in one cell of a file: safe to open in a spreadsheet, lossless for machines. Pure."""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

LINES_AT_ONCE = 500

# Spreadsheets read a cell that begins like this as a formula, some after dropping white space.
_GUARDED = re.compile("'*[=+\\-@\t\r\n\0＝＋－＠]")  # noqa: RUF001 -- full-width signs are meant


def guard(text: str) -> str:
    """The text with ' before what a spreadsheet would take for a formula.

    Text that looks guarded already gets one more, so that `unguard` gives back every text.
    """
    return f"'{text}" if _GUARDED.match(text) else text


def unguard(cell: str) -> str:
    """The text that `guard` was given."""
    return cell[1:] if cell.startswith("'") and _GUARDED.match(cell) else cell


def cell(value: Any) -> str | int | float:
    """Numbers stay numbers, times are UTC and end in Z, texts are guarded, nothing is empty."""
    if isinstance(value, str):
        return guard(value) if value else ""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return guard(str(value))


class _Echo:
    """What csv writes to: it gives each line back."""

    def write(self, line: str) -> str:
        return line


def csv_lines(rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """The rows as CSV in UTF-8, some hundred lines at a time."""
    writer = csv.writer(_Echo())
    lines = (writer.writerow([cell(value) for value in row]) for row in rows)
    while block := "".join(islice(lines, LINES_AT_ONCE)):
        yield block.encode()
