"""Merging records that people have worked on, and separating them again."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from screening.access import Refused, access_for
from screening.actions.carrying import WasResolved
from screening.actions.conflicts import adjudicate, refer
from screening.actions.distinctions import take_back_distinction, tell_apart
from screening.actions.merging import WereToldApart, merge_records, separate, take_back_merge
from screening.actions.voting import Ballot, cast_vote, take_back_vote
from screening.models import (
    Distinction,
    DuplicateQuestion,
    ExclusionReason,
    FurtherReason,
    Import,
    LogEntry,
    Merge,
    Role,
    ScreeningItem,
    Vote,
)
from screening.queue import upcoming
from screening.rules import Decision, Stage
from screening.verification import verify
from tests import clock
from tests.conftest import join
from tests.factories import ItemFactory, RecordFactory

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
INCLUDE, EXCLUDE, MAYBE = Decision.INCLUDE, Decision.EXCLUDE, Decision.MAYBE


def again(access):
    return access_for(access.user, access.review.pk)


def vote(access, record, decision, *, stage=TA, reasons=()):
    ballot = Ballot(decision, f"{access.user.name} says {decision}", 9, reasons)
    return cast_vote(again(access), record, ballot, stage=stage)


def screened(review, *votes):
    """A record with these votes of pairs of a voter and a decision, settled."""
    record = RecordFactory(review=review)
    ItemFactory(review=review, record=record)
    for access, decision in votes:
        vote(access, record, decision)
    clock.time_passes(timedelta(hours=1))
    in_review = review.records.count()
    Import.objects.filter(source__review=review).update(found=in_review, read=in_review)
    return record


def item(record, stage=TA) -> ScreeningItem:
    return record.items.filter(stage=stage).latest("round")


def state(review) -> list[object]:
    """Every column of what can be changed by merging, but the leases."""
    return [
        list(model.objects.filter(**{model.review_path: review}).order_by("pk").values())
        for model in (ScreeningItem, Vote, FurtherReason, DuplicateQuestion)
    ]


def without_carried(rows):
    items, votes, further, questions = rows
    kept = [one for one in votes if one["carried_from_id"] is None]
    return [items, kept, [f for f in further if f["vote_id"] in {v["id"] for v in kept}], questions]


def about(review):
    return verify(review).differences


def test_a_vote_on_the_duplicate_fills_the_free_place(alice, bob, dora, review):
    kept = screened(review, (alice, INCLUDE))
    duplicate = screened(review, (bob, EXCLUDE))

    merge = merge_records(again(dora), duplicate, kept)

    assert (merge.record, merge.kept, merge.pattern) == (duplicate, kept, "person")
    carried = kept.items.get().votes.get(reviewer=bob.user)
    origin = duplicate.items.get().votes.get()
    assert (carried.decision, carried.note, carried.seconds, carried.cast_at) == (
        origin.decision,
        origin.note,
        origin.seconds,
        origin.cast_at,
    )
    assert (carried.carried_from, origin.superseded_at) == (origin, None)
    assert (item(kept).outcome, item(duplicate).outcome) == ("conflict", "partial")
    assert item(duplicate).closed_at is not None
    assert about(review) == []


def test_what_was_carried_settles_in_its_own_time(alice, bob, dora, review):
    """The vote is days old, and yet its voter has ten seconds to see what became of it."""
    kept = screened(review, (alice, INCLUDE))
    duplicate = screened(review, (bob, INCLUDE))
    merge_records(again(dora), kept, duplicate)

    assert not again(dora).scope(ScreeningItem).at(TA).settled().exists()
    assert not again(dora).scope(Vote).visible_to(again(dora)).exists()
    take_back_vote(again(bob), kept, stage=TA)
    assert item(kept).outcome == "partial"
    assert about(review) == []


def test_who_voted_on_both_keeps_the_vote_on_what_is_kept(alice, bob, dora, review):
    kept = screened(review, (alice, INCLUDE), (bob, INCLUDE))
    duplicate = screened(review, (alice, EXCLUDE))

    merge_records(again(dora), kept, duplicate)

    assert [one.decision for one in kept.items.filter(stage=TA).get().votes.all()] == [INCLUDE] * 2
    assert again(dora).scope(Vote).filter(carried_from__isnull=False).count() == 0
    assert about(review) == []


def test_a_vote_too_many_stays_where_it_is(alice, bob, dora, review):
    third = join_reviewer(review, "Theo")
    kept = screened(review, (alice, INCLUDE), (bob, INCLUDE))
    duplicate = screened(review, (third, EXCLUDE))

    merge = merge_records(again(dora), duplicate, kept)

    assert merge.kept == kept
    assert item(kept).votes.current().count() == 2
    assert about(review) == []


def join_reviewer(review, name):
    return join(review, name, Role.REVIEWER)


@pytest.mark.parametrize("more", [0, 1])
def test_the_record_that_most_was_done_about_is_kept(alice, bob, dora, review, more):
    first = screened(review, *[(alice, EXCLUDE)][:more])
    second = screened(review, (alice, INCLUDE), (bob, INCLUDE))

    assert merge_records(again(dora), first, second).kept == second


def test_with_as_much_done_the_older_record_is_kept_whatever_was_voted(alice, bob, dora, review):
    pairs = [(INCLUDE, EXCLUDE), (EXCLUDE, INCLUDE)]
    for one, other in pairs:
        first, second = screened(review, (alice, one)), screened(review, (bob, other))
        assert merge_records(again(dora), second, first).kept == first


def test_a_report_that_only_a_carried_vote_made_sought_is_not_sought_any_more(
    alice, bob, dora, review
):
    kept, duplicate = screened(review, (alice, INCLUDE)), screened(review, (bob, MAYBE))
    merge_records(again(dora), kept, duplicate)
    assert item(kept, FT).sought_at is not None

    separate(again(dora), duplicate)

    assert item(kept, FT).sought_at is None
    assert about(review) == []


def test_separated_everything_is_as_it_was(alice, bob, dora, review):
    kept = screened(review, (alice, INCLUDE))
    duplicate = screened(review, (bob, EXCLUDE))
    before = state(review)

    merge_records(again(dora), kept, duplicate)
    separate(again(dora), duplicate)

    assert without_carried(state(review)) == before
    told = again(dora).scope(Distinction).get()
    assert (told.first, told.second, told.is_related) == (kept, duplicate, False)
    assert [entry.action for entry in LogEntry.objects.order_by("sequence")][-2:] == [
        "record.merged",
        "record.separated",
    ]
    assert about(review) == []


def test_taken_back_a_merge_leaves_nothing_said(alice, bob, dora, review):
    kept, duplicate = screened(review, (alice, INCLUDE)), screened(review)
    question = ask(review, kept, duplicate)
    before = state(review)

    merge = merge_records(again(dora), kept, duplicate)
    question.refresh_from_db()
    assert not question.is_open
    take_back_merge(again(dora), merge)

    assert without_carried(state(review)) == before
    assert not again(dora).scope(Distinction).exists()
    assert about(review) == []


def ask(review, one, other) -> DuplicateQuestion:
    first, second = sorted([one, other], key=lambda record: record.pk)
    return DuplicateQuestion.objects.create(
        review=review, first=first, second=second, reason="unsure", score=0.5
    )


def test_an_open_conflict_and_its_talk_come_back_as_they_were(alice, bob, dora, review):
    duplicate = screened(review, (alice, INCLUDE), (bob, EXCLUDE))
    kept = screened(review, (alice, EXCLUDE), (bob, EXCLUDE))
    refer(again(dora), duplicate, stage=TA, why="We cannot agree.")
    before = state(review)

    merge = merge_records(again(dora), duplicate, kept)
    assert merge.record in {duplicate, kept}
    separate(again(dora), merge.record)

    assert without_carried(state(review)) == before
    assert about(review) == []


def test_a_group_that_is_merged_takes_its_duplicates_along(alice, bob, dora, review):
    one, two, three = screened(review), screened(review, (bob, INCLUDE)), screened(review)
    merge_records(again(dora), three, two)
    third = merge_records(again(dora), two, screened(review, (alice, INCLUDE)))

    assert {(m.record, m.kept) for m in Merge.objects.in_force()} == {
        (three, third.kept),
        (third.record, third.kept),
    }
    assert one.pk not in {m.record_id for m in Merge.objects.all()}
    assert about(review) == []

    take_back_merge(again(dora), third)
    assert {(m.record, m.kept) for m in Merge.objects.in_force()} == {(three, two)}
    assert about(review) == []


def test_votes_are_carried_twice_and_each_part_can_leave(alice, bob, dora, review):
    ReviewQuorum(review).set(3)
    theo = join_reviewer(review, "Theo")
    a, b, c = (
        screened(review, (alice, INCLUDE)),
        screened(review, (bob, INCLUDE)),
        screened(review, (theo, INCLUDE)),
    )
    merge_records(again(dora), b, a)
    merge = merge_records(again(dora), c, a)
    assert (merge.kept, item(a).outcome) == (a, "included")
    assert about(review) == []

    separate(again(dora), b)

    assert {one.reviewer for one in item(a).votes.current()} == {alice.user, theo.user}
    assert (item(a).outcome, item(b).outcome) == ("partial", "partial")
    assert about(review) == []


class ReviewQuorum:
    """The protocol asks for so many votes, before anybody votes."""

    def __init__(self, review):
        self.review = review

    def set(self, quorum):
        self.review.protocols.update(quorum_title_abstract=quorum)


def test_a_chain_of_carried_votes_is_taken_back_at_every_place(alice, bob, dora, review):
    ReviewQuorum(review).set(3)
    theo = join_reviewer(review, "Theo")
    a, b = screened(review, (alice, INCLUDE)), screened(review)
    merge_records(again(dora), b, a)
    big = screened(review, (bob, INCLUDE), (theo, EXCLUDE))
    merge_records(again(dora), a, big)
    assert item(big).outcome == "conflict"

    separate(again(dora), a)

    assert (item(big).outcome, item(a).outcome) == ("partial", "partial")
    assert about(review) == []


def test_what_was_resolved_with_a_carried_vote_is_not_taken_apart(
    alice, bob, carol, dora, no_undo, review
):
    kept, duplicate = screened(review, (alice, INCLUDE)), screened(review, (bob, EXCLUDE))
    merge = merge_records(again(dora), kept, duplicate)
    refer(again(dora), kept, stage=TA, why="We cannot agree.")
    adjudicate(again(carol), kept, stage=TA, decision=INCLUDE, rationale="It reports images.")
    before = state(review)

    for undo in (
        lambda: separate(again(dora), duplicate),
        lambda: take_back_merge(again(dora), merge),
    ):
        with pytest.raises(WasResolved):
            undo()

    assert state(review) == before
    assert about(review) == []


def test_reports_are_merged_with_their_votes_and_reasons(alice, bob, dora, no_undo, review):
    for position, code in enumerate(("E1", "E2"), start=1):
        ExclusionReason.objects.create(review=review, code=code, position=position, label=code)
    kept = screened(review, (alice, INCLUDE), (bob, INCLUDE))
    duplicate = screened(review, (alice, INCLUDE), (bob, INCLUDE))
    vote(alice, kept, EXCLUDE, stage=FT, reasons=("E2",))
    vote(bob, duplicate, EXCLUDE, stage=FT, reasons=("E1", "E2"))
    before = state(review)

    merge_records(again(dora), kept, duplicate)

    assert item(kept, FT).outcome == "excluded"
    carried = item(kept, FT).votes.get(reviewer=bob.user)
    assert carried.reason.code == "E1"
    assert [one.reason.code for one in carried.further_reasons.all()] == ["E2"]
    assert about(review) == []

    separate(again(dora), duplicate)
    assert without_carried(state(review)) == before
    assert about(review) == []


def test_after_an_amendment_a_separated_record_asks_for_what_the_protocol_asks(
    alice, bob, dora, review
):
    kept, duplicate = screened(review, (alice, INCLUDE)), screened(review)
    merge_records(again(dora), kept, duplicate)
    ReviewQuorum(review).set(1)
    ScreeningItem.objects.filter(record=kept).update(
        quorum=1, outcome="included", completed_at=timezone.now()
    )
    separate(again(dora), duplicate)

    assert item(duplicate).quorum == 1


def test_a_duplicate_is_in_nobodys_queue_and_takes_no_vote(alice, bob, dora, review):
    kept, duplicate = screened(review, (alice, INCLUDE)), screened(review)
    merge_records(again(dora), kept, duplicate)

    assert [one.record for one in upcoming(again(bob), TA)] == [kept]
    with pytest.raises(Refused, match="merged"):
        vote(bob, duplicate, INCLUDE)


def test_told_apart_they_are_merged_by_nobody(dora, review):
    one, other, third = screened(review), screened(review), screened(review)
    merge_records(again(dora), third, other)
    told = tell_apart(again(dora), one, third)

    with pytest.raises(WereToldApart, match=f"records {one.number} and {third.number}"):
        merge_records(again(dora), one, other)
    take_back_distinction(again(dora), told)
    merge_records(again(dora), one, other)
    assert about(review) == []


def test_a_question_is_about_groups(dora, review):
    a, b, c = screened(review), screened(review), screened(review)
    of_a, of_b = ask(review, a, c), ask(review, b, c)
    merge_records(again(dora), a, b)
    tell_apart(again(dora), b, c, are_related=True)

    assert not DuplicateQuestion.objects.filter(is_open=True).exists()
    assert about(review) == []
    take_back_distinction(again(dora), again(dora).scope(Distinction).get())
    assert {q.pk for q in DuplicateQuestion.objects.open()} == {of_a.pk, of_b.pk}
    assert about(review) == []


def test_merging_twice_and_separating_twice_are_refused(dora, review):
    one, other = screened(review), screened(review)
    merge = merge_records(again(dora), one, other)
    with pytest.raises(Refused, match="merged already"):
        merge_records(again(dora), other, one)
    separate(again(dora), merge.record)
    with pytest.raises(Refused, match="not merged"):
        separate(again(dora), merge.record)


@pytest.mark.parametrize("name", ["alice", "carol", "olive"])
def test_only_lead_and_librarian_decide(request, name, dora, libby, review):
    one, other = screened(review), screened(review)
    who = request.getfixturevalue(name)
    for deed in (merge_records, tell_apart):
        with pytest.raises(PermissionDenied):
            deed(again(who), one, other)
    merge_records(again(libby), one, other)
    with pytest.raises(PermissionDenied):
        separate(again(who), other)


def test_nobody_merges_with_a_record_of_another_review(dora, mallory, review):
    one = screened(review)
    theirs = RecordFactory(review=mallory.review)
    with pytest.raises(Refused):
        merge_records(again(dora), one, theirs)
    with pytest.raises(Refused):
        tell_apart(again(dora), one, theirs)
