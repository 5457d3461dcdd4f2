"""Flip one vote, and every byte the others can fetch stays the same until it is settled.

The crawl reads every address as each person, in worlds that differ in Alice's votes on two
records: one where she is the first to vote, and one where her vote is the last.
"""

from collections.abc import Callable

import pytest

from screening.actions.voting import take_back_vote
from screening.models import ScreeningItem, Vote
from screening.rules import Decision
from tests.blinding.crawling import (
    answer_of,
    differing,
    everything,
    lines_with,
    naming,
    only,
    signed_in,
)
from tests.worlds import MAYBE, NO, TA, YES, World

UNSETTLED = ("Alice alone", "both, not settled")
MARKER = "ALICE-THINKS-SO"
OTHERS = ("Bob", "Dora", "Carol", "Libby", "Olive")


def alice_votes(world: World, decision: Decision, **ballot: object) -> Callable[[], None]:
    def act() -> None:
        for story in UNSETTLED:
            world.vote("Alice", story, decision, **{"note": MARKER, "seconds": 20, **ballot})

    return act


@pytest.mark.parametrize("name", OTHERS)
def test_no_byte_depends_on_a_vote_that_is_not_settled(world, in_a_world, name):
    worlds = [
        in_a_world(alice_votes(world, decision), lambda: everything(world, name))
        for decision in ((YES, NO, MAYBE) if name in {"Bob", "Dora"} else (YES, NO))
    ]

    for another in worlds[1:]:
        assert differing(worlds[0], another) == set()
    assert naming(worlds[0], MARKER) == []
    assert len(worlds[0]) > 40


@pytest.mark.parametrize("name", ["Bob", "Lena"])
def test_nor_where_three_people_share_the_queue_and_one_of_them_leads(
    shared_world, in_a_world, name
):
    worlds = [
        in_a_world(alice_votes(shared_world, decision), lambda: everything(shared_world, name))
        for decision in (YES, NO)
    ]

    assert differing(*worlds) == set()
    assert naming(worlds[0], MARKER) == []


@pytest.mark.parametrize("name", ["Bob", "Dora"])
def test_nor_on_the_way_a_vote_took(world, in_a_world, name):
    """Other notes and other times; changed from one to the other; taken back and cast anew."""

    def changed(first: Decision, second: Decision) -> Callable[[], None]:
        def act() -> None:
            alice_votes(world, first)()
            alice_votes(world, second, note=f"{MARKER} {second}")()

        return act

    def taken_back(decision: Decision) -> Callable[[], None]:
        def act() -> None:
            alice_votes(world, decision)()
            for story in UNSETTLED:
                take_back_vote(world.access("Alice"), world.records[story], stage=TA)

        return act

    for first, second in [
        (alice_votes(world, NO), alice_votes(world, NO, note="Quite another thought", seconds=900)),
        (changed(YES, NO), changed(NO, YES)),
        (taken_back(YES), taken_back(NO)),
    ]:
        worlds = [in_a_world(act, lambda: everything(world, name)) for act in (first, second)]
        assert differing(*worlds) == set()
        assert naming(worlds[0], MARKER) == []


def test_alice_herself_sees_the_difference(world, in_a_world):
    """The crawl would notice: for her the worlds are others, where it comes along."""
    review = f"/reviews/{world.review.pk}"
    mine = f"{review}/screen/title-abstract/{world.records['Alice alone'].pk}/"
    shown = [mine, f"{review}/screen/title-abstract/mine/", f"{review}/export/votes_long.csv"]

    crawled = in_a_world(alice_votes(world, YES), lambda: everything(world, "Alice"))
    other = in_a_world(alice_votes(world, NO), lambda: only(world, "Alice", *shown))

    assert [address for address in shown if crawled[address] == other[address]] == []
    assert mine in naming(crawled, MARKER)


@pytest.mark.parametrize("name", ["Bob", "Dora"])
def test_once_settled_the_others_see_the_difference(world, in_a_world, clock, name):
    """And the crawl looks where a vote would show."""
    review = f"/reviews/{world.review.pk}"
    files = [f"{review}/export/{name}.csv" for name in ("votes_long", "records_wide")]
    shown = [f"{review}/", f"{review}/conflicts/title-abstract/", *files]
    if name == "Dora":
        shown.append(f"{review}/log/")

    def settled(decision):
        alice_votes(world, decision)()
        clock.wait(minutes=1)

    crawled = in_a_world(lambda: settled(YES), lambda: everything(world, name))
    other = in_a_world(lambda: settled(NO), lambda: only(world, name, *shown))

    assert [address for address in shown if crawled[address] == other[address]] == []
    assert files[0] in naming(crawled, MARKER)
    # Nobody but Alice voted on the other record, which stays hidden.
    number = world.records["Alice alone"].number
    assert list(lines_with(crawled, f",{number},,,", "votes_long.csv")) == []


