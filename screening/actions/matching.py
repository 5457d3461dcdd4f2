"""The duplicates of an import: looked for while nobody waits, and merged as it is committed."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone

from screening import bulk
from screening.access import ReviewAccess
from screening.actions.log import next_sequence
from screening.actions.merging import absorb, link, locked_items
from screening.actions.questions import ask
from screening.duplicates import Normalised, Question, find_duplicates, without_counters
from screening.matching import keys
from screening.matching.keeping import first_to_keep
from screening.matching.known import Known, all_of, known_to
from screening.matching.moment import Moment, is_as_then, moment_of
from screening.matching.plan import Link, links_of
from screening.models import Record, Review

AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Matches:
    """What a search for the duplicates of new records found.

    Args:
        links: of new records, each into what is kept of its group.
        bridges: of records that were here before, and are one with others by way of a new one.
        records: the primary keys of all that are named, by number.
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

    def still_hold(self, review: Review) -> bool:
        return is_as_then(review, self.began, set(self.records.values()))


def matches_of(
    access: ReviewAccess, new: Sequence[Normalised], *, tick: Callable[[], None]
) -> Matches:
    """The duplicates among the records of one import, and between them and the review.

    Args:
        new: they are stored with their keys, and not committed.
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
    return Matches(
        [one for one in links if one.record in is_new],
        [one for one in links if one.record not in is_new],
        found.questions,
        primary_keys(access, {int(number) for pair in (*pairs, *asked) for number in pair}),
        began,
    )


def merge_duplicates(access: ReviewAccess, matches: Matches) -> None:
    """Merges and questions are in the review. The import is about to be written to the log.

    Its items are there, those of duplicates closed. Called while the review is held.
    """
    _bridge(access, matches.bridges)
    ask(access, matches.questions, matches.records)
    sequence = next_sequence(access)
    said_at = timezone.now()
    bulk.insert_merges(
        (
            access.review.pk,
            matches.records[one.record],
            matches.records[one.kept],
            one.evidence.pattern,
            one.evidence.score,
            one.evidence.measures,
            access.user.pk,
            said_at,
            sequence,
        )
        for one in matches.links
    )


def _bridge(access: ReviewAccess, bridges: Iterable[Link]) -> None:
    """Records that were here before are merged, each with an entry of the log."""
    bridges = list(bridges)
    if not bridges:
        return
    wanted = {number for bridge in bridges for number in (bridge.record, bridge.kept)}
    found = access.scope(Record).filter(number__in=wanted)
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
        records = access.scope(Record).filter(number__in=known)
        numbers = dict(records.values_list("pk", "number"))
        return numbers[first_to_keep(numbers)]

    return first


def primary_keys(access: ReviewAccess, numbers: Collection[int]) -> dict[int, int]:
    """Of the records of these numbers that are there, by number."""
    found: dict[int, int] = {}
    in_order = sorted(numbers)
    for start in range(0, len(in_order), AT_ONCE):
        records = access.scope(Record).filter(number__in=in_order[start : start + AT_ONCE])
        found.update(records.values_list("number", "pk"))
    return found
