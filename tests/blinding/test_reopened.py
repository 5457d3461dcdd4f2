"""While a record is judged anew, nothing anybody can fetch depends on how it was judged before."""

import re
from collections.abc import Callable, Iterable

import pytest

from screening.actions import conflicts
from screening.actions.retrieval import say_of_report
from screening.actions.rounds import reopen
from screening.actions.voting import Ballot, cast_vote
from screening.models import ExclusionReason, RetrievalState
from screening.rules import Stage
from tests.blinding.crawling import differing, everything, naming, only
from tests.worlds import MAYBE, NO, TA, YES, World

STORY = "unseen"
COUNTS_OF_VOTES = re.compile(r"/(team/(\d+/remove/)?|log/|export/((votes_long|log)\.csv)?)$")
MARKER = "BEFORE-IT-WAS-REOPENED"


def judged(world: World, clock, alice: str, bob: str) -> None:
    world.vote("Alice", STORY, alice, note=MARKER, seconds=20)
    world.vote("Bob", STORY, bob, note=MARKER, seconds=20)
    clock.wait(minutes=1)


def reopened(world: World, clock, stage: Stage = TA) -> None:
    """At one moment, however long it took before: that it was is shown."""
    clock.time = clock.time.replace(minute=3, second=0)
    reopen(world.access("Dora"), world.records[STORY], stage=stage, why=f"{MARKER} a mistake")


def included_and_got(world: World, clock) -> None:
    judged(world, clock, YES, MAYBE)
    record = world.records[STORY]
    said = {"why": f"{MARKER} the author"}
    say_of_report(world.access("Libby"), record, RetrievalState.REQUESTED, **said)
    say_of_report(world.access("Libby"), record, RetrievalState.RETRIEVED)
    reopened(world, clock)


def included_and_screened(world: World, clock) -> None:
    judged(world, clock, YES, YES)
    screened(world, clock, YES, NO)
    reopened(world, clock)


def screened(world: World, clock, *decisions: str, reason: int = 0) -> None:
    """Alice and Bob vote on the report, to exclude it for this reason of the protocol."""
    code = world.access("Dora").scope(ExclusionReason).in_use()[reason].code
    for name, decision in zip(("Alice", "Bob"), decisions, strict=True):
        codes = (code,) if decision == NO else ()
        ballot = Ballot(decision, note=MARKER, reasons=codes)
        cast_vote(world.access(name), world.records[STORY], ballot, stage=Stage.FULL_TEXT)
    clock.wait(minutes=1)


def reopened_at_full_text(*decisions: str, reason: int = 0) -> Callable[[World, object], None]:
    def past(world, clock):
        judged(world, clock, YES, YES)
        screened(world, clock, *decisions, reason=reason)
        reopened(world, clock, Stage.FULL_TEXT)

    return past


def excluded(world: World, clock) -> None:
    judged(world, clock, NO, NO)
    reopened(world, clock)


def resolved(world: World, clock) -> None:
    judged(world, clock, YES, NO)
    record = world.records[STORY]
    conflicts.refer(world.access("Dora"), record, stage=TA, why=f"{MARKER} stuck")
    said = {"decision": NO, "rationale": f"{MARKER} not about images"}
    conflicts.adjudicate(world.access("Carol"), record, stage=TA, **said)
    reopened(world, clock)


def half_judged_again(world: World, decision: str) -> None:
    world.vote("Bob", STORY, decision, note="anew", seconds=5)


@pytest.fixture
def seen_in(world, clock, in_a_world) -> Callable[..., list]:
    """What one person sees in each of these pasts; every one ends at the same moment."""

    def look(name: str, pasts: Iterable[Callable[[World, object], None]]) -> list:
        def ending(past):
            def act():
                began = clock.time
                past(world, clock)
                clock.time = began
                clock.wait(minutes=5)

            return act

        return [in_a_world(ending(past), lambda: everything(world, name)) for past in pasts]

    return look


@pytest.mark.parametrize("name", ["Dora", "Carol", "Libby", "Olive"])
def test_no_byte_depends_on_how_a_reopened_record_was_judged_before(seen_in, name):
    first, *others = seen_in(name, [included_and_got, excluded, resolved])

    assert naming(first, MARKER) == []
    for another in others:
        assert differing(first, another) == set()


@pytest.mark.parametrize("name", ["Dora", "Olive"])
def test_nor_on_how_its_report_was_and_why(seen_in, name):
    """At full text the marker of title and abstract stays to be seen: that was not reopened."""
    pasts = [
        reopened_at_full_text(YES, YES),
        reopened_at_full_text(NO, NO),
        reopened_at_full_text(NO, NO, reason=1),
    ]

    first, *others = seen_in(name, pasts)

    for another in others:
        assert differing(first, another) == set()
    assert naming(first, f"{MARKER} a mistake") == []


@pytest.mark.parametrize("name", ["Dora", "Olive"])
def test_of_votes_on_its_report_only_their_number_is_told(seen_in, world, name):
    """Counts of work done go on counting them, as they do for every vote that is hidden."""
    without, screened = seen_in(name, [excluded, included_and_screened])

    assert naming(screened, MARKER) == []
    told = differing(without, screened)
    assert [address for address in told if not COUNTS_OF_VOTES.search(address)] == []
    assert without.keys() == screened.keys()


@pytest.mark.parametrize("name", ["Bob", "Dora"])
def test_nor_while_the_new_round_is_short_of_votes(seen_in, name):
    def then_voted(past):
        def act(world, clock):
            past(world, clock)
            half_judged_again(world, YES)

        return act

    first, second = seen_in(name, [then_voted(included_and_got), then_voted(resolved)])

    if name == "Dora":
        assert naming(first, MARKER) == []
        assert differing(first, second) == set()
    else:  # his own votes are his
        assert all("votes_long" in address for address in naming(first, MARKER))
        assert all("votes_long" in address for address in differing(first, second))


def test_once_the_new_round_is_settled_the_one_before_is_shown(world, clock):
    included_and_got(world, clock)
    for name in ("Alice", "Bob"):
        world.vote(name, STORY, YES)
    review = f"/reviews/{world.review.pk}"
    shown = [f"{review}/log/", f"{review}/export/votes_long.csv"]
    assert naming(only(world, "Dora", *shown), MARKER) == []

    clock.wait(minutes=5)

    assert naming(only(world, "Dora", *shown), MARKER) == shown
