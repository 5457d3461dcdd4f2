"""Rows sent to PostgreSQL as lines of text, by COPY."""

from collections.abc import Iterable, Sequence
from io import StringIO

from django.db import connection

from screening.slices import by_size

SENT_AT_ONCE = 60_000
"""Characters of one COPY.

What comes faster than a server takes it fills its buffer, and TCP waits for 200 ms now and then.
"""


def copy(table: str, columns: Sequence[str], lines: Iterable[str]) -> None:
    """The rows are stored.

    Args:
        lines: one for each row, with a line end, and tabs between values in the form of COPY.
    """
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    # Called through to the driver, whose errors would not be Django's.
    with connection.cursor() as cursor, connection.wrap_database_errors:
        for some in by_size(lines, len, SENT_AT_ONCE):
            cursor.copy_expert(statement, StringIO("".join(some)))
