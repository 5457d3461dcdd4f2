"""Votes at the same instant: caps hold, nothing is stored twice, the outcome follows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from screening.access import RequestClaim, ReviewAccess, access_for
from screening.actions.people import end_membership
from screening.actions.protocol import AfterFirstVote, edit_protocol
from screening.actions.voting import (
    Ballot,
    cast_vote,
    cast_vote_and_go_on,
    claim,
    postpone,
    take_back_vote,
)
from screening.models import Lease, LogEntry, Role, ScreeningItem, Vote
from screening.queue import hand_out
from screening.rules import Decision, Stage
from tests.conftest import join
from tests.factories import ItemFactory, ReviewFactory
from tests.invariants import added_up
from tests.races.starting import ROUNDS, kinds, race

TA = Stage.TITLE_ABSTRACT
INCLUDE, EXCLUDE, MAYBE = Decision.INCLUDE, Decision.EXCLUDE, Decision.MAYBE


def fresh(access: ReviewAccess, **fields: Any) -> ReviewAccess:
    """As every request has it: nothing remembered from before."""
    return access_for(access.user, access.review.pk, **fields)


def voting(
    access: ReviewAccess, item: ScreeningItem, decision: Decision, *, key: str = "", **ballot: Any
) -> Callable[[], Vote]:
    asked = RequestClaim(key, f"{item.pk} {decision}") if key else None
    return lambda: cast_vote(
        fresh(access, claim=asked), item.record, Ballot(decision, **ballot), stage=TA
    )


def taking_back(access: ReviewAccess, item: ScreeningItem) -> Callable[[], ScreeningItem]:
    return lambda: take_back_vote(fresh(access), item.record, stage=TA)


def current(item: ScreeningItem) -> dict[str, str]:
    votes = Vote.objects.current().filter(item=item)
    return dict(votes.values_list("reviewer__name", "decision"))


def outcome_of(item: ScreeningItem) -> str:
    return ScreeningItem.objects.get(pk=item.pk).outcome


@pytest.fixture
def carl(review) -> ReviewAccess:
    return join(review, "Carl", Role.REVIEWER)


def test_of_three_people_on_one_record_two_vote_and_one_is_told(alice, bob, carl, review):
    for _ in range(ROUNDS):
        item = ItemFactory(review=review)

        results = race(
            voting(alice, item, INCLUDE), voting(bob, item, EXCLUDE), voting(carl, item, INCLUDE)
        )

        assert kinds(results) == ["ItemFull", "Vote", "Vote"]
        decisions = list(current(item).values())
        assert len(decisions) == 2
        assert outcome_of(item) == added_up(decisions, 2, "include", None)


def test_two_opposite_votes_at_the_same_instant_are_a_conflict(alice, bob, review):
    for _ in range(ROUNDS):
        item = ItemFactory(review=review)

        results = race(voting(alice, item, INCLUDE), voting(bob, item, EXCLUDE))

        assert kinds(results) == ["Vote", "Vote"]
        assert outcome_of(item) == "conflict"


def test_a_vote_sent_twice_with_its_key_is_stored_once(alice, review):
    for number in range(ROUNDS):
        item = ItemFactory(review=review)
        sent = voting(alice, item, INCLUDE, key=f"key {number}", current=None)

        results = race(sent, sent, sent)

        assert kinds(results) == ["RepeatedRequest", "RepeatedRequest", "Vote"]
        assert Vote.objects.filter(item=item).count() == 1
        assert LogEntry.objects.filter(item=item).count() == 1


def test_a_vote_sent_twice_without_a_key_is_stored_once(alice, review):
    for _ in range(ROUNDS):
        item = ItemFactory(review=review)
        sent = voting(alice, item, INCLUDE)

        results = race(sent, sent)

        assert results == [Vote.objects.get(item=item)] * 2
        assert LogEntry.objects.filter(item=item).count() == 1


def test_of_two_tabs_that_knew_no_vote_one_is_refused(alice, review):
    for _ in range(ROUNDS):
        item = ItemFactory(review=review)

        results = race(
            voting(alice, item, INCLUDE, current=None), voting(alice, item, EXCLUDE, current=None)
        )

        assert kinds(results) == ["Vote", "VoteChanged"]
        assert Vote.objects.filter(item=item).count() == 1


def test_of_two_tabs_that_knew_the_same_vote_one_changes_it(alice, review):
    for _ in range(ROUNDS):
        item = ItemFactory(review=review)
        known = voting(alice, item, MAYBE)().pk

        results = race(
            voting(alice, item, INCLUDE, current=known),
            voting(alice, item, EXCLUDE, current=known),
        )

        assert kinds(results) == ["Vote", "VoteChanged"]
        assert Vote.objects.filter(item=item).count() == 2


def test_taking_back_while_the_other_votes_leaves_the_others_vote(alice, bob, review):
    for _ in range(ROUNDS):
        item = ItemFactory(review=review)
        voting(alice, item, INCLUDE)()

        results = race(taking_back(alice, item), voting(bob, item, EXCLUDE))

        assert kinds(results) == ["ScreeningItem", "Vote"]
        assert current(item) == {"Bob": "exclude"}
        assert outcome_of(item) == "partial"


def test_a_slot_given_back_is_taken_once(alice, bob, carl, review):
    dan = join(review, "Dan", Role.REVIEWER)
    for _ in range(ROUNDS):
        item = ItemFactory(review=review)
        voting(alice, item, INCLUDE)()
        voting(bob, item, INCLUDE)()

        results = race(
            taking_back(alice, item), voting(carl, item, EXCLUDE), voting(dan, item, EXCLUDE)
        )

        assert results[0] == item
        assert kinds(results[1:]) in (["ItemFull", "ItemFull"], ["ItemFull", "Vote"])
        assert len(current(item)) == 1 + kinds(results).count("Vote")


def test_both_voters_change_their_minds_at_once(alice, bob, review):
    for _ in range(ROUNDS):
        item = ItemFactory(review=review)
        voting(alice, item, INCLUDE)()
        voting(bob, item, EXCLUDE)()

        results = race(voting(alice, item, EXCLUDE), voting(bob, item, INCLUDE))

        assert kinds(results) == ["Vote", "Vote"]
        assert current(item) == {"Alice": "exclude", "Bob": "include"}
        assert outcome_of(item) == "conflict"


def test_somebody_removed_while_voting_votes_before_or_not_at_all(bob, dora, review):
    for number in range(ROUNDS):
        item = ItemFactory(review=review)
        leaver = join(review, f"Leaver {number}", Role.REVIEWER)
        opened = fresh(leaver)  # before the race: what decides is the look under the lock

        results = race(
            lambda opened=opened, item=item: cast_vote(
                opened, item.record, Ballot(INCLUDE), stage=TA
            ),
            voting(bob, item, EXCLUDE),
            lambda leaver=leaver: end_membership(fresh(dora), leaver.membership),
        )

        assert kinds(results[1:]) == ["Membership", "Vote"]
        voted = type(results[0]).__name__
        assert voted in {"Vote", "PermissionDenied"}
        assert len(current(item)) == (2 if voted == "Vote" else 1)
        if voted == "Vote":
            last = LogEntry.objects.filter(actor=leaver.membership).latest("sequence")
            removal = LogEntry.objects.filter(action="member.removed").latest("sequence")
            assert last.sequence < removal.sequence


@pytest.mark.parametrize("quorum", [1, 3])
def test_a_quorum_is_edited_before_the_first_vote_or_not_at_all(quorum):
    for number in range(ROUNDS // 2):
        team = _team(f"{quorum} {number}")
        item = ItemFactory(review=team[0].review)
        lead, reviewer = team

        results = race(
            voting(reviewer, item, INCLUDE),
            lambda lead=lead: edit_protocol(fresh(lead), quorum_title_abstract=quorum),
        )

        vote, edited = results
        assert isinstance(vote, Vote)
        after = ScreeningItem.objects.get(pk=item.pk).quorum
        assert vote.quorum == after
        assert after == (2 if isinstance(edited, AfterFirstVote) else quorum)
        assert fresh(lead).quorum(TA) == after


def test_maybe_is_taken_away_before_the_first_vote_or_not_at_all():
    for number in range(ROUNDS):
        lead, reviewer = _team(number)
        item = ItemFactory(review=lead.review)

        results = race(
            voting(reviewer, item, MAYBE),
            lambda lead=lead: edit_protocol(fresh(lead), maybe_policy="off"),
        )

        assert kinds(results) in (["AfterFirstVote", "Vote"], ["Protocol", "Refused"])


def test_a_protocol_that_was_read_before_an_edit_is_not_trusted(alice, bob, dora, review):
    """The edit and the first vote came between the second voter's page and their vote."""
    item = ItemFactory(review=review)
    opened = fresh(bob)
    assert opened.protocol.maybe_policy == "include"
    edit_protocol(fresh(dora), maybe_policy="discuss")
    voting(alice, item, MAYBE)()

    cast_vote(opened, item.record, Ballot(INCLUDE), stage=TA)

    assert outcome_of(item) == "conflict"


