"""Tables of programs that keep or screen references, by our own look-alikes of them."""

import pytest

from screening.importers import ParsedRecord, Problem
from screening.importers.tables import text
from tests.screening.importers.conftest import DATA
from tests.screening.importers.own_tables import read_own, records


@pytest.mark.parametrize(
    ("name", "title", "authors", "pages", "doi"),
    [
        (
            "table_refworks.csv",
            "Synthetic consent",
            ("Roe, Francesca", "Doe, Cristina"),
            "71-93",
            "10.9999/syn.tab.9",
        ),
        (
            "table_refworks.tsv",
            '"Synthetic" flow and its measurement',
            ("van den Roe", "Doe, Maarten L. J.", "Sample, Charlotte E."),
            "S105",
            "10.9999/syn.tab.10",
        ),
    ],
)
def test_refworks_names_its_columns_in_its_own_way(name, title, authors, pages, doi):
    (record,) = records(name)

    assert (record.title, record.authors, record.pages, record.doi) == (title, authors, pages, doi)
    assert (record.year, record.pmid) == (2014, "")


def test_zotero_has_numbers_behind_labels_and_notes_stay_out():
    found = records("table_zotero.csv")

    assert found[0] == ParsedRecord(
        position=1,
        line=2,
        title="Synthetic spaniels",
        abstract="BACKGROUND: Synthetic spaniels are small.\nMETHODS: They were counted.",
        authors=("Roe, Carina", "Doe, Clare"),
        year=2022,
        journal="Journal of synthetic medicine",
        volume="36",
        issue="3",
        pages="1032-1038",
        doi="10.9999/syn.tab.11",
        pmid="90000011",
        pmcid="PMC9000011",
        language="eng",
        keywords=("*Dogs", "Animals", "dogs", "Humans"),
        kind="journalArticle",
    )
    assert (found[1].authors, found[1].year) == (("Editor, Davide", "Second, E."), 1999)


def test_abstrackr_puts_a_remark_between_its_rows_and_ends_some_early():
    first, remark, last = read_own("table_abstrackr.csv")

    assert (first.authors, first.pmid) == (("Roe, N.R.", "Doe-Sample, X."), "")
    assert remark == Problem(
        position=2,
        line=6,
        message="This row has no title.",
        remedy="Look the entry up at its source and write its title into the table, then import "
        "the file again.",
        raw="citations that are not yet labeled by anyone",
    )
    assert (last.line, last.title, last.pmid) == (7, "A synthetic bird", "90000013")
    assert text.count(DATA / "table_abstrackr.csv", "utf-8").warnings == (
        "2 rows have fewer cells than the table has headings (first: line 6): the cells that are "
        "missing were taken as empty.",
    )


def test_rayyan_divides_names_by_and_and_keeps_votes_in_notes():
    assert records("table_rayyan.csv") == [
        ParsedRecord(
            position=1,
            line=2,
            title="Synthetic scales",
            abstract="Synthetic abstract",
            authors=("Roe, Z.", "Doe, B.", "McSample, M.E."),
            year=2024,
            journal="Synth. Commun.",
            volume="15",
            issue="1",
            doi="10.9999/syn.tab.15",
            pmid="90000015",
            pmcid="PMC9000015",
            language="English",
            keywords=("keratin", "melanin"),
            url="https://synthetic.example/view?id=L1",
        )
    ]


def test_covidence_keeps_votes_in_notes_too():
    (record,) = records("table_covidence.csv")

    assert (record.year, record.pages, record.doi) == (2024, "100-110", "10.9999/syn.tab.16")
    assert "Alice" not in repr(record)


def test_a_labelled_set_in_latin_1_runs_initials_and_names_together():
    found = records("table_asysd.csv")

    assert found == [
        ParsedRecord(
            position=1,
            line=2,
            title="Synthetic overproduction in Größe",
            abstract="Synthetic abstract with café.",
            authors=("Roe, K.", "Doe, G. F.", "O'Sample, M. E.", "McWriter, F."),
            year=2008,
            journal="Curr Synth Lipidol",
            volume="19",
            issue="3",
            pages="221-8",
            doi="10.9999/syn.tab.17",
        ),
        ParsedRecord(
            position=2,
            line=4,
            title="Synthetic record of nobody",
            year=2009,
            journal="Curr Synth Lipidol",
            volume="20",
        ),
    ]
