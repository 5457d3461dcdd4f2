"""Reading a file's records, one at a time."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from screening.importers import formats, medline, ris
from screening.importers.base import Inspection, ParsedRecord, Problem
from screening.importers.decoding import text_lines
from screening.importers.tagged import Entry, Profile, entries


class _Format(NamedTuple):
    profile: Profile
    record: Callable[[Entry], ParsedRecord | Problem]


_FORMATS = {
    "ris": _Format(ris.PROFILE, ris.record),
    "nbib": _Format(medline.PROFILE, medline.record),
}


def read(path: Path, inspection: Inspection) -> Iterator[ParsedRecord | Problem]:
    """Every entry of an inspected file, in its order, as a record or as a problem.

    Memory does not grow with the file. As many are given as `inspection.found` says.
    """
    rows = formats.table_by_name(inspection.format)
    if rows and inspection.columns is not None:
        return rows.read_with(path, inspection.encoding, dict(inspection.columns))
    if told_by_beginning := formats.by_name(inspection.format):
        return told_by_beginning.read(path, inspection.encoding)
    form = _FORMATS[inspection.format]
    return map(form.record, entries(text_lines(path, inspection.encoding), form.profile))
