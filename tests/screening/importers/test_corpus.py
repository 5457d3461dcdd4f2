"""Real exports, read in place where the corpus lies beside the project."""

import csv
from pathlib import Path

import pytest

from screening.importers import ParsedRecord, inspect, read

# The project may lie some folders further down, as a worktree does.
PLACES = [folder / "shared" / "corpus" for folder in Path(__file__).parents[4:]]
CORPUS = next((place for place in PLACES if place.exists()), PLACES[0])
INDEX = CORPUS / "index.csv"
ROWS = list(csv.DictReader(INDEX.read_text("utf-8").splitlines())) if INDEX.exists() else []
TAGGED = [row for row in ROWS if row["format"] in {"ris", "nbib"}]
# What the index calls by its exporter is one format to us.
FORMATS = {"csv": "table", "tsv": "table", "wos-tab": "table"}

pytestmark = pytest.mark.skipif(not ROWS, reason="no corpus of real exports at ../shared/corpus")


def name(row: dict[str, str]) -> str:
    return row["file"].removeprefix("files/")


def format_of(row: dict[str, str]) -> str:
    kind = row["format"]
    return FORMATS.get(kind, FORMATS.get(kind.split("-")[0], kind))


def test_the_corpus_has_the_files_these_tests_were_written_for():
    assert len(ROWS) == 61


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_every_entry_of_a_real_export_is_found_and_accounted_for(row):
    path = CORPUS / row["file"]

    inspection = inspect(path)
    entries = list(read(path, inspection))

    expected = int(row["expected_records"])
    assert inspection.format == format_of(row)
    assert inspection.found == expected
    assert [entry.position for entry in entries] == list(range(1, expected + 1))


@pytest.mark.parametrize("row", TAGGED, ids=name)
def test_tagged_exports_have_no_problems(row):
    path = CORPUS / row["file"]

    assert {type(entry) for entry in read(path, inspect(path))} == {ParsedRecord}


@pytest.mark.parametrize("row", [r for r in ROWS if r["encoding"] != "binary"], ids=name)
def test_the_encoding_of_a_real_export_is_told(row):
    expected = "cp1252" if "cp1252" in row["encoding"] else row["encoding"]

    assert inspect(CORPUS / row["file"]).encoding == expected.replace("ascii", "utf-8")
