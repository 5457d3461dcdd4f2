"""After the first vote the protocol has versions: shown before, done as shown, listed after."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from screening.access import Refused, access_for
from screening.actions.amendments import PreviewOutdated, amend_protocol, plan_amendment
from screening.actions.conflicts import adjudicate, propose
from screening.actions.protocol import edit_protocol, set_highlight_terms
from screening.actions.voting import Ballot, cast_vote, take_back_vote
from screening.models import (
    Criterion,
    ExclusionReason,
    Import,
    LogEntry,
    Proposal,
    Protocol,
    ScreeningItem,
    Vote,
)
from screening.outline import Entry, Reason, Term
from screening.rules import Decision, Stage
from screening.verification import verify
from tests.clock import complete_since
from tests.conftest import join
from tests.factories import ItemFactory
from tests.invariants import differences

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
YES, NO, MAYBE = Decision.INCLUDE, Decision.EXCLUDE, Decision.MAYBE
REASONS = [Reason("E1", "Language"), Reason("E2", "Design"), Reason("E3", "Animals")]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def all_follows_from_the_facts(request):
    yield
    for one in Import.objects.all():
        one.found = one.read = one.records.count()
        one.save()
    assert differences() == []
    assert verify().differences == []


def vote(access, item, decision=YES, *reasons, stage=TA):
    ballot = Ballot(decision, reasons=reasons)
    return cast_vote(access_for(access.user, access.review.pk), item.record, ballot, stage=stage)


def long_ago():
    complete_since(timezone.now() - timedelta(hours=1))


@pytest.fixture
def items(review):
    return [ItemFactory(review=review) for _ in range(6)]


@pytest.fixture
def screened(alice, bob, items):
    """Included, excluded, conflict, maybe with include, half voted, unseen; all of it settled."""
    said = [(YES, YES), (NO, NO), (YES, NO), (MAYBE, YES), (NO,), ()]
    for item, votes in zip(items, said, strict=True):
        for access, decision in zip((alice, bob), votes, strict=False):
            vote(access, item, decision)
    long_ago()
    return items


@pytest.fixture
def at_full_text(alice, bob, dora, review):
    """Three reports that are sought, in a review with reasons; nobody has voted on them."""
    edit_protocol(dora, reasons=REASONS)
    records = [ItemFactory(review=review) for _ in range(3)]
    for item in records:
        vote(alice, item)
        vote(bob, item)
    long_ago()
    return list(ScreeningItem.objects.at(FT).order_by("pk"))


def outcomes(items):
    return [ScreeningItem.objects.get(pk=item.pk).outcome for item in items]


def numbers_of(amendment):
    return {change.stage.value: change.numbers for change in amendment.changes}


def entry(access):
    return access.scope(LogEntry).order_by("sequence").last()


# --- Versions ---------------------------------------------------------------------------------


def test_an_amendment_is_a_version_of_its_own_and_the_old_one_stays(alice, dora, items):
    edit_protocol(dora, question="Does iron help?", include=[Entry("Humans")], exclude=[Entry("X")])
    cast = vote(alice, items[0])

    amend_protocol(dora, why="Mice came up.", include=[Entry("Humans", "Not mice")])

    first, second = dora.scope(Protocol).order_by("number")
    assert (first.number, second.number, second.why) == (1, 2, "Mice came up.")
    assert first.ended_at_sequence == second.started_at_sequence == entry(dora).sequence
    assert (second.question, second.quorum_title_abstract) == ("Does iron help?", 2)
    assert [str(row) for row in first.criteria.all()] == ["Humans", "X"]
    assert [(row.text, row.hint) for row in second.criteria.all()] == [
        ("Humans", "Not mice"),
        ("X", ""),
    ]
    assert Vote.objects.get(pk=cast.pk).protocol == first
    assert vote(alice, items[1]).protocol == second


def test_the_log_has_what_was_said_before_and_why(alice, dora, items):
    vote(alice, items[0])

    amend_protocol(dora, why="Too slow.", quorum_title_abstract=1)

    logged = entry(dora)
    assert (logged.action, logged.why, logged.actor) == (
        "protocol.amended",
        "Too slow.",
        dora.membership,
    )
    assert logged.before == {"quorum_title_abstract": 2}
    assert logged.after == {
        "quorum_title_abstract": 1,
        "version": 2,
        "changed": {"title_abstract": {"another_quorum": 6, "completed": 1}},
    }


def test_a_criterion_of_the_template_stays_a_proposal(alice, dora, items):
    edit_protocol(dora, include=[Entry("Humans")], exclude=[Entry("Mice")])
    Criterion.objects.update(is_proposal=True)
    vote(alice, items[0])

    amend_protocol(dora, why="So.", include=[Entry("Humans"), Entry("Adults")])

    rows = Criterion.objects.filter(protocol__number=2)
    assert {row.text: row.is_proposal for row in rows} == {
        "Humans": True,
        "Adults": False,
        "Mice": True,
    }


@pytest.mark.parametrize("why", ["", "  "])
def test_an_amendment_without_a_reason_is_none(alice, dora, items, why):
    vote(alice, items[0])

    with pytest.raises(ValidationError, match="Say why"):
        amend_protocol(dora, why=why, question="Does iron help?")

    assert dora.scope(Protocol).get().question == ""


def test_what_changes_nothing_is_not_saved(alice, dora, items):
    vote(alice, items[0])

    with pytest.raises(Refused, match="changes nothing"):
        amend_protocol(dora, why="So.", question="", include=[], quorum_full_text=2)


def test_before_the_first_vote_there_is_nothing_to_amend(dora, items):
    with pytest.raises(Refused, match="Nobody has voted yet"):
        amend_protocol(dora, why="So.", question="Does iron help?")


@pytest.mark.parametrize("who", ["alice", "carol", "libby", "olive"])
def test_only_the_lead_amends(request, bob, items, who):
    vote(bob, items[0])

    with pytest.raises(PermissionDenied):
        amend_protocol(request.getfixturevalue(who), why="So.", question="Mine")


@pytest.mark.parametrize("wrong", [{"quorum_title_abstract": 4}, {"resolution_mode": "dice"}])
def test_a_value_the_model_does_not_know_changes_nothing(alice, dora, items, wrong):
    vote(alice, items[0])

    with pytest.raises(ValidationError):
        amend_protocol(dora, why="So.", **wrong)

    assert dora.scope(Protocol).get().number == 1


def test_another_review_keeps_its_protocol_and_its_items(alice, bob, dora, mallory, screened):
    other = ItemFactory(review=mallory.review)
    reviewer = join(mallory.review, "Al", "reviewer")
    vote(reviewer, other, NO)

    amend_protocol(dora, why="So.", quorum_title_abstract=1)

    other.refresh_from_db()
    assert (other.quorum, other.outcome) == (2, "partial")
    assert mallory.scope(Protocol).get().number == 1


# --- What it makes of the votes ---------------------------------------------------------------


def test_a_third_vote_is_asked_of_all_that_no_resolution_ended(alice, dora, carol, screened):
    Protocol.objects.update(resolution_mode="adjudication")
    adjudicate(carol, screened[2].record, stage=TA, decision=NO, rationale="So.")
    fields = {"quorum_title_abstract": 3}
    shown = plan_amendment(dora, **fields)

    amend_protocol(dora, why="Three are better.", token=shown.token, **fields)

    assert numbers_of(shown) == {
        "title_abstract": {
            "another_quorum": 5,
            "decided_short_again": 3,
            "reports_not_sought": 2,
        }
    }
    assert outcomes(screened) == ["partial"] * 2 + ["excluded"] + ["partial"] * 2 + ["unseen"]
    quorums = [ScreeningItem.objects.get(pk=item.pk).quorum for item in screened]
    assert quorums == [3, 3, 2, 3, 3, 3]
    assert not ScreeningItem.objects.at(FT).filter(sought_at__isnull=False).exists()


def test_fewer_votes_leave_each_record_those_it_has(alice, bob, dora, review, items):
    edit_protocol(dora, quorum_title_abstract=3)
    cem = join(review, "Cem", "reviewer")
    for access, decision in ((alice, YES), (bob, NO)):
        vote(access, items[0], decision)
    for access in (alice, bob, cem):
        vote(access, items[1], YES)
    vote(alice, items[2], NO)

    amend_protocol(dora, why="Too slow.", quorum_title_abstract=1)

    assert outcomes(items) == ["conflict", "included", "excluded", "unseen", "unseen", "unseen"]
    assert [ScreeningItem.objects.get(pk=item.pk).quorum for item in items] == [2, 3, 1, 1, 1, 1]
    assert not ScreeningItem.objects.settled().exists()
    assert ScreeningItem.objects.at(FT).get().record == items[1].record


def test_a_vote_taken_back_after_that_asks_for_no_more_than_the_protocol(alice, bob, dora, items):
    vote(alice, items[0], YES)
    vote(bob, items[0], NO)
    amend_protocol(dora, why="Too slow.", quorum_title_abstract=1)

    take_back_vote(access_for(alice.user, dora.review.pk), items[0].record, stage=TA)

    item = ScreeningItem.objects.get(pk=items[0].pk)
    assert (item.quorum, item.outcome) == (1, "excluded")


def test_a_vote_in_a_slot_that_is_gone_can_still_be_changed(alice, bob, dora, review, items):
    edit_protocol(dora, quorum_title_abstract=3)
    cem = join(review, "Cem", "reviewer")
    for access in (alice, bob, cem):
        vote(access, items[0], YES)
    take_back_vote(access_for(alice.user, review.pk), items[0].record, stage=TA)
    amend_protocol(dora, why="Too slow.", quorum_title_abstract=2)

    changed = vote(cem, items[0], NO)

    assert (changed.slot, changed.quorum) == (1, 2)
    assert outcomes(items[:1]) == ["conflict"]


def test_what_stays_complete_was_so_all_the_time_and_what_gets_complete_is_so_now(
    alice, bob, dora, screened
):
    before = ScreeningItem.objects.get(pk=screened[3].pk).completed_at

    amend_protocol(dora, why="So.", maybe_policy="discuss", quorum_title_abstract=1)

    kept, new = (ScreeningItem.objects.get(pk=screened[n].pk) for n in (3, 4))
    assert (kept.outcome, kept.completed_at) == ("conflict", before)
    assert new.outcome == "excluded"
    assert not ScreeningItem.objects.settled().filter(pk=new.pk).exists()


def test_what_a_maybe_counts_as_decides_and_undecides(alice, dora, screened):
    there = plan_amendment(dora, maybe_policy="discuss")
    amend_protocol(dora, why="Talk.", token=there.token, maybe_policy="discuss")
    report = ScreeningItem.objects.at(FT).get(record=screened[3].record)
    assert numbers_of(there) == {
        "title_abstract": {"decided_in_conflict": 1, "reports_not_sought": 1}
    }
    assert (outcomes(screened)[3], report.sought_at) == ("conflict", None)
    access = access_for(alice.user, dora.review.pk)
    proposal = propose(access, screened[3].record, stage=TA, decision=YES, rationale="So.")

    fresh = access_for(dora.user, dora.review.pk)
    back = plan_amendment(fresh, maybe_policy="include")
    amend_protocol(fresh, why="Enough talk.", token=back.token, maybe_policy="include")

    assert numbers_of(back) == {
        "title_abstract": {"conflicts_decided": 1, "proposals_ended": 1, "reports_sought": 1}
    }
    proposal.refresh_from_db()
    assert (proposal.ending, proposal.closed_by) == (Proposal.Ending.WITHDRAWN, dora.user)
    assert proposal.closing_sentence == "Version 3 of the protocol ended this conflict."
    item = ScreeningItem.objects.get(pk=screened[3].pk)
    assert item.outcome == "included"
    report.refresh_from_db()
    assert report.sought_at == item.completed_at


def test_a_resolution_stands_when_its_votes_would_be_no_conflict_any_more(dora, carol, screened):
    amend_protocol(dora, why="Talk.", maybe_policy="discuss", resolution_mode="adjudication")
    fresh = access_for(carol.user, dora.review.pk)
    adjudicate(fresh, screened[3].record, stage=TA, decision=NO, rationale="Not of images.")

    amend_protocol(dora, why="No talk.", maybe_policy="include")

    assert outcomes(screened)[3] == "excluded"


def test_reasons_that_must_agree_make_conflicts_of_reports(alice, bob, dora, at_full_text):
    apart, shared, _ = at_full_text
    vote(alice, apart, NO, "E1", stage=FT)
    vote(bob, apart, NO, "E2", stage=FT)
    vote(alice, shared, NO, "E1", "E3", stage=FT)
    vote(bob, shared, NO, "E3", stage=FT)
    long_ago()
    shown = plan_amendment(dora, reasons_must_agree=True)

    amend_protocol(dora, why="So.", reasons_must_agree=True)

    assert numbers_of(shown) == {"full_text": {"decided_in_conflict": 1}}
    assert outcomes(at_full_text) == ["conflict", "excluded", "unseen"]


@pytest.mark.parametrize("n_items", [0, 30])
def test_an_amendment_costs_the_same_for_any_number_of_records(
    dora, screened, n_items, django_assert_max_num_queries
):
    ItemFactory.create_batch(n_items, review=dora.review)
    fields = {"quorum_title_abstract": 3, "quorum_full_text": 1, "question": "Why?"}

    with django_assert_max_num_queries(6):
        shown = plan_amendment(dora, **fields)
    with django_assert_max_num_queries(45):
        amend_protocol(dora, why="So.", token=shown.token, **fields)


# --- What was shown is what is done -----------------------------------------------------------


def test_a_vote_that_comes_between_shows_the_preview_again(alice, bob, dora, screened):
    fields = {"quorum_title_abstract": 1}
    shown = plan_amendment(dora, **fields)
    vote(bob, screened[5], YES)

    with pytest.raises(PreviewOutdated, match="not what you were shown"):
        amend_protocol(dora, why="So.", token=shown.token, **fields)

    assert dora.scope(Protocol).get().number == 1
    again = plan_amendment(dora, **fields)
    amend_protocol(dora, why="So.", token=again.token, **fields)
    assert numbers_of(again)["title_abstract"]["completed"] == 2


def test_a_vote_that_changes_no_number_does_not_hold_up(alice, bob, dora, screened):
    shown = plan_amendment(dora, question="Does iron help?")
    vote(bob, screened[5], YES)

    amend_protocol(dora, why="So.", token=shown.token, question="Does iron help?")


def test_of_two_leads_the_second_sees_the_amendment_of_the_first(alice, dora, review, items):
    vote(alice, items[0])
    lou = join(review, "Lou", "lead")
    shown = plan_amendment(lou, registration="PROSPERO 2")
    amend_protocol(dora, why="First.", registration="PROSPERO 1")

    with pytest.raises(PreviewOutdated):
        amend_protocol(lou, why="Second.", token=shown.token, registration="PROSPERO 2")

    (difference,) = plan_amendment(
        access_for(lou.user, review.pk), registration="PROSPERO 2"
    ).differences
    assert (difference.gone, difference.new) == (("PROSPERO 1",), ("PROSPERO 2",))


@pytest.mark.parametrize("other", [YES, NO, MAYBE])
@pytest.mark.parametrize(
    "fields",
    [
        {"quorum_title_abstract": 1},
        {"quorum_title_abstract": 2},
        {"maybe_policy": "discuss"},
        {"quorum_full_text": 3},
    ],
)
def test_no_number_tells_how_somebody_voted_on_what_is_not_settled(
    alice, dora, review, items, fields, other
):
    """Dora, who votes too, could otherwise ask the preview for Alice's vote."""
    edit_protocol(dora, quorum_title_abstract=3 if fields.get("quorum_title_abstract") else 2)
    lead = join(review, "Lena", "lead", "reviewer")
    for item, own in zip(items, (YES, NO, MAYBE), strict=False):
        vote(lead, item, own)
        vote(alice, item, other)

    told = numbers_of(plan_amendment(access_for(lead.user, review.pk), **fields))

    recorded = {
        "{'quorum_title_abstract': 1}": {"title_abstract": {"another_quorum": 6, "completed": 3}},
        "{'quorum_title_abstract': 2}": {"title_abstract": {"another_quorum": 6, "completed": 3}},
        "{'maybe_policy': 'discuss'}": {"title_abstract": {}},
        "{'quorum_full_text': 3}": {"full_text": {}},
    }
    assert told == recorded[str(fields)]


