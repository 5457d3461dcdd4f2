"""The screening page by its forms and by its script: what it answers, and what it keeps."""

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from screening.actions.voting import Ballot, cast_vote
from screening.models import HighlightTerm, LogEntry, Postponement, Role, ScreeningItem, Vote
from screening.rules import Decision, Stage
from tests.conftest import join
from tests.factories import ItemFactory

TA = Stage.TITLE_ABSTRACT


@pytest.fixture
def items(review) -> list[ScreeningItem]:
    return [ItemFactory(review=review) for _ in range(6)]


@pytest.fixture
def window(alice) -> Client:
    window = Client()
    window.force_login(alice.user)
    return window


def page(access, name, *args):
    return reverse(f"screening:{name}", args=[access.review.pk, TA, *args])


def fetch(window, address, **sent):
    return window.post(address, sent, headers={"X-Requested-With": "fetch"})


def card_shown(response) -> str:
    """The number of the one record that is live on the page."""
    html = re.sub(r"<template.*?</template>", "", response.content.decode(), flags=re.DOTALL)
    (number,) = re.findall(r'<article class="record".*?data-number="(\d+)"', html, re.DOTALL)
    return number


def cards_in(response) -> list[str]:
    return re.findall(r'data-number="(\d+)"', response.content.decode())


def votes(access) -> list[tuple[int, str, str]]:
    current = Vote.objects.current().filter(reviewer=access.user).order_by("item")
    return list(current.values_list("item__record__number", "decision", "note"))


# --- By plain forms ---------------------------------------------------------------------------


def test_a_vote_leads_to_the_next_record(window, alice, items):
    response = window.get(page(alice, "queue"))
    assert card_shown(response) == "1"

    address = page(alice, "record", items[0].record.pk)
    response = window.post(
        address, {"vote": "exclude", "note": "no images", "seconds": "12", "current": ""}
    )

    assert (response.status_code, response["Location"]) == (303, page(alice, "queue"))
    following = window.get(response["Location"])
    assert card_shown(following) == "2"
    assert "Saved: record 1, exclude." in following.content.decode()
    assert votes(alice) == [(1, "exclude", "no images")]
    assert Vote.objects.get().seconds == 12


def test_undo_takes_the_last_vote_back_and_shows_its_record(window, alice, items):
    for item in items[:2]:
        window.post(page(alice, "record", item.record.pk), {"vote": "include"})

    response = window.post(page(alice, "undo"), {"record": items[1].record.pk})

    assert (response.status_code, response["Location"]) == (
        303,
        page(alice, "record", items[1].record.pk),
    )
    assert votes(alice) == [(1, "include", "")]
    assert card_shown(window.get(page(alice, "queue"))) == "2"


@pytest.mark.parametrize("record", ["", "0", "²", "-1", "x", "9" * 30])
def test_undo_of_what_is_not_there_is_refused_in_a_sentence(window, alice, items, record):
    response = window.post(page(alice, "undo"), {"record": record})

    assert response.status_code == 409
    assert "There is no vote of yours that can still be taken back." in response.content.decode()


def test_later_puts_a_record_at_the_end(window, alice, items):
    response = window.post(page(alice, "later", items[0].record.pk))

    assert (response.status_code, response["Location"]) == (303, page(alice, "queue"))
    assert card_shown(window.get(page(alice, "queue"))) == "2"
    assert list(Postponement.objects.values_list("item", "reviewer")) == [
        (items[0].pk, alice.user.pk)
    ]


def test_my_votes_lists_mine_and_says_what_can_be_changed(window, alice, bob, items, settings):
    for item, decision in zip(items, ["include", "exclude", "maybe"], strict=False):
        cast_vote(alice, item.record, Ballot(Decision(decision), note=f"my {decision}"), stage=TA)
    cast_vote(bob, items[0].record, Ballot(Decision.INCLUDE, note="his"), stage=TA)
    settings.UNDO_SECONDS = 0

    text = window.get(page(alice, "mine")).content.decode()

    assert re.findall(r"my (\w+)<", text) == ["maybe", "exclude", "include"]
    assert (text.count("Can be changed"), text.count("Settled")) == (2, 1)
    assert ">his<" not in text
    filtered = window.get(page(alice, "mine"), {"vote": "exclude"}).content.decode()
    assert re.findall(r"my (\w+)<", filtered) == ["exclude"]


