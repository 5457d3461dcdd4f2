"""Which records of a review a question finds, in the order of their numbers, fifty at a time.

Blocks are read in their order and only as far as is needed: what is common is found fifty times in
the first of them, and what is rare has few entries.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import Exists, Max, OuterRef, QuerySet

from screening.access import ReviewAccess
from screening.finding import index
from screening.finding.folding import SHORT_PREFIX, Question, Term, Word, short_prefix_entry
from screening.models import ImportState, IndexBlock, Record, ScreeningItem
from screening.pages import PAGE_SIZE

MOST_COUNTED = 1_000
"""Totals stop here: beyond, there are “more than 1,000”."""
FEW = 1_000
"""When a filter leaves so few records, the search begins with these."""
AT_ONCE = 500
"""So many numbers are asked for one by one; more, as a range."""
NUMBERS_AT_FIRST = 2_000
FIRST_BLOCKS, GROWTH = 2, 4


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what a question finds.

    Args:
        numbers: of the page's records, in order; at most fifty.
        after: the number to ask for the next page with; None on the last.
        total: how many records all pages have together, or 1,000 when they have more.
        is_more: they have more than `total`.
    """

    numbers: tuple[int, ...]
    after: int | None
    total: int
    is_more: bool

    def records(self, access: ReviewAccess) -> QuerySet[Record]:
        """The page's records, without abstracts."""
        records = access.scope(Record).imported().filter(number__in=self.numbers)
        return records.defer("abstract", "keywords").order_by("number")


class _Block(NamedTuple):
    pk: int
    first: int
    last: int


_Entries = Mapping[tuple[int, Word], set[int]]
"""The numbers of the records that have a word, by block and word."""


def find(
    access: ReviewAccess,
    question: Question,
    *,
    among: QuerySet[Any] | None = None,
    after: int = 0,
) -> Found:
    """The records of the review that have every word asked for.

    Args:
        question: as `finding.parse` read it; a blank one finds every record.
        among: records or screening items, by whatever filter: only these records, or records with
            one of these items, are found. A filter by outcome takes settled items, as
            `access.scope(ScreeningItem).at(stage).settled().filter(outcome=...)`.
        after: the number of the last record of the page before.
    """
    counted = list(islice(_numbers(access, question, among, 0), MOST_COUNTED + 1))
    page = [number for number in counted if number > after][: PAGE_SIZE + 1]
    if len(page) <= PAGE_SIZE and len(counted) > MOST_COUNTED:
        page = list(islice(_numbers(access, question, among, after), PAGE_SIZE + 1))
    shown = tuple(page[:PAGE_SIZE])
    return Found(
        numbers=shown,
        after=shown[-1] if len(page) > PAGE_SIZE else None,
        total=min(len(counted), MOST_COUNTED),
        is_more=len(counted) > MOST_COUNTED,
    )


def every(
    access: ReviewAccess, question: Question, *, among: QuerySet[Any] | None = None
) -> Iterator[int]:
    """The numbers of all the records that `find` pages through, in their order; for files."""
    if question.terms or question.asks_for_nothing:
        return _numbers(access, question, among, 0)
    records = _records_among(access, among)
    if question.number is not None:
        records = records.filter(number=question.number)
    numbers = records.order_by("number").values_list("number", flat=True)
    return numbers.iterator(chunk_size=NUMBERS_AT_FIRST)


def _numbers(
    access: ReviewAccess, question: Question, among: QuerySet[Any] | None, after: int
) -> Iterator[int]:
    """Numbers of records beyond `after`, in ascending order."""
    if question.asks_for_nothing:
        return iter(())
    if among is not None:
        among = among.filter(review=access.review).order_by()
    few = None if among is None else _few(among)
    if question.terms:
        return _with_words(access, question, among, few, after)
    return _without_words(access, question, among, few, after)


def _few(among: QuerySet[Any]) -> set[int] | None:
    """The numbers of the records that the filter leaves, if they are few."""
    path = "record__number" if among.model is ScreeningItem else "number"
    found = set(among.values_list(path, flat=True)[: FEW + 1])
    return found if len(found) <= FEW else None


