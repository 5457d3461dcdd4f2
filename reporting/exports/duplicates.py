"""duplicates.csv: one row per record that is another source's entry for the same report.

Nothing is merged yet, so that it is a header only; it is there for scripts that read all files.
"""

from collections.abc import Iterator

from screening.access import Reader

COLUMNS = ("record_id", "duplicate_of", "pattern", "decided_by", "decided_at")


def visible(access: Reader) -> int:
    return 0


def rows(access: Reader) -> Iterator[tuple[str, ...]]:
    yield COLUMNS
