"""Tables of the exporters we know, by our own look-alikes of them."""

from pathlib import Path

import pytest

from screening.importers import ParsedRecord, Problem
from screening.importers.tables import text, workbook
from tests.screening.importers.conftest import DATA
from tests.screening.importers.test_corpus import CORPUS, ROWS

OWN = sorted(DATA.glob("table_*"))
KNOWN = [path for path in OWN if path.name != "table_unknown.csv"]
FORMATS = ("csv", "tsv", "wos-tab", "xlsx")
TABLES = [row for row in ROWS if row["format"].startswith(FORMATS)]
OTHERS = [row for row in ROWS if not row["format"].startswith(FORMATS)]


def encoding_of(path: Path) -> str:
    content = path.read_bytes()
    if content.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    try:
        content.decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def head_of(path: Path) -> bytes:
    return path.read_bytes()[: 1 << 16].removeprefix(b"\xef\xbb\xbf")


def read_own(name: str) -> list[ParsedRecord | Problem]:
    path = DATA / name
    found = list(text.read(path, encoding_of(path)))
    assert [entry.position for entry in found] == list(range(1, len(found) + 1))
    return found


def records(name: str) -> list[ParsedRecord]:
    found = read_own(name)
    assert [type(entry) for entry in found] == [ParsedRecord] * len(found)
    return found


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_a_table_looks_like_one(path):
    assert text.looks_like(head_of(path))


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(DATA.iterdir()) if path not in OWN],
    ids=lambda path: path.name,
)
def test_a_file_of_another_format_does_not_look_like_a_table(path):
    assert not text.looks_like(head_of(path))


@pytest.mark.parametrize("path", KNOWN, ids=lambda path: path.name)
def test_as_many_rows_are_counted_as_are_read(path):
    encoding = encoding_of(path)

    assert text.count(path, encoding).found == len(list(text.read(path, encoding)))


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


def test_ebsco_writes_formulas_to_keep_texts_texts():
    (record,) = records("table_ebsco.csv")

    assert (record.year, record.pages) == (2024, "1")
    assert record.keywords == ("FEMUR", "BODY size")


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


@pytest.mark.skipif(not ROWS, reason="no corpus of real exports at ../shared/corpus")
def test_the_corpus_has_the_tables_these_tests_were_written_for():
    assert (len(TABLES), len(OTHERS)) == (18, 43)


@pytest.mark.parametrize("row", TABLES, ids=lambda row: row["file"])
def test_every_row_of_a_real_export_is_found_and_read(row):
    path = CORPUS / row["file"]
    door = workbook if row["format"] == "xlsx" else text
    encoding = encoding_of(path)

    found = list(door.read(path, encoding))

    expected = int(row["expected_records"])
    assert door.looks_like(head_of(path))
    assert (door.count(path, encoding).found, len(found)) == (expected, expected)
    # Abstrackr's remark is no record, and the count of the index takes it for one.
    problems = [entry.line for entry in found if isinstance(entry, Problem)]
    assert problems == ([36] if row["format"] == "csv-abstrackr" else [])


@pytest.mark.parametrize("row", OTHERS, ids=lambda row: row["file"])
def test_a_real_export_of_another_format_does_not_look_like_a_table(row):
    head = head_of(CORPUS / row["file"])

    assert (text.looks_like(head), workbook.looks_like(head)) == (False, False)