# --- Reasons ----------------------------------------------------------------------------------


def test_a_reason_that_is_taken_out_is_retired_and_stays_on_its_votes(
    alice, bob, dora, at_full_text
):
    report = at_full_text[0]
    given = vote(alice, report, NO, "E1", stage=FT)

    amend_protocol(
        dora, why="So.", reasons=[REASONS[2], Reason("E4", "Old", "Before 2014"), REASONS[1]]
    )

    in_use = dora.scope(ExclusionReason).in_use().order_by("position")
    assert [(row.code, row.position) for row in in_use] == [("E3", 1), ("E4", 2), ("E2", 3)]
    assert ExclusionReason.objects.get(code="E1").retired_at
    assert Vote.objects.get(pk=given.pk).reason.code == "E1"
    with pytest.raises(Refused, match="no reason E1"):
        vote(bob, report, NO, "E1", stage=FT)


def test_a_retired_reason_comes_back_as_it_was(alice, dora, at_full_text):
    vote(alice, at_full_text[0], NO, "E1", stage=FT)
    amend_protocol(dora, why="So.", reasons=REASONS[1:])

    amend_protocol(dora, why="After all.", reasons=[*REASONS[1:], REASONS[0]])

    assert [row.code for row in dora.scope(ExclusionReason).in_use()] == ["E2", "E3", "E1"]
    assert ExclusionReason.objects.count() == 3