def test_what_bob_sends_is_answered_the_same(world, in_a_world, clock):
    """His vote that completes the record, its undoing, and all the mistakes he can make."""

    def look():
        return list(_deeds(world, clock)), everything(world, "Bob"), everything(world, "Dora")

    worlds = [in_a_world(alice_votes(world, decision), look) for decision in (YES, NO, MAYBE)]

    for answers, as_bob, as_dora in worlds[1:]:
        assert [
            pair for pair in zip(answers, worlds[0][0], strict=True) if pair[0] != pair[1]
        ] == []
        assert differing(as_bob, worlds[0][1]) == set()
        assert differing(as_dora, worlds[0][2]) == set()
    assert naming(worlds[0][1], MARKER) == []


def _deeds(world, clock):
    bob = signed_in(world, "Bob")
    address = f"/reviews/{world.review.pk}/screen/title-abstract/"
    alone, both = (f"{address}{world.records[story].pk}/" for story in UNSETTLED)
    by_script = {"X-Requested-With": "fetch"}

    def send(to, headers=None, **sent):
        clock.wait(milliseconds=100)
        return answer_of(bob.post(to, sent, headers=headers))

    record, other = (world.records[story].pk for story in UNSETTLED)
    yield send(f"{address}claim/", by_script, held=f"{record},{other}")
    yield send(alone, by_script, vote="exclude", note="mine", current="", held=f"{record}")
    yield send(f"{address}undo/", by_script, record=record)
    yield send(alone, vote="perhaps")
    yield send(alone, vote="include", current="999")
    yield send(alone, vote="include", note="completes it")
    yield answer_of(bob.get(address))
    yield send(f"{address}undo/")
    assert not _votes("Bob", world.records["Alice alone"].pk).exists()
    yield send(alone, by_script, vote="maybe", current="")
    yield send(alone, vote="exclude", note="changed while it can be")
    yield send(f"{alone}later/", by_script)
    yield send(both, vote="exclude", note="changed after Alice")
    yield send(f"{address}undo/", record=other)
    yield send(both, by_script, vote="include")
    yield send(f"{address}undo/", by_script, record=other, request_key="one")
    yield send(f"{address}undo/", by_script, record=other, request_key="one")
    assert not _votes("Bob", other).exists()
    yield send(both, vote="maybe")


def _votes(name: str, record: int):
    return Vote.objects.current().filter(reviewer__name=name, item__record=record)


def test_a_third_persons_vote_on_a_full_record_is_refused_in_the_same_words(
    shared_world, in_a_world
):
    address = f"/reviews/{shared_world.review.pk}/screen/title-abstract/"
    record = shared_world.records["both, not settled"].pk

    def look():
        lena = signed_in(shared_world, "Lena")
        sent = {"vote": "include", "note": "too late"}
        return [
            answer_of(lena.post(f"{address}{record}/", sent, headers=headers))
            for headers in (None, {"X-Requested-With": "fetch"})
        ]

    worlds = [in_a_world(alice_votes(shared_world, decision), look) for decision in (YES, NO)]

    assert worlds[0] == worlds[1]
    assert [answer.status for answer in worlds[0]] == [409, 409]


def test_after_the_time_to_undo_a_vote_stands_and_not_before(world, in_a_world, clock):
    """The boundary is the same for whoever voted last and for everybody who looks."""
    record = world.records["both, not settled"].pk
    address = f"/reviews/{world.review.pk}/conflicts/title-abstract/{record}/"

    def look():
        found = []
        for seconds in (9.9, 0.2):
            clock.wait(seconds=seconds)
            found += [
                signed_in(world, "Dora").get(address).status_code,
                signed_in(world, "Bob")
                .post(f"/reviews/{world.review.pk}/screen/title-abstract/undo/", {"record": record})
                .status_code
                if seconds < 1
                else ScreeningItem.objects.settled().filter(record=record).count(),
            ]
        return found

    assert in_a_world(alice_votes(world, NO), look) == [404, 0, 200, 409]
