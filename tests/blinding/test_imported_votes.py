"""Two files that differ in one vote: the other voters fetch the same bytes until it is settled.

Both are kept under one digest, which stands on the page of the import; so does its size.
"""

import pytest

from screening.actions.foreign_votes import Reading, take_over_votes
from screening.importers.votes import ForeignVote
from screening.importers.votes.base import Decision
from screening.models import Record
from tests.blinding.crawling import differing, everything, naming, only
from tests.worlds import TA, World

MARKER = "ALICE-THINKS-SO"


def taken_over(world: World, decision: Decision) -> None:
    """Alice's vote on a record that nobody voted on, and one that completes another."""
    votes = [
        ForeignVote(position(world, story), story, "Alice", decision, note=MARKER)
        for story in ("unseen", "Bob alone")
    ]
    people = {"Alice": [world.people["Alice"].membership]}
    taken = take_over_votes(
        world.access("Dora"), world.committed, votes, Reading("Rayyan", TA, people, {})
    )
    assert taken.votes == 2


def position(world: World, story: str) -> int:
    return Record.objects.get(pk=world.records[story].pk).position


@pytest.mark.parametrize("name", ["Bob", "Dora"])
def test_no_byte_depends_on_an_imported_vote_that_is_not_settled(world, in_a_world, name):
    worlds = [
        in_a_world(
            lambda decision=decision: taken_over(world, decision), lambda: everything(world, name)
        )
        for decision in (Decision.INCLUDE, Decision.EXCLUDE)
    ]

    assert differing(*worlds) == set()
    assert naming(worlds[0], MARKER) == []


def test_once_settled_the_others_see_the_difference(world, in_a_world, clock):
    def settled(decision):
        taken_over(world, decision)
        clock.wait(minutes=1)

    votes = f"/reviews/{world.review.pk}/export/votes_long.csv"
    crawled = in_a_world(lambda: settled(Decision.INCLUDE), lambda: everything(world, "Bob"))
    other = in_a_world(lambda: settled(Decision.EXCLUDE), lambda: only(world, "Bob", votes))

    assert crawled[votes] != other[votes]
    assert votes in naming(crawled, MARKER)
