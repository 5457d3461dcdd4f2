"""The duplicates that an import would merge and ask about, found before anything is stored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from screening.access import ReviewAccess
from screening.actions.importing import inspection_of, kept_file, refuse_same_file
from screening.actions.matching import FIRST_NOT_STORED, matches_of_entries
from screening.duplicates import Question, in_words
from screening.importers import ParsedRecord, read
from screening.matching.plan import Link
from screening.models import Import, ImportState, Record

NAMED = 5
MOST_ENTRIES = 2_000
"""Files up to here are compared while somebody waits: it took about two seconds in a review of 100,000
records that had all of the file already."""

Compared = ParsedRecord | Record
"""An entry of the file, or a record of the review, which has a primary key."""
_Numbers = tuple[int, int, str]
"""Two that are compared, and the name of the pattern or reason."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two that are compared, and in words why they would be merged or asked about."""

    one: Compared
    other: Compared
    why: str


@dataclass(frozen=True, slots=True)
class Pairs:
    """How many there are, and the first of them."""

    total: int
    first: list[Pair]

    @property
    def more(self) -> int:
        return self.total - len(self.first)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What committing a file would do about duplicates, if it were done now.

    Args:
        records: what the file would bring, its duplicates among them.
        within: entries that would be merged into another of the file.
        known: entries that would be merged into a record of the review.
        joined: records of the review that are one with another of it, by way of the file.
        asked: pairs that somebody would be asked about, the likeliest first.
    """

    records: int
    within: Pairs
    known: Pairs
    joined: Pairs
    asked: Pairs

    @property
    def duplicates(self) -> int:
        return self.within.total + self.known.total

    @property
    def others(self) -> int:
        return self.records - self.duplicates


def why_not_compared(import_: Import) -> str:
    """A sentence where duplicates are not looked for before the import, "" where they are."""
    if import_.state != ImportState.PREVIEWED:
        return "This file is not waiting for its preview any more."
    if import_.needs_columns:
        return "Nothing of this table is read until somebody says which column is which."
    if import_.found > MOST_ENTRIES:
        return (
            f"A file of more than {MOST_ENTRIES:,} entries is compared while it is stored, with "
            "itself and with all that is in the review. What is certainly a duplicate is merged "
            "then, and you are asked about the rest; the report of the import says how many."
        )
    return ""


def foreseen(access: ReviewAccess, import_: Import, *, named: int = NAMED) -> Foreseen:
    """Compare a file as its import would; nothing is stored.

    Args:
        import_: one without `why_not_compared`.
        named: how many pairs of each kind are named.

    Raises:
        FileIsGone: the raw file is missing.
        SameFile: this very file stands in the review.
    """
    refuse_same_file(access, import_.sha256, but=import_)
    read_now = read(kept_file(access, import_), inspection_of(import_))
    entries = [entry for entry in read_now if isinstance(entry, ParsedRecord)]
    matches = matches_of_entries(access, entries)
    found = {
        "within": [_of_link(one) for one in matches.links if one.kept >= FIRST_NOT_STORED],
        "known": [_of_link(one) for one in matches.links if one.kept < FIRST_NOT_STORED],
        "joined": [_of_link(one) for one in matches.bridges],
        "asked": [_of_question(one) for one in matches.questions],
    }
    first = {kind: some[:named] for kind, some in found.items()}
    by_number = _by_number(access, entries, chain.from_iterable(first.values()))
    return Foreseen(
        records=len(entries),
        **{kind: _pairs(len(some), first[kind], by_number) for kind, some in found.items()},
    )


def _of_link(link: Link) -> _Numbers:
    return link.record, link.kept, link.evidence.pattern


def _of_question(question: Question) -> _Numbers:
    """The entry of the file first; of two entries the later one, as if it were merged."""
    other, one = sorted(map(int, question.pair))
    return one, other, question.reason


def _by_number(
    access: ReviewAccess, entries: Sequence[ParsedRecord], named: Iterable[_Numbers]
) -> dict[int, Compared]:
    numbers = {number for one, other, _ in named for number in (one, other)}
    stored = [number for number in numbers if number < FIRST_NOT_STORED]
    records = access.scope(Record).filter(number__in=stored).with_source_named()
    return {number: entries[number - FIRST_NOT_STORED] for number in numbers.difference(stored)} | {
        record.number: record for record in records.only("number", "title", "year")
    }


def _pairs(total: int, first: Iterable[_Numbers], by_number: dict[int, Compared]) -> Pairs:
    """Without those of a record that left the review since it was compared."""
    named = [
        Pair(by_number[one], by_number[other], in_words(reason))
        for one, other, reason in first
        if one in by_number and other in by_number
    ]
    return Pairs(total, named)
