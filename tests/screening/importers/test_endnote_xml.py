import pytest

from screening.importers import endnote_xml
from screening.importers.base import Counted, ParsedRecord, Problem
from tests.screening.importers.conftest import DATA
from tests.screening.importers.test_corpus import CORPUS, ROWS

CORPUS_ROWS = [row for row in ROWS if row["format"] == endnote_xml.NAME]
RECORD = (
    "<xml><records><record><titles><title>Synthetic</title></titles>{}</record></records></xml>"
)


def read_all(path, encoding="utf-8"):
    counted = endnote_xml.count(path, encoding)
    found = list(endnote_xml.read(path, encoding))
    assert len(found) == counted.found
    return counted, found


def test_a_record_wrapped_in_style_runs_gives_every_field(own):
    counted, found = read_all(own("endnote.xml"))

    assert counted == Counted(5)
    assert found[0] == ParsedRecord(
        position=1,
        line=1,
        title="Synthetic record one: CO<sub>2</sub> and <i><b>Nihil inventum</b></i> & others",
        abstract="BACKGROUND: This abstract is synthetic.\nMETHODS: It has <two> paragraphs.",
        authors=("Exempli, A. B.", "Gratia, Å.", "Synthetic Study Group"),
        year=2023,
        journal="Journal of synthetic tests",
        volume="12",
        issue="3",
        pages="101-109",
        doi="10.9999/syn.en.1",
        pmid="91700001",
        pmcid="PMC9170001",
        language="eng",
        keywords=("Humans", "Synthesis/*methods", "first line", "second line"),
        url="https://example.org/one",
        kind="Journal Article",
    )


def test_a_chapter_has_its_book_its_doi_from_a_link_and_no_number_of_another_database(own):
    _, found = read_all(own("endnote.xml"))

    assert found[1] == ParsedRecord(
        position=2,
        line=1,
        title="A synthetic chapter",
        authors=("Capitula, C.", "Secunda, D."),
        year=2019,
        journal="The synthetic handbook",
        doi="10.9999/syn.en.2",
        url="https://doi.org/10.9999/syn.en.2",
        kind="Book Section",
    )


def test_names_may_stand_in_attributes_and_fields_without_style(own):
    _, found = read_all(own("endnote.xml"))

    assert found[2] == ParsedRecord(
        position=3,
        line=1,
        title="A synthetic record with plain fields",
        authors=("Attributa, Ada B.", "Synthetic Office"),
        year=2018,
        pmid="91700003",
        url="https://www.ncbi.nlm.nih.gov/pubmed/91700003",
        kind="Journal Article",
    )


def test_a_missing_title_is_a_problem_with_its_text(own):
    _, found = read_all(own("endnote.xml"))

    problem = found[3]
    assert isinstance(problem, Problem)
    assert (problem.position, problem.line) == (4, 1)
    assert problem.message == "This entry has no title (title)."
    assert problem.raw.startswith('<record><ref-type name="Journal Article">')


def test_what_a_program_did_not_escape_is_read_as_text(own):
    _, found = read_all(own("endnote.xml"))

    assert found[4] == ParsedRecord(
        position=5,
        line=1,
        title="A synthetic report of R & D from a program that escapes nothing, whatever "
        "&unknown; is",
        authors=("Editrix, E.",),
        kind="Report",
    )


@pytest.mark.parametrize(
    ("database", "pmid"),
    [
        ("<remote-database-name>PubMed</remote-database-name>", "123"),
        ("<remote-database-name>Ovid MEDLINE(R)</remote-database-name>", "123"),
        ("<remote-database-provider>NLM</remote-database-provider>", "123"),
        ("<remote-database-name>Embase, PubMed</remote-database-name>", ""),
        ("<remote-database-name>Scopus</remote-database-name>", ""),
        ("", ""),
    ],
)
def test_an_accession_number_is_a_pmid_only_where_the_record_says_so(written, database, pmid):
    text = RECORD.format(f"<accession-num>123</accession-num>{database}")

    _, found = read_all(written(text.encode()))

    assert found[0].pmid == pmid


def test_utf_16_is_read(written):
    text = RECORD.format("<volume>Å</volume>")

    _, found = read_all(written(text.encode("utf-16")), "utf-16")

    assert found == [ParsedRecord(1, 1, "Synthetic", volume="Å")]


@pytest.mark.parametrize(
    "head",
    [
        b'<?xml version="1.0" ?><xml><records><record><source-app name="EndNote">EndNote<',
        b"<xml>\n<records>\n<record>\n<ref-type name='Book'>6</ref-type>",
        b"<records><record><contributors>",
    ],
)
def test_records_with_its_elements_tell_the_format(head):
    assert endnote_xml.looks_like(head)


@pytest.mark.parametrize(
    "head",
    [
        b"<records><record><header><identifier>",
        b"<xml><record>",
        b"<html><records><record><titles>",
        b"text <xml><records><record><titles>",
    ],
)
def test_other_records_are_of_other_formats(head):
    assert not endnote_xml.looks_like(head)


@pytest.mark.parametrize("name", [p.name for p in DATA.iterdir() if p.name != "endnote.xml"])
def test_no_other_file_of_ours_looks_like_it(own, name):
    assert not endnote_xml.looks_like(own(name).read_bytes()[: 1 << 16])


@pytest.mark.skipif(not ROWS, reason="no corpus of real exports at ../shared/corpus")
def test_every_record_of_a_real_export_is_found_and_read():
    assert len(CORPUS_ROWS) == 3
    for row in CORPUS_ROWS:
        counted, found = read_all(CORPUS / row["file"])

        assert counted == Counted(int(row["expected_records"]))
        assert [type(entry) for entry in found] == [ParsedRecord] * counted.found
        assert all(entry.year and entry.journal and entry.kind for entry in found)


@pytest.mark.skipif(not ROWS, reason="no corpus of real exports at ../shared/corpus")
def test_only_its_own_files_of_the_corpus_look_like_it():
    alike = [row for row in ROWS if endnote_xml.looks_like(beginning(CORPUS / row["file"]))]

    assert alike == CORPUS_ROWS


@pytest.mark.skipif(not ROWS, reason="no corpus of real exports at ../shared/corpus")
def test_the_same_library_as_ris_and_as_xml_gives_the_same_titles():
    ris, xml = CORPUS / "files/bluelight.ris", CORPUS / "files/bluelight_endnote20.xml"
    lines = ris.read_text("utf-8-sig").splitlines()
    titles = [" ".join(line[6:].split()) for line in lines if line.startswith("TI  - ")]

    found = endnote_xml.read(xml, "utf-8")

    assert [entry.title for entry in found] == titles


def beginning(path):
    return path.read_bytes()[: 1 << 16].removeprefix(b"\xef\xbb\xbf")