def test_a_shared_queue_with_leases_that_ran_out_is_handed_out_without_a_deadlock(
    alice, bob, carl, review
):
    people = [alice, bob, carl, join(review, "Dan", Role.REVIEWER)]
    for _ in range(ROUNDS):
        items = [ItemFactory(review=review) for _ in range(6)]
        held = [item.record_id for item in items]
        for access in people:
            hand_out(fresh(access), TA, count=6)
        Lease.objects.update(expires_at=timezone.now())

        results = race(
            *(
                lambda access=access, item=item: cast_vote_and_go_on(
                    fresh(access), item.record, Ballot(INCLUDE), stage=TA
                )
                for access, item in zip(people[:2], items[:2], strict=True)
            ),
            *(
                lambda access=access, held=held: claim(fresh(access), TA, held=held)
                for access in people[2:]
            ),
        )

        assert kinds(results) == ["tuple"] * 4


def test_one_person_in_two_tabs_of_a_shared_queue_meets_no_deadlock(alice, bob, carl, review):
    for _ in range(ROUNDS):
        items = [ItemFactory(review=review) for _ in range(4)]
        for access in (alice, bob, carl):
            hand_out(fresh(access), TA, count=4)

        def put_off(item: ScreeningItem = items[1]) -> list[ScreeningItem]:
            postpone(fresh(alice), item.record, stage=TA)
            return hand_out(fresh(alice), TA)

        results = race(
            lambda item=items[0]: cast_vote_and_go_on(
                fresh(alice), item.record, Ballot(INCLUDE), stage=TA
            ),
            put_off,
            lambda: hand_out(fresh(alice), TA),
        )

        assert kinds(results) == ["list", "list", "tuple"]


def _team(number: object) -> tuple[ReviewAccess, ReviewAccess]:
    review = ReviewFactory()
    lead = join(review, f"Lead {number}", Role.LEAD)
    return lead, join(review, f"Reviewer {number}", Role.REVIEWER)
