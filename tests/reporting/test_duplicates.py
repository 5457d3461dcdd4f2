"""Duplicates as records, lists, the rail, the next step, an import and the report tell of them."""

import csv
import re
from html import unescape
from io import StringIO

import pytest
from django.urls import reverse

from reporting.overview import Overview
from reporting.prisma.page import Report
from reporting.progress import rail_counts
from screening.access import access_for
from screening.actions.distinctions import take_back_distinction, tell_apart
from screening.actions.merging import merge_records, separate, take_back_merge
from screening.actions.voting import Ballot, cast_vote
from screening.models import DuplicateQuestion, Merge
from screening.rules import Decision, Stage
from tests.screening.merging.libraries import ATLAS, DIFFUSION, GAN, MEETING, imported, record


def again(access):
    return access_for(access.user, access.review.pk)


def text_of(response) -> str:
    text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", response.content.decode(), flags=re.S)
    return " ".join(unescape(text).split())


def page_of(client, access, number) -> str:
    client.force_login(access.user)
    address = reverse("reporting:record", args=[access.review.pk, record(access, number).pk])
    return text_of(client.get(address))


@pytest.fixture
def library(libby, tmp_path):
    """Record 3 is merged into 1; of 4 it is asked whether it is the same."""
    imported(libby, tmp_path, [GAN, ATLAS])
    return imported(libby, tmp_path, [GAN, MEETING, DIFFUSION], source="Scopus")


# --- the page of a record --------------------------------------------------------------------


def test_a_duplicate_says_what_is_screened_in_its_place(client, libby, olive, library):
    text = page_of(client, olive, 3)

    assert "It is a duplicate of record 1 , which is screened in its place." in text
    assert "Merged into record 1 without a person" in text
    assert "Not a duplicate" not in text
    assert "Merge with record number" not in text


def test_what_is_kept_names_its_duplicates_and_the_open_question(client, libby, library):
    text = page_of(client, libby, 1)

    assert "The same as record 3 from Scopus" in text
    assert "Perhaps record 4 is the same report. Look at both and decide" in text
    assert "Not a duplicate" in text
    assert "Record 3 was merged into it without a person" in text


def test_the_timeline_tells_who_merged_separated_and_told_apart(client, libby, dora, library):
    merge_records(again(dora), record(libby, 1), record(libby, 2))
    separate(again(libby), record(libby, 2))
    tell_apart(again(dora), record(libby, 1), record(libby, 4), are_related=True)

    text = page_of(client, libby, 1)
    for sentence in (
        "Dora merged record 2 into it",
        "You separated it from record 2: it is not a duplicate",
        "Dora said that it and record 4 are related reports of one study",
    ):
        assert sentence in text
    assert "Different from record 2" in text
    assert "A related report of the same study as record 4" in text
    assert "different reports" not in text


def test_a_duplicate_short_of_votes_has_its_page_when_what_is_kept_is_decided(
    client, libby, alice, bob, no_undo, library
):
    ballot = Ballot(Decision.EXCLUDE)
    cast_vote(again(alice), record(libby, 2), ballot, stage=Stage.TITLE_ABSTRACT)
    cast_vote(again(bob), record(libby, 1), ballot, stage=Stage.TITLE_ABSTRACT)
    merge_records(again(libby), record(libby, 1), record(libby, 2))

    for number in (1, 2):
        text = page_of(client, libby, number)
        assert "Alice voted exclude" in text
        assert ("The votes agree" in text) == (number == 1)


def test_what_was_taken_back_is_told_too(client, libby, dora, library):
    merge = merge_records(again(dora), record(libby, 1), record(libby, 2))
    take_back_merge(again(dora), merge)
    told = tell_apart(again(dora), record(libby, 1), record(libby, 2))
    take_back_distinction(again(libby), told)

    text = page_of(client, libby, 2)
    assert "Dora merged it into record 1" in text
    assert "Dora took back that it and record 1 are merged" in text
    assert "You took back that it and record 1 are not the same report" in text
    assert "No other record of the review is merged with it." in text


def test_a_duplicate_that_moved_along_was_not_separated(client, libby, dora, library):
    """Record 3 is merged into 1, and 1 into the one that somebody worked on."""
    cast_vote(again(dora), record(libby, 2), Ballot(Decision.INCLUDE), stage=Stage.TITLE_ABSTRACT)
    merge_records(again(dora), record(libby, 1), record(libby, 2))

    text = page_of(client, libby, 3)
    assert "Merged into record 1 without a person" in text
    assert "Merged into record 2 without a person" in text
    assert "took back" not in text
    assert "separated" not in text


