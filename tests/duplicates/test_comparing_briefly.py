"""What takes long is compared last, and only where it may change what becomes of a pair."""

from hypothesis import given
from hypothesis import strategies as st

from screening.duplicates.compare import compare, compare_briefly, completed
from screening.duplicates.decide import Verdict, decide, may_be_one
from tests.duplicates.records import ABSTRACT, AUTHORS, TITLE, paper

ELSEWHERE = {
    "title": [
        TITLE,
        f"{TITLE} 2",
        TITLE[:40],
        "Bracelets of copper",
        "Tides and the sleep of gulls",
    ],
    "authors": [AUTHORS, AUTHORS[::-1], AUTHORS[:1], ("Sand, Bo",), ()],
    "journal": ["Journal of Coastal Medicine", "J Coast Med", "Annals of Islands", ""],
    "year": [2014, 2015, 2019, None],
    "volume": ["31", "7", ""],
    "issue": ["2", "9", ""],
    "pages": ["114-121", "114", "9-12", ""],
    "doi": ["10.5555/one", "10.5555/two", ""],
    "pmid": ["11111111", "22222222", ""],
    "abstract": [ABSTRACT, ABSTRACT[:200], ABSTRACT[::-1], ""],
}
papers = st.fixed_dictionaries({name: st.sampled_from(kinds) for name, kinds in ELSEWHERE.items()})


@given(papers, papers)
def test_whoever_is_passed_over_would_be_left_apart(first, second):
    one, other = paper(1, **first), paper(2, **second)
    briefly = compare_briefly(one, other)

    assert completed(briefly, one, other) == compare(one, other)
    if not may_be_one(briefly):
        assert decide(compare(one, other)).verdict is Verdict.APART


def test_what_differs_in_all_but_the_title_is_passed_over():
    far = {"authors": ("Sand, Bo",), "volume": "7", "issue": "9", "pages": "9-12", "year": 2019}
    assert not may_be_one(compare_briefly(paper(1), paper(2, **far)))
    assert may_be_one(compare_briefly(paper(1), paper(2)))
