"""The timeline of a record: what happened, in its order, and the one fact it waits for."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reporting.records.timeline import timeline_of
from reporting.records.waiting import Standing, sentence
from screening.access import access_for
from screening.actions.conflicts import adjudicate, confirm, decline, propose, refer
from screening.actions.people import change_roles
from screening.actions.retrieval import say_of_report
from screening.actions.rounds import reopen
from screening.actions.voting import take_back_vote
from screening.models import RetrievalState, Role
from screening.rules import Decision, Outcome, Stage
from tests.clock import time_passes
from tests.conftest import join

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
YES, NO = Decision.INCLUDE, Decision.EXCLUDE
HOUR = timedelta(hours=1)


def seen(access, item):
    return timeline_of(access_for(access.user, access.review.pk), item.record)


def said(access, item) -> list[str]:
    """Every event in a line: who, what and the decision."""
    return [
        " ".join(filter(None, [event.who, event.what, event.decision]))
        for event in seen(access, item).events
    ]


def page_of(client, access, item) -> str:
    client.force_login(access.user)
    answer = client.get(reverse("reporting:record", args=[access.review.pk, item.record.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


# --- What it waits for ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        ((TA, Outcome.UNSEEN, False, 0, 2), "It waits for two votes on title and abstract."),
        ((TA, Outcome.UNSEEN, False, 0, 1), "It waits for one vote on title and abstract."),
        ((TA, Outcome.PARTIAL, False, 1, 2), "It waits for one more vote on title and abstract."),
        ((TA, Outcome.PARTIAL, False, 1, 3), "It waits for two more votes on title and abstract."),
        ((FT, Outcome.UNSEEN, False, 0, 2), "It waits for its report."),
        (
            (FT, Outcome.UNSEEN, False, 0, 2, "requested"),
            "It waits for its report, which was asked for.",
        ),
        (
            (FT, Outcome.UNSEEN, False, 0, 2, "not_retrieved"),
            "Its report could not be retrieved: it waits for nothing.",
        ),
        ((FT, Outcome.UNSEEN, False, 0, 2, "retrieved"), "It waits for two votes on full text."),
        (
            (FT, Outcome.PARTIAL, False, 1, 2, "retrieved"),
            "It waits for one more vote on full text.",
        ),
        (
            (FT, Outcome.EXCLUDED, True, 2, 2, "retrieved", "", "No images"),
            "It is excluded on full text: No images. It waits for nothing.",
        ),
        (
            (TA, Outcome.CONFLICT, True, 2, 2, None, "for a proposal"),
            "It is in conflict on title and abstract, and waits for a proposal.",
        ),
        (
            (FT, Outcome.INCLUDED, True, 2, 2, "retrieved"),
            "It is included in the review. It waits for nothing.",
        ),
    ],
)
def test_the_one_fact_it_waits_for(standing, words):
    assert sentence(Standing(*standing)) == words


@pytest.mark.parametrize("stage", Stage)
def test_the_sentence_tells_nothing_of_votes_that_can_be_taken_back(stage):
    young = {
        sentence(Standing(stage, outcome, False, 2, 2, "retrieved"))
        for outcome in (Outcome.INCLUDED, Outcome.EXCLUDED, Outcome.CONFLICT)
    }
    assert young == {f"It waits until its votes on {stage.words} can no longer be taken back."}


# --- Title and abstract -----------------------------------------------------------------------


def test_only_ones_own_vote_shows_before_all_are_there(client, screened, alice, bob, olive):
    item = screened("+.")

    assert said(alice, item) == ["imported from PubMed", "You voted include"]
    assert [line for line in said(bob, item) if "voted" in line] == []
    assert "one more vote on title and abstract" in page_of(client, bob, item)
    assert seen(bob, item).is_my_turn
    assert not seen(alice, item).is_my_turn
    assert not seen(olive, item).is_my_turn


def test_complete_votes_show_once_they_can_no_longer_be_taken_back(screened, alice, bob, olive):
    item = screened("--")
    assert [line for line in said(olive, item) if "vote" in line.lower()] == []
    assert seen(olive, item).waits.startswith("It waits until its votes")

    time_passes(HOUR)
    assert said(olive, item)[1:] == [
        "Alice voted exclude",
        "Bob voted exclude",
        "The votes agree excluded",
    ]
    assert said(alice, item)[1:3] == ["You voted exclude", "Bob voted exclude"]


def test_a_vote_taken_back_shows_as_such_once_all_is_settled(screened, vote, alice, bob, olive):
    item = screened("+.")
    take_back_vote(alice, item.record, stage=TA)
    vote(item, alice, "-", note="I thought again")
    vote(item, bob, "-")
    time_passes(HOUR)

    first, *_ = [event for event in seen(olive, item).events if event.who == "Alice"]
    assert first.decision == "include"
    assert first.details[0].startswith("Changed or taken back on")
    assert "I thought again" in [event.said for event in seen(olive, item).events]


def test_names_in_an_open_conflict_are_for_its_voters(client, screened, alice, carol, dora, olive):
    item = screened("+-")
    time_passes(HOUR)
    propose(alice, item.record, stage=TA, decision=NO, rationale="We talked.")

    for access in (carol, dora, olive):
        page = page_of(client, access, item)
        main = page[page.index('id="waits"') :]
        assert [name for name in ("Alice", "Bob") if name in main] == []
        votes = [event for event in seen(access, item).events if event.what == "voted"]
        assert [(event.who, event.at) for event in votes] == [("A", None), ("B", None)]
        assert {event.decision for event in votes} == {"include", "exclude"}
        talk = [event.what for event in seen(access, item).events][-2:]
        assert talk == ["The votes disagree", "proposed"]
        assert "waits for the voters to confirm" in main or "other voters to confirm" in main
    assert "Bob voted exclude" in said(alice, item)
    assert "You proposed exclude" in said(alice, item)


def test_a_lead_who_voted_and_refers_has_a_letter_like_any_voter(
    review, screened, alice, bob, carol, dora
):
    change_roles(dora, alice.membership, [Role.LEAD, Role.REVIEWER])
    item = screened("+-")
    time_passes(HOUR)
    refer(access_for(alice.user, review.pk), item.record, stage=TA, why="Stuck.")

    (referral,) = [event for event in seen(carol, item).events if event.said == "Stuck."]
    assert referral.who in {"A", "B"}
    assert seen(carol, item).waits.endswith("waits for you to adjudicate.")


def test_a_discussion_is_told_from_its_first_proposal_to_its_end(screened, alice, bob, olive):
    item = screened("+-")
    time_passes(HOUR)
    first = propose(
        alice, item.record, stage=TA, decision=YES, rationale="It is.", present="Eve Nobody"
    )
    decline(bob, item.record, stage=TA, proposal_pk=first.pk, sentence="It is not.")
    second = propose(alice, item.record, stage=TA, decision=NO, rationale="Well then.")
    confirm(bob, item.record, stage=TA, proposal_pk=second.pk)

    events = seen(olive, item).events
    assert [event.what for event in events][-3:] == [
        "proposed",
        "proposed",
        "resolved it by discussion",
    ]
    assert events[-3].details == ("Others present: Eve Nobody", "Bob declined it: It is not.")
    assert events[-2].details == ("Confirmed by Bob", "It stands.")
    assert events[-1].said == "Well then."
    assert "The votes disagree conflict" in said(olive, item)
    assert seen(olive, item).waits == "It is excluded on title and abstract. It waits for nothing."


# --- Full text --------------------------------------------------------------------------------


def test_a_report_from_sought_to_excluded(client, sought, judge, alice, bob, libby, olive):
    item = sought()
    assert seen(libby, item).waits == "It waits for its report."
    assert seen(libby, item).is_my_turn
    say_of_report(libby, item.record, RetrievalState.REQUESTED, why="Asked the author.")
    say_of_report(libby, item.record, None)
    say_of_report(libby, item.record, RetrievalState.RETRIEVED)
    judge(item, alice, "E2 E1", note="No images here")
    assert seen(bob, item).waits == "It waits for one more vote on full text."
    assert "No images here" not in page_of(client, bob, item)
    judge(item, bob, "E2")
    assert "Not in humans" not in page_of(client, olive, item)
    time_passes(HOUR)

    told = said(olive, item)
    assert "Its report is sought" in told
    assert [line for line in told if line.startswith("Libby")] == [
        "Libby said of the report: asked for",
        "Libby took back what was said of the report: asked for",
        "Libby said of the report: retrieved",
    ]
    page = page_of(client, olive, item)
    assert "It is excluded on full text: No images. It waits for nothing." in page
    assert "Not in humans" in page
    assert "No images here" in page
    assert "Asked the author." in page


def test_a_report_that_is_not_to_be_had_waits_for_nothing(sought, dora, alice):
    item = sought()
    say_of_report(dora, item.record, RetrievalState.NOT_RETRIEVED, why="No answer.")

    assert seen(alice, item).waits == "Its report could not be retrieved: it waits for nothing."
    assert not any(way.page == "screening:record" and way.is_main for way in seen(alice, item).ways)


def test_a_report_is_sought_since_the_conflict_on_its_record_was_resolved(
    screened, alice, bob, olive
):
    item = screened("+-")
    time_passes(HOUR)
    made = propose(alice, item.record, stage=TA, decision=YES, rationale="It is.")
    confirm(bob, item.record, stage=TA, proposal_pk=made.pk)

    events = seen(olive, item).events
    assert [event.what for event in events][-2:] == [
        "resolved it by discussion",
        "Its report is sought",
    ]
    assert events[-1].at == events[-2].at


def test_that_a_record_was_included_shows_when_that_is_settled(screened, olive):
    item = screened("++")

    assert "Its report is sought" not in said(olive, item)
    assert [way.page for way in seen(olive, item).ways] == []


# --- Rounds -----------------------------------------------------------------------------------


def test_a_record_judged_anew_is_flagged_and_its_past_hidden_until_it_is_settled(
    client, read, vote, alice, bob, dora, olive
):
    item = read("E1", "E2")
    time_passes(HOUR)
    record = item.record.items.get(stage=TA)
    reopen(dora, item.record, stage=TA, why="Wrong abstract")

    for access in (alice, bob, dora, olive):
        told = said(access, item)
        assert told[1:] == ["Round 2 on title and abstract: judged anew, from no votes at all"], (
            access.user.name
        )
        assert seen(access, item).waits == "It waits for two votes on title and abstract."
        assert "Wrong abstract" not in page_of(client, access, item)

    again = item.record.items.get(stage=TA, round=2)
    vote(again, alice, "-")
    assert [line for line in said(bob, item) if "voted" in line] == []
    assert [line for line in said(alice, item) if "voted" in line] == ["You voted exclude"]
    vote(again, bob, "-")
    time_passes(HOUR)

    page = page_of(client, olive, item)
    assert "Wrong abstract" in page
    assert "Its report is not sought any more" in page
    told = said(olive, item)
    assert told.count("Alice voted include") == 1
    assert told.count("Alice voted exclude") == 1
    assert sum("reopened the record" in line for line in told) == 1
    assert record.pk != again.pk


def test_a_report_judged_anew_keeps_what_is_known_of_getting_it(read, judge, alice, bob, dora):
    item = read("E1", "E1")
    time_passes(HOUR)
    reopen(dora, item.record, stage=FT, why="Read the wrong paper")

    told = said(alice, item)
    assert "Round 2 on full text: judged anew, from no votes at all" in told
    assert "You said of the report: retrieved" in told
    assert [line for line in told if "exclude" in line] == []
    assert seen(bob, item).waits == "It waits for two votes on full text."


# --- Where one acts ---------------------------------------------------------------------------


def test_every_way_leads_to_a_page_that_is_there(
    client, screened, read, sought, alice, bob, carol, dora, libby, olive
):
    items = [screened("+."), screened("--"), screened("+-"), screened("-+")]
    reports = [sought(), read("E1", "."), read("E1", "+"), read("+", "+")]
    time_passes(HOUR)
    refer(dora, items[3].record, stage=TA, why="Stuck.")
    adjudicate(carol, items[3].record, stage=TA, decision=NO, rationale="No.")
    pages = set()

    for access in (alice, bob, carol, dora, libby, olive):
        client.force_login(access.user)
        for item in (*items, *reports):
            for way in seen(access, item).ways:
                args = [access.review.pk, *filter(None, [way.stage]), item.record.pk]
                answer = client.get(reverse(way.page, args=args))
                assert answer.status_code == 200, (access.user.name, way)
                pages.add(way.page)
            assert sum(way.is_main for way in seen(access, item).ways) <= 1
    assert pages == {
        "screening:record",
        "screening:conflict",
        "screening:full_text",
        "screening:reopen",
    }


def test_only_the_lead_is_offered_to_reopen(screened, dora, alice):
    item = screened("--")
    time_passes(HOUR)

    assert [way.page for way in seen(dora, item).ways] == ["screening:reopen"]
    assert seen(alice, item).ways == []


# --- The page ---------------------------------------------------------------------------------


def test_the_page_gives_what_the_source_gave_and_escapes_it(client, screened, olive):
    item = screened(
        "..",
        title="Images <script>",
        abstract="Of *images* & more.",
        authors="Ferro, Lucia\nØdegaard, Åse",
        keywords="GAN\nMRI",
        journal="Annals",
        year=2022,
    )

    page = page_of(client, olive, item)
    assert "Images &lt;script&gt;" in page
    for fact in ("Of *images* &amp; more.", "Ferro, Lucia; Ødegaard, Åse", "GAN; MRI", "Annals"):
        assert fact in page
    assert re.search(r'aria-current="page">Records<', page)


def test_a_timeline_asks_as_much_in_a_large_review_as_in_a_small_one(
    client, screened, read, olive, review
):
    item = read("E1", "E2")
    time_passes(HOUR)

    def asked() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            page_of(client, olive, item)
        return len(queries)

    page_of(client, olive, item)
    few = asked()
    for _ in range(5):
        read("E1", "E2")
        screened("+-")
    for number in range(5):
        join(review, f"Person {number}", Role.OBSERVER)
    time_passes(HOUR)
    assert asked() == few
