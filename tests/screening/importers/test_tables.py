"""Which files are tables, and that every row of them is counted and read."""

import pytest

from screening.importers import Problem
from screening.importers.tables import text, workbook
from tests.screening.importers.conftest import DATA
from tests.screening.importers.own_tables import encoding_of, head_of
from tests.screening.importers.test_corpus import CORPUS, ROWS

OWN = sorted(DATA.glob("table_*"))
KNOWN = [path for path in OWN if path.name != "table_unknown.csv"]
FORMATS = ("csv", "tsv", "wos-tab", "xlsx")
TABLES = [row for row in ROWS if row["format"].startswith(FORMATS)]
OTHERS = [row for row in ROWS if not row["format"].startswith(FORMATS)]


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
