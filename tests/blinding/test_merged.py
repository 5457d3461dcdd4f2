"""Merging tells nobody how anybody voted, on the record that is kept or on its duplicate."""

from collections.abc import Callable

import pytest

from reporting.exports import votes
from screening.actions.merging import merge_records, separate
from screening.models import LogEntry
from tests.blinding.crawling import differing, everything, naming, only
from tests.worlds import NO, YES, World

KEPT, DUPLICATE = "unseen", "put off"
MARKER = "SAID-OF-THE-DUPLICATE"


def merged(world: World) -> None:
    merge_records(world.access("Dora"), world.records[KEPT], world.records[DUPLICATE])


@pytest.fixture
def seen_by(world, clock, in_a_world) -> Callable[..., list]:
    """What somebody sees when Alice voted so on the duplicate, or on what is kept."""

    def look(name: str, story: str, then: Callable[[World], None]) -> list:
        def ending(decision: str):
            def act():
                world.vote("Alice", story, decision, note=f"{MARKER} {decision}", seconds=20)
                then(world)

            return act

        return [in_a_world(ending(one), lambda: everything(world, name)) for one in (YES, NO)]

    return look


@pytest.mark.parametrize("story", [KEPT, DUPLICATE])
def test_no_byte_depends_on_a_vote_on_either_record(seen_by, story):
    first, second = seen_by("Bob", story, merged)

    assert naming(first, MARKER) == naming(second, MARKER) == []
    assert differing(first, second) == set()


def test_nor_after_they_are_separated(seen_by):
    def merged_and_separated(world: World) -> None:
        merged(world)
        record = world.records[KEPT]
        is_merged = record.merges.in_force().exists()
        separate(world.access("Dora"), record if is_merged else world.records[DUPLICATE])

    first, second = seen_by("Dora", DUPLICATE, merged_and_separated)

    assert naming(first, MARKER) == []
    assert differing(first, second) == set()


def test_a_vote_on_the_duplicate_is_shown_when_what_is_kept_is_settled(world, clock):
    world.vote("Alice", DUPLICATE, NO, note=MARKER)
    merged(world)
    kept = next(story for story in (KEPT, DUPLICATE) if not world.records[story].merges.exists())
    world.vote("Bob", kept, NO)
    assert naming(everything(world, "Olive"), MARKER) == []

    clock.wait(minutes=1)

    address = f"/reviews/{world.review.pk}/export/votes_long.csv"
    assert naming(only(world, "Olive", address), MARKER) == [address]


def test_a_vote_on_the_duplicate_names_nobody_while_what_is_kept_is_in_conflict(world, clock):
    world.vote("Alice", DUPLICATE, NO)
    world.vote("Bob", KEPT, YES)
    merged(world)
    clock.wait(minutes=1)
    numbers = {world.records[story].number for story in (KEPT, DUPLICATE)}

    for name in ("Olive", "Dora"):
        access = world.access(name)
        column = {heading: place for place, heading in enumerate(votes.COLUMNS)}
        told = [row for row in votes.rows(access) if row[column["record_id"]] in numbers]
        assert {row[column["reviewer"]] for row in told} == {"A", "B"}
        entries = LogEntry.objects.visible_to(access).filter(action="vote.cast")
        assert not entries.filter(item__record__number__in=numbers).exists()