def test_a_vote_is_changed_on_the_page_of_its_record(window, alice, items):
    known = cast_vote(alice, items[0].record, Ballot(Decision.MAYBE, note="unsure"), stage=TA)
    address = page(alice, "record", items[0].record.pk)

    shown = window.get(address).content.decode()
    response = window.post(address, {"vote": "include", "note": "sure", "current": str(known.pk)})

    assert "Your vote: maybe." in shown
    assert re.search(r'value="maybe" aria-pressed="true"', shown)
    assert response.status_code == 303
    assert votes(alice) == [(1, "include", "sure")]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"vote": ""}, "Choose include, maybe or exclude."),
        ({"vote": "later"}, "“later” is no vote."),
        ({"vote": "include", "current": "x"}, "a vote number that cannot be read"),
        ({"vote": "include", "held": "1,x"}, "a list of records that cannot be read"),
        ({"vote": "include", "held": "9" * 30}, "a list of records that cannot be read"),
    ],
)
def test_what_cannot_be_read_is_said_and_the_note_is_kept(window, alice, items, sent, said):
    response = window.post(
        page(alice, "record", items[0].record.pk), {"note": "half an hour's work", **sent}
    )

    assert response.status_code == 422
    text = response.content.decode()
    assert said in text
    assert ">half an hour&#x27;s work</textarea>" in text
    assert card_shown(response) == "1"
    assert votes(alice) == []


def test_a_note_that_is_too_long_is_kept_too(window, alice, items):
    note = "x" * 10_001

    response = window.post(
        page(alice, "record", items[0].record.pk), {"vote": "include", "note": note}
    )

    assert response.status_code == 422
    assert note in response.content.decode()
    assert "A note can have 10,000 characters" in response.content.decode()


@pytest.mark.parametrize(
    ("seconds", "stored"), [("", None), ("0", 0), ("3600", 3600), ("3601", None), ("-1", None)]
)
def test_a_time_that_is_not_plausible_is_left_empty(window, alice, items, seconds, stored):
    window.post(page(alice, "record", items[0].record.pk), {"vote": "include", "seconds": seconds})

    assert Vote.objects.get().seconds == stored


def test_a_record_that_got_its_votes_is_told_with_the_next_card(window, alice, bob, review, items):
    carl = join(review, "Carl", Role.REVIEWER)
    for access in (bob, carl):
        cast_vote(access, items[0].record, Ballot(Decision.INCLUDE), stage=TA)

    response = window.post(page(alice, "record", items[0].record.pk), {"vote": "exclude"})

    assert response.status_code == 409
    assert "Record 1 got its votes while you were reading." in response.content.decode()
    assert card_shown(response) == "2"
    assert votes(alice) == []


def test_a_refused_page_shows_what_was_typed(window, alice, items):
    cast_vote(alice, items[0].record, Ballot(Decision.EXCLUDE), stage=TA)

    response = window.post(
        page(alice, "record", items[0].record.pk),
        {"vote": "include", "current": "", "note": "a long <b>thought</b>"},
    )

    assert response.status_code == 409
    text = response.content.decode()
    assert "went on in another tab: there your vote is exclude now" in text
    assert "a long &lt;b&gt;thought&lt;/b&gt;" in text
    assert votes(alice) == [(1, "exclude", "")]