def test_a_reason_that_was_given_keeps_its_words(alice, dora, at_full_text):
    vote(alice, at_full_text[0], NO, "E1", "E2", stage=FT)

    for changed in ([Reason("E1", "Mice"), *REASONS[1:]], [REASONS[0], Reason("E2", "Mice")]):
        with pytest.raises(ValidationError, match="was given, so its words stay"):
            amend_protocol(dora, why="So.", reasons=changed)

    amend_protocol(dora, why="So.", reasons=[*REASONS[:2], Reason("E3", "Mice")])
    assert ExclusionReason.objects.get(code="E3").label == "Mice"


def test_the_code_of_a_retired_reason_belongs_to_no_other(alice, dora, at_full_text):
    vote(alice, at_full_text[0], NO, "E1", stage=FT)
    amend_protocol(dora, why="So.", reasons=REASONS[1:])

    with pytest.raises(ValidationError, match="E1 was “Language”, which is retired"):
        amend_protocol(dora, why="So.", reasons=[*REASONS[1:], Reason("E1", "Mice")])


# --- The pages --------------------------------------------------------------------------------


def page(access, name="protocol_edit"):
    return reverse(f"screening:{name}", args=[access.review.pk])


def typed(**fields):
    return {
        "question": "Does iron help?",
        "framework": "",
        "include": "Humans\n  Not mice",
        "exclude": "",
        "reasons": "E1 Language",
        "quorum_title_abstract": 2,
        "quorum_full_text": 2,
        "maybe_policy": "include",
        "resolution_mode": "discussion",
        **fields,
    }


