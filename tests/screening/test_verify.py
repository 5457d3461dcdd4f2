"""`manage.py verify` finds whatever does not follow from the facts, and nothing else."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F

from screening import triggers
from screening.actions.conflicts import adjudicate, confirm, propose
from screening.actions.voting import Ballot, cast_vote, take_back_vote
from screening.models import (
    Import,
    LogEntry,
    LogHead,
    Membership,
    Protocol,
    Resolution,
    ResolutionMode,
    ScreeningItem,
    Vote,
)
from screening.rules import Decision, Stage
from screening.verification import MOST_TOLD, verify
from tests.factories import ItemFactory, RecordFactory, UserFactory

TA = Stage.TITLE_ABSTRACT


def vote(access, item, decision):
    return cast_vote(access, item.record, Ballot(decision), stage=TA)


@pytest.fixture
def items(review):
    made = [ItemFactory(review=review) for _ in range(5)]
    Import.objects.update(read=5, found=5)
    review.next_record_number = 6
    review.save()
    return made


@pytest.fixture
def screened(alice, bob, items, no_undo):
    """1 included, 2 in conflict, 3 voted on by Alice, 4 and 5 unseen; one vote was taken back."""
    for item, first, second in zip(items[:2], ["include"] * 2, ["maybe", "exclude"], strict=True):
        vote(alice, item, Decision(first))
        vote(bob, item, Decision(second))
    vote(alice, items[2], Decision.MAYBE)
    vote(alice, items[2], Decision.EXCLUDE)
    vote(alice, items[3], Decision.INCLUDE)
    take_back_vote(alice, items[3].record, stage=TA)
    return items


def tamper(queryset, **changes):
    """Past the triggers, as with a tool of the database."""
    triggers.remove(connection)
    queryset.update(**changes)
    triggers.install(connection)


def found(**options):
    return verify(**options).differences


def test_a_review_as_the_actions_left_it_has_no_difference(screened):
    result = verify()

    assert result.differences == []
    assert result.as_json() == {
        "reviews": 1,
        "items": 6,  # one of them the report of the record included
        "votes": 5,
        "log_entries": 8,
        "differences": [],
        "seconds": result.as_json()["seconds"],
    }


def test_conflicts_resolved_either_way_have_no_difference(alice, bob, carol, screened):
    vote(bob, screened[2], Decision.INCLUDE)
    proposal = propose(
        alice, screened[1].record, stage=TA, decision=Decision.EXCLUDE, rationale="read again"
    )
    confirm(bob, screened[1].record, stage=TA, proposal_pk=proposal.pk)
    Protocol.objects.update(resolution_mode=ResolutionMode.ADJUDICATION)
    adjudicate(
        carol, screened[2].record, stage=TA, decision=Decision.INCLUDE, rationale="it belongs"
    )

    assert found() == []


def test_somebody_who_left_is_still_a_voter(screened):
    Membership.objects.filter(name="Bob").update(ended_at=F("joined_at"))

    assert found() == []


def test_an_outcome_that_its_votes_do_not_make_is_told(review, screened):
    ScreeningItem.objects.filter(pk=screened[1].pk).update(outcome="excluded")

    assert found() == [
        f"Review {review.pk}, record 2 at title and abstract, round 1: "
        "the outcome stored is “excluded”, and its votes make conflict."
    ]


def test_a_vote_changed_past_the_triggers_differs_from_outcome_and_log(review, screened):
    tamper(Vote.objects.filter(item=screened[0], slot=1), decision="exclude")

    place = f"Review {review.pk}, record 1 at title and abstract, round 1: "
    assert found() == [
        f"{place}the outcome stored is “included”, and its votes make conflict.",
        f"{place}the log tells of other votes than are stored.",
    ]


def test_a_vote_that_vanished_is_told(review, screened):
    triggers.remove(connection)
    Vote.objects.filter(item=screened[2], superseded_at=None).delete()
    triggers.install(connection)

    place = f"Review {review.pk}, record 3 at title and abstract, round 1: "
    assert found() == [
        f"{place}the outcome stored is “partial”, and its votes make unseen.",
        f"{place}the log tells of other votes than are stored.",
    ]


def test_a_vote_of_a_stranger_is_told(screened):
    tamper(Vote.objects.filter(item=screened[0], slot=1), reviewer=UserFactory())

    assert [sentence.split(": ")[1] for sentence in found()] == [
        "somebody voted who never was a member.",
        "the log tells of other votes than are stored.",
    ]


def test_quorums_that_differ_are_told(screened):
    ScreeningItem.objects.filter(pk=screened[0].pk).update(quorum=3)

    assert [sentence.split(": ")[1] for sentence in found()] == [
        "it asks for 3 votes, and the protocol for 2.",
        "a vote on it has another quorum.",
        "the outcome stored is “included”, and its votes make partial.",
    ]


def test_a_conflict_adjudicated_by_one_of_its_voters_is_told(alice, carol, screened):
    Protocol.objects.update(resolution_mode=ResolutionMode.ADJUDICATION)
    adjudicate(carol, screened[1].record, stage=TA, decision=Decision.INCLUDE, rationale="so")
    tamper(Resolution.objects.all(), resolved_by=alice.user)

    assert [sentence.split(": ")[1] for sentence in found()] == [
        "it was adjudicated by somebody who voted on it."
    ]


def test_a_resolution_that_its_proposal_does_not_say_is_told(alice, bob, screened):
    proposal = propose(
        alice, screened[1].record, stage=TA, decision=Decision.EXCLUDE, rationale="read again"
    )
    confirm(bob, screened[1].record, stage=TA, proposal_pk=proposal.pk)
    tamper(Resolution.objects.all(), decision="include")
    ScreeningItem.objects.filter(pk=screened[1].pk).update(outcome="included")

    assert [sentence.split(": ")[1] for sentence in found()] == [
        "it was resolved by a proposal that says something else.",
        "it is included, and its report is not up for screening.",
    ]


def test_a_resolution_of_no_conflict_is_told(carol, screened):
    Protocol.objects.update(resolution_mode=ResolutionMode.ADJUDICATION)
    adjudicate(carol, screened[1].record, stage=TA, decision=Decision.INCLUDE, rationale="so")
    tamper(Resolution.objects.all(), item=screened[0])
    ScreeningItem.objects.filter(pk=screened[1].pk).update(outcome="conflict")

    assert [sentence.split(": ", 1)[1] for sentence in found()] == [
        "it was resolved, and no version of the protocol makes it a conflict."
    ]


def test_an_imported_record_without_an_item_is_told(review, screened):
    RecordFactory(review=review, number=6)
    Import.objects.update(read=6, found=6)

    assert found() == [f"Review {review.pk}, record 6: it is imported and not up for screening."]


def test_an_import_that_lost_a_record_is_told(review, screened):
    Import.objects.update(read=6, found=6)

    pk = Import.objects.get().pk
    assert found() == [
        f"Review {review.pk}, import {pk}: it should have 6 records, and 5 are stored."
    ]


def test_an_item_of_an_import_that_is_not_committed_is_told(screened):
    Import.objects.update(state="staged", committed_at=None)

    assert {sentence.split(": ")[1] for sentence in found()} == {
        "its record came with an import that is staged."
    }


@pytest.mark.parametrize(
    "change",
    [{"why": "because"}, {"action": "vote.changed"}, {"after": [1]}, {"before": 1}],
    ids=lambda change: next(iter(change)),
)
def test_a_log_entry_that_was_changed_breaks_the_chain(review, screened, change):
    tamper(LogEntry.objects.filter(sequence=8), **change)

    assert found()[-1] == f"Review {review.pk}, log: entry 8 was changed, or one before it."


def test_a_log_entry_that_vanished_leaves_a_gap(review, screened):
    triggers.remove(connection)
    LogEntry.objects.filter(sequence=7).delete()
    triggers.install(connection)

    assert found()[-2:] == [
        f"Review {review.pk}, log: entry 8 comes after entry 6.",
        f"Review {review.pk}, log: entry 8 was changed, or one before it.",
    ]


def test_a_log_that_lost_its_end_is_told(review, screened):
    triggers.remove(connection)
    LogEntry.objects.filter(sequence=8).delete()
    triggers.install(connection)

    assert found()[-1] == f"Review {review.pk}, log: its head is not the last entry, 7."


def test_times_that_do_not_grow_are_told(review, screened):
    tamper(LogEntry.objects.filter(sequence=3), at=F("at") - timedelta(hours=1))

    assert f"Review {review.pk}, log: entry 3 is not later than the one before it." in found()


def test_with_since_only_later_entries_of_the_log_are_looked_at(review, screened):
    tamper(LogEntry.objects.filter(sequence=3), why="because")

    result = verify(since=4)

    assert (result.differences, result.looked_at["log_entries"]) == ([], 5)
    assert found() == [f"Review {review.pk}, log: entry 3 was changed, or one before it."]


def test_since_beyond_the_end_of_the_log_has_nothing_to_begin_behind(review, screened):
    assert found(since=100)[0] == f"Review {review.pk}, log: there is no entry 99 to begin behind."


def test_a_missing_trigger_is_told(screened):
    with connection.cursor() as cursor:
        table = " ON screening_vote" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER vote_only_superseded{table}")

    assert found() == [
        "The trigger vote_only_superseded is missing; run `manage.py install_triggers`."
    ]


def test_one_review_is_looked_at_alone(review, mallory, screened):
    LogHead.objects.filter(review=mallory.review).update(digest="forged")

    assert found(review=review) == []
    assert found() == [f"Review {mallory.review.pk}, log: its head is not the last entry, 0."]


def test_a_hundred_differences_are_told_and_the_rest_counted(review, items):
    for number in range(6, 112):
        RecordFactory(review=review, number=number)
    Import.objects.update(read=111, found=111)

    result = verify()

    assert (len(result.differences), result.found) == (MOST_TOLD, 106)


def test_the_command_prints_one_json_object(screened):
    out = StringIO()

    call_command("verify", stdout=out)

    printed = json.loads(out.getvalue())
    assert list(printed) == ["reviews", "items", "votes", "log_entries", "differences", "seconds"]
    assert (printed["items"], printed["differences"]) == (6, [])


def test_the_command_fails_with_a_sentence_when_there_is_a_difference(review, screened):
    ScreeningItem.objects.filter(pk=screened[1].pk).update(outcome="excluded")
    out = StringIO()

    with pytest.raises(CommandError, match=r"^What is stored differs .* in 1 place; see the list"):
        call_command("verify", "--review", str(review.pk), stdout=out)

    assert len(json.loads(out.getvalue())["differences"]) == 1


def test_a_review_that_is_not_there_is_a_sentence(db):
    with pytest.raises(CommandError, match=r"^There is no review 4711\.$"):
        call_command("verify", "--review", "4711")


@pytest.mark.usefixtures("with_triggers")
def test_outside_of_a_transaction_everything_is_read_as_of_one_moment(review, alice, bob):
    item = ItemFactory(review=review)
    Import.objects.update(read=1, found=1)
    review.next_record_number = 2
    review.save()
    vote(alice, item, Decision.INCLUDE)

    assert found() == []
    assert connection.in_atomic_block is False
