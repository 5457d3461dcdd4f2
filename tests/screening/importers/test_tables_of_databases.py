"""Tables of databases and publishers, by our own look-alikes of them."""

import pytest

from screening.importers import ParsedRecord
from tests.screening.importers.own_tables import records


def test_pubmed_gives_volume_issue_and_pages_in_its_citation_and_ends_its_authors_with_a_point():
    assert records("table_pubmed.csv") == [
        ParsedRecord(
            position=1,
            line=2,
            title='Synthetic sleep and "bright" light',
            authors=("Roe, AB", "van Doe, C", "O'Sample, DE"),
            year=2020,
            journal="Synth J Med",
            volume="63",
            issue="2",
            pages="103640",
            doi="10.9999/syn.tab.1",
            pmid="90000001",
            pmcid="PMC9000001",
        ),
        ParsedRecord(
            position=2,
            line=3,
            title="Synthetic record of one author",
            authors=("Singular, C.",),
            year=2021,
            journal="Synth J Med",
            volume="S1",
            pages="e12",
            pmid="90000002",
        ),
    ]


@pytest.mark.parametrize("name", ["table_embase_preamble.csv", "table_embase_excel.csv"])
def test_embase_has_rows_above_its_headings_and_commas_or_semicolons(name):
    assert records(name) == [
        ParsedRecord(
            position=1,
            line=5,
            title="Synthetic statins; a trial, in two parts",
            abstract="First line, with a comma.\nSecond line; with a semicolon.",
            authors=("Roe, A.B.", "von Doe, C."),
            year=2014,
            journal="Synthetic Heart",
            volume="3",
            issue="3",
            pages="152-160",
            doi="10.9999/syn.tab.3",
            pmid="90000003",
            language="English",
            keywords=(
                "synthetic statin (drug therapy, pharmacology)",
                "adult",
                "synthetic disease (diagnosis, therapy)",
            ),
            url="https://www.embase.com/search/results?subaction=viewrecord&id=L1",
            kind="Article",
        ),
        ParsedRecord(
            position=2,
            line=7,
            title="Titel nur im Original",
            authors=("Solo, E.",),
            year=2015,
            journal="Synthetic Heart",
            volume="4",
            pages="17",
            language="German",
            kind="Letter",
        ),
    ]


def test_embase_without_columns_for_the_journal_has_it_in_its_source():
    assert records("table_embase_wide.csv") == [
        ParsedRecord(
            position=1,
            line=2,
            title="Synthetic cysts without columns for the journal",
            abstract="Synthetic abstract.",
            authors=("Roe, R.", "van den Doe, D.G."),
            year=2014,
            journal="Synthetic Ultrasound",
            volume="3",
            issue="4",
            pages="152-160",
            keywords=("synthetic cyst (diagnosis, surgery)", "ultrasound"),
        )
    ]


def test_scopus_numbers_full_names_marks_up_titles_and_says_when_it_has_nothing():
    assert records("table_scopus.csv") == [
        ParsedRecord(
            position=1,
            line=2,
            title="Synthetic catalysis of CO<sub>2</sub> & water",
            authors=("Roe, Jane", "Doe, Anna Beth"),
            year=2021,
            journal="Synthetic Nature",
            volume="7",
            issue="1",
            pages="e8753",
            doi="10.9999/syn.tab.4",
            pmid="90000004",
            language="English",
            keywords=("catalysis", "synthesis", "Humans"),
            url="https://www.scopus.com/inward/record.uri?eid=2-s2.0-1",
            kind="Article",
        ),
        ParsedRecord(
            position=2,
            line=3,
            title="Synthetic proceedings",
            abstract="Synthetic abstract with p < 0.05 and x<y.",
            year=2022,
            journal="Proc. Synth.",
            pages="1-12",
            language="English",
            url="https://www.scopus.com/inward/record.uri?eid=2-s2.0-2",
            kind="Conference review",
        ),
    ]


def test_ovid_heads_columns_with_field_names_of_its_own():
    assert records("table_ovid.csv") == [
        ParsedRecord(
            position=1,
            line=2,
            title="Synthetic record of Ovid",
            abstract="Synthetic abstract.",
            authors=("Roe, AB", "Doe, C"),
            year=2019,
            journal="Synthetic Journal of Nursing",
            volume="12",
            issue="3",
            pages="45-50",
            doi="10.9999/syn.tab.5",
            language="English",
            keywords=("Humans", "Nursing"),
            kind="Journal Article",
        )
    ]


