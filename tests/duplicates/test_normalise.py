"""The form in which records are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.duplicates import without_counters
from screening.duplicates.journals import journal_words, likeness
from screening.duplicates.names import people
from screening.duplicates.places import Pages, issue_number, page_range, volume_number
from screening.duplicates.words import is_generic, is_notice, numbers_in, plain, title_words
from tests.duplicates.records import PLACE, paper, record


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("TGF-β<sub>1</sub> in Øresund &amp; Kattegat", "tgf beta1 in oresund kattegat"),
        ("[Sleep of keepers on islands]. [German]", "sleep of keepers on islands"),
        ("Sleep of keepers on islands [Review] [70 refs]", "sleep of keepers on islands"),
        ("Short report: sleep of keepers on islands", "sleep of keepers on islands"),
        ("Editorial: sleep", "editorial sleep"),
        ("Sleep at p<0.05 and q>3", "sleep at p 0 05 and q 3"),
        ("[German]", "german"),
        ("灯台守の眠り", "灯台守の眠り"),
    ],
)
def test_a_title_is_compared_without_what_a_database_adds(title, words):
    assert title_words(title) == words


def test_numbers_are_those_written_as_words_or_roman_signs_too():
    assert numbers_in(["keepers", "of", "40", "lamps", "part", "ii"]) == ("2", "40")
    assert numbers_in(["i", "sleep", "in", "007", "lamps"]) == ("7",)


@pytest.mark.parametrize(
    "title",
    [
        "Erratum: Sleep of keepers",
        "Correction to: Sleep of keepers",
        "Re: Sleep of keepers",
        "Sleep of keepers - Authors' reply",
        "Sleep of keepers (vol 31, pg 114, 2014)",
        "Comment on: Sleep of keepers",
    ],
)
def test_a_notice_is_told_by_its_title(title):
    assert is_notice(title)


@pytest.mark.parametrize(
    "title", ["Sleep of keepers", "Reform of sleep", "The reply of keepers now"]
)
def test_a_paper_is_no_notice(title):
    assert not is_notice(title)


@pytest.mark.parametrize(
    "title", ["Editorial", "In this issue", "A year with us: editor's comments"]
)
def test_a_generic_title_is_told(title):
    assert is_generic(title_words(title).split())


def test_a_paper_about_editors_has_no_generic_title():
    assert not is_generic(["how", "editors", "of", "seven", "journals", "choose", "reviewers"])


@pytest.mark.parametrize(
    ("authors", "names"),
    [
        (("Harrow, Edith", "van der Meer, Jan"), [("harrow", "e"), ("meer", "j")]),
        (("Harrow EB", "Edith Harrow"), [("harrow", "e"), ("harrow", "e")]),
        (("Harrow, E. and Okafor, U.",), [("harrow", "e"), ("okafor", "u")]),
        (("Harrow, E.; Okafor, U.",), [("harrow", "e"), ("okafor", "u")]),
        (("Harrow EB, Okafor U",), [("harrow", "e"), ("okafor", "u")]),
        (
            ("Edith Harrow, Uche Okafor, Per Lind",),
            [("harrow", "e"), ("okafor", "u"), ("lind", "p")],
        ),
        (("Harrow, E. B., Okafor, U.",), [("harrow", "e"), ("okafor", "u")]),
        (("Harrow E. B.Okafor U.",), [("harrow", "e"), ("okafor", "u")]),
        (("Le, Quintrec M.", "Plato"), [("quintrec", "m"), ("plato", "")]),
        (("Anonymous",), []),
        (("!, ?",), []),
    ],
)
def test_authors_are_read_however_they_are_written(authors, names):
    assert people(authors) == names


@pytest.mark.parametrize(
    ("pages", "first", "last"),
    [
        ("221-8", "221", "228"),
        ("pp. 0221\u20130228", "221", "228"),
        ("S45", "s45", ""),
        ("S221-S228", "s221", "228"),
        ("e12-e19; quiz e20", "e12", "19"),
        ("no pagination", "", ""),
        ("in press", "", ""),
        ("N/A", "", ""),
    ],
)
def test_pages_are_written_out(pages, first, last):
    assert page_range(pages) == Pages(first, last)


def test_volumes_and_issues_are_numbers_and_supplements_are_told():
    assert [volume_number(v) for v in ("Vol. 031", "NA", "Winter")] == ["31", "", "winter"]
    assert [issue_number(i) for i in ("2", "Suppl 1", "S1", "Suppl", "n/a")] == [
        *("2", "s1", "s1", "s", "")
    ]


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("Journal of Coastal Medicine", "J. Coast. Med.", 0.85, 1),
        ("The Coastal Medicine Journal (London)", "Coastal medicine", 1, 1),
        ("CMRN", "Coastal Medicine Research Notes", 0.95, 0.95),
        ("Coastal Medicine", "Sleep and Wakefulness", 0, 0.35),
        ("Journal of Coastal Medicine", "Journal of Harbour Medicine", 0.3, 0.69),
    ],
)
def test_names_of_journals_are_compared_with_abbreviations_in_mind(one, other, least, most):
    found = likeness(journal_words(one), journal_words(other))

    assert least <= found <= most
    assert likeness(journal_words(other), journal_words(one)) == found


def test_a_journal_without_a_name_is_like_none():
    assert likeness(journal_words("Journal of"), ("sleep",)) is None


def test_a_doi_is_found_in_an_address_and_an_address_of_a_site_is_none():
    one = record(doi="", url="https://doi.org/10.9999/Coast.7")
    site = record(url="https://www.coast.example/")

    assert (one.doi, one.address) == ("10.9999/coast.7", "doi.org/10.9999/coast.7")
    assert (site.doi, site.address) == ("", "")


def test_identifiers_are_told_in_any_writing():
    one = record(
        pmid="PMID: 0090000001",
        issn="1234-567x; 12345678",
        url="https://register.example/NCT01234567",
    )

    assert (one.pmid, one.issns, one.trial) == ("90000001", ("12345678", "1234567X"), "nct01234567")


def test_issues_that_number_the_records_of_a_database_are_left_out():
    numbered = [paper(n, issue=str(n)) for n in range(1, 61)]
    real = [paper(n, issue=str(n % 12 + 1)) for n in range(1, 61)]

    assert {one.issue for one in without_counters(numbered)} == {""}
    assert without_counters(real) == real
    assert without_counters(numbered[:50]) == numbered[:50]


def test_an_abstract_of_a_meeting_is_told_by_issue_journal_or_kind():
    assert paper(issue="Suppl 1").from_meeting
    assert paper(journal="Proceedings of the Coast").from_meeting
    assert paper(kind="Conference Abstract").from_meeting
    assert not paper(**PLACE).from_meeting


@given(st.lists(st.text(st.characters(blacklist_characters="&<>"), min_size=1), max_size=6))
def test_words_are_the_same_alone_and_beside_others_in_other_letters(texts):
    together = plain(" ".join([*texts, "ZAÏRE", "TGF-β₁"]))

    assert together == " ".join([*filter(None, map(plain, texts)), "zaire", "tgf beta1"])
