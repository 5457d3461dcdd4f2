import ast
import re
from pathlib import Path

from django.utils import timezone

from reporting.log import SENTENCES, log_page, sentence
from screening import actions
from screening.actions.log import write_log
from screening.actions.voting import take_back_vote
from screening.models import LogEntry
from screening.rules import Stage

CHAIN_HASH = re.compile(r"\b[0-9a-f]{64}\b")


def test_actions_are_told_in_words():
    vote = {"record": 412, "vote": "exclude"}

    assert sentence("vote.cast", None, vote) == "voted exclude on record 412"
    assert sentence("vote.taken_back", vote, None) == "took back the vote on record 412"
    assert sentence("conflict.resolved", None, {"record": 7, "mode": "discussion"}) == (
        "resolved the conflict on record 7 by discussion: …"
    )


def test_every_action_of_the_program_has_a_sentence():
    code = re.compile(r"[a-z]+\.[a-z_]+")
    used = {
        constant.value
        for file in Path(actions.__file__).parent.glob("*.py")
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and "log" in ast.unparse(call.func)
        for constant in ast.walk(call)
        if isinstance(constant, ast.Constant) and code.fullmatch(str(constant.value))
    }

    assert len(used) >= 20
    assert used - set(SENTENCES) == set()


def test_lists_and_records_of_values_are_readable(dora):
    reasons = [{"code": "E1", "label": "No images", "hint": ""}, {"code": "E2", "label": "Animals"}]
    write_log(
        dora,
        "protocol.edited",
        before={"reasons": [], "stage": "title_abstract"},
        after={"reasons": reasons, "stage": "full_text", "is_open": True},
    )

    (line,) = log_page(dora).lines

    assert [(detail.label, detail.before, detail.after) for detail in line.details] == [
        ("Is open", "", "yes"),
        ("Reasons", "", "code: E1, label: No images; code: E2, label: Animals"),
        ("Stage", "title and abstract", "full text"),
    ]


def test_an_unknown_action_is_shown_by_its_code():
    assert sentence("future.thing", None, {"record": 1}) == "future.thing"


def test_text_in_an_entry_is_only_text():
    assert sentence("vote.cast", None, {"record": 1, "vote": "{record.__class__}"}) == (
        "voted {record.__class__} on record 1"
    )


def test_votes_appear_once_their_item_is_settled(dora, screened, settings):
    settings.UNDO_SECONDS = 10
    write_log(dora, "review.created")
    screened("++")
    screened("+.")

    before = log_page(dora)
    settings.UNDO_SECONDS = 0
    after = log_page(dora)

    assert [(line.number, line.what) for line in before.lines][1:] == []
    assert (before.shown, before.hidden_items) == (1, 2)
    assert [(line.number, line.what) for line in after.lines][:2] == [
        (3, "voted include on record 1"),
        (2, "voted include on record 1"),
    ]
    assert (after.shown, after.hidden_items) == (3, 1)


def test_a_change_of_a_hidden_vote_adds_to_no_number(alice, dora, screened, vote):
    item = screened("+.")
    before = log_page(dora)
    vote(item, alice, "-")
    take_back_vote(alice, item.record, stage=Stage.TITLE_ABSTRACT)

    assert log_page(dora) == before


def test_pages_are_addressed_by_what_is_shown(dora, screened):
    for number in range(120):
        if number % 10 == 0:
            screened("+.")
        write_log(dora, "future.thing", after={"n": number})

    first = log_page(dora)
    second = log_page(dora, first.older)
    third = log_page(dora, second.older)

    assert [line.number for line in first.lines] == list(range(120, 70, -1))
    assert [line.number for line in second.lines] == list(range(70, 20, -1))
    assert [line.number for line in third.lines] == list(range(20, 0, -1))
    assert (first.newer, first.older) == (None, 71)
    assert (second.newer, second.older) == (0, 21)
    assert (third.newer, third.older) == (71, None)
    assert log_page(dora, third.newer) == second


def test_a_number_beyond_the_log_shows_its_end(dora):
    write_log(dora, "future.thing")

    assert [line.number for line in log_page(dora, 10**17).lines] == [1]
    assert log_page(dora, 0).lines == []


def test_the_page_tells_who_when_what_and_why_and_no_hash(client, dora):
    write_log(
        dora,
        "future.thing",
        before={"title": "Old <b>"},
        after={"title": "New", "sha256": "a" * 64},
        why="A better name",
    )
    client.force_login(dora.user)

    answer = client.get(f"/reviews/{dora.review.pk}/log/")
    text = answer.content.decode()

    assert answer.status_code == 200
    assert "future.thing" in text
    assert "Dora" in text
    assert "A better name" in text
    assert "Old &lt;b&gt;" in text
    assert timezone.now().strftime("%Y-%m-%d") in text
    assert CHAIN_HASH.findall(text) == []
    assert LogEntry.objects.get().digest not in text


def test_only_the_lead_reads_the_log(client, alice, carol, libby, olive, mallory):
    statuses = []
    for access in (alice, carol, libby, olive, mallory):
        client.force_login(access.user)
        statuses.append(client.get(f"/reviews/{alice.review.pk}/log/").status_code)

    assert statuses == [403, 403, 403, 403, 404]
