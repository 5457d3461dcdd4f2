"""Votes out of a file beside people who vote, undo the import, or take them over as well."""

import pytest

from screening.access import ReviewAccess, access_for
from screening.actions.foreign_votes import Reading, take_over_votes
from screening.actions.undoing import undo_import
from screening.actions.voting import Ballot, cast_vote
from screening.models import Vote
from screening.rules import Decision, Stage
from screening.verification import verify
from tests.races.starting import ROUNDS, kinds, race
from tests.screening.taking_over.exports import Article, imported, members, rayyan, votes_of

TA = Stage.TITLE_ABSTRACT
BOTH = Article({"Ada": "-", "Max": "-"})


def fresh(access: ReviewAccess) -> ReviewAccess:
    return access_for(access.user, access.review.pk)


@pytest.fixture
def race_with(dora, alice, bob, settings, tmp_path):
    """`race_with(deed)` takes over the votes of a new file while `deed(import_)` is done."""
    settings.MEDIA_ROOT = tmp_path / "kept"

    def run(number: int, deed):
        import_ = imported(
            fresh(dora), tmp_path, rayyan([BOTH] * 5 + [Article()] * number), name=f"{number}.csv"
        )
        votes = votes_of(dora, import_)
        reading = Reading("Rayyan", TA, members(Ada=alice, Max=bob), {})
        results = race(
            lambda: take_over_votes(fresh(dora), import_, votes, reading),
            lambda: deed(import_, votes, reading),
        )
        return import_, results

    return run


def test_a_vote_cast_meanwhile_has_its_place_or_is_refused(race_with, alice, review):
    def deed(import_, votes, reading):
        record = import_.records.get(position=3)
        return cast_vote(fresh(alice), record, Ballot(Decision.INCLUDE), stage=TA)

    for number in range(ROUNDS // 2):
        import_, results = race_with(number, deed)

        # Behind the file, Alice changes the vote that it brought.
        assert kinds(results) == ["Taken", "Vote"]
        current = Vote.objects.current().filter(item__record__imported_by=import_)
        assert current.count() == 10
        mine = current.get(item__record__position=3, reviewer=alice.user)
        assert (mine.decision, mine.imported_by) == (Decision.INCLUDE, None)
        assert verify(review).differences == []


def test_taken_over_by_two_at_once_every_vote_is_there_once(race_with, dora, review):
    for number in range(ROUNDS // 2):
        import_, results = race_with(number, lambda *given: take_over_votes(fresh(dora), *given))

        assert sorted(one.votes for one in results) == [0, 10]
        assert Vote.objects.filter(imported_by=import_).count() == 10
        assert verify(review).differences == []


def test_the_import_is_undone_before_or_not_at_all(race_with, dora, review):
    for number in range(ROUNDS // 2):
        import_, results = race_with(
            number, lambda import_, *rest: undo_import(fresh(dora), import_)
        )

        assert kinds(results) in (["HasWork", "Taken"], ["Import", "Refused"])
        votes = Vote.objects.filter(imported_by=import_).count()
        assert votes == (10 if kinds(results)[0] == "HasWork" else 0)
        assert verify(review).differences == []