def carried(response, **changed):
    """What the form of the preview sends: hidden fields as they stand in the page."""
    fields = re.findall(r'<input type="hidden" name="(\w+)"(?: value="([^"]*)")?', response.text)
    names = {"csrfmiddlewaretoken", "request_key"}
    sent = {name: value for name, value in fields if name not in names}
    return {**sent, "step": "save", "why": "Mice came up.", **changed}


@pytest.fixture
def asked(alice, dora, screened, client):
    client.force_login(dora.user)
    return client


def test_two_steps_make_a_version_without_a_script(asked, dora):
    form = asked.get(page(dora))
    preview = asked.post(page(dora), typed(quorum_title_abstract=3))
    assert (dora.scope(Protocol).get().number, preview.status_code) == (1, 200)

    done = asked.post(page(dora), carried(preview))

    assert "See what this changes" in form.text
    assert 'name="terms"' not in form.text
    for words in (
        "6 records need another number of votes",
        "3 decided records are short of votes again",
        "1 record in conflict is short of votes again",
        "2 reports are not sought any more",
        "Humans (Not mice)",
    ):
        assert words in preview.text
    assert done["Location"] == page(dora, "protocol")
    version = dora.scope(Protocol).get(number=2)
    assert (version.why, version.quorum_title_abstract) == ("Mice came up.", 3)
    assert [(row.text, row.hint) for row in version.criteria.all()] == [("Humans", "Not mice")]


