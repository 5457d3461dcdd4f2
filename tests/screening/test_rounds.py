"""Reopening: who may, what it begins and hides, and what of later stages is kept and flagged."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from screening.access import Refused, RepeatedRequest, RequestClaim, access_for
from screening.actions.conflicts import adjudicate, refer
from screening.actions.retrieval import say_of_report
from screening.actions.rounds import reopen
from screening.actions.voting import Ballot, cast_vote
from screening.models import (
    ExclusionReason,
    Import,
    LogEntry,
    QueuePosition,
    Record,
    Resolution,
    RetrievalState,
    ScreeningItem,
    Vote,
)
from screening.queue import hand_out, upcoming
from screening.rules import Decision, Stage
from screening.verification import verify
from tests import clock
from tests.factories import ItemFactory, RecordFactory

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
INCLUDE, EXCLUDE = Decision.INCLUDE, Decision.EXCLUDE
WHY = "The abstract was another one's."


@pytest.fixture(autouse=True)
def reason(review):
    return ExclusionReason.objects.create(review=review, code="E1", position=1, label="No images")


def again(access, **fields):
    return access_for(access.user, access.review.pk, **fields)


def vote(access, record, decision, *, stage=TA, note=""):
    codes = ("E1",) if (stage, decision) == (FT, EXCLUDE) else ()
    return cast_vote(again(access), record, Ballot(decision, note, reasons=codes), stage=stage)


def voted_on(review, *votes: tuple, **fields) -> Record:
    """Pairs of a voter and a decision on title and abstract, settled."""
    record = RecordFactory(review=review, **fields)
    ItemFactory(review=review, record=record)
    for access, decision in votes:
        vote(access, record, decision, note=f"{access.user.name} thinks {decision}")
    clock.time_passes(timedelta(hours=1))
    return record


@pytest.fixture
def record(review, alice, bob) -> Record:
    return voted_on(review, (alice, INCLUDE), (bob, INCLUDE))


@pytest.fixture
def screened(record, alice, bob) -> Record:
    """Its report was got, included by one and excluded by the other: in conflict."""
    vote(alice, record, INCLUDE, stage=FT, note="Alice read it")
    vote(bob, record, EXCLUDE, stage=FT, note="Bob read it")
    clock.time_passes(timedelta(hours=1))
    return record


def latest(record, stage=TA) -> ScreeningItem:
    return ScreeningItem.objects.at(stage).get(record=record, closed_at=None)


def nothing_differs(review) -> bool:
    Import.objects.update(found=review.records.count(), read=review.records.count())
    return verify(review).differences == []


# --- What it does -----------------------------------------------------------------------------


def test_a_reopened_record_is_up_for_screening_from_no_votes(review, record, alice, dora):
    first = latest(record)
    hand_out(alice, TA)
    QueuePosition.objects.update(rank=1_000)

    again_ = reopen(dora, record, stage=TA, why=f" {WHY} ")

    first.refresh_from_db()
    assert first.closed_at is not None
    assert first.outcome == "included"
    assert (again_.round, again_.outcome, again_.votes.count()) == (2, "unseen", 0)
    assert [item.record for item in upcoming(alice, TA)] == [record]
    entry = LogEntry.objects.latest("sequence")
    assert (entry.action, entry.actor.name, entry.item, entry.why) == (
        "item.reopened",
        "Dora",
        again_,
        WHY,
    )
    assert nothing_differs(review)


@pytest.mark.parametrize("story", ["unseen", "half", "unsettled", "in conflict"])
def test_what_is_not_decided_is_not_reopened(review, alice, bob, dora, story):
    record = voted_on(review)
    if story != "unseen":
        vote(alice, record, INCLUDE)
    if story in {"unsettled", "in conflict"}:
        vote(bob, record, EXCLUDE if story == "in conflict" else INCLUDE)
    if story == "in conflict":
        clock.time_passes(timedelta(hours=1))
    words = "is in conflict: resolve that" if story == "in conflict" else "is not decided"

    with pytest.raises(Refused, match=words):
        reopen(dora, record, stage=TA, why=WHY)

    assert ScreeningItem.objects.filter(record=record, round=2).count() == 0
    assert not LogEntry.objects.filter(action="item.reopened").exists()


def test_nobody_reopens_without_saying_why(record, dora):
    with pytest.raises(Refused, match="Say why"):
        reopen(dora, record, stage=TA, why=" ")


def test_only_a_lead_reopens_whatever_their_page_knew(record, alice, carol, libby, dora):
    for access in (alice, carol, libby):
        with pytest.raises(PermissionDenied):
            reopen(access, record, stage=TA, why=WHY)
    dora.membership.roles.all().delete()
    with pytest.raises(PermissionDenied):
        reopen(dora, record, stage=TA, why=WHY)


def test_a_record_of_another_review_is_not_reopened(record, mallory):
    with pytest.raises(Refused, match="is not decided"):
        reopen(mallory, record, stage=TA, why=WHY)


def test_a_record_is_reopened_once_until_it_is_decided_again(record, dora):
    reopen(dora, record, stage=TA, why=WHY)

    with pytest.raises(Refused, match="is not decided"):
        reopen(dora, record, stage=TA, why=WHY)


def test_a_repeated_request_reopens_nothing_more(record, dora):
    claim = RequestClaim("k" * 32, "reopen")
    reopen(again(dora, claim=claim), record, stage=TA, why=WHY)

    with pytest.raises(RepeatedRequest):
        reopen(again(dora, claim=claim), record, stage=TA, why=WHY)

    assert latest(record).round == 2


def test_a_resolved_conflict_is_reopened_and_its_resolution_stays(review, alice, bob, carol, dora):
    record = voted_on(review, (alice, INCLUDE), (bob, EXCLUDE))
    refer(dora, record, stage=TA, why="Stuck.")
    said = {"decision": EXCLUDE, "rationale": "Not about images."}
    adjudicate(carol, record, stage=TA, **said)

    reopen(dora, record, stage=TA, why=WHY)

    assert Resolution.objects.get().item.round == 1
    vote(alice, record, INCLUDE)
    vote(bob, record, INCLUDE)
    assert latest(record).outcome == "included"
    assert nothing_differs(review)


# --- What came later --------------------------------------------------------------------------


def test_the_report_of_a_reopened_record_is_not_sought_until_it_is_included_again(
    review, screened, alice, bob, dora, libby
):
    reopen(dora, screened, stage=TA, why=WHY)

    assert not ScreeningItem.objects.at(FT).open().exists()
    with pytest.raises(Refused, match="not up for screening"):
        vote(alice, screened, INCLUDE, stage=FT)
    with pytest.raises(Refused, match="is not sought"):
        say_of_report(libby, screened, RetrievalState.RETRIEVED)

    for access in (alice, bob):
        vote(access, screened, INCLUDE)
    clock.time_passes(timedelta(hours=1))

    assert latest(screened, FT).outcome == "conflict"
    assert ScreeningItem.objects.at(FT).in_conflict().get().record == screened
    assert Vote.objects.current().at(FT).count() == 2
    assert nothing_differs(review)


def test_a_reopened_record_that_is_excluded_keeps_its_report_out(
    review, screened, alice, bob, dora
):
    reopen(dora, screened, stage=TA, why=WHY)
    for access in (alice, bob):
        vote(access, screened, EXCLUDE)
    clock.time_passes(timedelta(hours=1))

    assert not ScreeningItem.objects.at(FT).open().exists()
    assert Vote.objects.current().at(FT).count() == 2
    assert nothing_differs(review)


def test_the_page_of_the_report_flags_what_was_kept(client, review, screened, alice, bob, dora):
    address = reverse("screening:full_text", args=[review.pk, screened.pk])
    client.force_login(alice.user)
    assert "judged anew" not in client.get(address).content.decode()

    reopen(dora, screened, stage=TA, why=WHY)
    for access in (alice, dora):
        client.force_login(access.user)
        assert client.get(address).status_code == 404

    for access in (alice, bob):
        vote(access, screened, INCLUDE)
    assert client.get(address).status_code == 404
    clock.time_passes(timedelta(hours=1))
    text = " ".join(client.get(address).content.decode().split())
    assert "judged anew on title and abstract (round 2) and is included" in text
    assert "so are 2 votes on full text" in text


def test_the_page_of_a_report_that_is_not_sought_any_more_says_so(
    client, review, screened, alice, bob, dora
):
    reopen(dora, screened, stage=TA, why=WHY)
    for access in (alice, bob):
        vote(access, screened, EXCLUDE)
    clock.time_passes(timedelta(hours=1))
    client.force_login(dora.user)

    response = client.get(reverse("screening:full_text", args=[review.pk, screened.pk]))

    text = " ".join(response.content.decode().split())
    assert "not sought any more" in text
    assert "2 votes on full text" in text
    assert "request_key" not in text.partition("<main")[2].partition("</main>")[0]


def test_a_report_judged_anew_is_flagged_with_its_round(client, review, record, alice, bob, dora):
    for access in (alice, bob):
        vote(access, record, EXCLUDE, stage=FT)
    clock.time_passes(timedelta(hours=1))
    reopen(dora, record, stage=FT, why=WHY)
    client.force_login(alice.user)

    text = client.get(reverse("screening:full_text", args=[review.pk, record.pk])).content.decode()

    assert "this is round 2" in text
    card = client.get(reverse("screening:queue", args=[review.pk, FT])).content.decode()
    assert "Judged anew: this is round 2." in card
    assert reverse("screening:full_text", args=[review.pk, record.pk]) in card


# --- The page ---------------------------------------------------------------------------------


def page_of(record, stage=TA):
    return reverse("screening:reopen", args=[record.review_id, stage, record.pk])


def test_the_lead_reads_what_reopening_does_and_does_it(client, screened, dora):
    client.force_login(dora.user)

    text = " ".join(client.get(page_of(screened)).content.decode().split())
    answers = [client.post(page_of(screened), {"why": WHY, "request_key": "one"}) for _ in range(2)]

    assert "nobody is shown the votes, notes and resolution it has now" in text
    assert "2 votes on its full text" in text
    shown = reverse("screening:record", args=[screened.review_id, TA, screened.pk])
    assert [(one.status_code, one.url) for one in answers] == [(303, shown)] * 2
    assert latest(screened).round == 2


@pytest.mark.parametrize(("why", "told"), [(" ", "Say why"), ("x" * 2_001, "below 2,000")])
def test_a_form_without_a_reason_is_shown_again(client, record, dora, why, told):
    client.force_login(dora.user)

    response = client.post(page_of(record), {"why": why})

    assert response.status_code == 422
    assert told in response.content.decode()
    assert latest(record).round == 1


def test_what_is_not_decided_has_nothing_to_reopen_on_the_page_either(client, review, dora):
    record = voted_on(review)
    client.force_login(dora.user)

    assert client.get(page_of(record)).status_code == 409
    refused = client.post(page_of(record), {"why": "Typed <so>."})
    assert refused.status_code == 409
    assert "Typed &lt;so&gt;." in refused.content.decode()


def test_only_a_lead_has_the_page(client, record, alice, olive, mallory):
    for access in (alice, olive):
        client.force_login(access.user)
        assert client.get(page_of(record)).status_code == 403
        assert client.post(page_of(record), {"why": WHY}).status_code == 403
    client.force_login(mallory.user)
    assert client.get(page_of(record)).status_code == 404
    elsewhere = reverse("screening:reopen", args=[mallory.review.pk, TA, record.pk])
    assert client.post(elsewhere, {"why": WHY}).status_code == 404


def test_the_record_page_and_the_resolved_conflict_lead_there_for_the_lead_alone(
    client, review, alice, bob, carol, dora
):
    decided = voted_on(review, (alice, INCLUDE), (bob, INCLUDE))
    resolved = voted_on(review, (alice, INCLUDE), (bob, EXCLUDE))
    refer(dora, resolved, stage=TA, why="Stuck.")
    adjudicate(carol, resolved, stage=TA, decision=EXCLUDE, rationale="Not about images.")
    pages = {
        reverse("screening:record", args=[review.pk, TA, decided.pk]): page_of(decided),
        reverse("screening:conflict", args=[review.pk, TA, resolved.pk]): page_of(resolved),
    }

    for access, offered in ((dora, True), (alice, False), (carol, False)):
        client.force_login(access.user)
        for page, link in pages.items():
            assert (link in client.get(page).content.decode()) == offered, access.user.name


@pytest.mark.parametrize("decision", [INCLUDE, EXCLUDE])
def test_before_a_record_is_settled_the_lead_is_not_offered_to_reopen_it(
    client, review, alice, bob, dora, decision
):
    record = voted_on(review)
    vote(alice, record, INCLUDE)
    vote(bob, record, decision)
    client.force_login(dora.user)
    page = reverse("screening:record", args=[review.pk, TA, record.pk])

    assert "reopen" not in client.get(page).content.decode()
