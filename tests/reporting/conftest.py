"""Reviews with votes in them, made by the actions people use."""

from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache

from screening.access import ReviewAccess
from screening.actions.voting import Ballot, cast_vote
from screening.models import ScreeningItem, Vote
from screening.rules import Decision, Stage
from tests.factories import ItemFactory

VOTES = {"+": Decision.INCLUDE, "-": Decision.EXCLUDE, "?": Decision.MAYBE}


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    """Counts kept from one test must not be read by the next."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def vote() -> Callable[..., Vote]:
    """`vote(item, alice, "+")`: include, `-` exclude, `?` maybe."""

    def cast(item: ScreeningItem, access: ReviewAccess, sign: str, **details) -> Vote:
        ballot = Ballot(VOTES[sign], **details)
        return cast_vote(access, item.record, ballot, stage=Stage.TITLE_ABSTRACT)

    return cast


@pytest.fixture
def screened(review, alice, bob, vote) -> Callable[[str], ScreeningItem]:
    """`screened("+-")`: a new item with Alice's vote, then Bob's; a dot is no vote."""

    def make(signs: str) -> ScreeningItem:
        item = ItemFactory(review=review)
        for access, sign in zip((alice, bob), signs, strict=False):
            if sign != ".":
                vote(item, access, sign)
        item.refresh_from_db()
        return item

    return make
