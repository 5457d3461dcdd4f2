"""From records to merges and questions."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.duplicates import find_duplicates
from tests.duplicates.records import ABSTRACT, AUTHORS, TITLE, paper, record

SUBTITLE = TITLE.split(": ")[1]


def merged(*records, **how):
    return [merge.pair for merge in find_duplicates(records, **how).merges]


def asked(*records, **how):
    return [question.pair for question in find_duplicates(records, **how).questions]


def outcome(one, other):
    found = find_duplicates([one, other])
    return "merged" if found.merges else "asked" if found.questions else "apart"


BASE = {"doi": "10.9999/coast.7"}
HARD = {
    "abbreviated everywhere": (
        {
            "journal": "J Coast Med",
            "pages": "114-21",
            "authors": ("Harrow E; Okafor U; Lindqvist P",),
        },
        "merged",
    ),
    "online a year before print": (
        {**BASE, "year": 2013, "volume": "", "issue": "", "pages": ""},
        "merged",
    ),
    "translated title on the same pages": ({"title": "Armreife und Schlaf"}, "merged"),
    "title with a note of the database": ({"title": f"[{TITLE}]. [Finnish]"}, "merged"),
    "slip in the title": ({"title": TITLE.replace("keepers", "kepeers")}, "merged"),
    "title that lost its subtitle": ({"title": TITLE.split(":")[0]}, "merged"),
    "abstract of a meeting": (
        {"journal": "Proceedings of the Sleepers", "volume": "7", "issue": "S1", "pages": "S12"},
        "asked",
    ),
    "abstract in a supplement": ({"issue": "Suppl 1", "pages": "S45"}, "asked"),
    "erratum": ({"title": f"Erratum: {TITLE}", "pages": "300"}, "asked"),
    "authors' reply": ({"title": f"{TITLE} - Authors' reply", "pages": "300"}, "asked"),
    "preprint": (
        {"journal": "coastRxiv", "volume": "", "issue": "", "pages": "", "doi": "10.9999/pre.1"},
        "asked",
    ),
    "protocol": (
        {
            "title": f"{TITLE}: study protocol",
            "journal": "Notes on Trials",
            "year": 2011,
            "volume": "5",
            "pages": "12",
            "doi": "10.9999/notes.12",
        },
        "apart",
    ),
    "comment by another": (
        {"title": f"Comment on: {TITLE}", "authors": ("Falk, Ingmar",), "pages": "300"},
        "apart",
    ),
    "DOI of the issue": (
        {**BASE, "title": "Tides and gulls", "authors": ("Falk, Ingmar",), "pages": "300-310"},
        "apart",
    ),
}


@pytest.mark.parametrize("name", HARD)
def test_hard_pairs_are_merged_asked_or_left_as_a_person_would(name):
    changes, expected = HARD[name]

    assert outcome(paper(1, **BASE), paper(2, **changes)) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Management of sleep, part I: lamps", "Management of sleep, part II: lamps"),
        ("Copper for sleep: a phase 2 comparison", "Copper for sleep: a phase 3 comparison"),
        ("Effect of copper on lenses in vivo", "Effect of copper on lenses in vitro"),
        ("Copper and sleep at 12 months in men", "Copper and sleep at 12 months in women"),
    ],
)
def test_sibling_reports_are_asked_about(one, other):
    known = {"authors": AUTHORS, "journal": "Coast", "year": 2014, "volume": "31"}

    assert outcome(record(1, title=one, **known), record(2, title=other, **known)) == "asked"


def test_a_column_of_the_editor_is_not_asked_about_issue_by_issue():
    title = "A winter of storms - Editor's Comments"

    assert (
        outcome(paper(1, title=title, pages=""), paper(2, title=title, pages="", issue="3"))
        == "apart"
    )


def test_three_copies_are_merged_by_two_links_the_surest_first():
    found = find_duplicates([paper(1), paper(2, issue=""), paper(3)])

    assert [merge.pair for merge in found.merges] == [(1, 3), (1, 2)]
    assert found.merges[0].score >= found.merges[1].score
    assert found.questions == []


def test_a_copy_does_not_join_two_reports_that_a_veto_parts():
    first = paper(1, doi="10.9999/coast.7", pmid="90000001")
    second = paper(2, doi="", pmid="90000002")
    between = paper(3, doi="", pmid="")

    found = find_duplicates([first, second, between])

    assert len(found.merges) == 1
    assert [question.reason for question in found.questions] == ["pmid"]


def test_a_merge_that_a_veto_in_the_cluster_forbids_is_asked():
    one, other = paper(1, pmid="90000001"), paper(2, pmid="90000002", doi="10.9999/coast.7")
    between = paper(3)

    found = find_duplicates([between], [one, other], merged=[(1, 3)])

    assert found.merges == []
    assert [(q.pair, q.reason) for q in found.questions] == [((2, 3), "cluster:pmid")]


def test_what_a_person_told_apart_is_neither_merged_nor_asked():
    assert merged(paper(1), paper(2)) == [(1, 2)]
    assert find_duplicates([paper(1), paper(2)], different=[(2, 1)]).merges == []
    assert asked(paper(1), paper(2), different=[(2, 1)]) == []


def test_what_a_person_told_apart_is_not_joined_by_way_of_a_third():
    found = find_duplicates([paper(1), paper(2), paper(3)], different=[(1, 2)])

    assert len(found.merges) == 1
    assert {1, 2} - set(found.merges[0].pair) != set()
    assert found.questions == []


def test_an_answer_holds_for_the_copies_of_both_records():
    pages = {"pages": "214-219"}
    one, copy, other = paper(1), paper(2), paper(3, **pages)

    assert asked(one, copy, other) == [(1, 3)]
    assert asked(one, copy, other, different=[(2, 3)]) == []


def test_one_question_is_asked_about_two_clusters():
    pages = {"pages": "214-219"}

    found = find_duplicates([paper(1), paper(2), paper(3, **pages), paper(4, **pages)])

    assert [merge.pair for merge in found.merges] == [(1, 2), (3, 4)]
    assert [question.pair for question in found.questions] == [(1, 3)]


def test_what_is_merged_already_is_not_merged_again():
    found = find_duplicates([paper(3)], [paper(1), paper(2)], merged=[(1, 2)])

    assert [merge.pair for merge in found.merges] == [(1, 3)]


def test_hundreds_of_one_record_become_one_cluster():
    assert len(merged(*(paper(n, abstract=ABSTRACT) for n in range(400)))) == 399


variants = st.fixed_dictionaries(
    {
        "pmid": st.sampled_from(["", "90000001", "90000002"]),
        "issue": st.sampled_from(["", "2", "3"]),
        "pages": st.sampled_from(["", "114-121", "114", "214-219"]),
        "title": st.sampled_from([TITLE, SUBTITLE, f"{TITLE}: part 2"]),
        "year": st.sampled_from([2014, 2015]),
    }
)
libraries = st.lists(variants, min_size=2, max_size=7).map(
    lambda rows: [paper(n, **row) for n, row in enumerate(rows)]
)
told_apart = st.sets(
    st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda pair: pair[0] < pair[1]),
    max_size=4,
)


def clusters(pairs):
    together = {}
    for pair in pairs:
        joined = set().union(*(together.get(record, {record}) for record in pair))
        together.update(dict.fromkeys(joined, joined))
    return together


@given(libraries, told_apart)
def test_no_cluster_holds_two_records_that_a_person_told_apart(library, different):
    found = find_duplicates(library, different=different)

    together = clusters(merge.pair for merge in found.merges)
    assert not any(other in together.get(one, ()) for one, other in different)
    for question in found.questions:
        sides = [together.get(record, {record}) for record in question.pair]
        assert sides[0].isdisjoint(sides[1])
        assert not any(
            {one, other} & sides[0] and {one, other} & sides[1] for one, other in different
        )


@given(libraries)
def test_merges_are_links_of_a_tree(library):
    found = find_duplicates(library)

    together = clusters(merge.pair for merge in found.merges)
    distinct = {id(cluster): cluster for cluster in together.values()}.values()
    assert len(found.merges) == sum(len(cluster) - 1 for cluster in distinct)


@given(libraries, st.randoms(use_true_random=False))
def test_the_order_of_the_records_changes_nothing(library, chance):
    shuffled = library.copy()
    chance.shuffle(shuffled)

    assert find_duplicates(shuffled) == find_duplicates(library)


def test_the_order_of_a_large_library_changes_nothing():
    library = [
        paper(
            n,
            title=f"Sleep of {n // 3 % 40} keepers on {n // 120} islands in winter",
            pages=f"{n // 3 * 10}",
        )
        for n in range(600)
    ]

    expected = find_duplicates(library)
    random.Random(5).shuffle(library)

    assert find_duplicates(library) == expected
    assert len(expected.merges) == 400
