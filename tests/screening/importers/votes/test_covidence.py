from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screening.importers import inspect, read
from screening.importers.votes import covidence
from screening.importers.votes.base import Taken
from tests.screening.importers.test_corpus import CORPUS, ROWS

PATH = Path(__file__).parents[3] / "data" / "votes" / "covidence_excluded.csv"
# Everything in this file is invented.
EXCLUDED = PATH.read_text("utf-8")


def test_a_list_says_what_was_decided_and_not_by_whom():
    found = covidence.read(EXCLUDED, covidence.LISTS["excluded"])

    first, second = found.votes
    assert (first.position, first.record_key, first.person) == (1, "11", "")
    assert (first.stage, first.decision) == ("full_text", "exclude")
    assert first.reasons == ("Wrong outcomes",)
    assert first.note == "Ada Sample: only phantoms"
    assert first.labels == ("Ongoing study", "look again")
    assert (second.record_key, second.decision, second.reasons) == ("12", "exclude", ())


def test_rows_that_are_not_understood_are_problems_with_their_line():
    found = covidence.read(EXCLUDED, covidence.LISTS["excluded"])

    assert [(one.line, one.message) for one in found.problems] == [
        (5, "This row has no Covidence number."),
        (6, "The Covidence number 11 is given twice."),
    ]
    assert found.taken["references"] == {Taken.VOTE: 2, Taken.PROBLEM: 2}


def test_without_knowing_the_list_only_a_reason_tells_that_a_reference_was_excluded():
    found = covidence.read(EXCLUDED)

    assert [one.record_key for one in found.votes] == ["11"]
    assert found.taken["references"][Taken.NO_VOTE] == 1


def test_an_exclusion_reason_in_another_list_is_a_problem():
    found = covidence.read(EXCLUDED, covidence.LISTS["included"])

    assert [one.record_key for one in found.votes] == ["12"]
    assert found.problems[0].message.startswith("This row has an exclusion reason")


def test_the_name_of_the_file_tells_the_list():
    assert (
        covidence.list_in_name("review_1_excluded_csv_20240101.csv") == covidence.LISTS["excluded"]
    )
    assert covidence.list_in_name("review_1_all_csv.csv") is None
    assert covidence.list_in_name("export.csv") is None


def test_positions_are_those_of_an_import_of_the_list():
    records = {one.position: one for one in read(PATH, inspect(PATH))}

    for vote in covidence.read(EXCLUDED, covidence.LISTS["excluded"]).votes:
        assert records[vote.position].title.startswith("Synthetic reference")


@pytest.mark.skipif(not ROWS, reason="no corpus of real exports at ../shared/corpus")
def test_every_reference_of_a_real_list_is_accounted_for():
    text = (CORPUS / "files" / "covidence_export.csv").read_text("utf-8")

    found = covidence.read(text, covidence.LISTS["included"])

    assert covidence.is_list(text)
    assert [one.position for one in found.votes] == list(range(1, 11))
    assert found.problems == []


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["#1", "2", ",", "\n", '"', "Exclusion reason: x;", "Synthetic", ";"])
        | st.text(max_size=5),
        max_size=30,
    ).map("".join),
    st.sampled_from([None, *covidence.LISTS.values()]),
)
def test_under_headings_any_text_is_accounted_for(text, listed):
    found = covidence.read(f"Title,Covidence #,Notes,Tags\nSynthetic,#0,,\n{text}", listed)

    assert found.rows["references"] == found.taken["references"].total()
