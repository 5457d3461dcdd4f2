"""Flip one vote on an item that is not settled: nobody else's bytes may change."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from screening.actions import conflicts as settle
from screening.rules import Decision, Stage
from tests.clock import complete_since

PATHS = [
    "/",
    "/reviews/{}/",
    "/reviews/{}/rail/",
    "/reviews/{}/screen/title-abstract/progress/",
    "/reviews/{}/log/",
    "/reviews/{}/log/?after=2",
    "/reviews/{}/export/",
    "/reviews/{}/export/votes_long.csv",
    "/reviews/{}/export/records_wide.csv",
    "/reviews/{}/export/resolutions.csv",
    "/reviews/{}/export/searches.csv",
]
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"')
TIME = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+Z")


@pytest.fixture
def everything(client, review):
    """Every byte a person can fetch from here, headers included; tokens, cookies and clock times aside."""

    def fetch(access) -> dict[str, tuple[int, dict[str, str], bytes]]:
        client.force_login(access.user)
        fetched = {}
        for path in PATHS:
            cache.clear()
            answer = client.get(path.format(review.pk))
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            headers = {name: value for name, value in answer.items() if name != "Set-Cookie"}
            body = TIME.sub(b"", TOKEN.sub(b"", body))
            fetched[path] = (answer.status_code, headers, body)
        return fetched

    return fetch


@pytest.fixture
def cast(alice, bob, carol, dora, libby, olive) -> list:
    return [alice, bob, carol, dora, libby, olive]


@pytest.fixture
def history(alice, bob, screened):
    """Settled items of every outcome, one conflict open and one resolved."""
    for signs in ("++", "--", "?+", "+-", "-+"):
        item = screened(signs)
    complete_since(timezone.now() - timedelta(days=1, hours=1))
    proposal = settle.propose(
        alice,
        item.record,
        stage=Stage.TITLE_ABSTRACT,
        decision=Decision.EXCLUDE,
        rationale="Talked about",
    )
    settle.confirm(bob, item.record, stage=Stage.TITLE_ABSTRACT, proposal_pk=proposal.pk)


@pytest.fixture(params=["partial", "complete"])
def unsettled(request, history, screened):
    """An item with Bob's vote, alone or beside Alice's."""
    return screened(".+" if request.param == "partial" else "++")


@pytest.mark.parametrize("sign", ["-", "?"])
def test_a_change_of_anothers_vote_changes_nothing(cast, bob, everything, unsettled, vote, sign):
    others = [access for access in cast if access is not bob]
    before = [everything(access) for access in others]

    vote(unsettled, bob, sign, note="I thought again", seconds=77)

    assert [everything(access) for access in others] == before


@pytest.mark.parametrize("alices", [".", "+", "-"])
def test_worlds_that_differ_in_one_vote_look_the_same(
    cast, bob, everything, history, screened, alices
):
    """As if Bob had voted otherwise from the beginning, and Alice as she did."""
    others = [access for access in cast if access is not bob]
    worlds = []
    for bobs in "+-?":
        with transaction.atomic():
            screened(alices + bobs)
            worlds.append([everything(access) for access in others])
            transaction.set_rollback(True)

    assert worlds[0] == worlds[1] == worlds[2]


def test_the_voter_sees_their_own_vote_change(bob, everything, unsettled, vote):
    """The comparison above would notice: for Bob himself the file is another."""
    before = everything(bob)["/reviews/{}/export/votes_long.csv"]

    vote(unsettled, bob, "-")

    assert everything(bob)["/reviews/{}/export/votes_long.csv"] != before


def test_what_is_compared_shows_votes_that_are_settled(
    alice, bob, everything, unsettled, vote, no_undo
):
    """The comparison above looks where a vote would show."""
    shown = everything(alice)["/reviews/{}/export/votes_long.csv"]

    assert shown[2].count(b"\r\n") == 1 + 10 + (2 if unsettled.completed_at else 0)
