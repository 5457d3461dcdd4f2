"""Reports and rounds at the same instant: nothing is said of a report that is not so, or lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from screening.access import ReviewAccess, access_for
from screening.actions.retrieval import say_of_report, say_of_reports
from screening.actions.rounds import reopen
from screening.actions.voting import Ballot, cast_vote, cast_vote_and_go_on, take_back_vote
from screening.models import (
    ExclusionReason,
    LogEntry,
    QueuePosition,
    Record,
    Retrieval,
    RetrievalState,
    Role,
    ScreeningItem,
    Vote,
)
from screening.queue import hand_out, upcoming
from screening.rules import Decision, Stage
from tests.clock import time_passes
from tests.conftest import join
from tests.factories import ItemFactory
from tests.races.starting import ROUNDS, kinds, race

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
INCLUDE, EXCLUDE = Decision.INCLUDE, Decision.EXCLUDE
ASKED, HERE, NOT_HERE = RetrievalState


@pytest.fixture(autouse=True)
def reason(review) -> ExclusionReason:
    return ExclusionReason.objects.create(review=review, code="E1", position=1, label="No images")


@pytest.fixture
def lena(review) -> ReviewAccess:
    return join(review, "Lena", Role.LEAD)


def fresh(access: ReviewAccess) -> ReviewAccess:
    return access_for(access.user, access.review.pk)


def included(review, *voters: ReviewAccess) -> Record:
    """Settled an hour ago, so that its report is sought."""
    record = ItemFactory(review=review).record
    for access in voters:
        cast_vote(fresh(access), record, Ballot(INCLUDE), stage=TA)
    time_passes(timedelta(hours=1))
    return record


def voting(
    access: ReviewAccess, record: Record, decision: Decision = INCLUDE, *, stage: Stage = FT
) -> Callable[[], Vote]:
    codes = ("E1",) if (stage, decision) == (FT, EXCLUDE) else ()
    return lambda: cast_vote(fresh(access), record, Ballot(decision, reasons=codes), stage=stage)


def taking_back(access: ReviewAccess, record: Record) -> Callable[[], ScreeningItem]:
    return lambda: take_back_vote(fresh(access), record, stage=FT)


def saying(
    access: ReviewAccess, record: Record, state: RetrievalState | None, why: str = "Lost."
) -> Callable[[], Any]:
    return lambda: say_of_report(fresh(access), record, state, why=why)


def reopening(access: ReviewAccess, record: Record, stage: Stage = TA) -> Callable[[], Any]:
    return lambda: reopen(fresh(access), record, stage=stage, why="Mistaken.")


def votes_on(record: Record, stage: Stage = FT) -> int:
    return Vote.objects.current().at(stage).filter(item__record=record).count()


def states(record: Record) -> list[str]:
    rows = Retrieval.objects.filter(record=record).order_by("pk")
    return list(rows.values_list("state", flat=True))


# --- Retrieval --------------------------------------------------------------------------------


def test_a_report_that_is_voted_on_is_never_not_retrieved(review, alice, bob, libby):
    for _ in range(ROUNDS):
        record = included(review, alice, bob)

        results = race(voting(alice, record), saying(libby, record, NOT_HERE))

        if votes_on(record):
            assert kinds(results) == ["Refused", "Vote"]
            assert states(record) == [HERE]
        else:
            assert kinds(results) == ["NotToBeHad", "Retrieval"]
            assert states(record) == [NOT_HERE]


def test_a_vote_taken_back_and_a_report_not_to_be_had_come_one_after_the_other(
    review, alice, bob, libby
):
    for _ in range(ROUNDS):
        record = included(review, alice, bob)
        voting(alice, record)()

        results = race(taking_back(alice, record), saying(libby, record, NOT_HERE))

        assert kinds(results) in (["Refused", "ScreeningItem"], ["Retrieval", "ScreeningItem"])
        was_refused = "Refused" in kinds(results)
        assert states(record) == ([HERE] if was_refused else [HERE, NOT_HERE])
        assert votes_on(record) == 0


def test_of_two_things_said_at_once_both_are_kept_and_the_second_holds(
    review, alice, bob, libby, dora
):
    for _ in range(ROUNDS):
        record = included(review, alice, bob)

        results = race(saying(libby, record, NOT_HERE), saying(dora, record, ASKED, "The author."))

        assert kinds(results) == ["Retrieval", "Retrieval"]
        first, second = Retrieval.objects.filter(record=record).order_by("pk")
        assert first.ended_at_sequence == second.started_at_sequence
        assert second.ended_at_sequence is None


def test_two_people_who_have_the_report_say_so_once(review, alice, bob, libby):
    for _ in range(ROUNDS):
        record = included(review, alice, bob)

        results = race(saying(libby, record, HERE, ""), saying(bob, record, HERE, ""))

        assert kinds(results) == ["Retrieval", "Retrieval"]
        assert len({said.pk for said in results}) == 1
        assert states(record) == [HERE]


def test_both_voters_have_the_report_and_it_is_retrieved_once(review, alice, bob):
    for _ in range(ROUNDS):
        record = included(review, alice, bob)

        results = race(voting(alice, record), voting(bob, record, EXCLUDE))

        assert kinds(results) == ["Vote", "Vote"]
        assert states(record) == [HERE]
        assert ScreeningItem.objects.at(FT).get(record=record).outcome == "conflict"


def test_lists_ticked_in_opposite_order_meet_no_deadlock(review, alice, bob, libby, dora):
    for _ in range(ROUNDS // 2):
        records = [included(review, alice, bob) for _ in range(3)]

        def mark(access: ReviewAccess, these: list[Record]) -> Callable[[], list[Any]]:
            return lambda: say_of_reports(fresh(access), these, HERE)

        results = race(
            mark(libby, records),
            mark(dora, records[::-1]),
            voting(alice, records[1]),
            saying(bob, records[2], ASKED, "The author."),
        )

        assert kinds(results)[-3:] == ["Vote", "list", "list"]
        for record in records:
            in_force = Retrieval.objects.in_force().get(record=record)
            is_last = record == records[2]
            assert in_force.state == HERE or (is_last and in_force.state == ASKED)


# --- Rounds -----------------------------------------------------------------------------------


def test_of_two_leads_who_reopen_at_once_one_does(review, alice, bob, dora, lena):
    for _ in range(ROUNDS):
        record = included(review, alice, bob)

        results = race(reopening(dora, record), reopening(lena, record))

        assert kinds(results) == ["Refused", "ScreeningItem"]
        assert ScreeningItem.objects.at(TA).filter(record=record).count() == 2
        assert ScreeningItem.objects.at(TA).get(record=record, closed_at=None).round == 2


def test_leads_who_reopen_different_records_meet_no_deadlock(review, alice, bob, dora, lena):
    for _ in range(ROUNDS // 2):
        records = [included(review, alice, bob) for _ in range(2)]
        last = ItemFactory(review=review)
        QueuePosition.objects.all().delete()
        for access in (alice, bob):
            hand_out(fresh(access), TA)
        QueuePosition.objects.update(rank=10_000)

        results = race(
            reopening(dora, records[0]),
            reopening(lena, records[1]),
            lambda last=last: cast_vote_and_go_on(
                fresh(alice), last.record, Ballot(INCLUDE), stage=TA
            ),
        )

        assert kinds(results) == ["ScreeningItem", "ScreeningItem", "tuple"]
        ahead = {item.record_id for item in upcoming(fresh(bob), TA, count=1_000)}
        assert {record.pk for record in records} <= ahead
        for record in records:  # out of the way of the next round
            for access in (alice, bob):
                voting(access, record, stage=TA)()
        voting(bob, last.record, stage=TA)()


def test_a_vote_on_a_report_comes_before_its_record_is_reopened_or_not_at_all(
    review, alice, bob, dora
):
    for _ in range(ROUNDS):
        record = included(review, alice, bob)

        results = race(voting(alice, record), reopening(dora, record))

        assert kinds(results) in (["ScreeningItem", "Vote"], ["Refused", "ScreeningItem"])
        assert votes_on(record) == ("Vote" in kinds(results))
        assert ScreeningItem.objects.at(FT).get(record=record).sought_at is None
        if "Vote" in kinds(results):
            cast, reopened = (
                LogEntry.objects.filter(action=action).latest("sequence").sequence
                for action in ("vote.cast", "item.reopened")
            )
            assert cast < reopened


def test_what_is_said_of_a_report_comes_before_its_record_is_reopened_or_not_at_all(
    review, alice, bob, libby, dora
):
    for _ in range(ROUNDS):
        record = included(review, alice, bob)

        results = race(saying(libby, record, HERE), reopening(dora, record))

        assert kinds(results) in (["Retrieval", "ScreeningItem"], ["Refused", "ScreeningItem"])
        assert states(record) == ([HERE] if "Retrieval" in kinds(results) else [])


def test_a_vote_meets_the_old_round_or_the_new_one(review, alice, bob, dora):
    """A second tab still shows the record as it was when it is reopened at full text."""
    for _ in range(ROUNDS):
        record = included(review, alice, bob)
        for access in (alice, bob):
            voting(access, record)()
        time_passes(timedelta(hours=1))

        results = race(voting(alice, record, EXCLUDE), reopening(dora, record, FT))

        # PostgreSQL waited for the old round and does not look for the new one.
        assert kinds(results) in (
            ["ScreeningItem", "Vote"],
            ["ScreeningItem", "TooLate"],
            ["Refused", "ScreeningItem"],
        )
        first, second = ScreeningItem.objects.at(FT).filter(record=record).order_by("round")
        assert first.outcome == "included"
        assert set(first.votes.current().values_list("decision", flat=True)) == {"include"}
        assert second.votes.current().count() == ("Vote" in kinds(results))
