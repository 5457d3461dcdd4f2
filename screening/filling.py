"""What a record lacks, taken from its duplicates: shown to readers, with the source; never stored."""

from collections.abc import Sequence
from dataclasses import dataclass

from config.prepared import Parameter, Prepared
from screening.models import Record

NAMES = {
    "abstract": "abstract",
    "authors": "authors",
    "year": "year",
    "journal": "journal",
    "volume": "volume",
    "issue": "issue",
    "pages": "pages",
    "doi": "DOI",
    "pmid": "PMID",
    "pmcid": "PMCID",
    "language": "language",
    "url": "address",
}
"""The fields that are filled, and how they are called."""

DUPLICATES = Prepared(
    lambda: (
        Record.objects.filter(
            merges__kept=Parameter("record"), merges__ended_at_sequence__isnull=True
        )
        .with_source_named()
        .order_by("number")
    )
)


@dataclass(frozen=True, slots=True)
class TakenOver:
    """A field whose value is that of a duplicate."""

    name: str
    source: str
    number: int


def filled(record: Record) -> Record:
    """The record, with `taken_over` saying what it has from its duplicates. Not to be saved."""
    if not hasattr(record, "taken_over"):
        record.taken_over = fill(record, DUPLICATES.ask(record=record.pk))
    return record


def fill(record: Record, duplicates: Sequence[Record]) -> list[TakenOver]:
    """Each field that the record lacks has the value of the first duplicate that knows it.

    An abstract that was cut gives way to one that is longer.
    """
    taken = []
    for field, name in NAMES.items():
        own = getattr(record, field)
        for duplicate in duplicates:
            value = getattr(duplicate, field)
            if value and (not own or (field == "abstract" and _is_cut(own, value))):
                setattr(record, field, value)
                taken.append(TakenOver(name, duplicate.source_name, duplicate.number))
                break
    return taken


def _is_cut(own: str, other: str) -> bool:
    return own.endswith(("…", "...")) and len(other) > len(own)
