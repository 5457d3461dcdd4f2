"""Flip one vote on an item that is not settled: nobody else's bytes may change."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from screening.actions import conflicts as settle
from screening.actions.rounds import reopen
from screening.models import ScreeningItem
from screening.rules import Decision, Stage
from tests.clock import complete_since

pytestmark = pytest.mark.usefixtures("long_undo")

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
    "/reviews/{}/export/excluded_full_text.csv",
    "/reviews/{}/export/duplicates.csv",
    "/reviews/{}/export/log.csv",
    "/reviews/{}/screen/full-text/progress/",
    "/reviews/{}/full-texts/?show=all",
    "/reviews/{}/conflicts/full-text/",
    "/reviews/{}/records/",
    "/reviews/{}/records/?outcome=partial",
    "/reviews/{}/records/?stage=full-text&outcome=included",
    "/reviews/{}/records/?outcome=excluded",
    "/reviews/{}/records/?conflict=yes",
    "/reviews/{}/records/?box=dbr_excluded:E1",
    "/reviews/{}/records.csv",
    "/reviews/{}/records.ris?outcome=included",
    "/reviews/{}/records/{}/",  # of the last record, whose votes differ
]
TOKEN = re.compile(rb'name="(?:csrfmiddlewaretoken|request_key)" value="[^"]+"')
TIME = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+Z|\b\d\d:\d\d(?::\d\d)?\b")


@pytest.fixture
def everything(client, review):
    """Every byte a person can fetch from here, headers included; tokens, cookies and clock times aside."""

    def fetch(access) -> dict[str, tuple[int, dict[str, str], bytes]]:
        client.force_login(access.user)
        last = review.records.order_by("-number").values_list("pk", flat=True)[0]
        fetched = {}
        for path in PATHS:
            cache.clear()
            answer = client.get(path.format(review.pk, last))
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            headers = {name: value for name, value in answer.items() if name != "Set-Cookie"}
            body = TIME.sub(b"", TOKEN.sub(b"", body))
            fetched[path] = (answer.status_code, headers, body)
        return fetched

    return fetch


def differences(one: list[dict], other: list[dict]) -> list[str]:
    """The addresses that answer otherwise, with what each has and the other lacks."""
    return [
        f"{path}: {sorted(set(a[path][2].splitlines()) ^ set(b[path][2].splitlines()))}"
        for a, b in zip(one, other, strict=True)
        for path in a
        if a[path] != b[path]
    ]


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


def test_a_change_of_anothers_vote_changes_nothing(cast, bob, everything, unsettled, vote):
    others = [access for access in cast if access is not bob]
    before = [everything(access) for access in others]

    for sign in "-?":
        vote(unsettled, bob, sign, note="I thought again", seconds=77)
        assert differences([everything(access) for access in others], before) == [], sign


@pytest.mark.parametrize("alices", [".", "+", "-"])
def test_worlds_that_differ_in_one_vote_look_the_same(
    cast, bob, everything, history, screened, vote, alices
):
    """As if Bob had voted otherwise from the beginning, and Alice as she did."""
    others = [access for access in cast if access is not bob]
    item, worlds = screened(alices), []
    for bobs in "+-?":
        with transaction.atomic():
            vote(item, bob, bobs)
            worlds.append([everything(access) for access in others])
            transaction.set_rollback(True)

    assert differences(worlds[0], worlds[1]) == differences(worlds[0], worlds[2]) == []


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


# --- Full text --------------------------------------------------------------------------------

FT = Stage.FULL_TEXT


def rows_of(fetched, name: str) -> list[bytes]:
    return fetched[f"/reviews/{{}}/export/{name}.csv"][2].splitlines()[1:]


@pytest.fixture
def readings(history, alice, bob, carol, dora, read):
    """Reports settled with every outcome, one resolved and one reopened and settled again."""
    for votes in (("+", "+"), ("E1", "E2"), ("E1", "+"), ("E2 E3", "+"), ("+", "+")):
        item = read(*votes)
        complete_since(
            timezone.now() - timedelta(hours=1), ScreeningItem.objects.filter(pk=item.pk)
        )
        if votes == ("E2 E3", "+"):
            end(dora, carol, item, "E3")


def end(dora, carol, item, reason: str) -> None:
    settle.refer(dora, item.record, stage=FT, why="Stuck")
    settle.adjudicate(
        carol, item.record, stage=FT, decision=Decision.EXCLUDE, reason=reason, rationale="No"
    )


@pytest.fixture(params=["partial", "complete"])
def unsettled_report(request, readings, read):
    """A report with Bob's vote, alone or beside Alice's."""
    return read("." if request.param == "partial" else "E1", "E1")


def test_a_change_of_anothers_reasons_changes_nothing(
    cast, bob, everything, unsettled_report, judge
):
    others = [access for access in cast if access is not bob]
    before = [everything(access) for access in others]

    for said in ("+", "E2", "E1 E2", "E2 E1 E3"):
        judge(unsettled_report, bob, said, note="I thought again", seconds=77)
        assert differences([everything(access) for access in others], before) == [], said


@pytest.mark.parametrize("alices", [".", "+", "E2 E1"])
def test_worlds_that_differ_in_one_full_text_vote_look_the_same(
    cast, bob, everything, readings, read, judge, alices
):
    """As if Bob had voted otherwise, or for other reasons, from the beginning."""
    others = [access for access in cast if access is not bob]
    item, worlds = read(alices, "."), []
    for bobs in ("+", "E1", "E2", "E1 E2 E3"):
        with transaction.atomic():
            judge(item, bob, bobs)
            worlds.append([everything(access) for access in others])
            transaction.set_rollback(True)

    assert [differences(world, worlds[0]) for world in worlds[1:]] == [[]] * 3


@pytest.mark.parametrize("strict", [False, True], ids=["any reason", "reasons must agree"])
def test_worlds_that_differ_in_a_new_round_look_the_same(
    cast, alice, bob, dora, everything, readings, read, judge, review, strict
):
    """Also where the earlier round was another: it is hidden while the report is judged anew."""
    review.protocols.update(reasons_must_agree=strict)
    others = [access for access in cast if access not in (alice, bob)]
    item, worlds = read(".", "."), []
    for earlier in (("+", "+"), ("E1 E2", "E2")):
        for alices, bobs in ((".", "."), ("E2", "E1"), ("+", "E1")):
            with transaction.atomic():
                for access, said in zip((alice, bob), earlier, strict=True):
                    judge(item, access, said)
                rows = ScreeningItem.objects.filter(pk=item.pk)
                complete_since(timezone.now() - timedelta(hours=1), rows)
                reopen(dora, item.record, stage=FT, why="Another version of it")
                if alices != ".":
                    judge(item, alice, alices)
                if bobs != ".":
                    judge(item, bob, bobs)
                votes = (alices != ".") + (bobs != ".")
                worlds.append((votes, [everything(access) for access in others]))
                transaction.set_rollback(True)

    for voted, world in worlds:
        assert differences(world, next(first for n, first in worlds if n == voted)) == []


def test_worlds_that_differ_in_a_vote_on_a_record_judged_anew_look_the_same(
    cast, alice, bob, dora, everything, readings, read, vote
):
    """Whether its report is sought again is not to be seen before that is settled."""
    others = [access for access in cast if access is not bob]
    item, worlds = read("E1", "E2"), []
    for bobs in "+-?":
        with transaction.atomic():
            rows = ScreeningItem.objects.filter(pk=item.pk)
            complete_since(timezone.now() - timedelta(hours=1), rows)
            reopen(dora, item.record, stage=Stage.TITLE_ABSTRACT, why="Wrong abstract")
            vote(item, alice, "+")
            vote(item, bob, bobs)
            worlds.append([everything(access) for access in others])
            transaction.set_rollback(True)

    assert differences(worlds[0], worlds[1]) == differences(worlds[0], worlds[2]) == []


def test_the_reader_sees_their_own_reasons_change(bob, everything, unsettled_report, judge):
    before = everything(bob)

    judge(unsettled_report, bob, "E1 E3")

    assert rows_of(everything(bob), "votes_long") != rows_of(before, "votes_long")


def test_what_is_compared_shows_reports_that_are_settled(
    dora, everything, readings, read, judge, bob, no_undo
):
    """The comparisons above look where a reason would show: each file has one more row, or another."""
    item = read("E1", ".")
    before = everything(dora)

    judge(item, bob, "E2")
    after = everything(dora)

    for name in ("votes_long", "excluded_full_text", "log"):
        assert len(rows_of(after, name)) > len(rows_of(before, name)), name
    assert rows_of(after, "records_wide") != rows_of(before, "records_wide")
