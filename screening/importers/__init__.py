"""Reading what databases export. Pure: bytes in, records and problems out, no Django."""

from screening.importers.base import (
    ColumnPairs,
    CutCount,
    Inspection,
    ParsedRecord,
    Problem,
    UnreadableFile,
)
from screening.importers.inspecting import inspect
from screening.importers.reading import read
from screening.importers.tables.columns import NeedsColumns

__all__ = [
    "ColumnPairs",
    "CutCount",
    "Inspection",
    "NeedsColumns",
    "ParsedRecord",
    "Problem",
    "UnreadableFile",
    "inspect",
    "read",
]
