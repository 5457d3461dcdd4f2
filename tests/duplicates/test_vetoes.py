"""Each veto forbids a pair that no other would, and lets it pass where it is borne out."""

import pytest

from screening.duplicates.compare import compare
from screening.duplicates.decide import Verdict, decide, veto_on
from screening.duplicates.vetoes import VETOES
from tests.duplicates.records import ABSTRACT, AUTHORS, TITLE, paper, record

BY_THEM = {"authors": AUTHORS}
OTHERS = ("Mbeki, Rosa", "Falk, Ingmar")
HARBOUR = "Tides, gulls and the price of rope of northern harbours"
ONLY = {
    "notice": (
        {**BY_THEM, "pages": "114"},
        {**BY_THEM, "pages": "114", "title": f"Erratum: {TITLE}"},
    ),
    "title-numbers": (
        {**BY_THEM, "title": f"{TITLE}. Part I"},
        {**BY_THEM, "title": f"{TITLE}. Part II"},
    ),
    "title-word": (BY_THEM, {**BY_THEM, "title": f"{TITLE}: a protocol"}),
    "pmid": ({**BY_THEM, "pmid": "90000001"}, {**BY_THEM, "pmid": "90000002"}),
    "authors": (BY_THEM, {"authors": OTHERS}),
    "doi": ({**BY_THEM, "doi": "10.9999/coast.7"}, {**BY_THEM, "doi": "10.9999/sleep.12"}),
    "journal": (
        {**BY_THEM, "journal": "Journal of Coastal Medicine"},
        {**BY_THEM, "journal": "Sleep and Wakefulness"},
    ),
    "place": (
        {**BY_THEM, "doi": "10.9999/coast.7", "volume": "31", "pages": "114-121"},
        {**BY_THEM, "doi": "10.9999/coast.7", "volume": "33", "pages": "214-219"},
    ),
    "pages": (
        {**BY_THEM, "volume": "31", "pages": "114-121"},
        {**BY_THEM, "volume": "31", "pages": "214-219"},
    ),
    "year": ({**BY_THEM, "year": 2010}, {**BY_THEM, "year": 2014}),
    "repeated-title": (BY_THEM, BY_THEM),
    "short-title": (
        {**BY_THEM, "title": "Acute harbour fever"},
        {**BY_THEM, "title": "Acute harbour fever"},
    ),
    "generic-title": (
        {**BY_THEM, "title": "News from the lighthouse society"},
        {**BY_THEM, "title": "News from the lighthouse society"},
    ),
    "title": (BY_THEM, {**BY_THEM, "title": HARBOUR}),
    "doi-of-many": (
        {**BY_THEM, "doi": "10.9999/coast.7", "pages": "114"},
        {**BY_THEM, "doi": "10.9999/coast.7", "pages": "114", "title": HARBOUR},
    ),
}


def compared(name):
    one, other = (record(number, **known) for number, known in enumerate(ONLY[name], start=1))
    return compare(one, other, repeated={one.letters} if name == "repeated-title" else ())


def test_every_veto_has_a_pair_of_its_own():
    assert [veto.name for veto in VETOES] == list(ONLY)


@pytest.mark.parametrize("name", ONLY)
def test_a_veto_forbids_a_pair_that_no_other_would(name):
    pair = compared(name)

    assert [veto.name for veto in VETOES if veto.holds(pair)] == [name]
    assert decide(pair).verdict is not Verdict.MERGE


BORNE_OUT = (
    *("title-word", "journal", "pages", "year", "repeated-title", "short-title"),
    "generic-title",
)


@pytest.mark.parametrize("name", BORNE_OUT)
def test_the_same_doi_bears_out_what_looks_different(name):
    same = {"doi": "10.9999/coast.7"}
    one, other = (
        record(number, **{**known, **same}) for number, known in enumerate(ONLY[name], start=1)
    )

    pair = compare(one, other, repeated={one.letters} if name == "repeated-title" else ())

    assert veto_on(pair) is None
    assert decide(pair).reason == "same-doi"


def test_a_slip_in_a_number_is_forgiven_where_the_place_is_the_same():
    pair = compare(
        paper(1, title=f"{TITLE} of 40 keepers", issue=""),
        paper(2, title=f"{TITLE} of 48 keepers", issue="", pages="114"),
    )

    assert decide(pair).verdict is Verdict.MERGE


def test_pages_that_were_mistyped_are_forgiven_where_all_else_is_the_same():
    pair = compare(paper(1, abstract=ABSTRACT), paper(2, abstract=ABSTRACT, pages="144-151"))

    assert veto_on(pair) is None


def test_a_translated_title_on_the_same_pages_is_no_other_paper():
    pair = compare(paper(1), paper(2, title="Armreife und Schlaf bei Leuchtturmwärtern"))

    assert veto_on(pair) is None


def test_an_erratum_on_the_same_pages_is_another_report():
    pair = compare(paper(1), paper(2, title=f"Erratum: {TITLE}"))

    assert veto_on(pair).name == "notice"
