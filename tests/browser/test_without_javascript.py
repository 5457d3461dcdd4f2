"""Where scripts are off, every step works by links and forms."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import Page, expect

from screening.access import ReviewAccess
from screening.actions.voting import Ballot, cast_vote
from screening.models import Proposal, Record, Vote
from screening.rules import Decision, Stage
from tests.browser.conftest import queue_of, sign_in

pytestmark = pytest.mark.browser

FILE = Path(__file__).parent.parent / "data" / "eight_records.nbib"


@pytest.fixture
def plain_page(open_page) -> Callable[..., Page]:
    """A page of a browser that runs no script."""
    return lambda person=None: open_page(person, java_script_enabled=False)


def shows(page: Page, number: int) -> None:
    expect(page.locator("#card article")).to_have_attribute("data-number", str(number))


def press(page: Page, name: str) -> None:
    page.locator(".votebar").get_by_role("button", name=name).click()


def votes_of(access: ReviewAccess) -> list[tuple[int, str, str]]:
    rows = Vote.objects.current().filter(reviewer=access.user).order_by("item__record__number")
    return list(rows.values_list("item__record__number", "decision", "note"))


def test_voting(plain_page, records, alice, bob):
    page = plain_page()
    page.goto(queue_of(alice))
    page.get_by_label("Email").fill(alice.user.email)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in", exact=True).click()
    shows(page, 1)

    press(page, "Include")
    shows(page, 2)
    expect(page.locator("#saved")).to_contain_text("Saved: record 1, include.")
    press(page, "Undo")
    shows(page, 1)
    page.locator("summary", has_text="Note").click()
    page.get_by_label("Note on this record").fill("Only phantoms.")
    press(page, "Exclude")
    shows(page, 2)
    press(page, "Later")
    shows(page, 3)
    press(page, "Maybe")
    shows(page, 4)
    page.go_back()
    press(page, "Include")

    expect(page.locator("#saved")).to_contain_text("include.")
    assert votes_of(alice) == [
        (1, "exclude", "Only phantoms."),
        (3, "maybe", ""),
        (4, "include", ""),
    ]
    assert Vote.objects.filter(reviewer=alice.user).count() == 4  # with the one taken back


def test_an_ended_sign_in_leads_back_to_the_record(plain_page, records, alice, bob):
    page = plain_page(alice)
    page.goto(queue_of(alice))
    Session.objects.all().delete()

    press(page, "Include")
    page.get_by_label("Email").fill(alice.user.email)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in", exact=True).click()

    shows(page, 1)
    assert votes_of(alice) == []
    press(page, "Include")
    shows(page, 2)
    assert votes_of(alice) == [(1, "include", "")]


def test_a_page_that_somebody_else_opened_stores_nothing(plain_page, records, alice, bob, watch):
    watch.expect("status of 409")
    page = plain_page(alice)
    page.goto(queue_of(alice))
    sign_in(page.context, bob.user)

    press(page, "Include")

    expect(page.get_by_role("alert")).to_have_text(
        "Somebody else opened that page, and Bob is signed in in this browser now. "
        "Nothing was stored."
    )
    assert votes_of(alice) == votes_of(bob) == []


def test_a_conflict(plain_page, records, alice, bob, no_undo):
    for voter, decision in ((alice, Decision.INCLUDE), (bob, Decision.EXCLUDE)):
        cast_vote(voter, records[0], Ballot(decision), stage=Stage.TITLE_ABSTRACT)
    address = reverse(
        "screening:conflict", args=[alice.review.pk, Stage.TITLE_ABSTRACT, records[0].pk]
    )
    page = plain_page(alice)
    page.goto(address)
    page.get_by_role("radio", name="Exclude").check()
    page.get_by_label("Rationale").fill("The images are real.")
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_text("Waiting for Bob")).to_be_visible()

    other = plain_page(bob)
    other.goto(address)
    other.locator("summary", has_text="Decline").click()
    other.get_by_label("Why").fill("Half of them are.")
    other.get_by_role("button", name="Decline").click()
    expect(other.get_by_text("declined. The discussion goes on.")).to_be_visible()
    other.goto(address)
    other.get_by_role("radio", name="Include").check()
    other.get_by_label("Rationale").fill("Half of them are made.")
    other.get_by_role("button", name="Propose").click()
    page.goto(address)
    page.get_by_role("button", name="Confirm: include").click()

    expect(page.get_by_text("included after discussion.")).to_be_visible()
    told = Proposal.objects.order_by("pk").values_list("decision", "ending", "closing_sentence")
    assert list(told) == [("exclude", "declined", "Half of them are."), ("include", "accepted", "")]


def test_an_import_and_its_undoing(plain_page, dora):
    page = plain_page(dora)
    page.goto(reverse("screening:import_file", args=[dora.review.pk]))
    page.get_by_label("Drop files or a folder here, or choose them").set_input_files(FILE)
    page.get_by_label("Database or register").fill("PubMed")
    page.get_by_role("button", name="Show the preview").click()
    page.get_by_role("button", name="Import 8 records").click()
    expect(page.get_by_role("heading", name="Import of eight_records.nbib")).to_be_visible()
    assert Record.objects.filter(review=dora.review).count() == 8

    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_role("heading", name="Undone import of eight_records.nbib")).to_be_visible()
    assert Record.objects.filter(review=dora.review).count() == 0