def test_without_a_reason_why_the_preview_comes_back(asked, dora):
    preview = asked.post(page(dora), typed(quorum_title_abstract=3))

    answer = asked.post(page(dora), carried(preview, why=" "))

    assert answer.status_code == 422
    assert "Say in a sentence why" in answer.text
    assert carried(answer)["quorum_title_abstract"] == "3"
    assert dora.scope(Protocol).get().number == 1


def test_when_votes_came_in_the_new_preview_is_shown_and_the_reason_kept(
    asked, alice, bob, dora, screened
):
    preview = asked.post(page(dora), typed(quorum_title_abstract=1))
    vote(bob, screened[5])

    answer = asked.post(page(dora), carried(preview))

    assert answer.status_code == 409
    assert "Nothing was saved" in answer.text
    assert "2 records short of votes have enough" in answer.text
    assert "Mice came up." in answer.text
    done = asked.post(page(dora), carried(answer))
    assert (done.status_code, dora.scope(Protocol).count()) == (303, 2)


def test_one_goes_back_from_the_preview_to_what_was_typed(asked, dora):
    preview = asked.post(page(dora), typed(registration="PROSPERO 1"))

    back = asked.post(page(dora), carried(preview, step="edit"))

    assert back.status_code == 200
    assert back.context["form"]["registration"].value() == "PROSPERO 1"
    assert back.context["form"]["include"].value() == "Humans\n  Not mice"


