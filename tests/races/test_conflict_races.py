"""Conflicts end once, whoever is quickest, and never after a vote was taken back."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from screening.access import ReviewAccess, access_for
from screening.actions import conflicts
from screening.actions.people import change_roles, end_membership
from screening.actions.voting import Ballot, TooLate, cast_vote, take_back_vote
from screening.models import Confirmation, Proposal, Resolution, Review, Role, ScreeningItem, Vote
from screening.rules import Decision, Stage
from tests.clock import complete_since
from tests.conftest import join
from tests.factories import ItemFactory
from tests.races.starting import ROUNDS, kinds, race

TA = Stage.TITLE_ABSTRACT


def fresh(access: ReviewAccess) -> ReviewAccess:
    return access_for(access.user, access.review.pk)


def conflict(review: Review, *voters: ReviewAccess) -> ScreeningItem:
    """A settled one: the first voter includes, the others exclude."""
    item = ItemFactory(review=review)
    for number, access in enumerate(voters):
        decision = Decision.EXCLUDE if number else Decision.INCLUDE
        cast_vote(fresh(access), item.record, Ballot(decision), stage=TA)
    settle(item)
    return item


def settle(item: ScreeningItem, *, in_seconds: float = 0) -> None:
    """The time to undo ends so many seconds from now."""
    window = timedelta(seconds=settings.UNDO_SECONDS - in_seconds)
    complete_since(timezone.now() - window, ScreeningItem.objects.filter(pk=item.pk))


def doing(
    deed: Callable[..., Any], access: ReviewAccess, item: ScreeningItem, **said: Any
) -> Callable[[], Any]:
    return lambda: deed(fresh(access), item.record, stage=TA, **said)


def adjudicating(access: ReviewAccess, item: ScreeningItem, decision: str) -> Callable[[], Any]:
    said = {"decision": Decision(decision), "rationale": "It fits the criteria."}
    return doing(conflicts.adjudicate, access, item, **said)


def proposing(access: ReviewAccess, item: ScreeningItem, decision: str) -> Callable[[], Any]:
    said = {"decision": Decision(decision), "rationale": "We talked."}
    return doing(conflicts.propose, access, item, **said)


@pytest.fixture
def by_adjudication(review) -> None:
    review.protocols.update(resolution_mode="adjudication")


@pytest.fixture
def by_three(review) -> None:
    review.protocols.update(quorum_title_abstract=3)


@pytest.fixture
def cem(review) -> ReviewAccess:
    return join(review, "Cem", Role.REVIEWER)


def test_of_two_adjudicators_one_resolves_the_conflict(
    review, alice, bob, carol, dora, by_adjudication
):
    for _ in range(ROUNDS):
        item = conflict(review, alice, bob)

        results = race(adjudicating(carol, item, "include"), adjudicating(dora, item, "exclude"))

        assert kinds(results) == ["AlreadyResolved", "Resolution"]
        resolution = Resolution.objects.get(item=item)
        assert resolution in results
        outcome = ScreeningItem.objects.get(pk=item.pk).outcome
        assert outcome == f"{resolution.decision}d"


def test_an_adjudicator_who_loses_the_role_decides_before_that_or_not_at_all(
    review, alice, bob, carol, dora, by_adjudication
):
    for _ in range(ROUNDS // 2):
        item = conflict(review, alice, bob)
        change_roles(fresh(dora), carol.membership, [Role.ADJUDICATOR])

        results = race(
            adjudicating(carol, item, "include"),
            lambda: change_roles(fresh(dora), carol.membership, [Role.OBSERVER]),
        )

        assert kinds(results) in (
            ["Membership", "Resolution"],
            ["Membership", "PermissionDenied"],
        )


def test_both_others_confirm_at_once_and_the_proposal_stands_once(
    review, alice, bob, cem, by_three
):
    for _ in range(ROUNDS):
        item = conflict(review, alice, bob, cem)
        proposal = proposing(alice, item, "include")()

        results = race(
            doing(conflicts.confirm, bob, item, proposal_pk=proposal.pk),
            doing(conflicts.confirm, cem, item, proposal_pk=proposal.pk),
        )

        assert kinds(results) == ["Proposal", "Proposal"]
        assert Confirmation.objects.filter(proposal=proposal).count() == 2
        assert Resolution.objects.get(item=item).proposal == proposal


def test_a_proposal_is_confirmed_or_declined_and_not_both(review, alice, bob):
    for _ in range(ROUNDS):
        item = conflict(review, alice, bob)
        proposal = proposing(alice, item, "exclude")()

        results = race(
            doing(conflicts.confirm, bob, item, proposal_pk=proposal.pk),
            doing(conflicts.decline, bob, item, proposal_pk=proposal.pk, sentence="No."),
            doing(conflicts.withdraw, alice, item, proposal_pk=proposal.pk),
        )

        assert kinds(results).count("Proposal") == 1
        assert set(kinds(results)) <= {"Proposal", "Refused", "AlreadyResolved", "PermissionDenied"}
        ending = Proposal.objects.get(pk=proposal.pk).ending
        assert ending in {"accepted", "declined", "withdrawn"}
        assert Resolution.objects.filter(item=item).exists() == (ending == "accepted")


def test_of_two_proposals_at_once_one_is_open(review, alice, bob):
    for _ in range(ROUNDS):
        item = conflict(review, alice, bob)

        results = race(proposing(alice, item, "include"), proposing(bob, item, "exclude"))

        assert kinds(results) == ["Proposal", "Refused"]
        assert Proposal.objects.open().filter(item=item).count() == 1


def test_a_voter_who_leaves_while_the_other_confirms_holds_nothing_up(
    review, alice, bob, dora, by_three
):
    for number in range(ROUNDS // 2):
        leaver = join(review, f"Leaver {number}", Role.REVIEWER)
        item = conflict(review, alice, bob, leaver)
        proposal = proposing(alice, item, "include")()

        results = race(
            doing(conflicts.confirm, bob, item, proposal_pk=proposal.pk),
            lambda leaver=leaver: end_membership(fresh(dora), leaver.membership),
        )

        assert kinds(results) == ["Membership", "Proposal"]
        if not Resolution.objects.filter(item=item).exists():
            doing(conflicts.confirm, alice, item, proposal_pk=proposal.pk)()
        assert Resolution.objects.get(item=item).decision == "include"


def test_at_the_end_of_the_time_to_undo_a_vote_goes_or_the_conflict_ends(
    review, alice, bob, carol, by_adjudication
):
    for _ in range(ROUNDS):
        item = conflict(review, alice, bob)
        settle(item, in_seconds=random.random() * 0.03)

        results = race(
            doing(take_back_vote, bob, item), _until_settled(adjudicating(carol, item, "include"))
        )

        assert kinds(results) in (["AlreadyResolved", "ScreeningItem"], ["Resolution", "TooLate"])


def _until_settled(deed: Callable[[], Any]) -> Callable[[], Any]:
    """Try for 60 ms, as somebody who waits for the conflict to appear."""

    def run() -> Any:
        for _ in range(20):
            try:
                return deed()
            except conflicts.AlreadyResolved:
                time.sleep(0.003)
        return deed()

    return run


@pytest.mark.parametrize("late", ["undo", "change"])
def test_a_request_that_waited_for_the_lock_past_the_time_to_undo_is_too_late(
    review, alice, bob, carol, by_adjudication, late
):
    item = conflict(review, alice, bob)
    settle(item, in_seconds=0.4)
    deed = doing(take_back_vote, bob, item) if late == "undo" else _changing(bob, item)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            ScreeningItem.objects.select_for_update().get(pk=item.pk)
            waiting = pool.submit(_and_close, deed)
            time.sleep(0.5)
            adjudicating(carol, item, "exclude")()
        refusal = waiting.exception(timeout=20)

    assert isinstance(refusal, TooLate)
    assert Vote.objects.current().filter(item=item).count() == 2
    assert ScreeningItem.objects.get(pk=item.pk).outcome == "excluded"


def _changing(access: ReviewAccess, item: ScreeningItem) -> Callable[[], Vote]:
    return lambda: cast_vote(fresh(access), item.record, Ballot(Decision.INCLUDE), stage=TA)


def _and_close(deed: Callable[[], Any]) -> Any:
    try:
        return deed()
    finally:
        connection.close()