def test_the_screening_page_of_a_duplicate_leads_to_what_is_kept(client, alice, library):
    client.force_login(alice.user)
    args = [alice.review.pk, Stage.TITLE_ABSTRACT, record(alice, 3).pk]
    address = reverse("screening:record", args=args)
    page = client.get(address)

    text = text_of(page)
    assert "This record is a duplicate of record 1 , which is screened in its place." in text
    assert 'name="vote"' not in page.content.decode()
    late = client.post(address, {"vote": "include"})
    assert late.status_code == 409
    assert "Record 3 was merged into record 1" in text_of(late)


# --- lists and files ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "numbers"), [("only", [3]), ("without", [1, 2, 4, 5]), ("", [1, 2, 3, 4, 5])]
)
def test_the_finder_and_its_files_take_duplicates_or_leave_them_out(
    client, olive, library, asked, numbers
):
    client.force_login(olive.user)

    def get(name):
        response = client.get(
            reverse(f"reporting:{name}", args=[olive.review.pk]), {"duplicates": asked}
        )
        return response if not response.streaming else b"".join(response.streaming_content).decode()

    assert [row.record.number for row in get("records").context["rows"]] == numbers
    rows = list(csv.DictReader(StringIO(get("records_csv").removeprefix("\ufeff"))))
    assert [int(row["record_id"]) for row in rows] == numbers
    assert {row["record_id"]: row["duplicate_of"] for row in rows}.get("3") in {"1", None}
    assert get("records_ris").count("ER  -") == len(numbers)


def test_words_and_the_filter_hold_together(client, olive, library):
    client.force_login(olive.user)
    address = reverse("reporting:records", args=[olive.review.pk])

    page = client.get(address, {"q": "mammograms", "duplicates": "without"})
    assert [row.record.number for row in page.context["rows"]] == [1, 4]
    assert "Duplicate of record 1" in text_of(client.get(address, {"q": "mammograms"}))
    assert client.get(address, {"duplicates": "some"}).status_code == 404


# --- around the pages --------------------------------------------------------------------------


def test_the_rail_counts_questions_for_those_who_may_answer(client, libby, alice, library):
    assert rail_counts(libby)["duplicates"] == 1
    assert rail_counts(alice)["duplicates"] == 0
    address = reverse("reporting:rail", args=[libby.review.pk])
    client.force_login(libby.user)
    assert "Duplicates 1 to decide" in text_of(client.get(address))
    client.force_login(alice.user)
    assert "Duplicates" not in text_of(client.get(address))


def test_before_anybody_votes_duplicates_are_the_next_step(libby, alice, library):
    libby.scope(DuplicateQuestion).update(score=0.5)
    step = Overview(libby).step
    assert (step.page, step.title) == (
        "duplicates",
        "1 possible duplicate waits for your decision",
    )
    assert Overview(alice).step.page == "queue"

    cast_vote(alice, record(libby, 2), Ballot(Decision.INCLUDE), stage=Stage.TITLE_ABSTRACT)
    assert Overview(again(libby)).step.page != "duplicates"


def test_the_report_is_not_final_before_likely_duplicates_are_decided(client, libby, library):
    questions = libby.scope(DuplicateQuestion)
    for score, reason, number in [
        (0.2, "unsure", 1),
        (0.19, "unsure", 0),
        (0.5, "related-report", 0),
    ]:
        questions.update(score=score, reason=reason)
        check = Report(libby).checks[0]
        assert (check.shown.number, check.is_met) == (number, not number)
    questions.update(score=0.5, reason="unsure")
    client.force_login(libby.user)
    text = text_of(client.get(reverse("reporting:report", args=[libby.review.pk])))
    assert "Likely duplicates nobody decided about 1 Possible duplicates" in text


def test_an_import_says_what_was_merged_and_what_is_asked(client, libby, olive, library):
    address = reverse("screening:import", args=[libby.review.pk, library.pk])
    for person in (libby, olive):
        client.force_login(person.user)
        text = text_of(client.get(address))
        assert "1 of its records was a duplicate and is merged; 1 question" in text
        assert "See the duplicates from Scopus" in text
    merge = libby.scope(Merge).get()
    separate(again(libby), merge.record)
    assert "None of its records was certainly a duplicate; 1 question" in text_of(
        client.get(address)
    )
