"""Amendments and removals at the instant of a vote: what is stored is by the version in force."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from screening.access import ReviewAccess, access_for
from screening.actions.amendments import PreviewOutdated, amend_protocol, plan_amendment
from screening.actions.conflicts import adjudicate
from screening.actions.people import end_membership
from screening.actions.rounds import reopen
from screening.actions.voting import Ballot, cast_vote, take_back_vote
from screening.models import LogEntry, Protocol, Role, ScreeningItem, Vote
from screening.rules import Decision, Stage
from tests.clock import complete_since
from tests.conftest import join
from tests.factories import ItemFactory, ReviewFactory
from tests.races.starting import ROUNDS, kinds, race

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
YES, NO, MAYBE = Decision.INCLUDE, Decision.EXCLUDE, Decision.MAYBE


class Team:
    """A review of its own for each round, since each ends with another protocol."""

    def __init__(self, number: int) -> None:
        self.review = ReviewFactory()
        self.lead = join(self.review, f"Lead {number}", Role.LEAD)
        self.second = join(self.review, f"Second {number}", Role.LEAD, Role.ADJUDICATOR)
        self.ann = join(self.review, f"Ann {number}", Role.REVIEWER)
        self.ben = join(self.review, f"Ben {number}", Role.REVIEWER)

    def item(self, *decisions: Decision) -> ScreeningItem:
        item = ItemFactory(review=self.review)
        for access, decision in zip((self.ann, self.ben), decisions, strict=False):
            voting(access, item, decision)()
        return item


def fresh(access: ReviewAccess) -> ReviewAccess:
    return access_for(access.user, access.review.pk)


def voting(access: ReviewAccess, item: ScreeningItem, decision: Decision) -> Callable[[], Vote]:
    return lambda: cast_vote(fresh(access), item.record, Ballot(decision), stage=TA)


def amending(access: ReviewAccess, **fields: Any) -> Callable[[], Protocol]:
    return lambda: amend_protocol(fresh(access), why="So.", **fields)


def settle() -> None:
    complete_since(timezone.now() - timedelta(hours=1))


def check_versions(review: Any) -> None:
    """Every vote is of the version that was in force when its entry was written."""
    for vote in Vote.objects.filter(item__review=review).select_related("protocol"):
        actor = {"item": vote.item, "actor__user": vote.reviewer}
        entry = LogEntry.objects.filter(**actor, action__startswith="vote.").latest("sequence")
        assert vote.protocol.started_at_sequence <= entry.sequence
        ended = vote.protocol.ended_at_sequence
        assert ended is None or entry.sequence < ended


@pytest.mark.parametrize("quorum", [1, 3])
def test_a_vote_and_another_quorum_leave_no_vote_too_many(quorum):
    for number in range(ROUNDS // 2):
        team = Team(number)
        item = team.item(YES)

        results = race(
            voting(team.ben, item, NO), amending(team.lead, quorum_title_abstract=quorum)
        )

        assert kinds(results) in (["Protocol", "Vote"], ["ItemFull", "Protocol"])
        item.refresh_from_db()
        votes = item.votes.current().count()
        assert item.quorum == max(quorum, votes)
        assert item.outcome == {1: "included", 2: "conflict"}[votes] if quorum == 1 else "partial"
        check_versions(team.review)


def test_a_vote_taken_back_while_fewer_are_asked_for():
    for number in range(ROUNDS // 2):
        team = Team(number)
        item = team.item(YES, NO)

        results = race(
            lambda team=team, item=item: take_back_vote(fresh(team.ben), item.record, stage=TA),
            amending(team.lead, quorum_title_abstract=1),
        )

        assert kinds(results) == ["Protocol", "ScreeningItem"]
        item.refresh_from_db()
        assert (item.quorum, item.outcome) == (1, "included")


def test_a_maybe_is_counted_by_the_policy_in_force():
    for number in range(ROUNDS):
        team = Team(number)
        item = team.item(YES)

        results = race(voting(team.ben, item, MAYBE), amending(team.lead, maybe_policy="discuss"))

        assert kinds(results) == ["Protocol", "Vote"]
        item.refresh_from_db()
        assert item.outcome == "conflict"
        check_versions(team.review)


def test_a_maybe_is_refused_or_was_there_before_it_is_off():
    for number in range(ROUNDS // 2):
        team = Team(number)
        item = team.item(YES)

        results = race(voting(team.ben, item, MAYBE), amending(team.lead, maybe_policy="off"))

        assert kinds(results) in (["Protocol", "Vote"], ["Protocol", "Refused"])
        check_versions(team.review)


def test_the_preview_that_is_confirmed_is_done_or_shown_again():
    for number in range(ROUNDS):
        team = Team(number)
        half, unseen = team.item(YES), team.item()
        shown = plan_amendment(fresh(team.lead), quorum_title_abstract=1)

        results = race(
            voting(team.ben, unseen, NO),
            amending(team.lead, quorum_title_abstract=1, token=shown.token),
        )

        vote, amended = results
        assert isinstance(vote, Vote)
        assert isinstance(amended, Protocol | PreviewOutdated)
        half.refresh_from_db()
        assert half.outcome == ("included" if isinstance(amended, Protocol) else "partial")
        check_versions(team.review)


def test_of_two_leads_who_amend_at_once_the_second_is_shown_what_the_first_did():
    for number in range(ROUNDS // 2):
        team = Team(number)
        team.item(YES)
        tokens = [
            plan_amendment(fresh(access), question=question).token
            for access, question in ((team.lead, "One?"), (team.second, "Two?"))
        ]

        results = race(
            amending(team.lead, question="One?", token=tokens[0]),
            amending(team.second, question="Two?", token=tokens[1]),
        )

        assert kinds(results) == ["PreviewOutdated", "Protocol"]
        assert Protocol.objects.filter(review=team.review).count() == 2


def test_two_scripts_that_amend_at_once_make_two_versions():
    for number in range(ROUNDS // 2):
        team = Team(number)
        team.item(YES)

        results = race(
            amending(team.lead, question="One?"),
            amending(team.second, quorum_title_abstract=3),
        )

        assert kinds(results) == ["Protocol", "Protocol"]
        last = Protocol.objects.get(review=team.review, ended_at_sequence=None)
        assert (last.number, last.question, last.quorum_title_abstract) == (3, "One?", 3)


def test_a_new_round_asks_for_the_votes_of_the_version_in_force():
    for number in range(ROUNDS // 2):
        team = Team(number)
        item = team.item(YES, YES)
        settle()

        results = race(
            lambda team=team, item=item: reopen(
                fresh(team.second), item.record, stage=TA, why="New facts."
            ),
            amending(team.lead, quorum_title_abstract=3),
        )

        assert kinds(results) in (["Protocol", "ScreeningItem"], ["Protocol", "Refused"])
        assert ScreeningItem.objects.get(record=item.record, stage=TA, closed_at=None).quorum == 3


def test_the_report_of_a_resolved_record_asks_for_the_votes_of_the_version_in_force():
    for number in range(ROUNDS // 2):
        team = Team(number)
        Protocol.objects.filter(review=team.review).update(resolution_mode="adjudication")
        item = team.item(YES, NO)
        settle()

        results = race(
            lambda team=team, item=item: adjudicate(
                fresh(team.second), item.record, stage=TA, decision=YES, rationale="So."
            ),
            amending(team.lead, quorum_full_text=1),
        )

        assert kinds(results) == ["Protocol", "Resolution"]
        assert ScreeningItem.objects.get(record=item.record, stage=FT).quorum == 1


@pytest.mark.parametrize("deed", ["vote", "change", "take back"])
def test_a_leaver_s_own_vote_comes_before_the_removal_or_not_at_all(deed):
    for number in range(ROUNDS // 2):
        team = Team(number)
        item = team.item() if deed == "vote" else team.item(YES)
        deeds = {
            "vote": voting(team.ann, item, NO),
            "change": voting(team.ann, item, NO),
            "take back": lambda team=team, item=item: take_back_vote(
                fresh(team.ann), item.record, stage=TA
            ),
        }

        results = race(deeds[deed], removing(team.lead, team.ann))

        assert "Membership" in kinds(results)
        assert set(kinds(results)) <= {
            "Membership",
            "Vote",
            "ScreeningItem",
            "PermissionDenied",
            "DoesNotExist",  # removed before the page was even asked for
        }
        item.refresh_from_db()
        assert (item.outcome, item.votes.current().count()) == ("unseen", 0)


def test_the_other_vote_completes_the_record_or_the_leaver_s_goes():
    for number in range(ROUNDS):
        team = Team(number)
        item = team.item(YES)

        results = race(voting(team.ben, item, NO), removing(team.lead, team.ann))

        assert kinds(results) == ["Membership", "Vote"]
        item.refresh_from_db()
        votes = item.votes.current().count()
        assert item.outcome == {1: "partial", 2: "conflict"}[votes]


def removing(lead: ReviewAccess, leaver: ReviewAccess) -> Callable[[], Any]:
    return lambda: end_membership(fresh(lead), leaver.membership, back_to_queue=True)
