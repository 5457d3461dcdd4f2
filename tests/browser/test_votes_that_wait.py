"""The network goes away, the sign-in ends, people press keys twice: each vote counts once."""

import re
from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from screening.access import ReviewAccess
from screening.models import Vote
from tests.browser.conftest import queue_of, sign_in

pytestmark = pytest.mark.browser

NO_SERVER = "net::ERR_"
SIGNED_OUT = "status of 401"
REFUSED = "status of 409"
VOTE = re.compile(r"/screen/title-abstract/\d+/$")


@pytest.fixture
def screening(open_page, records, alice, bob) -> Callable[[], Page]:
    """Alice's screening page."""

    def open_() -> Page:
        page = open_page(alice)
        # Chromium hands requests over from the next page load on: later is too late for the first.
        page.route(VOTE, lambda route: route.fallback())
        page.goto(queue_of(alice))
        expect(page.locator("#progress")).to_contain_text("You have screened 0 of 8")
        expect(page.locator("#rail .count").first).to_be_visible()
        return page

    return open_


def votes_of(access: ReviewAccess) -> list[tuple[int, str]]:
    """Number of the record and what was voted, of every row there ever was."""
    rows = Vote.objects.filter(reviewer=access.user).order_by("pk")
    return list(rows.values_list("item__record__number", "decision"))


def shows(page: Page, number: int) -> None:
    expect(page.locator("#card article")).to_have_attribute("data-number", str(number))


def says(page: Page, text: str) -> None:
    expect(page.locator("#saved")).to_contain_text(text)


def test_votes_wait_for_an_absent_server_and_count_once(screening, alice, watch):
    watch.expect(NO_SERVER)
    page = screening()
    page.context.set_offline(True)

    page.keyboard.press("i")
    shows(page, 2)
    page.keyboard.press("e")
    shows(page, 3)
    page.keyboard.press("m")
    shows(page, 4)
    page.keyboard.press("i")

    says(page, "3 votes are still on their way")
    expect(page.locator("#unsent")).to_contain_text("3 votes are not saved yet")
    shows(page, 4)
    assert votes_of(alice) == []

    page.context.set_offline(False)  # which the page hears

    says(page, "Saved: record 3, maybe.")
    expect(page.locator("#unsent")).to_be_hidden()
    assert votes_of(alice) == [(1, "include"), (2, "exclude"), (3, "maybe")]
    page.keyboard.press("e")
    says(page, "Saved: record 4, exclude.")
    shows(page, 5)


def test_a_vote_whose_answer_was_lost_is_sent_again_and_counts_once(screening, alice, watch):
    """The server stores the vote, and the line breaks before it can say so."""
    watch.expect(NO_SERVER)
    page = screening()
    lost = []

    def lose_the_first_answer(route):
        if lost:
            route.continue_()
            return
        lost.append(route.fetch())
        route.abort("connectionreset")

    page.route(VOTE, lose_the_first_answer)

    page.keyboard.press("e")

    says(page, "Saved: record 1, exclude.")
    assert [answer.status for answer in lost] == [200]
    assert votes_of(alice) == [(1, "exclude")]


def test_a_server_that_says_too_many_is_left_alone_for_a_moment(screening, alice, watch):
    """An answer that neither takes the vote nor refuses it, such as 429 from a proxy."""
    watch.expect("status of 429")
    page = screening()
    sent = []

    def too_many(route):
        sent.append(route.request)
        route.fulfill(status=429, body="Too many requests")

    page.route(VOTE, too_many)
    page.keyboard.press("e")
    expect(page.locator("#unsent")).to_contain_text("1 vote is not saved yet")
    page.wait_for_timeout(500)
    assert len(sent) < 4  # sent again after a second, then after two

    page.unroute(VOTE, too_many)

    says(page, "Saved: record 1, exclude.")
    assert votes_of(alice) == [(1, "exclude")]


def test_taking_back_a_vote_whose_answer_was_lost_takes_back_what_was_stored(
    screening, alice, watch
):
    watch.expect(NO_SERVER)
    page = screening()
    stored = []

    def lose_answers_until_stored(route):
        stored.append(route.fetch())
        route.abort("connectionreset")

    page.route(VOTE, lose_answers_until_stored)
    page.keyboard.press("e")
    expect(page.locator("#unsent")).to_contain_text("1 vote is not saved yet")

    page.keyboard.press("z")
    page.unroute(VOTE, lose_answers_until_stored)

    says(page, "Taken back: your vote on record 1.")
    shows(page, 1)
    assert stored[0].status == 200
    assert Vote.objects.current().count() == 0
    page.keyboard.press("i")
    says(page, "Saved: record 1, include.")
    assert votes_of(alice) == [(1, "exclude"), (1, "include")]


def sign_in_by_the_page(page: Page, access: ReviewAccess) -> None:
    page.get_by_label("Email").fill(access.user.email)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_votes_wait_for_a_new_sign_in_in_another_tab(screening, alice, watch):
    watch.expect(SIGNED_OUT)
    page = screening()
    Session.objects.all().delete()

    page.keyboard.press("n")
    page.keyboard.type("Is it a phantom?")
    page.keyboard.press("Escape")
    page.keyboard.press("e")

    unsent = page.locator("#unsent")
    expect(unsent).to_contain_text("You are signed out. 1 vote is kept here.")
    page.keyboard.press("i")
    expect(unsent).to_contain_text("2 votes are kept here.")
    assert votes_of(alice) == []

    with page.context.expect_page() as opened:
        unsent.get_by_role("link", name="Sign in again").click()
    other_tab = opened.value
    sign_in_by_the_page(other_tab, alice)
    shows(other_tab, 1)
    other_tab.close()
    page.bring_to_front()
    unsent.get_by_role("button", name="Send now").click()

    says(page, "Saved: record 2, include.")
    assert votes_of(alice) == [(1, "exclude"), (2, "include")]
    assert Vote.objects.get(item__record__number=1).note == "Is it a phantom?"


