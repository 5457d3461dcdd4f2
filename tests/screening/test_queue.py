"""Each reviewer's next item, in rank order: never one voted on, never a full one, none lost."""

import pytest

from screening.actions.voting import Ballot, cast_vote, claim, postpone, take_back_vote
from screening.models import Lease, QueuePosition, Role
from screening.queue import hand_out, upcoming
from screening.rules import Decision, Stage
from tests.conftest import join
from tests.factories import ItemFactory

TA = Stage.TITLE_ABSTRACT


def vote(access, record, decision=Decision.INCLUDE):
    cast_vote(access, record, Ballot(decision), stage=TA)


def numbers(items):
    return [item.record.number for item in items]


@pytest.fixture
def records(review):
    return [ItemFactory(review=review).record for _ in range(8)]


def test_the_queue_goes_by_rank(alice, review):
    for number, rank in [(1, 30), (2, 10), (3, 20)]:
        ItemFactory(review=review, record__number=number, record__rank=rank)

    assert numbers(upcoming(alice, TA)) == [2, 3, 1]


def test_a_record_i_voted_on_and_a_full_one_do_not_come(alice, bob, review, records):
    third = join(review, "Third", Role.OBSERVER, Role.LEAD)
    vote(alice, records[0])
    vote(bob, records[1])
    vote(third, records[1])

    assert numbers(upcoming(alice, TA)) == [3, 4, 5, 6]


def test_cards_the_page_holds_are_not_sent_again(alice, records):
    held = [record.pk for record in records[:3]]

    assert numbers(upcoming(alice, TA, count=1, held=held)) == [4]


def test_the_hint_follows_the_first_record_that_is_still_mine(alice, records):
    vote(alice, records[0])
    vote(alice, records[4])
    hand_out(alice, TA)

    assert QueuePosition.objects.get().rank == 1


def test_a_wrong_hint_costs_time_and_never_an_item(alice, review, records):
    QueuePosition.objects.create(review=review, reviewer=alice.user, stage=TA, rank=9_999)

    assert numbers(upcoming(alice, TA)) == [1, 2, 3, 4]


def test_a_vote_taken_back_brings_its_record_back_first(alice, records):
    for record in records[:4]:
        vote(alice, record)
        hand_out(alice, TA)
    take_back_vote(alice, records[1], stage=TA)

    assert numbers(upcoming(alice, TA)) == [2, 5, 6, 7]


def test_later_goes_to_the_end_in_the_order_it_was_put_off(alice, bob, records):
    postpone(alice, records[1], stage=TA)
    postpone(alice, records[0], stage=TA)

    assert numbers(upcoming(alice, TA, count=8)) == [3, 4, 5, 6, 7, 8, 2, 1]
    assert numbers(upcoming(bob, TA, count=2)) == [1, 2]


def test_two_reviewers_for_two_votes_need_no_leases(alice, bob, records):
    hand_out(alice, TA)

    assert not Lease.objects.exists()


def test_where_reviewers_share_the_queue_nobody_is_handed_a_record_two_others_read(
    alice, bob, review, records
):
    carl = join(review, "Carl", Role.REVIEWER)

    first = numbers(hand_out(alice, TA, count=2))
    second = numbers(hand_out(bob, TA, count=2))
    third = numbers(hand_out(carl, TA, count=2))

    assert (first, second, third) == ([1, 2], [1, 2], [3, 4])


def test_what_somebody_voted_on_has_one_place_less(alice, bob, review, records):
    carl = join(review, "Carl", Role.REVIEWER)
    vote(bob, records[0])

    assert numbers(hand_out(alice, TA, count=2)) == [1, 2]
    assert numbers(hand_out(carl, TA, count=2)) == [2, 3]


def test_a_claim_keeps_what_is_free_and_replaces_what_is_not(alice, bob, review, records):
    carl = join(review, "Carl", Role.REVIEWER)
    hand_out(alice, TA, count=1)
    hand_out(bob, TA, count=1)

    kept, items = claim(carl, TA, held=[record.pk for record in records[:4]])

    assert kept == {record.pk for record in records[1:4]}
    assert numbers(items) == [5]


def test_of_two_who_read_a_record_with_one_place_left_the_first_goes_on(
    alice, bob, review, records
):
    """Somebody without a lease voted: were both to wait for the other, nobody would see it."""
    carl = join(review, "Carl", Role.REVIEWER)
    hand_out(alice, TA, count=1)
    hand_out(bob, TA, count=1)
    vote(carl, records[0])

    assert numbers(upcoming(alice, TA, count=1)) == [1]
    assert numbers(upcoming(bob, TA, count=1)) == [2]


def test_leases_are_advice_and_slots_are_law(alice, bob, review, records):
    carl = join(review, "Carl", Role.REVIEWER)
    hand_out(alice, TA, count=1)
    hand_out(bob, TA, count=1)

    vote(carl, records[0])
    vote(bob, records[0])

    assert numbers(upcoming(alice, TA, count=1)) == [2]


def test_nobody_reads_a_record_they_voted_on(alice, bob, review, records):
    """The page asks for cards while its vote is on the way, and still holds that one."""
    join(review, "Third", Role.REVIEWER)
    vote(alice, records[0])

    hand_out(alice, TA, held=[records[0].pk])

    assert not Lease.objects.filter(item__record=records[0]).exists()
    assert numbers(upcoming(bob, TA))[0] == 1


def test_near_the_end_of_shared_work_cards_come_one_at_a_time(alice, bob, review, records):
    join(review, "Carl", Role.REVIEWER)
    for record in records[:6]:
        vote(alice, record)

    assert numbers(hand_out(alice, TA, count=4)) == [7]
