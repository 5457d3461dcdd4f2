"""Votes of another program count as those cast here do: in free places, blinded, logged, once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from screening.access import Refused, ReviewAccess, access_for
from screening.actions.foreign_votes import Reading, keep_vote_log, take_over_votes
from screening.actions.merging import merge_records, separate
from screening.actions.orphans import remove_orphaned_files
from screening.actions.people import end_membership
from screening.actions.undoing import HasWork, undo_import
from screening.actions.voting import Ballot, cast_vote, take_back_vote
from screening.models import (
    ExclusionReason,
    Import,
    LogEntry,
    Protocol,
    Record,
    Retrieval,
    ScreeningItem,
    SourceKind,
    Vote,
)
from screening.rules import Decision, Stage
from screening.verification import verify
from tests.clock import time_passes
from tests.factories import ImportFactory, SourceFactory
from tests.screening.taking_over.exports import (
    Article,
    covidence,
    imported,
    members,
    rayyan,
    rayyan_log,
    votes_of,
)

pytestmark = pytest.mark.django_db

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
YES, NO, MAYBE = Decision.INCLUDE, Decision.EXCLUDE, Decision.MAYBE


@pytest.fixture
def reasons(review) -> dict[str, ExclusionReason]:
    labels = ("Wrong population", "Wrong outcome", "No images")
    return {
        label: ExclusionReason.objects.create(
            review=review, code=f"E{place}", position=place, label=label
        )
        for place, label in enumerate(labels, start=1)
    }


@pytest.fixture
def take(dora, alice, bob):
    """Take over the votes of Ada and Max as Alice's and Bob's; or as `changes` say."""

    def over(import_: Import, votes=None, **changes):
        people = members(Ada=alice, Max=bob)
        fields = {"program": "Rayyan", "stage": TA, "people": people, "reasons": {}} | changes
        lead = again(dora)
        chosen = votes_of(lead, import_) if votes is None else votes
        return take_over_votes(lead, import_, chosen, Reading(**fields))

    return over


def again(access: ReviewAccess) -> ReviewAccess:
    """As the next request has it."""
    return access_for(access.user, access.review.pk)


def cast(access: ReviewAccess, import_: Import, number: int, decision: Decision, **said) -> None:
    record = import_.records.get(position=number)
    cast_vote(again(access), record, Ballot(decision, **said), stage=said.pop("stage", TA))


def outcomes(import_: Import, stage: Stage = TA) -> list[str]:
    items = ScreeningItem.objects.filter(record__imported_by=import_, stage=stage, closed_at=None)
    return list(items.order_by("record__position").values_list("outcome", flat=True))


def state(import_: Import) -> list[tuple]:
    votes = Vote.objects.filter(imported_by=import_).order_by("item__record__position", "slot")
    return list(
        votes.values_list("item__record__position", "reviewer__name", "decision", "slot", "note")
    )


def test_votes_of_the_articles_count_for_the_members_chosen(dora, take, tmp_path):
    import_ = imported(
        dora,
        tmp_path,
        rayyan(
            [
                Article({"Ada": "+", "Max": "?"}, labels="look again"),
                Article({"Ada": "-", "Max": "-"}, reasons="wrong population"),
                Article({"Ada": "+", "Max": "-"}, notes={"Ada": "a phantom"}),
                Article({"Max": "-"}, reasons="wrong outcome,no images"),
                Article({"Third": "+"}),
                Article(),
            ]
        ),
    )

    taken = take(import_)

    assert (taken.by_member, taken.records) == ({"Alice": 3, "Bob": 4}, 4)
    assert (taken.not_up, taken.without_place) == (0, 0)
    assert state(import_) == [
        (1, "Alice", YES, 1, ""),
        (1, "Bob", MAYBE, 2, ""),
        (2, "Alice", NO, 1, ""),
        (2, "Bob", NO, 2, ""),
        (3, "Alice", YES, 1, "a phantom"),
        (3, "Bob", NO, 2, ""),
        (4, "Bob", NO, 1, "Rayyan: reasons wrong outcome, no images"),
    ]
    assert outcomes(import_) == ["included", "excluded", "conflict", "partial", "unseen", "unseen"]
    votes = Vote.objects.all()
    assert not votes.filter(stands_for_team=True).exists()
    assert verify(dora.review).differences == []


def test_the_log_of_rayyan_tells_when_each_vote_was_cast(dora, take, alice, bob, tmp_path):
    import_ = imported(dora, tmp_path, rayyan([Article(), Article()]))
    log = tmp_path / "customizations_log.csv"
    steps = [
        ("2023-09-04T17:22:54Z", "max@x.org", 1, "+"),
        ("2023-09-04T17:22:55Z", "ada@x.org", 1, "-"),
        ("2023-09-04T17:22:59Z", "ada@x.org", 1, "+"),
        ("2099-01-01T00:00:00Z", "ada@x.org", 2, "+"),
    ]
    log.write_text(rayyan_log(steps))

    keep_vote_log(again(dora), import_, log)
    log.unlink()
    import_.refresh_from_db()
    people = {"max@x.org": [bob.membership], "ada@x.org": [alice.membership]}
    taken = take(import_, people=people)

    assert taken.votes == 3
    first, second, late = Vote.objects.order_by("item", "slot")
    assert (first.reviewer, second.reviewer) == (bob.user, alice.user)
    assert (first.cast_at, second.decision) == (datetime(2023, 9, 4, 17, 22, 54, tzinfo=UTC), YES)
    assert late.cast_at <= timezone.now()
    log.write_text(rayyan_log(steps[:1]))
    with pytest.raises(Refused, match="taken over already"):
        keep_vote_log(again(dora), import_, log)


def test_the_log_stays_where_files_that_nobody_names_go(dora, kept, tmp_path, monkeypatch):
    import_ = imported(dora, tmp_path, rayyan([Article()]))
    log = tmp_path / "log.csv"
    log.write_text(rayyan_log([("2023-09-04T17:22:54Z", "ada@x.org", 1, "+")]))
    keep_vote_log(again(dora), import_, log)
    monkeypatch.setattr("screening.actions.orphans.UPLOADS_TAKE_LESS_THAN", timedelta(0))

    assert remove_orphaned_files() == 0
    assert len([path for path in kept.rglob("*") if path.is_file()]) == 2


def test_a_vote_cast_here_stays_and_only_free_places_are_filled(
    dora, take, alice, bob, carol, tmp_path
):
    both = {"Ada": "-", "Max": "-"}
    import_ = imported(dora, tmp_path, rayyan([Article(both), Article(both), Article(both)]))
    cast(alice, import_, 1, YES)
    cast(alice, import_, 2, YES)
    cast(bob, import_, 2, YES)

    taken = take(import_)

    assert state(import_) == [(1, "Bob", NO, 2, ""), (3, "Alice", NO, 1, ""), (3, "Bob", NO, 2, "")]
    assert (taken.without_place, taken.not_up) == (2, 0)
    assert outcomes(import_) == ["conflict", "included", "excluded"]
    assert verify(dora.review).differences == []


def test_two_persons_of_the_file_who_are_one_member_have_one_vote(dora, take, alice, tmp_path):
    import_ = imported(dora, tmp_path, rayyan([Article({"Ada": "-", "ada@x.org": "+"})]))

    taken = take(import_, people={name: [alice.membership] for name in ("Ada", "ada@x.org")})

    assert state(import_) == [(1, "Alice", NO, 1, "")]
    assert taken.without_place == 1


def test_taken_over_twice_nothing_is_added_even_after_a_vote_was_taken_back(
    dora, take, alice, tmp_path
):
    import_ = imported(dora, tmp_path, rayyan([Article({"Ada": "+"}), Article({"Ada": "-"})]))
    take(import_)
    take_back_vote(again(alice), import_.records.get(position=1), stage=TA)
    before, entries = list(Vote.objects.values()), LogEntry.objects.count()

    taken = take(import_)

    assert (taken.votes, taken.without_place) == (0, 2)
    assert (list(Vote.objects.values()), LogEntry.objects.count()) == (before, entries)
    assert verify(dora.review).differences == []


def test_one_entry_of_the_log_tells_how_many_and_no_direction(dora, take, tmp_path):
    import_ = imported(dora, tmp_path, rayyan([Article({"Ada": "+", "Max": "-"})]))

    take(import_)

    entry = LogEntry.objects.get(action="votes.imported")
    assert entry.after == {
        "file": "articles.csv",
        "sha256": import_.sha256,
        "stage": "title_abstract",
        "votes": 2,
        "records": 1,
        "members": {"Alice": 1, "Bob": 1},
        "stand_for_the_team": False,
    }
    assert entry.item is None


def test_a_voter_changes_an_imported_vote_while_it_is_not_settled(dora, take, alice, tmp_path):
    import_ = imported(dora, tmp_path, rayyan([Article({"Ada": "+", "Max": "+"})]))
    take(import_)

    cast(alice, import_, 1, NO)

    assert outcomes(import_) == ["conflict"]
    mine = Vote.objects.current().get(reviewer=alice.user)
    assert (mine.imported_by, mine.decision) == (None, NO)
    assert verify(dora.review).differences == []


def test_what_they_complete_settles_after_the_usual_ten_seconds(dora, take, alice, tmp_path):
    import_ = imported(dora, tmp_path, rayyan([Article({"Ada": "+", "Max": "+"})]))
    take(import_)

    assert not dora.scope(ScreeningItem).settled().exists()
    assert not dora.scope(Vote).visible_to(dora).exists()
    time_passes(timedelta(seconds=11))
    assert dora.scope(Vote).visible_to(dora).count() == 2
    report = dora.scope(ScreeningItem).open().get(stage=FT)
    assert report.record == import_.records.get()


@pytest.mark.parametrize("policy", ["off", "discuss", "include"])
def test_a_maybe_counts_as_the_protocol_says(dora, take, tmp_path, policy):
    Protocol.objects.update(maybe_policy=policy)
    import_ = imported(dora, tmp_path, rayyan([Article({"Ada": "?", "Max": "+"})]))

    taken = take(import_)

    expected = {"off": (1, "partial"), "discuss": (2, "conflict"), "include": (2, "included")}
    assert (taken.votes, outcomes(import_)[0]) == expected[policy]
    assert taken.without_place == 2 - taken.votes
    assert verify(dora.review).differences == []


def test_a_vote_on_a_duplicate_goes_to_the_record_that_is_kept(dora, take, alice, bob, tmp_path):
    first = imported(dora, tmp_path, rayyan([Article({"Ada": "+"})]), name="first.csv")
    second = imported(
        dora, tmp_path, rayyan([Article({"Max": "-"}), Article({"Max": "-"})]), name="second.csv"
    )
    kept, duplicate = first.records.get(), second.records.get(position=1)
    if not duplicate.merges.exists():
        merge_records(again(dora), duplicate, kept)

    taken = take(second)

    assert taken.votes == 2
    assert kept.items.get().votes.get(reviewer=bob.user).imported_by == second
    assert not duplicate.items.get().votes.exists()
    with pytest.raises(HasWork):
        undo_import(again(dora), second)
    assert verify(dora.review).differences == []


def test_carried_and_separated_again_an_imported_vote_counts_once(dora, take, bob, tmp_path):
    import_ = imported(
        dora, tmp_path, rayyan([Article({"Ada": "+"}), Article({"Max": "+"}), Article()])
    )
    take(import_)
    kept, duplicate = import_.records.filter(position__lte=2).order_by("position")

    merge_records(again(dora), duplicate, kept)
    carried = Vote.objects.get(carried_from__isnull=False)
    assert (carried.imported_by, carried.item.outcome) == (import_, "included")
    assert verify(dora.review).differences == []

    separate(again(dora), duplicate)
    assert outcomes(import_) == ["partial", "partial", "unseen"]
    assert verify(dora.review).differences == []


def at_full_text(access: ReviewAccess, folder, text: str, name: str = "articles.csv") -> Import:
    """Reports of another method are sought at once."""
    source = SourceFactory(review=access.review, name="Citations", kind=SourceKind.CITATIONS)
    import_ = imported(access, folder, text, name=name, source=source)
    time_passes(timedelta(minutes=1))
    return import_


def test_at_full_text_reasons_are_those_of_the_review(dora, take, reasons, tmp_path):
    import_ = at_full_text(
        dora,
        tmp_path,
        rayyan(
            [
                Article({"Ada": "-"}, reasons="no pictures,not people,too old"),
                Article({"Ada": "-", "Max": "+"}, reasons="too old"),
                Article({"Ada": "-", "Max": "-"}),
                Article({"Ada": "?", "Max": "+"}),
            ]
        ),
    )
    meant = {"no pictures": reasons["No images"], "not people": reasons["Wrong population"]}

    taken = take(import_, stage=FT, reasons=meant)

    assert state(import_) == [
        (1, "Alice", NO, 1, "Rayyan: reasons no pictures, not people, too old"),
        (2, "Bob", YES, 1, ""),
        (4, "Bob", YES, 1, ""),
    ]
    vote = Vote.objects.get(decision=NO)
    assert vote.reason == reasons["Wrong population"]
    assert [one.reason for one in vote.further_reasons.all()] == [reasons["No images"]]
    assert (taken.without_place, taken.not_up) == (3, 0)
    here = Retrieval.objects.in_force().order_by("record")
    assert list(here.values_list("record__position", "state")) == [
        (1, "retrieved"),
        (2, "retrieved"),
        (4, "retrieved"),
    ]
    assert verify(dora.review).differences == []


def test_exclusions_without_a_reason_can_be_given_one(dora, take, reasons, tmp_path):
    import_ = at_full_text(dora, tmp_path, rayyan([Article({"Ada": "-", "Max": "-"})]))

    taken = take(import_, stage=FT, reasons={"": reasons["Wrong outcome"]})

    assert (taken.votes, outcomes(import_, FT)) == (2, ["excluded"])


def test_records_that_are_not_at_full_text_are_counted(dora, take, tmp_path):
    import_ = imported(dora, tmp_path, rayyan([Article({"Ada": "+"}), Article({"Max": "+"})]))

    taken = take(import_, stage=FT)

    assert (taken.votes, taken.not_up, taken.without_place) == (0, 2, 0)


def test_a_list_of_covidence_counts_for_the_members_who_stand_for_the_team(
    dora, alice, bob, take, tmp_path
):
    import_ = imported(dora, tmp_path, covidence(["", "", ""]), name="review_1_irrelevant_x.csv")
    cast(alice, import_, 2, YES)
    team = {"": [alice.membership, bob.membership]}

    taken = take(import_, votes_of(dora, import_, "irrelevant"), people=team, program="Covidence")

    assert (taken.by_member, taken.records, taken.without_place) == ({"Alice": 2, "Bob": 2}, 2, 1)
    assert outcomes(import_) == ["excluded", "partial", "excluded"]
    assert Vote.objects.filter(stands_for_team=True).count() == 4
    assert LogEntry.objects.get(action="votes.imported").after["stand_for_the_team"]
    assert verify(dora.review).differences == []


def test_a_list_of_full_texts_follows_once_its_records_went_on(
    dora, alice, bob, take, reasons, tmp_path
):
    text = covidence(["Wrong outcomes", "Wrong outcomes; x"])
    import_ = imported(dora, tmp_path, text, name="review_1_excluded_csv_2024.csv")
    said = {
        "people": {"": [alice.membership, bob.membership]},
        "program": "Covidence",
        "reasons": {"Wrong outcomes": reasons["Wrong outcome"]},
    }

    excluded = votes_of(dora, import_, "excluded")
    assert take(import_, excluded, stage=FT, **said).not_up == 2
    assert take(import_, votes_of(dora, import_, "went_on"), **said).votes == 4
    time_passes(timedelta(seconds=11))
    assert take(import_, excluded, stage=FT, **said).votes == 4

    assert outcomes(import_) == ["included", "included"]
    assert outcomes(import_, FT) == ["excluded", "excluded"]
    assert verify(dora.review).differences == []


def test_only_the_lead_takes_votes_over_and_only_for_who_is_here(
    dora, libby, alice, bob, take, tmp_path
):
    import_ = imported(dora, tmp_path, rayyan([Article({"Ada": "+", "Max": "-"})]))
    reading = Reading("Rayyan", TA, members(Ada=alice), {})

    for person in (libby, alice):
        with pytest.raises(PermissionDenied):
            take_over_votes(again(person), import_, votes_of(dora, import_), reading)
    with pytest.raises(Refused, match="may not vote"):
        take(import_, people=members(Ada=libby))
    end_membership(again(dora), bob.membership)
    with pytest.raises(Refused, match="may not vote"):
        take(import_)
    assert not Vote.objects.exists()


def test_an_import_whose_votes_were_taken_over_stays_and_an_undone_one_gives_none(
    dora, take, tmp_path
):
    import_ = imported(dora, tmp_path, rayyan([Article({"Ada": "+"})]))
    votes = votes_of(dora, import_)
    undo_import(again(dora), import_)
    with pytest.raises(Refused, match="not in the review"):
        take(import_, votes)

    second = imported(dora, tmp_path, rayyan([Article({"Ada": "+"})]))
    take(second)
    with pytest.raises(HasWork):
        undo_import(again(dora), second)


def test_the_database_refuses_an_imported_vote_of_another_review(dora, take, mallory, tmp_path):
    import_ = imported(dora, tmp_path, rayyan([Article({"Ada": "+"})]))
    take(import_)
    vote = Vote.objects.get()
    foreign = ImportFactory(source=SourceFactory(review=mallory.review))

    with pytest.raises(IntegrityError), transaction.atomic():
        Vote.objects.filter(pk=vote.pk).update(imported_by=foreign, superseded_at=timezone.now())
    vote.pk, vote.slot, vote.reviewer, vote.imported_by = None, 2, dora.user, foreign
    with pytest.raises(IntegrityError), transaction.atomic():
        vote.save(force_insert=True)
    vote.imported_by, vote.stands_for_team = None, True
    with pytest.raises(IntegrityError), transaction.atomic():
        vote.save(force_insert=True)


def test_verify_finds_a_vote_that_the_log_does_not_tell_of(dora, bob, take, tmp_path):
    import_ = imported(dora, tmp_path, rayyan([Article({"Ada": "+"}), Article()]))
    take(import_)
    vote = Vote.objects.get()
    vote.pk, vote.item = None, import_.records.get(position=2).items.get()
    vote.save(force_insert=True)
    ScreeningItem.objects.filter(pk=vote.item_id).update(outcome="partial")

    (told,) = verify(dora.review).differences

    assert "tells of 1 votes taken over from it, and 2 are stored" in told


def test_thousands_of_votes_take_seconds(dora, take, tmp_path, django_assert_max_num_queries):
    """As many questions for many records as for few: rows go in by the hundred."""
    both = {"Ada": "+", "Max": "-"}
    import_ = imported(dora, tmp_path, rayyan([Article(both)] * 400))
    votes = votes_of(dora, import_)

    with django_assert_max_num_queries(60):
        assert take(import_, votes).votes == 800

    assert outcomes(import_) == ["conflict"] * 400
    assert Record.objects.count() == 400
