"""prisma_flow.csv as the R package PRISMA2020 1.1.4 takes it apart: `PRISMA_data(read.csv(file))`."""

import csv
import io
import re
from pathlib import Path

import pytest
import yaml

from reporting.cells import csv_lines
from reporting.prisma.csv import plain_label, rows
from reporting.prisma.numbers import Adjusted, Counted, Standing, numbers_of
from screening.rules import Stage

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
SPECIFICATION = Path(__file__).parents[1] / "data" / "prisma_flow.yaml"
SOURCES = {"7": "Embase; via Ovid", "3": "PubMed", "9": "CENTRAL", "11": "Reference lists"}
REASONS = {"E4": "Phantom, animal, or simulated", "E2": "Review; letter", "E9": "Given by nobody"}

NUMBERS = numbers_of(
    [
        Counted(None, "database", "", "3", 1_200),
        Counted(None, "database", "", "7", 300),
        Counted(None, "register", "", "9", 20),
        Counted(None, "citations", "", "11", 5),
        Counted(TA, "database", Standing.EXCLUDED, "", 1_400),
        Counted(TA, "database", Standing.INCLUDED, "", 120),
        Counted(FT, "database", Standing.NOT_RETRIEVED, "", 5),
        Counted(FT, "database", Standing.EXCLUDED, "E2", 30),
        Counted(FT, "register", Standing.EXCLUDED, "E4", 10),
        Counted(FT, "database", Standing.INCLUDED, "", 75),
        Counted(FT, "citations", Standing.INCLUDED, "", 5),
    ],
    [Adjusted("duplicates", "", "", 12), Adjusted("previous_studies", "", "", 40)],
)


@pytest.fixture
def table() -> list[dict[str, str]]:
    """As `read.csv` has it: by the names of its header."""
    lines = csv_lines(rows(NUMBERS, sources=SOURCES, reasons=REASONS))
    return list(csv.DictReader(io.StringIO(b"".join(lines).decode())))


def number(table: list[dict[str, str]], name: str) -> float:
    """`as.numeric(PRISMA_format_number_(data[grep(name, data[, 1]), ]$n))`: the first that fits."""
    found = [row["n"] for row in table if re.search(name, row["data"])]
    return float(re.sub(r"[^0-9.]", "", found[0]))


def parsed(table: list[dict[str, str]], name: str) -> list[tuple[str, float]]:
    """`PRISMA_parse_reasons_`."""
    (text,) = [row["n"] for row in table if re.search(name, row["data"])]
    if not re.search("[^0-9,]", text):
        return [("", float(text))]
    return [
        (
            re.sub(",.*$", "", part),
            float(re.sub(r"[^0-9.]", "", re.sub(r".*?,([ 0-9,]*)", r"\1", part))),
        )
        for part in re.split("; ?", text)
    ]


def test_the_package_finds_every_number(table):
    found = {
        name: number(table, name)
        for name in (
            "previous_studies",
            "database_results",
            "register_results",
            "citations_results",
            "duplicates",
            "records_screened",
            "records_excluded",
            "dbr_sought_reports",
            "dbr_notretrieved_reports",
            "dbr_assessed",
            "other_sought_reports",
            "other_assessed",
            "new_studies",
            "total_studies$",
            "total_studies_ma",
        )
    }

    assert found == {
        "previous_studies": 40,
        "database_results": 1_512,
        "register_results": 20,
        "citations_results": 5,
        "duplicates": 12,
        "records_screened": 1_520,
        "records_excluded": 1_400,
        "dbr_sought_reports": 120,
        "dbr_notretrieved_reports": 5,
        "dbr_assessed": 115,
        "other_sought_reports": 5,
        "other_assessed": 5,
        "new_studies": 80,
        "total_studies$": 120,
        "total_studies_ma": 0,
    }


def test_the_package_takes_lists_apart_into_labels_and_numbers(table):
    assert parsed(table, "dbr_excluded") == [
        ("Phantom / animal / or simulated", 10),
        ("Review / letter", 30),
    ]
    assert parsed(table, "database_specific_results") == [
        ("Embase / via Ovid", 300),
        ("PubMed", 1_200),
        ("Without a source", 12),
    ]
    assert parsed(table, "register_specific_results") == [("CENTRAL", 20)]
    assert parsed(table, "other_excluded") == [("", 0)]


def test_every_text_the_package_takes_is_there(table):
    """It takes titles by the third column, other texts by the first, and a tooltip by either."""
    titles = [row["boxtext"] for row in table if row["box"] in {"prevstud", "newstud", "othstud"}]
    assert titles == [
        "Previous studies",
        "Identification of new studies via databases and registers",
        "Identification of new studies via other methods",
    ]
    assert all(row["boxtext"] for row in table)
    tooltips = {row["node"] for row in table if row["tooltips"] != "NA"}
    assert tooltips == {f"node{number}" for number in range(1, 24)}


def test_its_rows_are_those_of_the_package_in_their_order(table):
    template = yaml.safe_load(SPECIFICATION.read_text())["csv"]

    assert list(table[0]) == template["header"]
    assert [[row["data"], row["node"], row["box"]] for row in table] == template["rows"]
    assert len(table) == 34


def test_a_review_with_nothing_in_it_has_all_rows_and_no_number():
    made = list(rows(numbers_of([], []), sources={}, reasons={}))

    assert (len(made), {row[-1] for row in made[1:]}) == (35, {0})


@pytest.mark.parametrize(
    ("label", "plain"),
    [("One, two;three", "One / two / three"), ("Over\ntwo  lines", "Over two lines"), ("A", "A")],
)
def test_labels_have_no_comma_and_no_semicolon(label, plain):
    assert plain_label(label) == plain
