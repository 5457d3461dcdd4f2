"""Reviews with votes in them, made by the actions people use."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from screening.access import ReviewAccess
from screening.actions.voting import Ballot, cast_vote
from screening.models import ExclusionReason, ScreeningItem, Vote
from screening.rules import Decision, Stage
from tests.clock import complete_since
from tests.factories import ItemFactory

VOTES = {"+": Decision.INCLUDE, "-": Decision.EXCLUDE, "?": Decision.MAYBE}


@pytest.fixture
def long_undo(settings) -> None:
    """Nothing settles while pages are read and compared, however slow the machine is."""
    settings.UNDO_SECONDS = 600


@pytest.fixture
def vote() -> Callable[..., Vote]:
    """`vote(item, alice, "+")`: include, `-` exclude, `?` maybe."""

    def cast(item: ScreeningItem, access: ReviewAccess, sign: str, **details) -> Vote:
        ballot = Ballot(VOTES[sign], **details)
        return cast_vote(access, item.record, ballot, stage=Stage.TITLE_ABSTRACT)

    return cast


@pytest.fixture
def screened(review, alice, bob, vote) -> Callable[..., ScreeningItem]:
    """`screened("+-")`: a new item with Alice's vote, then Bob's; a dot is no vote."""

    def make(signs: str, **facts: str) -> ScreeningItem:
        item = ItemFactory(
            review=review, **{f"record__{name}": fact for name, fact in facts.items()}
        )
        for access, sign in zip((alice, bob), signs, strict=False):
            if sign != ".":
                vote(item, access, sign)
        item.refresh_from_db()
        return item

    return make


@pytest.fixture
def reasons(review) -> list[ExclusionReason]:
    """E1 to E3, in the order of the protocol."""
    labels = ("Not in humans", "No images", "No measure of quality")
    return [
        ExclusionReason.objects.create(review=review, code=f"E{place}", position=place, label=label)
        for place, label in enumerate(labels, start=1)
    ]


@pytest.fixture
def judge(reasons) -> Callable[..., Vote]:
    """`judge(item, alice, "E1 E2")`: excludes the report for these reasons; `+` includes it."""

    def cast(item: ScreeningItem, access: ReviewAccess, said: str, **details) -> Vote:
        codes = () if said == "+" else tuple(said.split())
        ballot = Ballot(VOTES["-" if codes else "+"], reasons=codes, **details)
        return cast_vote(access, item.record, ballot, stage=Stage.FULL_TEXT)

    return cast


@pytest.fixture
def sought(screened) -> Callable[..., ScreeningItem]:
    """`sought()`: the report of a new record, included by Alice and Bob a day ago."""

    def make(**facts: str) -> ScreeningItem:
        record = screened("++", **facts)
        long_ago = timezone.now() - timedelta(days=1)
        complete_since(long_ago, ScreeningItem.objects.filter(pk=record.pk))
        return ScreeningItem.objects.at(Stage.FULL_TEXT).get(record=record.record)

    return make


@pytest.fixture
def read(sought, judge, alice, bob) -> Callable[..., ScreeningItem]:
    """`read("E1", "+")`: a new report with Alice's vote, then Bob's; a dot is no vote."""

    def make(*votes: str, **facts: str) -> ScreeningItem:
        item = sought(**facts)
        for access, said in zip((alice, bob), votes, strict=False):
            if said != ".":
                judge(item, access, said)
        item.refresh_from_db()
        return item

    return make
