"""What headings mean, mappings by a person, and the shapes of authors and citations."""

import pytest

from screening.importers.tables import FIELDS, NeedsColumns, proposed_mapping, text
from screening.importers.tables.citations import Citation, citation
from screening.importers.tables.columns import SYNONYMS, distinct
from screening.importers.tables.people import people
from screening.importers.tables.wording import plain, value
from tests.screening.importers.conftest import DATA

UNKNOWN = DATA / "table_unknown.csv"
MAPPING = {"Benennung": "title", "Wer": "authors", "Wann": "year", "Wo": ""}


def test_a_table_without_a_column_of_titles_asks_for_columns():
    for door in (text.count, lambda *args: list(text.read(*args))):
        with pytest.raises(NeedsColumns) as needs:
            door(UNKNOWN, "utf-8")
        assert needs.value.headings == ["Benennung", "Wer", "Wann", "Wo"]
        assert str(needs.value) == (
            "This table has no column of titles that Parallax knows: choose which column is which."
        )


def test_a_person_may_say_which_column_is_which():
    found = list(text.read_with(UNKNOWN, "utf-8", MAPPING))

    assert [(r.title, r.authors, r.year, r.journal) for r in found] == [
        ("Synthetische Studie A", ("Roe, A.",), 2001, ""),
        ("Synthetische Studie B", ("Doe, B.",), 2002, ""),
    ]
    assert text.count_rows(UNKNOWN, "utf-8").found == 2


def test_a_mapping_without_titles_is_refused():
    with pytest.raises(NeedsColumns):
        list(text.read_with(UNKNOWN, "utf-8", MAPPING | {"Benennung": ""}))


def test_the_first_rows_are_shown_as_they_are():
    assert text.headings_of(UNKNOWN, "utf-8") == ["Benennung", "Wer", "Wann", "Wo"]
    assert text.first_rows(UNKNOWN, "utf-8", 1) == [
        ["Synthetische Studie A", "Roe, A.", "2001", "Synth J"]
    ]


def test_what_a_person_chose_is_asked_before_what_is_known(written):
    path = written(b"Title,My title,Year\nSynthetic,Better,2001\nOnly,,2002\n")
    mapping = {"Title": "title", "My title": "title", "Year": "year"}

    assert [r.title for r in text.read_with(path, "utf-8", mapping)] == ["Better", "Only"]


def test_headings_are_known_without_regard_to_case_accents_and_marks():
    headings = ["TITLE", "Author(s)", "Título", "Mesh_Terms", " Abstract", "Journal/Book", "Notes"]

    assert list(proposed_mapping(headings).values()) == [
        *("title", "authors", "title", "keywords", "abstract", "journal", "")
    ]


def test_no_heading_has_two_meanings():
    every = [name for line in SYNONYMS.values() for name in line.split(", ")]

    assert len(every) == len(set(every))
    assert tuple(SYNONYMS) == FIELDS


def test_headings_that_are_empty_or_alike_are_told_apart():
    assert distinct(["a", "", "a", "a (2)", "a", " a\nb "]) == [
        *("a", "Column 2", "a (2)", "a (2) (2)", "a (3)", "a b")
    ]


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("Roe J, Doe A.", ["Roe, J", "Doe, A"]),
        ("Roe JA.", ["Roe, JA"]),
        ("Roe J.", ["Roe, J."]),
        ("Roe, John", ["Roe, John"]),
        ("van der Roe, Jan", ["van der Roe, Jan"]),
        ("Roe, J., Doe, A., & Sample, C.", ["Roe, J.", "Doe, A.", "Sample, C."]),
        ("Roe J, Doe K and Sample L", ["Roe, J", "Doe, K", "Sample, L"]),
        ("A. Roe and B. Doe", ["Roe, A.", "Doe, B."]),
        ("Anna Roe, Bea Doe", ["Roe, Anna", "Doe, Bea"]),
        ("Roe, Martin, Jr", ["Roe, Martin Jr"]),
        ("J. Roe Jr.", ["Roe, J. Jr."]),
        ("Roe\nDoe", ["Roe", "Doe"]),
        ("Alba Roe|Josep Doe-Sample", ["Roe, Alba", "Doe-Sample, Josep"]),
        ("Synthetic Study Group; Roe, J", ["Synthetic Study Group", "Roe, J"]),
        ("Institute for Health and Care", ["Institute for Health and Care"]),
        ("Roe, J. and World Health Organization", ["Roe, J.", "World Health Organization"]),
        ("Roe J, et al.", ["Roe, J"]),
        ("J.Roe", ["J.Roe"]),
        ("JoAnn Roe", ["Roe, JoAnn"]),
        ("Plato", ["Plato"]),
        ("Li Y", ["Li, Y"]),
        ("Y Li", ["Li, Y"]),
        ("Anonymous", []),
        ("; ;", []),
    ],
)
def test_authors_of_every_shape_become_family_and_given_names(cell, names):
    assert people(cell) == names


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (
            "Synthetic Reports (2024) 15:1 Article Number: 4063. Date of Publication: 1 Dec 2024",
            Citation("Synthetic Reports", "2024", "15", "1", "4063"),
        ),
        (
            "Synth J Res;139: 179-184, 2021 07. ",
            Citation("Synth J Res", "2021", "139", "", "179-184"),
        ),
        ("Synthetic Trials", None),
        ("unique", None),
    ],
)
def test_a_citation_is_taken_apart_when_its_shape_is_known(cell, expected):
    assert citation(cell) == expected


@pytest.mark.parametrize(
    "cell", ["None", "NA", "n/a", " - ", "NaN", "#N/A", "[No abstract available]"]
)
def test_a_cell_that_says_nothing_is_empty(cell):
    assert value(cell) == ""


@pytest.mark.parametrize(
    ("written_as", "expected"),
    [
        (
            "<p>One <em>sample</em> of <span class='x'>H<inf>2</inf>O</span></p>",
            "\nOne <i>sample</i> of H<sub>2</sub>O\n",
        ),
        ("p < 0.05 &amp; x <b and c> d", "p < 0.05 & x <b and c> d"),
        ("&amp;lt; once", "&lt; once"),
        ("AT&T", "AT&T"),
    ],
)
def test_markup_goes_and_entities_are_decoded_once(written_as, expected):
    assert plain(written_as) == expected
