"""While a conflict is open, nobody but its voters learns whose vote is whose."""

import csv
import re
from collections.abc import Callable
from io import StringIO

import pytest

from tests.blinding.crawling import Answer, differing, everything, naming, only
from tests.worlds import NO, YES, World

OUTSIDE = ("Dora", "Carol", "Olive")
VOTERS = ("Alice", "Bob")
NOTE = "NOTE-ON-THE-CONFLICT"
STORY = "last"


def conflict(world: World, clock, *, alice=YES, bob=NO) -> Callable[[], None]:
    """A settled conflict on which notes tell decisions and not people."""

    def act() -> None:
        for name, decision in (("Alice", alice), ("Bob", bob)):
            world.vote(name, STORY, decision, note=f"{NOTE} {decision}", seconds=30)
        clock.wait(minutes=1)

    return act


def rows(seen: dict[str, Answer], ending: str) -> list[dict[str, str]]:
    (answer,) = [answer for address, answer in seen.items() if address.endswith(ending)]
    return list(csv.DictReader(StringIO(answer.text.removeprefix("\ufeff"))))


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_page_and_no_row_with_the_votes_names_a_voter(world, in_a_world, clock, name):
    worlds = [
        in_a_world(conflict(world, clock, alice=alice, bob=bob), lambda: everything(world, name))
        for alice, bob in [(YES, NO), (NO, YES)]
    ]

    seen, page = worlds[0], _page(world)
    pages = {page, f"/reviews/{world.review.pk}/records/{world.records[STORY].pk}/"}
    assert {address for address in naming(seen, NOTE) if ".csv" not in address} == pages
    for address in pages:
        assert [voter for voter in VOTERS if voter in seen[address].text] == [], address
    number = str(world.records[STORY].number)
    votes = [row for row in rows(seen, "votes_long.csv") if row["record_id"] == number]
    assert [row["reviewer"] for row in votes] == ["A", "B"]
    assert {row["vote"] for row in votes} == {"include", "exclude"}
    assert {(row["cast_at"], row["seconds"]) for row in votes} == {("", "")}
    (wide,) = [row for row in rows(seen, "records_wide.csv") if row["record_id"] == number]
    assert wide["ta_outcome"] == "conflict"
    assert {wide[f"vote_ta_{voter}"] for voter in VOTERS} == {"hidden"}
    # Had Alice and Bob voted the other way round, all but the two sides would be the same: they
    # stand in an order that tells nothing to whoever has not the key.
    sides = pages | {_votes(world)}
    assert differing(*worlds) <= sides


def test_the_voters_know_each_other(world, in_a_world, clock):
    page, votes = _page(world), _votes(world)

    seen = in_a_world(conflict(world, clock), lambda: only(world, "Bob", page, votes))

    assert "Alice" in seen[page].text
    number = str(world.records[STORY].number)
    assert [
        (row["reviewer"], row["vote"])
        for row in rows(seen, "votes_long.csv")
        if row["record_id"] == number
    ] == [("Alice", "include"), ("Bob", "exclude")]


def test_a_setting_of_the_protocol_shows_names(world, in_a_world, clock):
    def act() -> None:
        world.review.protocols.update(names_shown_in_conflicts=True)
        conflict(world, clock)()

    page = _page(world)

    seen = in_a_world(act, lambda: only(world, "Carol", page))

    assert [voter for voter in VOTERS if voter in seen[page].text] == list(VOTERS)


def test_the_log_tells_who_voted_what_once_that_is_settled(world):
    """Of agreed and of resolved records everything; of open conflicts nothing but to voters."""
    (log,) = only(world, "Dora", f"/reviews/{world.review.pk}/log/").values()

    for story, count in {
        "agreed to exclude": 2,
        "adjudicated": 2,
        "discussed": 2,
        "open conflict": 0,
        "proposed": 0,
        "Bob alone": 0,
        "both, not settled": 0,
    }.items():
        number = world.records[story].number
        told = re.findall(rf"voted (?:include|exclude|maybe) on record {number}\s", log.text)
        assert len(told) == count, story


def _page(world: World) -> str:
    return f"/reviews/{world.review.pk}/conflicts/title-abstract/{world.records[STORY].pk}/"


def _votes(world: World) -> str:
    return f"/reviews/{world.review.pk}/export/votes_long.csv"