def test_votes_wait_for_a_new_sign_in_in_the_same_tab(screening, alice, watch):
    watch.expect(SIGNED_OUT)
    page = screening()
    page.context.clear_cookies()
    page.keyboard.press("e")
    link = page.get_by_role("link", name="Sign in again")

    page.goto(link.get_attribute("href"))
    sign_in_by_the_page(page, alice)

    shows(page, 2)
    says(page, "Saved: record 1, exclude.")
    assert votes_of(alice) == [(1, "exclude")]


def test_a_reload_keeps_the_votes_that_wait(screening, alice, watch):
    watch.expect(NO_SERVER)
    page = screening()
    page.route(VOTE, lambda route: route.abort())
    page.keyboard.press("e")
    page.keyboard.press("i")
    expect(page.locator("#unsent")).to_contain_text("2 votes are not saved yet")

    page.reload()

    shows(page, 3)
    expect(page.locator("#unsent")).to_contain_text("2 votes are not saved yet")
    page.keyboard.press("m")
    page.unroute(VOTE)

    says(page, "Saved: record 3, maybe.")  # sent again without a press
    shows(page, 4)
    assert votes_of(alice) == [(1, "exclude"), (2, "include"), (3, "maybe")]


def test_somebody_else_who_signs_in_does_not_cast_the_votes_that_wait(screening, alice, bob, watch):
    watch.expect(SIGNED_OUT)
    page = screening()
    Session.objects.all().delete()
    page.keyboard.press("e")
    expect(page.locator("#unsent")).to_contain_text("You are signed out.")

    sign_in(page.context, bob.user)
    page.get_by_role("button", name="Send now").click()

    expect(page.locator("#unsent")).to_contain_text(
        "Bob is signed in in this browser now. 1 vote is kept here. Sign out in a new tab"
    )
    sign_in(page.context, alice.user)
    page.get_by_role("button", name="Send now").click()
    says(page, "Saved: record 1, exclude.")
    assert votes_of(alice) == [(1, "exclude")]
    assert votes_of(bob) == []


def test_a_second_tab_says_that_the_vote_changed_and_overwrites_nothing(screening, alice, watch):
    watch.expect(REFUSED)
    first = screening()
    second = first.context.new_page()
    second.goto(queue_of(alice))
    first.keyboard.press("i")
    says(first, "Saved: record 1, include.")

    second.keyboard.press("e")

    expect(second.get_by_role("alert").filter(has_text="another tab")).to_have_text(
        "Record 1 went on in another tab: there your vote is include now. The exclude from this "
        "page was not stored; open the record again to change it."
    )
    says(second, "Not saved: record 1.")
    shows(second, 2)
    assert votes_of(alice) == [(1, "include")]


def test_the_back_button_neither_repeats_nor_loses_a_vote(screening, alice):
    page = screening()
    page.keyboard.press("e")
    says(page, "Saved: record 1, exclude.")
    page.get_by_role("link", name="My votes").click()
    expect(page.get_by_role("heading", name="My votes")).to_be_visible()

    page.go_back()

    shows(page, 2)
    says(page, "Saved: record 1, exclude.")
    page.go_forward()
    page.go_back()
    shows(page, 2)
    page.keyboard.press("i")
    says(page, "Saved: record 2, include.")
    assert votes_of(alice) == [(1, "exclude"), (2, "include")]


def test_two_quick_presses_vote_on_two_records_and_a_held_key_on_one(screening, alice):
    page = screening()

    page.keyboard.press("e")
    page.keyboard.press("e")
    says(page, "Saved: record 2, exclude.")
    shows(page, 3)
    page.keyboard.down("i")
    for _ in range(5):
        page.keyboard.down("i")  # what a held key sends
    page.keyboard.up("i")
    says(page, "Saved: record 3, include.")
    shows(page, 4)
    page.locator(".vote.maybe").dblclick()
    says(page, "Saved: record 5, maybe.")

    assert votes_of(alice) == [
        (1, "exclude"),
        (2, "exclude"),
        (3, "include"),
        (4, "maybe"),
        (5, "maybe"),
    ]


def test_keys_are_dead_while_typing_and_when_switched_off(screening, alice):
    page = screening()
    page.keyboard.press("n")
    page.keyboard.type("Zeitlin et al. examine mice, include?")
    expect(page.get_by_label("Note on this record")).to_have_value(
        "Zeitlin et al. examine mice, include?"
    )
    shows(page, 1)
    page.keyboard.press("Escape")

    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    page.keyboard.press("e")  # for the dialog, which knows no such key
    dialog.get_by_label("Single keys are on").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("e")
    page.reload()
    page.keyboard.press("i")
    shows(page, 1)
    assert votes_of(alice) == []

    page.get_by_role("button", name="Keys").click()
    dialog.get_by_label("Single keys are on").check()
    dialog.get_by_role("button", name="Close").click()
    page.keyboard.press("i")
    says(page, "Saved: record 1, include.")
    assert votes_of(alice) == [(1, "include")]
