import pytest

from screening.importers import zotero_rdf
from screening.importers.base import Counted, ParsedRecord, Problem
from tests.screening.importers.conftest import DATA
from tests.screening.importers.test_corpus import CORPUS, ROWS

CORPUS_ROWS = [row for row in ROWS if row["format"] == zotero_rdf.NAME]
ITEM = "<bib:Article><z:itemType>journalArticle</z:itemType>{}</bib:Article>"


def rdf(*items):
    return f"<rdf:RDF>\n{''.join(items)}</rdf:RDF>".encode()


def read_all(path, encoding="utf-8"):
    counted = zotero_rdf.count(path, encoding)
    found = list(zotero_rdf.read(path, encoding))
    assert len(found) == counted.found
    return counted, found


def test_an_item_gives_every_field_with_those_of_the_journal_it_refers_to(own):
    counted, found = read_all(own("zotero.rdf"))

    assert counted == Counted(4)
    assert found[0] == ParsedRecord(
        position=1,
        line=11,
        title="Synthetic record one: CO<sub>2</sub> & others",
        abstract="BACKGROUND: This abstract is synthetic.\nMETHODS: It has two paragraphs.",
        authors=("Exempli, Anna B.", "Synthetic Study Group"),
        year=2023,
        journal="Journal of synthetic tests",
        volume="12",
        issue="3",
        pages="101-109",
        doi="10.9999/syn.rdf.1",
        pmid="91800001",
        pmcid="PMC9180001",
        language="en",
        keywords=("synthetic data", "Humans"),
        url="https://example.org/one",
        kind="journalArticle",
    )


def test_a_paper_is_part_of_proceedings_within_it_and_has_authors_before_editors(own):
    _, found = read_all(own("zotero.rdf"))

    assert found[1] == ParsedRecord(
        position=2,
        line=62,
        title="Synthetic paper two",
        authors=("Gratia, Åse",),
        year=2017,
        journal="Proceedings of nothing",
        volume="7",
        doi="10.9999/syn.rdf.2",
        kind="conferencePaper",
    )


def test_a_talk_has_its_presenters_its_conference_and_its_doi_from_its_address(own):
    _, found = read_all(own("zotero.rdf"))

    assert found[2] == ParsedRecord(
        position=3,
        line=82,
        title="Synthetic talk three",
        authors=("Orata, Ola",),
        journal="A conference that never was",
        doi="10.9999/syn.rdf.3",
        url="https://doi.org/10.9999/syn.rdf.3",
        kind="presentation",
    )


def test_a_missing_title_is_a_problem_and_does_not_take_that_of_a_collection(own):
    _, found = read_all(own("zotero.rdf"))

    problem = found[3]
    assert isinstance(problem, Problem)
    assert (problem.position, problem.line) == (4, 89)
    assert problem.message == "This entry has no title (dc:title)."
    assert problem.raw.startswith('<bib:Book rdf:about="urn:isbn:000-1">')


def test_a_journal_may_stand_before_the_item_that_refers_to_it(written):
    journal = '<bib:Journal rdf:about="urn:issn:1"><dc:title>Synthetica</dc:title></bib:Journal>'
    item = ITEM.format(
        '<dcterms:isPartOf rdf:resource="urn:issn:1"/><dc:title>Synthetic</dc:title>'
    )

    _, found = read_all(written(rdf(journal, item)))

    assert found[0].journal == "Synthetica"


def test_a_reference_to_nothing_and_a_damaged_journal_cost_no_item(written):
    journal = '<bib:Journal rdf:about="urn:issn:1"><dc:title>Synthetica</bib:Journal>'
    item = ITEM.format(
        '<dcterms:isPartOf rdf:resource="urn:issn:1"/><dc:title>Synthetic</dc:title>'
    )

    _, found = read_all(written(rdf(item, journal)))

    assert found == [ParsedRecord(1, 2, "Synthetic", kind="journalArticle")]


@pytest.mark.parametrize("kind", ["attachment", "note", " attachment\n", "\n note "])
def test_attachments_and_notes_are_no_entries(written, kind):
    other = f"<z:Attachment><z:itemType>{kind}</z:itemType></z:Attachment>"
    item = ITEM.format("<dc:title>Synthetic</dc:title>")

    counted, found = read_all(written(rdf(other, item, other)))

    assert counted == Counted(1)
    assert [entry.title for entry in found] == ["Synthetic"]


def test_a_type_that_does_not_come_first_is_a_problem_and_takes_nothing_from_its_neighbours(
    written,
):
    odd = "<bib:Book><dc:title>Odd</dc:title><z:itemType>book</z:itemType></bib:Book>"
    item = ITEM.format("<dc:title>Synthetic {}</dc:title>")

    _, found = read_all(written(rdf(item.format(1), odd, item.format(2))))

    assert [getattr(entry, "title", None) for entry in found] == [
        "Synthetic 1",
        None,
        "Synthetic 2",
    ]


def test_an_item_without_its_end_is_a_problem_and_the_next_is_read(written):
    item = ITEM.format("<dc:title>Synthetic</dc:title>")

    _, found = read_all(written(rdf(item.replace("</bib:Article>", ""), item)))

    assert [type(entry) for entry in found] == [Problem, ParsedRecord]


@pytest.mark.skipif(not ROWS, reason="no corpus of real exports at ../shared/corpus")
def test_every_item_of_a_real_export_is_found_and_read():
    assert [int(row["expected_records"]) for row in CORPUS_ROWS] == [535]

    counted, found = read_all(CORPUS / CORPUS_ROWS[0]["file"])

    assert counted == Counted(535)
    assert [type(entry) for entry in found] == [ParsedRecord] * 535
    assert [
        sum(bool(getattr(entry, name)) for entry in found) for name in ("authors", "abstract")
    ] == [
        523,
        362,
    ]


@pytest.mark.parametrize("name", [p.name for p in DATA.iterdir() if p.name != "zotero.rdf"])
def test_no_other_file_of_ours_looks_like_it(own, name):
    assert not zotero_rdf.looks_like(own(name).read_bytes()[: 1 << 16])


def test_rdf_of_others_is_of_another_format():
    assert not zotero_rdf.looks_like(b'<rdf:RDF xmlns:foaf="http://xmlns.com/foaf/0.1/">')


@pytest.mark.skipif(not ROWS, reason="no corpus of real exports at ../shared/corpus")
def test_only_its_own_files_of_the_corpus_look_like_it():
    beginnings = {row["file"]: (CORPUS / row["file"]).read_bytes()[: 1 << 16] for row in ROWS}

    alike = [file for file, head in beginnings.items() if zotero_rdf.looks_like(head)]

    assert alike == [row["file"] for row in CORPUS_ROWS]