def _without_words(
    access: ReviewAccess,
    question: Question,
    among: QuerySet[Any] | None,
    few: set[int] | None,
    after: int,
) -> Iterator[int]:
    records = _records_among(access, among).filter(number__gt=after)
    if few is not None:
        records = records.filter(number__in=few)
    if question.number is not None:
        records = records.filter(number=question.number)
    wanted = records.order_by("number").values_list("number", flat=True)
    if few is not None or question.number is not None:
        yield from wanted[: MOST_COUNTED + 1]
        return
    # Many, asked for some numbers at a time: sorting all there are would take long. PostgreSQL
    # sorts even those that no filter leaves out, since it takes an import for a few records.
    end = access.scope(Record).aggregate(end=Max("number"))["end"] or 0
    size = NUMBERS_AT_FIRST
    while after < end:
        yield from wanted.filter(number__gt=after, number__lte=after + size)
        after, size = after + size, size * GROWTH


def _with_words(
    access: ReviewAccess,
    question: Question,
    among: QuerySet[Any] | None,
    few: set[int] | None,
    after: int,
) -> Iterator[int]:
    blocks = _blocks(access, after)
    if few is not None:
        blocks = [block for block in blocks if any(block.first <= n <= block.last for n in few)]
    for some in _more_and_more(blocks):
        entries = _entries(some, question)
        for block in some:
            found = _having(block, question.terms, entries)
            if few is not None:
                found &= few
            elif among is not None and found:
                found &= _those_among(access, among, found)
            yield from sorted(number for number in found if number > after)


def _records_among(access: ReviewAccess, among: QuerySet[Any] | None) -> QuerySet[Record]:
    """The records that the filter leaves, each once."""
    records = access.scope(Record).imported()
    if among is None:
        return records
    if among.model is ScreeningItem:
        return records.filter(Exists(among.filter(record=OuterRef("pk"))))
    return among.filter(imported_by__state=ImportState.COMMITTED)


def _those_among(access: ReviewAccess, among: QuerySet[Any], numbers: set[int]) -> set[int]:
    """Those of these numbers, from one block, whose records the filter leaves; maybe others."""
    records = _records_among(access, among)
    if len(numbers) <= AT_ONCE:
        records = records.filter(number__in=numbers)
    else:
        records = records.filter(number__gte=min(numbers), number__lte=max(numbers))
    return set(records.values_list("number", flat=True))


def _blocks(access: ReviewAccess, after: int) -> list[_Block]:
    """Blocks of records that are in the review: not those of an import being stored."""
    blocks = access.scope(IndexBlock).filter(imported_by__state=ImportState.COMMITTED)
    rows = blocks.filter(last__gt=after).order_by("first").values_list("pk", "first", "last")
    return list(map(_Block._make, rows))


def _more_and_more(blocks: Sequence[_Block]) -> Iterator[Sequence[_Block]]:
    """The blocks in groups: few at first, for what is common, then many at once."""
    at, size = 0, FIRST_BLOCKS
    while some := blocks[at : at + size]:
        yield some
        at, size = at + size, size * GROWTH


def _entries(blocks: Sequence[_Block], question: Question) -> _Entries:
    words = {word for term in question.terms for alternative in term for word in alternative}
    long_beginnings = {word for word in words if word.is_prefix and len(word.text) > SHORT_PREFIX}
    by_key = {_key(word): word for word in words - long_beginnings}
    firsts = {block.pk: block.first for block in blocks}
    found: defaultdict[tuple[int, Word], set[int]] = defaultdict(set)
    for block, key, places in index.of_words(firsts, by_key):
        found[block, by_key[key]] = set(map(firsts[block].__add__, places))
    for word in long_beginnings:
        for block, places in index.of_beginning(firsts, word.text):
            found[block, word].update(map(firsts[block].__add__, places))
    return found


def _key(word: Word) -> str:
    return short_prefix_entry(word.text) if word.is_prefix else word.text


def _having(block: _Block, terms: Sequence[Term], entries: _Entries) -> set[int]:
    """The numbers of the block's records that have, of every term, an alternative."""
    return set.intersection(
        *(
            set().union(
                *(
                    set.intersection(
                        *(entries.get((block.pk, word), set()) for word in alternative)
                    )
                    for alternative in term
                )
            )
            for term in terms
        )
    )
