"""The boxes add up, whatever the records are at."""

from pathlib import Path

import pytest
import yaml

from reporting.prisma.numbers import (
    BOXES,
    Adjusted,
    Counted,
    Standing,
    identities,
    numbers_of,
)
from screening.rules import Stage

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
SPECIFICATION = Path(__file__).parents[1] / "data" / "prisma_flow.yaml"


def test_the_worked_example_of_the_specification_comes_out():
    reasons = {"E2": 30, "E4": 10, "E6": 33, "E7": 40, "E8": 25}
    numbers = numbers_of(
        [
            Counted(None, "database", "", "1", 937),
            Counted(TA, "database", Standing.EXCLUDED, "", 700),
            Counted(TA, "database", Standing.INCLUDED, "", 237),
            Counted(FT, "database", Standing.NOT_RETRIEVED, "", 5),
            *(Counted(FT, "database", Standing.EXCLUDED, code, n) for code, n in reasons.items()),
            Counted(FT, "database", Standing.INCLUDED, "", 94),
        ],
        [Adjusted("duplicates", "", "", 12), Adjusted("excluded_other", "database", "1", 3)],
    )

    assert {
        box: numbers[box]
        for box in ("database_results", "records_screened", "dbr_sought_reports", "dbr_assessed")
    } == {
        "database_results": 952,
        "records_screened": 937,
        "dbr_sought_reports": 237,
        "dbr_assessed": 232,
    }
    assert (sum(numbers.parts("dbr_excluded").values()), numbers["dbr_excluded"]) == (138, 138)
    assert (numbers["new_reports"], numbers["new_studies"], numbers.in_progress) == (94, 94, 0)
    assert numbers.parts("database_results") == {"1": 940, "none": 12}
    assert [identity for identity in identities(numbers) if not identity.holds] == []


def test_every_place_a_record_can_be_at_is_counted_once_on_its_way():
    """Whatever its place, the identities hold for it alone."""
    places = [(TA, "database", standing) for standing in TA_STANDINGS]
    places += [(FT, kind, standing) for kind in KINDS for standing in FT_STANDINGS]
    for stage, kind, standing in places:
        here = [
            Counted(None, kind, "", "1", 1),
            Counted(stage, kind, standing, REASON[standing], 1),
        ]
        if kind in {"database", "register"} and stage is FT:
            here.append(Counted(TA, "database", Standing.INCLUDED, "", 1))

        numbers = numbers_of(here, [])

        assert [one for one in identities(numbers) if not one.holds] == [], (kind, standing)


TA_STANDINGS = [Standing.UNSEEN, Standing.BEGUN, Standing.CONFLICT, Standing.EXCLUDED]
FT_STANDINGS = [standing for standing in Standing if standing is not Standing.DUPLICATE]
KINDS = ["database", "register", "website", "organisation", "citations"]
REASON = {standing: "E1" if standing is Standing.EXCLUDED else "" for standing in Standing}


def test_a_record_that_is_lost_on_the_way_is_noticed():
    lost = numbers_of(
        [
            Counted(None, "database", "", "1", 2),
            Counted(TA, "database", Standing.EXCLUDED, "", 1),
        ],
        [],
    )

    assert [identity.code for identity in identities(lost) if not identity.holds] == ["I2"]


def test_an_included_record_whose_report_is_not_sought_is_noticed():
    lost = numbers_of(
        [
            Counted(None, "database", "", "1", 1),
            Counted(TA, "database", Standing.INCLUDED, "", 1),
        ],
        [],
    )

    assert [identity.code for identity in identities(lost) if not identity.holds] == ["I3"]


def test_what_was_removed_before_the_import_was_identified_where_it_came_from():
    numbers = numbers_of(
        [],
        [
            Adjusted("duplicates", "register", "4", 7),
            Adjusted("duplicates", "citations", "5", 2),
            Adjusted("previous_studies", "", "", 10),
            Adjusted("previous_reports", "", "", 11),
        ],
    )

    assert (numbers["register_results"], numbers["identified"], numbers["duplicates"]) == (7, 7, 7)
    assert (numbers["citations_results"], numbers["other_removed"]) == (2, 2)
    assert numbers["other_sought_reports"] == 0
    assert (numbers["total_studies"], numbers["total_reports"]) == (10, 11)
    assert [identity for identity in identities(numbers) if not identity.holds] == []


def test_there_is_no_number_without_a_box():
    with pytest.raises(KeyError):
        numbers_of([], [])["included_somehow"]


def test_every_box_of_the_specification_is_counted():
    boxes = yaml.safe_load(SPECIFICATION.read_text())["boxes"]
    keys = {key for box in boxes for key in box["keys"]}
    listed = {"database_specific_results", "register_specific_results"}

    assert keys - set(BOXES) == listed | {"total_studies_ma", "total_reports_ma"}
