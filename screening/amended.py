"""The amendments of a review so far: who changed what of the protocol, when and why."""

from dataclasses import dataclass
from datetime import datetime

from screening.access import Reader
from screening.models import LogEntry, Protocol
from screening.protocol_words import Difference, differences


@dataclass(frozen=True, slots=True)
class Amended:
    """One version after the first, with what makes it differ from the one before."""

    number: int
    at: datetime
    by: str
    why: str
    differences: list[Difference]


def amendments_of(access: Reader) -> list[Amended]:
    """The latest one first. What changed is read from the entry of the log it began with."""
    versions = list(access.scope(Protocol).filter(number__gt=1).order_by("-number"))
    if not versions:
        return []
    began = [version.started_at_sequence for version in versions]
    entries = access.scope(LogEntry).filter(sequence__in=began, action="protocol.amended")
    by_sequence = {entry.sequence: entry for entry in entries.select_related("actor")}
    listed = ((version, by_sequence.get(version.started_at_sequence)) for version in versions)
    return [
        Amended(
            version.number,
            entry.at,
            entry.actor.name,
            version.why,
            differences(entry.before, entry.after),
        )
        for version, entry in listed
        if entry
    ]
