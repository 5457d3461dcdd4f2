"""Real exports, read in place where the corpus lies beside the project."""

import csv
from pathlib import Path

import pytest

from screening.importers import ParsedRecord, UnreadableFile, inspect, read

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus"
INDEX = CORPUS / "index.csv"
ROWS = list(csv.DictReader(INDEX.read_text("utf-8").splitlines())) if INDEX.exists() else []
READ = [row for row in ROWS if row["format"] in {"ris", "nbib"}]
REFUSED = [row for row in ROWS if row["format"] not in {"ris", "nbib"}]

pytestmark = pytest.mark.skipif(not ROWS, reason="no corpus of real exports at ../shared/corpus")


def name(row: dict[str, str]) -> str:
    return row["file"].removeprefix("files/")


def test_the_corpus_has_the_files_these_tests_were_written_for():
    assert (len(READ), len(REFUSED)) == (25, 36)


@pytest.mark.parametrize("row", READ, ids=name)
def test_every_entry_of_a_real_export_is_found_and_read(row):
    path = CORPUS / row["file"]

    inspection = inspect(path)
    records = list(read(path, inspection))

    expected = int(row["expected_records"])
    assert inspection.format == row["format"]
    assert inspection.found == expected
    assert [type(record) for record in records] == [ParsedRecord] * expected
    assert [record.position for record in records] == list(range(1, expected + 1))


@pytest.mark.parametrize("row", READ, ids=name)
def test_the_encoding_of_a_real_export_is_told(row):
    expected = row["encoding"].replace("ascii", "utf-8")

    assert inspect(CORPUS / row["file"]).encoding == expected


@pytest.mark.parametrize("row", REFUSED, ids=name)
def test_a_real_export_of_another_format_is_refused_by_what_it_looks_like(row):
    words = {
        "csv": "a table such as CSV",
        "tsv": "a table such as CSV",
        "xlsx": "Office document",
        "bibtex": "a BibTeX file",
        "endnote-xml": "EndNote XML",
        "endnote-tagged": "an EndNote tagged file",
        "pubmed-xml": "PubMed XML",
        "wos-plain": "a Web of Science plain text file",
        "wos-tab": "a tab-delimited Web of Science file",
        "zotero-rdf": "a Zotero RDF file",
    }
    kind = row["format"] if row["format"] in words else row["format"].split("-")[0]

    with pytest.raises(UnreadableFile) as refusal:
        inspect(CORPUS / row["file"])

    assert words[kind] in str(refusal.value)
    assert str(refusal.value).endswith(
        "export the search again as RIS or PubMed (nbib) and import that file."
    )
