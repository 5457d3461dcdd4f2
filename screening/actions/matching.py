"""The duplicates of an import: looked for while nobody waits, and merged as it is committed."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone

from screening import bulk
from screening.access import ReviewAccess
from screening.actions.log import next_sequence
from screening.actions.merging import absorb, link, locked_items
from screening.duplicates import Normalised, Question, find_duplicates, without_counters
from screening.importers import ParsedRecord
from screening.matching import keys
from screening.matching.describing import of_entry
from screening.matching.keeping import first_to_keep
from screening.matching.known import Known, all_of, known_to
from screening.matching.moment import Moment, is_as_then, moment_of
from screening.matching.plan import Link, links_of
from screening.models import Record, Review

FIRST_NOT_STORED = 1_000_000_000
"""The number of the first of several entries that are not stored: behind those of all records."""


@dataclass(frozen=True, slots=True)
class Matches:
    """What a search for the duplicates of new records found.

    Args:
        links: of new records, each into what is kept of its group.
        bridges: of records that were here before, and are one with others by way of a new one.
        records: the primary keys of all that are named and stored, by number.
        began: as of when the search is true.
    """

    links: list[Link]
    bridges: list[Link]
    questions: list[Question]
    records: dict[int, int]
    began: Moment

    @property
    def duplicates(self) -> list[int]:
        """The numbers of the new records that are duplicates."""
        return [link.record for link in self.links]

    def rows(self) -> list[bulk.MergeRow]:
        """The links as they are stored, without those of a record that left the review meanwhile."""
        pks = self.records
        return [
            bulk.merge_row(pks[one.record], pks[one.kept], one.evidence)
            for one in self.links
            if one.record in pks and one.kept in pks
        ]

    def still_hold(self, review: Review) -> bool:
        return is_as_then(review, self.began, set(self.records.values()))


def matches_of(
    access: ReviewAccess, new: Sequence[Normalised], *, tick: Callable[[], None]
) -> Matches:
    """The duplicates among the records of one import, and between them and the review.

    Args:
        new: they are not committed; nobody asks here whether they are stored.
        tick: called now and then, since this may take minutes.
    """
    began = moment_of(access.review)
    new = without_counters(new)
    known = _known(access, new, tick)
    tick()
    found = find_duplicates(
        new, known.records, merged=known.merged, different=known.different, tick=tick
    )
    is_new = {int(record.id) for record in new}
    links = links_of(found.merges, known.merged, _keeps(access, is_new))
    pairs = [(one.record, one.kept) for one in links]
    asked = [question.pair for question in found.questions]
    named = {int(number) for pair in (*pairs, *asked) for number in pair}
    return Matches(
        [one for one in links if one.record in is_new],
        [one for one in links if one.record not in is_new],
        found.questions,
        primary_keys(access, named),
        began,
    )


def matches_of_entries(access: ReviewAccess, entries: Iterable[ParsedRecord]) -> Matches:
    """As `matches_of`, for entries of a file that are numbered from FIRST_NOT_STORED on.

    Nothing is stored, and as long as nobody does anything else it is what storing them would find.
    """
    new = [of_entry(number, entry) for number, entry in enumerate(entries, FIRST_NOT_STORED)]
    return matches_of(access, new, tick=lambda: None)


def bridge(access: ReviewAccess, bridges: Collection[Link]) -> None:
    """Records that were here before are merged, each with an entry of the log.

    Called while the review is held.
    """
    if not bridges:
        return
    wanted = {number for bridge in bridges for number in (bridge.record, bridge.kept)}
    found = access.scope(Record).filter(number__among=wanted)
    records = {record.number: record for record in found}
    locked_items(list(records.values()))
    now = timezone.now()
    for bridge in bridges:
        kept, duplicate = records[bridge.kept], records[bridge.record]
        absorbed = absorb(access, [kept, duplicate], now, kept=kept)
        link(access, absorbed, bridge.evidence, next_sequence(access))


def _known(access: ReviewAccess, new: Sequence[Normalised], tick: Callable[[], None]) -> Known:
    """Where they are few all of them, since keys are then more than records."""
    here = Record.objects.imported().filter(review=access.review)
    if here.count() <= len(new):
        return all_of(access.review, tick=tick)
    wanted = {number for record in new for number in keys.numbers_of(record)}
    tick()
    return known_to(access.review, wanted, tick=tick)


def _keeps(access: ReviewAccess, new: Collection[int]) -> Callable[[Collection[int]], int]:
    """Whatever was here before is kept; among new ones the first of the file."""

    def first(group: Collection[int]) -> int:
        known = sorted(number for number in group if number not in new)
        if len(known) < 2:
            return known[0] if known else min(group)
        records = access.scope(Record).filter(number__among=known)
        numbers = dict(records.values_list("pk", "number"))
        # Of records that left the review meanwhile any will do: the search does not hold any more.
        return numbers[first_to_keep(numbers)] if numbers else min(group)

    return first


def primary_keys(access: ReviewAccess, numbers: Collection[int]) -> dict[int, int]:
    """Of the records of these numbers that are there, by number."""
    records = access.scope(Record).filter(number__among=numbers)
    return dict(records.values_list("number", "pk"))
