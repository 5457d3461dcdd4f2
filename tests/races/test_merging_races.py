"""Merging at the same instant as voting, merging and importing: no vote is lost or counted twice."""

from collections.abc import Callable
from functools import partial

import pytest

from screening.access import ReviewAccess, access_for
from screening.actions.importing import preview_import
from screening.actions.merging import merge_records, separate, take_back_merge
from screening.actions.rounds import reopen
from screening.actions.storing import commit_import
from screening.actions.undoing import undo_import
from screening.actions.voting import Ballot, cast_vote, take_back_vote
from screening.models import Import, Merge, Record, Role, ScreeningItem, Vote
from screening.rules import Decision, Stage
from tests.conftest import join
from tests.factories import ItemFactory, SourceFactory
from tests.races.starting import ROUNDS, kinds, race
from tests.screening.merging.libraries import ATLAS, GAN, Paper, imported

TA = Stage.TITLE_ABSTRACT
INCLUDE, EXCLUDE = Decision.INCLUDE, Decision.EXCLUDE
GREEK = ("Alpha", "Beta", "Gamma", "Delta", "Rho", "Tau", "Chi", "Psi", "Eta", "Xi")
STARS = ("Ursa", "Lyra", "Ara", "Vela", "Pavo", "Hydra", "Orion", "Cetus", "Norma", "Musca")


@pytest.fixture
def lena(review) -> ReviewAccess:
    return join(review, "Lena", Role.LEAD)


def fresh(access: ReviewAccess) -> ReviewAccess:
    return access_for(access.user, access.review.pk)


def voting(
    access: ReviewAccess, record: Record, decision: Decision = INCLUDE
) -> Callable[[], Vote]:
    return lambda: cast_vote(fresh(access), record, Ballot(decision), stage=TA)


def merging(access: ReviewAccess, one: Record, other: Record) -> Callable[[], Merge]:
    return lambda: merge_records(fresh(access), one, other)


def current(record: Record) -> list[Vote]:
    return list(Vote.objects.current().filter(item__record=record).order_by("pk"))


def test_a_vote_is_cast_before_the_merge_or_told_of_it(review, alice, bob, dora):
    """Both vote on the two records while these are merged; what is acknowledged counts."""
    for _ in range(ROUNDS):
        kept, duplicate = ItemFactory(review=review).record, ItemFactory(review=review).record

        merge, on_kept, on_duplicate = race(
            merging(dora, kept, duplicate), voting(alice, kept), voting(bob, duplicate, EXCLUDE)
        )

        assert isinstance(merge, Merge)
        acknowledged = {vote.reviewer for vote in (on_kept, on_duplicate) if isinstance(vote, Vote)}
        counted = {vote.reviewer for vote in current(merge.kept)}
        assert counted == acknowledged
        refused = [vote for vote in (on_kept, on_duplicate) if not isinstance(vote, Vote)]
        assert all("was merged into" in str(refusal) for refusal in refused)


def test_the_last_free_place_goes_to_one_vote(review, alice, bob, dora):
    """Alice has voted on one record, Bob on the other, and a third votes as they are merged."""
    theo = join(review, "Theo", Role.REVIEWER)
    for _ in range(ROUNDS):
        kept, duplicate = ItemFactory(review=review).record, ItemFactory(review=review).record
        voting(alice, kept)()
        voting(bob, duplicate)()

        merge, _ = race(merging(dora, kept, duplicate), voting(theo, kept))

        assert len(current(merge.kept)) == 2
        assert merge.kept.items.get(stage=TA).outcome == "included"


def test_a_vote_is_taken_back_while_its_record_is_merged(review, alice, bob, dora):
    for _ in range(ROUNDS):
        kept, duplicate = ItemFactory(review=review).record, ItemFactory(review=review).record
        voting(alice, kept)()
        voting(bob, duplicate)()

        race(
            merging(dora, kept, duplicate),
            lambda duplicate=duplicate: take_back_vote(fresh(bob), duplicate, stage=TA),
        )


def test_two_leads_merge_three_records_in_a_circle(review, dora, lena):
    for _ in range(ROUNDS):
        a, b, c = (ItemFactory(review=review).record for _ in range(3))

        results = race(merging(dora, a, b), merging(lena, b, c), merging(dora, c, a))

        assert kinds(results) == ["Merge", "Merge", "Refused"]
        assert ScreeningItem.objects.filter(record__in=[a, b, c], closed_at=None).count() == 1


def test_separating_and_voting_leave_every_vote_somewhere(review, alice, bob, dora):
    for number in range(ROUNDS):
        kept, duplicate = ItemFactory(review=review).record, ItemFactory(review=review).record
        voting(bob, duplicate)()
        voting(bob, duplicate, EXCLUDE)()
        merge = merge_records(fresh(dora), kept, duplicate)
        undo = (separate, merge.record) if number % 2 else (take_back_merge, merge)

        race(
            lambda undo=undo: undo[0](fresh(dora), undo[1]),
            voting(alice, merge.kept),
            voting(bob, merge.kept, INCLUDE),
        )

        assert len(current(kept)) + len(current(duplicate)) >= 2


def test_reopening_and_merging_end_in_one_open_item(review, alice, bob, dora, lena, no_undo):
    for _ in range(ROUNDS):
        kept, duplicate = ItemFactory(review=review).record, ItemFactory(review=review).record
        for access in (alice, bob):
            voting(access, kept)()
        voting(alice, duplicate)()

        race(
            merging(dora, kept, duplicate),
            lambda kept=kept: reopen(fresh(lena), kept, stage=TA, why="A mistake."),
        )

        open_items = ScreeningItem.objects.at(TA).filter(record__in=[kept, duplicate])
        assert open_items.filter(closed_at=None).count() == 1


def of_round(number: int) -> list[Paper]:
    """Two papers that are like none of another round."""
    return [
        paper.but(
            title=f"{paper.title} of {names[number]}",
            author=f"{names[number]}, A.",
            volume=str(number + 1),
            pages=f"{number + 1}07-{number + 1}19",
            doi=f"{paper.doi}.{number}",
        )
        for paper, names in ((GAN, GREEK), (ATLAS, STARS))
    ]


def test_two_imports_of_the_same_papers_at_once_find_each_other(review, libby, tmp_path):
    for number in range(ROUNDS // 2):
        papers = of_round(number)

        def importing(name: str, papers: list[Paper] = papers) -> Import:
            return imported(fresh(libby), tmp_path, papers, source=name)

        results = race(
            partial(importing, f"PubMed {number}"), partial(importing, f"Embase {number}")
        )

        assert kinds(results) == ["Import", "Import"]
        by_both = Merge.objects.in_force().filter(record__imported_by__in=results)
        assert by_both.count() == 2


def test_an_import_is_undone_while_another_is_merged_into_it(review, libby, lena, tmp_path):
    for number in range(ROUNDS // 2):
        papers = of_round(number)[:1]
        first = imported(fresh(libby), tmp_path, papers, source=f"PubMed {number}")
        source = SourceFactory(review=review, name=f"Embase {number}")
        path = tmp_path / f"second-{number}.ris"
        path.write_text("".join(paper.ris("Embase") for paper in papers))
        second = preview_import(fresh(libby), source, path, path.name)

        results = race(
            lambda second=second: commit_import(fresh(libby), second),
            lambda first=first: undo_import(fresh(lena), first),
        )

        assert kinds(results) == ["Import", "Import"]
        [record] = Record.objects.imported().filter(imported_by__in=[first, second])
        assert record.items.get().closed_at is None
