"""Which pairs are looked at."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from screening.duplicates.blocking import KINDS, LARGEST, keys, pairs
from screening.duplicates.likely import likely
from tests.duplicates.records import ABSTRACT, AUTHORS, TITLE, paper, record

SURNAMES = ("Harrow", "Okafor", "Lindqvist", "Falk", "Mbeki", "Quill")
papers = st.lists(
    st.tuples(st.sampled_from(SURNAMES), st.sampled_from((2013, 2014)), st.integers(1, 4)),
    max_size=14,
)


def library(facts, start=0):
    return [
        record(n, title=f"{TITLE} {page}", authors=(name,), year=year, pages=str(page * 100))
        for n, (name, year, page) in enumerate(facts, start=start)
    ]


def found(new, known=()):
    first, second = pairs(new, known)
    records = [*new, *known]
    return {frozenset((records[a].id, records[b].id)) for a, b in zip(first, second, strict=True)}


def test_the_keys_of_a_record_are_texts_of_every_kind():
    one = paper(
        doi="10.9999/coast.7",
        pmid="90000001",
        url="https://register.example/trial/NCT01234567",
        abstract=ABSTRACT,
    )

    assert {kind for kind, _ in keys(one)} == set(KINDS)
    assert ("author_year", "harrow 2014") in keys(one)
    assert all(type(key) is str and key for _, key in keys(one))


def test_a_record_of_which_nothing_is_known_has_no_keys():
    assert keys(record(title="")) == set()
    assert found([record(1, title=""), record(2, title="")]) == set()
    assert found([]) == set()


@given(papers, papers)
def test_new_records_are_paired_as_they_would_be_in_the_whole(earlier, later):
    known, new = library(earlier), library(later, start=len(earlier))
    new_ids = {one.id for one in new}

    assert found(new, known) == {pair for pair in found(known + new) if pair & new_ids}


def test_new_records_are_paired_as_in_the_whole_also_where_a_block_is_divided():
    facts = [(SURNAMES[n % 6], 2013 + n % 2, n % 4 + 1) for n in range(3 * LARGEST)]
    whole = library(facts)
    new, known = whole[LARGEST:], whole[:LARGEST]
    new_ids = {one.id for one in new}

    assert found(new, known) == {pair for pair in found(whole) if pair & new_ids}


def test_a_large_block_is_divided_and_what_is_alike_still_meets():
    crowd = [
        record(n, title=f"{word * 9} of {n}", authors=AUTHORS, year=2014)
        for n, word in enumerate([chr(97 + n % 26) + chr(97 + n // 26) for n in range(LARGEST)])
    ]
    twins = [record(500, authors=AUTHORS, year=2014), record(501, authors=AUTHORS, year=2014)]

    assert found([*crowd, *twins]) == {frozenset((500, 501))}


def test_hundreds_of_one_record_are_linked_in_a_row():
    copies = [record(n) for n in range(3 * LARGEST)]

    assert found(copies) == {frozenset((n, n + 1)) for n in range(3 * LARGEST - 1)}


def test_known_records_are_not_paired_with_each_other():
    assert found([record(1)], [record(2), record(3)]) == {frozenset((1, 2)), frozenset((1, 3))}


def test_only_pairs_with_something_in_common_are_looked_at_closely():
    one = paper(1, pmid="90000001", abstract=ABSTRACT)
    records = [
        one,
        record(2, title="Gulls"),
        record(3, title="Gulls and rope", pmid="90000001"),
        record(4, title="Rope", abstract=ABSTRACT),
        record(5, title="Price of rope", authors=AUTHORS, pages="114"),
        record(
            6, title="Tides", journal="Journal of Coastal Medicine", volume="31", pages="114-121"
        ),
        record(7, title=TITLE.upper()),
    ]
    others = np.arange(1, len(records))

    _, kept, likeness = likely(records, np.zeros_like(others), others)

    assert kept.tolist() == [2, 3, 4, 5, 6]
    assert likeness[-1] == 100
