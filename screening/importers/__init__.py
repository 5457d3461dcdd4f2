"""Reading what databases export. Pure: bytes in, records and problems out, no Django."""

from screening.importers.base import CutCount, Inspection, ParsedRecord, Problem, UnreadableFile
from screening.importers.inspecting import inspect
from screening.importers.reading import read

__all__ = [
    "CutCount",
    "Inspection",
    "ParsedRecord",
    "Problem",
    "UnreadableFile",
    "inspect",
    "read",
]