def test_a_form_sent_twice_counts_once(window, alice, items):
    sent = {"vote": "include", "note": "", "request_key": uuid4().hex, "current": ""}
    address = page(alice, "record", items[0].record.pk)

    answers = [window.post(address, sent) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert Vote.objects.count() == LogEntry.objects.count() == 1


def test_a_key_that_no_database_takes_is_no_request(window, alice, items):
    sent = {"vote": "include", "request_key": "a\x00b"}

    assert window.post(page(alice, "record", items[0].record.pk), sent).status_code == 400
    assert not Vote.objects.exists()


def test_a_page_of_somebody_else_stores_nothing_under_my_name(window, alice, bob, items):
    response = window.post(
        page(alice, "record", items[0].record.pk),
        {"vote": "include", "note": "from Bob", "voter": bob.membership.pk},
    )

    assert response.status_code == 409
    assert "Somebody else opened that page" in response.content.decode()
    assert "from Bob" in response.content.decode()
    assert not Vote.objects.exists()


# --- By the script ----------------------------------------------------------------------------


def test_the_script_gets_what_was_saved_and_the_card_it_lacks(window, alice, items):
    held = ",".join(str(item.record.pk) for item in items[1:4])

    response = fetch(
        window, page(alice, "record", items[0].record.pk), vote="maybe", current="", held=held
    )

    assert response.status_code == 200
    text = response.content.decode()
    assert f'data-saved="{Vote.objects.get().pk}"' in text
    assert "Saved: record 1, maybe." in text
    assert text.count("<template") == 1
    assert cards_in(response) == ["5"]
    assert "<html" not in text


def test_a_repeated_request_is_answered_with_my_present_vote(window, alice, items):
    address = page(alice, "record", items[0].record.pk)
    sent = {"vote": "include", "request_key": "one-key", "current": ""}
    fetch(window, address, **sent)
    first = Vote.objects.get()

    response = fetch(window, address, **sent)

    assert response.status_code == 200
    assert f'data-saved="{first.pk}"' in response.content.decode()
    assert Vote.objects.count() == 1


def test_a_key_with_other_content_is_refused(window, alice, items):
    address = page(alice, "record", items[0].record.pk)
    fetch(window, address, vote="include", request_key="one-key")

    response = fetch(window, address, vote="exclude", request_key="one-key")

    assert response.status_code == 409
    assert "sent before with other content" in response.content.decode()
    assert votes(alice) == [(1, "include", "")]


def test_a_full_record_is_answered_with_a_sentence_and_a_card(window, alice, bob, review, items):
    carl = join(review, "Carl", Role.REVIEWER)
    for access in (bob, carl):
        cast_vote(access, items[0].record, Ballot(Decision.INCLUDE), stage=TA)
    held = ",".join(str(item.record.pk) for item in items[1:4])

    response = fetch(window, page(alice, "record", items[0].record.pk), vote="include", held=held)

    assert response.status_code == 409
    assert "data-refused" in response.content.decode()
    assert "<html" not in response.content.decode()
    assert cards_in(response) == ["5"]


def test_an_unreadable_vote_is_answered_with_its_errors(window, alice, items):
    response = fetch(window, page(alice, "record", items[0].record.pk), vote="perhaps")

    assert response.status_code == 422
    assert response.content.decode() == (
        "<p data-error>“perhaps” is no vote. Choose include, maybe or exclude.</p>\n"
    )


def test_undo_and_later_answer_the_script_with_cards(window, alice, items):
    held = ",".join(str(item.record.pk) for item in items[1:4])
    fetch(window, page(alice, "record", items[0].record.pk), vote="include", held=held)

    undone = fetch(window, page(alice, "undo"), record=items[0].record.pk)
    later = fetch(window, page(alice, "later", items[0].record.pk), held=held)

    assert (undone.status_code, later.status_code) == (200, 200)
    assert f'data-undone="{items[0].record.pk}"' in undone.content.decode()
    assert cards_in(undone) == ["1"]
    assert f'data-postponed="{items[0].record.pk}"' in later.content.decode()
    assert cards_in(later) == ["5"]


def test_a_claim_says_what_is_kept(window, alice, bob, review, items):
    join(review, "Carl", Role.REVIEWER)
    held = ",".join(str(item.record.pk) for item in items[:2])

    for sent in ({}, {"request_key": "claimed"}, {"request_key": "claimed"}):
        response = fetch(window, page(alice, "claim"), held=held, **sent)

        assert response.status_code == 200
        kept = re.search(r'data-kept="([\d,]*)"', response.content.decode())[1]
        assert set(kept.split(",")) == set(held.split(","))


@pytest.mark.parametrize("name", ["undo", "claim"])
def test_a_script_that_is_signed_out_gets_the_way_to_sign_in(client, alice, items, name):
    response = fetch(client, page(alice, name))

    assert response.status_code == 401
    assert "/accounts/login/?next=" in response.content.decode()


def test_a_script_of_somebody_else_waits_as_if_signed_out(window, alice, bob, items):
    address = page(alice, "record", items[0].record.pk)

    response = fetch(window, address, vote="include", voter=bob.membership.pk)

    assert response.status_code == 401
    assert "Alice is signed in in this browser now." in response.content.decode()
    assert not Vote.objects.exists()


# --- How a record reads -----------------------------------------------------------------------


def reading(window, alice, review, **details) -> str:
    fields = {f"record__{name}": value for name, value in details.items()}
    item = ItemFactory(review=review, **fields)
    response = window.get(page(alice, "record", item.record.pk))
    found = re.search(r'<article class="record".*?</article>', response.content.decode(), re.DOTALL)
    return found[0]


def test_a_record_without_abstract_says_so_with_ways_to_look(window, alice, review):
    text = reading(window, alice, review, title="A & B", doi="10.1/x y", pmid="123", abstract="")

    assert "The source gave no abstract for this record." in text
    assert re.findall(r'href="([^"]+)"', text) == [
        "https://pubmed.ncbi.nlm.nih.gov/?term=A+%26+B",
        "https://doi.org/10.1/x%20y",
        "https://pubmed.ncbi.nlm.nih.gov/123/",
    ]
    assert text.count('rel="noopener noreferrer"') == 3


def test_terms_are_marked_by_the_side_they_speak_for(window, alice, review):
    HighlightTerm.objects.create(review=review, text="synthe*", side="for")
    HighlightTerm.objects.create(review=review, text="retina", side="against")

    text = reading(
        window, alice, review, title="Synthesis of the retina", abstract="METHODS: Synthetic."
    )

    assert re.findall(r"<mark[^>]*>[^<]+</mark>", text) == [
        "<mark>Synthesis</mark>",
        '<mark class="against">retina</mark>',
        "<mark>Synthetic</mark>",
    ]
    assert "<b>Methods</b>" in text


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{123457*654321}}{% now 'Y' %}",
        "<b onmouseover=alert(1)>x</b>",
        "</article></template>",
    ],
)
def test_nothing_in_a_record_is_live(window, alice, review, hostile):
    text = reading(
        window,
        alice,
        review,
        **dict.fromkeys(("title", "abstract", "authors", "journal", "doi", "pmid"), hostile),
        url="javascript:alert(1)",
        language=hostile,
    )

    assert not re.findall(r"<script|<img|<b onmouseover|javascript:|80780507697", text)
    assert text.count("</article>") == 1


def test_a_note_of_mine_is_not_live_either(window, alice, review):
    item = ItemFactory(review=review)
    note = '"></textarea><script>alert(1)</script>'
    cast_vote(alice, item.record, Ballot(Decision.INCLUDE, note=note), stage=TA)

    for name, *args in (("record", item.record.pk), ("queue",), ("mine",)):
        assert "<script>alert" not in window.get(page(alice, name, *args)).content.decode()


@pytest.mark.parametrize("name", ["record", "later"])
def test_a_record_that_is_nowhere_is_not_found(window, alice, items, name):
    for pk in (999_999, 10**25):
        assert window.post(page(alice, name, pk), {"vote": "include"}).status_code == 404