def test_what_changes_nothing_has_no_button_to_save_it(asked, dora):
    initial = asked.get(page(dora)).context["form"].initial
    sent = {name: value for name, value in initial.items() if value is not False}

    preview = asked.post(page(dora), sent)

    assert "this is what version 1 says" in preview.text
    assert 'value="save"' not in preview.text


def test_a_reason_that_was_given_is_told_beside_its_field(client, alice, dora, at_full_text):
    vote(alice, at_full_text[0], NO, "E1", stage=FT)
    client.force_login(dora.user)

    answer = client.post(page(dora), typed(reasons="E1 Mice\nRats"))

    assert answer.status_code == 422
    assert "was given, so its words stay" in answer.context["form"].errors["reasons"][0]


def test_a_line_without_a_code_never_gets_that_of_a_retired_reason(
    client, alice, dora, at_full_text
):
    vote(alice, at_full_text[0], NO, "E1", stage=FT)
    amend_protocol(dora, why="So.", reasons=REASONS[1:])
    client.force_login(dora.user)

    preview = client.post(page(dora), typed(reasons="E2 Design\nE3 Animals\nRats"))

    codes = [row["code"] for row in preview.context["amendment"].after["reasons"]]
    assert codes == ["E2", "E3", "E4"]


@pytest.mark.parametrize("who", ["alice", "dora", "olive"])
def test_amendments_are_listed_for_everybody(client, request, alice, dora, items, who):
    access = request.getfixturevalue(who)
    edit_protocol(dora, reasons=REASONS, exclude=[Entry("Mice"), Entry("Rats")])
    vote(alice, items[0])
    amend_protocol(
        dora,
        why="Rats are mice.",
        quorum_full_text=1,
        maybe_policy="off",
        exclude=[Entry("Rodents")],
        reasons=[REASONS[1], REASONS[0]],
    )
    client.force_login(access.user)

    text = client.get(page(dora, "protocol")).text

    for words in (
        "Amendments",
        "Version 2",
        "Rats are mice.",
        "Dora",
        "Rodents",
        "counts as an include",
        "is not offered",
        "E3 Animals",
        "In another order.",
        "Retired, and still counted where they were given: E3 Animals",
    ):
        assert words in text
    assert ("Amend</a>" in text) == access.is_lead


def test_a_review_without_amendments_lists_none(client, alice, dora, items):
    vote(alice, items[0])
    client.force_login(dora.user)

    text = client.get(page(dora, "protocol")).text

    assert "Not amended since the first vote." in text
    assert 'id="amendments"' not in text


def test_terms_are_changed_without_an_amendment(alice, dora, items):
    vote(alice, items[0])

    set_highlight_terms(dora, [Term("iron*")])

    assert dora.scope(Protocol).get().number == 1
    with pytest.raises(TypeError, match="no terms"):
        amend_protocol(dora, why="So.", terms=[])