def test_central_has_its_journal_in_source_and_words_before_the_pmid():
    found = records("table_cochrane.csv")

    assert found[0] == ParsedRecord(
        position=1,
        line=2,
        title="A synthetic trial",
        abstract="Synthetic abstract.",
        authors=("Roe, T", "Doe, J"),
        year=2011,
        journal="Synthetic Trials",
        volume="12",
        pages="39\u201047",
        doi="10.9999/syn.tab.6",
        pmid="90000006",
        keywords=("*Synthesis", "Ear, Middle [physiology]", "synthesis"),
        url="https://www.cochranelibrary.com/central/doi/10.1002/central/CN-09000001/full",
        kind="Journal article",
    )
    nothing = (found[1].abstract, found[1].authors, found[1].year, found[1].volume)
    assert (*nothing, found[1].doi) == ("", (), None, "", "")


def test_ieee_writes_initials_before_family_names():
    (record,) = records("table_ieee.csv")

    assert record == ParsedRecord(
        position=1,
        line=2,
        title='Synthetic computing: the "New Normal"\' for machines',
        abstract="Synthetic abstract.",
        authors=("Roe, P.", "Doé, J.-P.", "De Sample, C.", "da Silva, R. F."),
        year=2013,
        journal="Synthetic Computing",
        volume="15",
        issue="6",
        pages="16-26",
        doi="10.9999/syn.tab.7",
        keywords=("Synthesis", "Programming", "Systems"),
        url="https://ieeexplore.ieee.org/stamp/stamp.jsp?arnumber=1",
    )


def test_springer_runs_its_authors_together():
    found = records("table_springer.csv")

    assert [record.authors for record in found] == [
        ("Roeson, Araz R.", "Doeova, Nina T.", "McSample, Mary", "Writer, H. A."),
        ("Roe, Rafik A.", "Doe, Janina", "De Sample, Martine"),
    ]
    assert [(record.journal, record.volume, record.kind) for record in found] == [
        ("Synthetic Conference 2021", "", "Chapter"),
        ("Synthetic Notes", "12", "Book"),
    ]


def test_lens_writes_given_names_first_and_groups_among_them():
    (record,) = records("table_lens.csv")

    assert record.authors == ("de la Roe, Maria", "World Health Organization", "Doe, John B.")
    assert (record.year, record.pages, record.pmid) == (2020, "10-19", "90000008")
    assert record.url == "https://synthetic.example/a"


def test_lilacs_has_portuguese_headings():
    assert records("table_lilacs.csv") == [
        ParsedRecord(
            position=1,
            line=2,
            title="Atenção sintética à saúde",
            abstract="Um resumo sintético.",
            authors=("Roe, Ana Lúcia", "Doe Silva, João"),
            year=2019,
            journal="Rev. sintét. saúde",
            volume="30",
            issue="2",
            pages="183-211",
            doi="10.9999/syn.tab.12",
            language="pt",
            keywords=("Saúde", "Síntese"),
            url="http://synthetic.example/sc",
            kind="artigo",
        )
    ]


def test_google_scholar_ends_its_authors_with_a_semicolon():
    found = records("table_google_scholar.csv")

    assert [record.authors for record in found] == [
        ("Roe, Paul M", "Doe, Katherine J"),
        ("Roe, Paul M",),
    ]
    assert [(record.journal, record.issue, record.title) for record in found] == [
        ("Synthetic Reviews", "3", "Did synthetic animals invent flowers?"),
        ("Synthetic Ecology", "4", "Trends in synthesis & evolution"),
    ]


def test_web_of_science_heads_columns_with_tags_and_quotes_nothing():
    assert records("table_web_of_science.txt") == [
        ParsedRecord(
            position=1,
            line=2,
            title='"Smart" synthesis of a sensor',
            abstract='A "quoted word" within, and 5" at the end"',
            authors=("Roe Prakash, Karthika", "Doe, Erik"),
            year=2023,
            journal="SYNTHETIC SENSORS",
            volume="2",
            issue="10",
            pages="2300058",
            doi="10.9999/syn.tab.14",
            pmid="90000014",
            language="English",
            keywords=("knee laxity", "sensor", "LAXITY"),
            kind="Article",
        ),
        ParsedRecord(
            position=2,
            line=3,
            title="Synthetic pages",
            authors=("Roe, KS",),
            year=2016,
            journal="SYNTHETIC PAGES",
            volume="4",
            issue="2",
            pages="604-614",
            language="English",
            kind="Article",
        ),
    ]


def test_ebsco_writes_formulas_to_keep_texts_texts():
    (record,) = records("table_ebsco.csv")

    assert (record.year, record.pages) == (2024, "1")
    assert record.keywords == ("FEMUR", "BODY size")
