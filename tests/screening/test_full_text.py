"""Full text: what is sought, votes with reasons, and how a report ends up included or excluded."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from screening.access import Refused, access_for
from screening.actions.conflicts import adjudicate, confirm, propose
from screening.actions.reasons import reasons_given
from screening.actions.retrieval import NotToBeHad, say_of_report
from screening.actions.voting import Ballot, TooLate, cast_vote, take_back_vote
from screening.models import (
    ExclusionReason,
    FurtherReason,
    Import,
    LogEntry,
    Resolution,
    Retrieval,
    RetrievalState,
    ScreeningItem,
    Vote,
)
from screening.queue import upcoming
from screening.rules import Decision, Outcome, Stage
from screening.verification import verify
from tests import clock
from tests.factories import ItemFactory, ReviewFactory

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
INCLUDE, EXCLUDE, MAYBE = Decision.INCLUDE, Decision.EXCLUDE, Decision.MAYBE


@pytest.fixture
def reasons(review):
    """E1 to E3, in the order of the protocol."""
    labels = ("Not in humans", "No images", "No measure of quality")
    return [
        ExclusionReason.objects.create(review=review, code=f"E{place}", position=place, label=label)
        for place, label in enumerate(labels, start=1)
    ]


@pytest.fixture
def record(review, alice, bob, reasons):
    """Included by both at title and abstract, an hour ago."""
    record = ItemFactory(review=review).record
    for access in (alice, bob):
        cast_vote(access, record, Ballot(INCLUDE), stage=TA)
    clock.time_passes(timedelta(hours=1))
    return record


def vote(access, record, decision, *codes, note=""):
    return cast_vote(access, record, Ballot(decision, note=note, reasons=codes), stage=FT)


def report(record):
    return ScreeningItem.objects.get(record=record, stage=FT, closed_at=None)


def again(access):
    return access_for(access.user, access.review.pk)


# --- What is sought ---------------------------------------------------------------------------


def test_a_report_is_up_for_screening_once_its_record_is_settled(review, alice, bob, reasons):
    record = ItemFactory(review=review).record
    cast_vote(alice, record, Ballot(INCLUDE), stage=TA)
    cast_vote(bob, record, Ballot(MAYBE), stage=TA)

    assert not review.items.at(FT).open().exists()
    assert upcoming(alice, FT) == []
    with pytest.raises(Refused, match="not up for screening"):
        vote(alice, record, INCLUDE)

    clock.time_passes(timedelta(hours=1))

    assert [item.record for item in upcoming(alice, FT)] == [record]
    assert vote(alice, record, INCLUDE).item == report(record)


def test_a_record_taken_back_or_excluded_in_time_leaves_no_report_sought(
    review, alice, bob, reasons
):
    taken_back, changed = (ItemFactory(review=review).record for _ in range(2))
    Import.objects.update(found=2, read=2)
    for record in (taken_back, changed):
        for access in (alice, bob):
            cast_vote(access, record, Ballot(INCLUDE), stage=TA)
    take_back_vote(bob, taken_back, stage=TA)
    cast_vote(bob, changed, Ballot(EXCLUDE), stage=TA)
    clock.time_passes(timedelta(hours=1))

    assert not review.items.at(FT).open().exists()
    assert verify(review).differences == []

    cast_vote(bob, taken_back, Ballot(INCLUDE), stage=TA)
    clock.time_passes(timedelta(hours=1))

    assert [item.record for item in upcoming(bob, FT)] == [taken_back]
    assert verify(review).differences == []


def test_a_conflict_resolved_to_include_makes_a_report_sought_at_once(
    review, alice, bob, dora, carol, reasons
):
    record = ItemFactory(review=review).record
    cast_vote(alice, record, Ballot(INCLUDE), stage=TA)
    cast_vote(bob, record, Ballot(EXCLUDE), stage=TA)
    clock.time_passes(timedelta(hours=1))
    proposal = propose(alice, record, stage=TA, decision=INCLUDE, rationale="Read again.")
    confirm(bob, record, stage=TA, proposal_pk=proposal.pk)

    assert [item.record for item in upcoming(alice, FT)] == [record]


# --- Votes with reasons -----------------------------------------------------------------------


def test_reports_are_excluded_for_reasons_and_the_first_in_order_stands_first(
    alice, record, reasons
):
    cast = vote(alice, record, EXCLUDE, "E3", "E2", "E3")

    assert cast.reason == reasons[1]
    assert [further.reason for further in cast.further_reasons.all()] == [reasons[2]]
    entry = LogEntry.objects.get(action="vote.cast", item=report(record))
    assert entry.after["reasons"] == ["E2", "E3"]
    assert verify(alice.review).differences == []


@pytest.mark.parametrize(
    ("decision", "codes", "sentence"),
    [
        (EXCLUDE, (), "Choose the reason"),
        (EXCLUDE, ("E9",), "no reason E9"),
        (MAYBE, (), "no maybe"),
    ],
)
def test_a_vote_that_a_report_cannot_get_is_refused_in_words(
    alice, record, decision, codes, sentence
):
    with pytest.raises(Refused, match=sentence):
        vote(alice, record, decision, *codes)

    assert not Vote.objects.at(FT).exists()


def test_a_retired_reason_and_one_of_another_review_are_not_offered(alice, record, reasons):
    other = ExclusionReason.objects.create(
        review=ReviewFactory(), code="X1", position=1, label="Elsewhere"
    )
    reasons[0].retired_at = timezone.now()
    reasons[0].save()

    for code in (other.code, "E1"):
        with pytest.raises(Refused, match=f"no reason {code}"):
            vote(alice, record, EXCLUDE, code)


def test_an_inclusion_and_a_vote_on_a_title_have_no_reason(alice, record):
    assert reasons_given(alice, TA, EXCLUDE, ["E1"]) == []
    assert vote(alice, record, INCLUDE, "E1").reason is None
    assert not FurtherReason.objects.exists()


def test_another_reason_is_another_vote_and_the_same_reasons_are_the_same(alice, record):
    first = vote(alice, record, EXCLUDE, "E2", "E1")

    assert vote(alice, record, EXCLUDE, "E1", "E2") == first
    changed = vote(alice, record, EXCLUDE, "E1", "E3")

    assert changed != first
    first.refresh_from_db()
    assert first.superseded_at is not None
    assert verify(alice.review).differences == []


def test_the_database_refuses_votes_without_their_reason(alice, bob, record, reasons):
    item = report(record)

    def insert(decision, reason, to=item):
        with transaction.atomic():
            Vote.objects.create(
                item=to,
                reviewer=alice.user,
                protocol=alice.protocol,
                slot=1,
                quorum=2,
                decision=decision,
                reason=reason,
                cast_at=timezone.now(),
            )

    elsewhere = ExclusionReason.objects.create(
        review=ReviewFactory(), code="X1", position=1, label="Elsewhere"
    )
    on_title = ItemFactory(review=alice.review)
    for decision, reason, to in [
        ("exclude", None, item),
        ("include", reasons[0], item),
        ("exclude", elsewhere, item),
        ("maybe", None, item),
        ("exclude", reasons[0], on_title),
    ]:
        with pytest.raises(IntegrityError):
            insert(decision, reason, to)
    ScreeningItem.objects.filter(pk=item.pk).update(sought_at=None)
    with pytest.raises(IntegrityError, match="once it is sought"):
        insert("include", None)


def test_a_further_reason_is_neither_the_first_one_nor_of_another_review(alice, record, reasons):
    cast = vote(alice, record, EXCLUDE, "E1")
    elsewhere = ExclusionReason.objects.create(
        review=ReviewFactory(), code="X1", position=1, label="Elsewhere"
    )
    included = vote(alice, record, INCLUDE)

    for one, reason in [(cast, reasons[0]), (cast, elsewhere), (included, reasons[1])]:
        with pytest.raises(IntegrityError), transaction.atomic():
            FurtherReason.objects.create(vote=one, reason=reason)


# --- Outcomes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hers", "his", "must_agree", "outcome"),
    [
        ((INCLUDE,), (INCLUDE,), False, Outcome.INCLUDED),
        ((INCLUDE,), (EXCLUDE, "E1"), False, Outcome.CONFLICT),
        ((EXCLUDE, "E1"), (EXCLUDE, "E2"), False, Outcome.EXCLUDED),
        ((EXCLUDE, "E1"), (EXCLUDE, "E2"), True, Outcome.CONFLICT),
        ((EXCLUDE, "E1", "E3"), (EXCLUDE, "E2", "E3"), True, Outcome.EXCLUDED),
    ],
)
def test_reports_add_up_as_the_protocol_says(
    review, alice, bob, record, hers, his, must_agree, outcome
):
    review.protocols.update(reasons_must_agree=must_agree)
    vote(again(alice), record, *hers)
    vote(again(bob), record, *his)

    assert report(record).outcome == outcome
    assert verify(review).differences == []


def test_a_conflict_over_a_report_ends_with_the_reason_it_is_counted_under(
    alice, bob, carol, dora, record, reasons
):
    vote(alice, record, INCLUDE)
    vote(bob, record, EXCLUDE, "E1")
    clock.time_passes(timedelta(hours=1))
    proposed = {"stage": FT, "decision": EXCLUDE, "rationale": "Only phantoms."}
    with pytest.raises(Refused, match="Choose the reason"):
        propose(alice, record, **proposed)

    proposal = propose(alice, record, reason="E2", **proposed)
    confirm(bob, record, stage=FT, proposal_pk=proposal.pk)

    resolution = Resolution.objects.get(item=report(record))
    assert (resolution.decision, resolution.reason) == (EXCLUDE, reasons[1])
    assert report(record).outcome == Outcome.EXCLUDED
    entry = LogEntry.objects.get(action="conflict.resolved", item=report(record))
    assert entry.after["reason"] == "E2"
    assert verify(alice.review).differences == []


def test_an_adjudicator_includes_a_report_without_a_reason(alice, bob, carol, record, review):
    review.protocols.update(resolution_mode="adjudication")
    vote(again(alice), record, INCLUDE)
    vote(again(bob), record, EXCLUDE, "E1")
    clock.time_passes(timedelta(hours=1))

    resolution = adjudicate(
        again(carol), record, stage=FT, decision=INCLUDE, rationale="It fits.", reason="E1"
    )

    assert resolution.reason is None
    assert report(record).outcome == Outcome.INCLUDED


def test_a_settled_vote_on_a_report_stands(alice, bob, record):
    vote(alice, record, EXCLUDE, "E1")
    vote(bob, record, EXCLUDE, "E1")
    clock.time_passes(timedelta(hours=1))

    with pytest.raises(TooLate):
        vote(alice, record, EXCLUDE, "E2")
    with pytest.raises(TooLate):
        take_back_vote(bob, record, stage=FT)


# --- Retrieval --------------------------------------------------------------------------------


def test_whoever_votes_on_a_report_has_it(alice, bob, record):
    say_of_report(bob, record, RetrievalState.REQUESTED, why="Asked the author.")

    vote(alice, record, INCLUDE)

    states = list(Retrieval.objects.filter(record=record).values_list("state", "said_by__name"))
    assert states == [("requested", "Bob"), ("retrieved", "Alice")]
    assert Retrieval.objects.in_force().get().state == RetrievalState.RETRIEVED
    vote(bob, record, INCLUDE)
    assert Retrieval.objects.count() == 2
    assert verify(alice.review).differences == []


def test_a_report_that_is_not_here_is_not_in_the_queue(alice, bob, record):
    assert upcoming(alice, FT)
    for state in (RetrievalState.REQUESTED, RetrievalState.NOT_RETRIEVED):
        say_of_report(bob, record, state, why="Not in the library.")
        assert upcoming(alice, FT) == []
        assert not ScreeningItem.objects.at(FT).awaiting(alice.user).exists()
    with pytest.raises(NotToBeHad, match="marked as not retrieved"):
        vote(alice, record, INCLUDE)

    say_of_report(bob, record, None)

    assert [item.record for item in upcoming(alice, FT)] == [record]


# --- Pages ------------------------------------------------------------------------------------


@pytest.fixture
def sent(client, alice, record):
    """What Alice sends from the page of the report."""
    client.force_login(alice.user)
    address = reverse("screening:record", args=[alice.review.pk, FT, record.pk])

    def send(**form):
        return client.post(address, {"request_key": "k" * 32, "current": "", **form})

    return send


def test_the_page_offers_reasons_in_order_and_no_maybe(client, alice, record):
    client.force_login(alice.user)

    shown = client.get(reverse("screening:queue", args=[alice.review.pk, FT])).content.decode()

    places = [shown.index(label) for label in ("Not in humans", "No images", "No measure")]
    assert places == sorted(places)
    assert 'value="maybe"' not in shown


def test_a_report_is_excluded_by_a_plain_form(sent, record, alice):
    response = sent(vote="exclude", reason=["E3", "E1"], note="Mice.")

    assert response.status_code == 303
    cast = Vote.objects.at(FT).get()
    assert (cast.reason.code, cast.note) == ("E1", "Mice.")


def test_a_form_without_a_reason_keeps_what_was_typed_and_stores_nothing(sent):
    response = sent(vote="exclude", note="Mice.")

    assert response.status_code == 422
    shown = response.content.decode()
    assert "Choose the reason to exclude this report." in shown
    assert "Mice.</textarea>" in shown
    assert not Vote.objects.at(FT).exists()


def test_a_form_with_an_unknown_reason_says_so_and_keeps_the_others(sent):
    response = sent(vote="exclude", reason=["E2", "E77"])

    assert response.status_code == 422
    shown = response.content.decode()
    assert "does not offer the reason E77" in shown
    assert 'value="E2" checked' in shown


def test_the_answer_to_a_script_names_the_reason(client, alice, record):
    client.force_login(alice.user)
    address = reverse("screening:record", args=[alice.review.pk, FT, record.pk])
    form = {"vote": "exclude", "reason": "E2", "request_key": "k" * 32, "current": ""}

    response = client.post(address, form, headers={"X-Requested-With": "fetch"})

    assert "Saved: record 1, exclude (No images)." in response.content.decode()


def test_a_conflict_over_a_report_is_resolved_by_pages(client, alice, bob, record):
    vote(alice, record, INCLUDE)
    vote(bob, record, EXCLUDE, "E1", "E2")
    clock.time_passes(timedelta(hours=1))
    client.force_login(alice.user)
    address = reverse("screening:conflict", args=[alice.review.pk, FT, record.pk])
    shown = client.get(address).content.decode()
    assert "Not in humans; No images" in shown
    form = {"action": "propose", "decision": "exclude", "rationale": "Only mice."}

    without = client.post(address, form | {"request_key": "a" * 32})
    sent = client.post(address, form | {"reason": "E1", "request_key": "b" * 32})

    assert without.status_code == 422
    assert "Choose the reason to exclude this report." in without.content.decode()
    assert "Only mice.</textarea>" in without.content.decode()
    assert sent.status_code == 303
    assert report(record).proposals.get().reason.code == "E1"
