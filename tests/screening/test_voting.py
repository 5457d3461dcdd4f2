"""Votes are cast, changed and taken back; the outcome follows; nothing is counted twice."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from screening.access import Refused, RepeatedRequest, RequestClaim, access_for
from screening.actions.base import KeyReused
from screening.actions.voting import (
    Ballot,
    ItemFull,
    TooLate,
    VoteChanged,
    cast_vote,
    postpone,
    take_back_vote,
)
from screening.models import LogEntry, Role, ScreeningItem, Vote
from screening.rules import Decision, Outcome, Stage
from tests.clock import complete_since
from tests.conftest import join
from tests.factories import ItemFactory

TA = Stage.TITLE_ABSTRACT
INCLUDE, EXCLUDE, MAYBE = (Ballot(decision) for decision in ("include", "exclude", "maybe"))


def vote(access, item, ballot=INCLUDE):
    return cast_vote(access, item.record, ballot, stage=TA)


def outcome_of(item):
    return ScreeningItem.objects.get(pk=item.pk).outcome


@pytest.fixture
def item(review):
    return ItemFactory(review=review)


def test_one_vote_leaves_an_item_partial_and_a_second_decides_it(alice, bob, item):
    vote(alice, item, EXCLUDE)
    assert outcome_of(item) == Outcome.PARTIAL

    vote(bob, item, EXCLUDE)
    assert outcome_of(item) == Outcome.EXCLUDED


def test_a_third_vote_is_refused_and_changes_nothing(alice, bob, review, item):
    third = join(review, "Third", Role.REVIEWER)
    vote(alice, item)
    vote(bob, item)

    with pytest.raises(ItemFull, match="Record 1 got its votes while you were reading"):
        vote(third, item)

    assert Vote.objects.count() == 2
    assert LogEntry.objects.count() == 2


def test_the_database_refuses_a_vote_too_many_whatever_the_code_does(alice, bob, review, item):
    vote(alice, item)
    vote(bob, item)
    third = join(review, "Third", Role.REVIEWER)
    row = {
        "item": item,
        "reviewer": third.user,
        "protocol": third.protocol,
        "decision": Decision.INCLUDE,
        "cast_at": timezone.now(),
    }

    for slot, quorum in [(1, 2), (2, 2), (3, 2), (3, 3)]:
        with pytest.raises(IntegrityError), transaction.atomic():
            Vote.objects.create(slot=slot, quorum=quorum, **row)


def test_a_person_votes_once_in_the_database_too(alice, item):
    vote(alice, item)
    first = Vote.objects.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        Vote.objects.create(
            item=item,
            reviewer=alice.user,
            protocol=alice.protocol,
            slot=2,
            quorum=2,
            decision=Decision.EXCLUDE,
            cast_at=first.cast_at,
        )


@pytest.mark.parametrize(
    "change",
    [{"decision": "exclude"}, {"note": "else"}, {"slot": 2}, {"superseded_at": None}],
)
def test_a_vote_is_never_overwritten(alice, item, change):
    vote(alice, item, Ballot(Decision.INCLUDE, note="first"))
    if change == {"superseded_at": None}:
        Vote.objects.update(superseded_at=timezone.now())

    with pytest.raises(IntegrityError), transaction.atomic():
        Vote.objects.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Vote.objects.all().delete()


def test_a_changed_vote_keeps_its_slot_and_the_old_one(alice, bob, item):
    vote(alice, item, INCLUDE)
    vote(bob, item, INCLUDE)

    vote(alice, item, EXCLUDE)

    assert outcome_of(item) == Outcome.CONFLICT
    assert list(
        Vote.objects.filter(reviewer=alice.user).order_by("pk").values_list("decision", "slot")
    ) == [("include", 1), ("exclude", 1)]
    assert Vote.objects.current().count() == 2


def test_saying_the_same_again_stores_nothing(alice, item):
    first = vote(alice, item)

    assert vote(alice, item) == first
    assert Vote.objects.count() == 1
    assert LogEntry.objects.count() == 1


def test_the_last_voter_too_can_take_a_vote_back_until_it_is_settled(alice, bob, item):
    vote(alice, item, INCLUDE)
    vote(bob, item, EXCLUDE)

    take_back_vote(bob, item.record, stage=TA)

    assert outcome_of(item) == Outcome.PARTIAL
    assert ScreeningItem.objects.get(pk=item.pk).completed_at is None
    vote(bob, item, INCLUDE)
    assert outcome_of(item) == Outcome.INCLUDED


def test_once_settled_a_vote_stands(alice, bob, item, settings):
    vote(alice, item)
    vote(bob, item)
    long_ago = timezone.now() - timedelta(seconds=settings.UNDO_SECONDS)
    complete_since(long_ago)

    with pytest.raises(TooLate, match="Record 1 is settled"):
        vote(alice, item, EXCLUDE)
    with pytest.raises(TooLate, match="Record 1 is settled"):
        take_back_vote(alice, item.record, stage=TA)

    assert outcome_of(item) == Outcome.INCLUDED


def test_a_single_vote_can_be_changed_however_old_it_is(alice, item, no_undo):
    vote(alice, item, INCLUDE)

    vote(alice, item, EXCLUDE)

    assert Vote.objects.current().get().decision == Decision.EXCLUDE


def test_taking_back_what_is_not_there_is_refused(alice, item):
    with pytest.raises(Refused, match="no vote of yours on record 1"):
        take_back_vote(alice, item.record, stage=TA)


def test_a_page_that_does_not_know_of_another_tabs_vote_is_refused_with_both(alice, item):
    vote(alice, item, EXCLUDE)

    with pytest.raises(VoteChanged, match=r"there your vote is exclude now.*The include"):
        vote(alice, item, Ballot(Decision.INCLUDE, current=None))

    assert Vote.objects.current().get().decision == Decision.EXCLUDE


def test_a_page_that_knows_my_vote_changes_it(alice, item):
    known = vote(alice, item, EXCLUDE)

    vote(alice, item, Ballot(Decision.INCLUDE, current=known.pk))

    assert Vote.objects.current().get().decision == Decision.INCLUDE


def test_without_maybe_in_the_protocol_a_maybe_is_refused(alice, review, item):
    review.protocols.update(maybe_policy="off")

    with pytest.raises(Refused, match="no maybe"):
        vote(alice, item, MAYBE)


def test_somebody_removed_in_the_meantime_votes_no_more(alice, item):
    alice.membership.ended_at = timezone.now()
    alice.membership.save()

    with pytest.raises(PermissionDenied, match="no longer a member"):
        vote(alice, item)

    assert not Vote.objects.exists()


def test_somebody_whose_role_changed_in_the_meantime_votes_no_more(alice, item):
    alice.membership.roles.update(role=Role.OBSERVER)

    with pytest.raises(PermissionDenied, match="no longer have the role"):
        vote(alice, item)


def test_a_record_of_another_review_is_not_up_for_screening(alice, mallory):
    theirs = ItemFactory(review=mallory.review)

    with pytest.raises(Refused, match="not up for screening"):
        vote(alice, theirs)


def test_a_repeated_request_changes_nothing_and_a_reused_key_is_refused(alice, review, item):
    def keyed(digest):
        return access_for(alice.user, review.pk, claim=RequestClaim("key-1", digest))

    vote(keyed("a"), item, INCLUDE)

    with pytest.raises(RepeatedRequest):
        vote(keyed("a"), item, EXCLUDE)
    with pytest.raises(KeyReused, match="sent before with other content"):
        vote(keyed("b"), item, EXCLUDE)
    assert Vote.objects.get().decision == Decision.INCLUDE


def test_a_refused_request_gives_its_key_back(alice, bob, review, item):
    vote(alice, item)
    vote(bob, item)
    third = join(review, "Third", Role.REVIEWER)
    keyed = access_for(third.user, review.pk, claim=RequestClaim("key-1", "a"))

    for _ in range(2):
        with pytest.raises(ItemFull):
            vote(keyed, item)


def test_every_vote_is_in_the_log_under_the_item_it_is_hidden_with(alice, item):
    vote(alice, item, Ballot(Decision.MAYBE, note="why not"))
    vote(alice, item, EXCLUDE)
    take_back_vote(alice, item.record, stage=TA)

    place = {"record": 1, "stage": "title_abstract", "round": 1, "slot": 1}
    maybe = {**place, "vote": "maybe", "note": "why not"}
    exclude = {**place, "vote": "exclude", "note": ""}
    assert list(
        LogEntry.objects.order_by("sequence").values_list("action", "item", "before", "after")
    ) == [
        ("vote.cast", item.pk, None, maybe),
        ("vote.changed", item.pk, maybe, exclude),
        ("vote.taken_back", item.pk, exclude, None),
    ]


def test_later_is_no_vote(alice, item):
    postpone(alice, item.record, stage=TA)

    assert not Vote.objects.exists()
    assert outcome_of(item) == Outcome.UNSEEN
    vote(alice, item)
    with pytest.raises(Refused, match="voted on record 1 already"):
        postpone(alice, item.record, stage=TA)


def test_a_change_that_began_in_time_and_took_too_long_is_not_stored(alice, bob, item, settings):
    vote(alice, item, INCLUDE)
    vote(bob, item, INCLUDE)
    nearly = timezone.now() - timedelta(seconds=settings.UNDO_SECONDS - 0.3)
    complete_since(nearly)

    for change in (
        lambda: vote(alice, item, EXCLUDE),
        lambda: take_back_vote(bob, item.record, stage=TA),
    ):
        with pytest.raises(TooLate, match="Record 1 is settled"):
            change()

    assert outcome_of(item) == Outcome.INCLUDED
    assert Vote.objects.filter(superseded_at=None).count() == 2
