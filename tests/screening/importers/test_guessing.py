"""Which database a file is from, told by its content; damaged or collected ones are not told."""

from pathlib import Path

import pytest

from screening.importers import NeedsColumns, guessing, inspect

DATA = Path(__file__).parents[2] / "data" / "importers"

KNOWN = {
    "cochrane.ris": "CENTRAL",
    "lilacs.ris": "LILACS",
    "proquest.ris": "ProQuest",
    "pubmed.nbib": "PubMed",
    "pubmed_citations.xml": "PubMed",
    "scopus.ris": "Scopus",
    "table_cochrane.csv": "CENTRAL",
    "table_embase_excel.csv": "Embase",
    "table_embase_preamble.csv": "Embase",
    "table_embase_wide.csv": "Embase",
    "table_google_scholar.csv": "Google Scholar",
    "table_ieee.csv": "IEEE Xplore",
    "table_lens.csv": "The Lens",
    "table_lilacs.csv": "LILACS",
    "table_pubmed.csv": "PubMed",
    "table_scopus.csv": "Scopus",
    "table_springer.csv": "SpringerLink",
    "table_web_of_science.txt": "Web of Science",
    "web_of_science.bib": "Web of Science",
    "web_of_science.ris": "Web of Science",
    "web_of_science.txt": "Web of Science",
}
COLLECTED = [
    "endnote.ris",
    "endnote_tagged.enw",
    "generic.ris",
    "scopus.bib",  # one entry of four says so
    "table_abstrackr.csv",
    "table_covidence.csv",
    "table_rayyan.csv",
    "table_refworks.csv",
    "zotero.bib",
    "zotero.rdf",
]


def guessed(path: Path) -> str | None:
    said = guessing.guess(path, inspect(path))
    return said and said.name


@pytest.mark.parametrize("name", KNOWN)
def test_an_export_says_where_it_is_from(name):
    assert guessed(DATA / name) == KNOWN[name]


@pytest.mark.parametrize("name", COLLECTED)
def test_a_library_is_of_no_database(name):
    assert guessed(DATA / name) is None


def test_a_table_of_unknown_headings_is_not_guessed():
    path = DATA / "table_unknown.csv"
    with pytest.raises(NeedsColumns):
        inspect(path)

    assert guessing.guess(path, inspect(path, ())) is None


def ris(*entries: str) -> list[str]:
    return [line for entry in entries for line in ["TY  - JOUR", *entry.split("|"), "ER  - "]]


@pytest.mark.parametrize(
    ("entry", "name", "platform"),
    [
        ("DB  - Ovid MEDLINE(R) <1946 to May 2024>", "MEDLINE", "Ovid"),
        ("DB  - Embase <1974 to 2024 May 24>", "Embase", "Ovid"),
        ("UR  - https://www.embase.com/search/results?id=L2029880245", "Embase", "Embase.com"),
        (
            "DP  - EBSCOhost|UR  - https://search.ebscohost.com/l?direct=true&db=ccm&AN=1",
            "CINAHL",
            "EBSCO",
        ),
        ("AN  - WOS:000278542800018", "Web of Science", ""),
        ("UR  - http://www.jstor.org/stable/12345", "JSTOR", ""),
    ],
)
def test_the_tags_of_providers_are_known(entry, name, platform):
    assert guessing.by_lines(ris(entry, entry)) == guessing.Guess(name, platform)


def test_half_of_the_entries_must_say_so():
    scopus, silent = "DB  - Scopus", "TI  - Of Scopus and PubMed"

    assert guessing.by_lines(ris(scopus, silent)) == guessing.SCOPUS
    assert guessing.by_lines(ris(scopus, silent, silent)) is None


def test_an_entry_says_it_once_however_often():
    loud = "DB  - Scopus|UR  - https://www.scopus.com/inward/record.uri?eid=1"

    assert guessing.by_lines(ris(loud, "TI  - A", "TI  - B")) is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Search 3/WoS_part2.ris", "Web of Science"),
        ("2024-05-01 Embase export.ris", "Embase"),
        ("central_europe.ris", "CENTRAL"),
        ("mine.ris", None),
        ("swos.ris", None),
    ],
)
def test_the_name_of_a_file_is_the_last_resort(name, said):
    found = guessing.by_file_name(name)

    assert (found and found.name) == said
