"""Full texts screened by keyboard: E opens the reasons, a digit votes, typing filters."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from screening.actions.voting import Ballot, cast_vote
from screening.models import ExclusionReason, Record, Vote
from screening.rules import Decision, Stage
from tests import clock
from tests.browser.conftest import queue_of
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser

LABELS = ("Not in English", "Not a primary study", "Not in humans", "No synthetic images")


@pytest.fixture
def reports(records, review, alice, bob) -> list[Record]:
    """Five records that both included, and reasons to exclude their reports."""
    for place, label in enumerate(LABELS, start=1):
        ExclusionReason.objects.create(review=review, code=f"E{place}", position=place, label=label)
    for record in records[:5]:
        for access in (alice, bob):
            cast_vote(access, record, Ballot(Decision.INCLUDE), stage=Stage.TITLE_ABSTRACT)
    clock.time_passes(timedelta(hours=1))
    return records[:5]


@pytest.fixture
def screening(open_page, reports, alice) -> Callable[..., Page]:
    def open_(**options) -> Page:
        page = open_page(alice, **options)
        page.goto(queue_of(alice, Stage.FULL_TEXT))
        expect(page.locator("#card article")).to_have_attribute("data-number", "1")
        expect(page.locator("#progress")).to_contain_text("0 of 5")
        return page

    return open_


def says(page: Page, text: str) -> None:
    expect(page.locator("#saved")).to_contain_text(text)


def votes() -> list[tuple[int, str, list[str]]]:
    """Number of the record, decision and codes of every current vote on a report."""
    found = Vote.objects.at(Stage.FULL_TEXT).current().order_by("item__record__number")
    return [
        (
            vote.item.record.number,
            vote.decision,
            [vote.reason.code, *(one.reason.code for one in vote.further_reasons.all())]
            if vote.reason
            else [],
        )
        for vote in found
    ]


def test_reports_are_screened_by_keyboard_alone(screening):
    page = screening()
    keys = page.keyboard
    expect(page.locator("#reasons")).to_be_hidden()

    keys.press("e")
    expect(page.locator("#reasons")).to_be_visible()
    keys.press("3")
    says(page, "Saved: record 1, exclude (Not in humans).")
    expect(page.locator("#reasons")).to_be_hidden()

    keys.press("i")
    says(page, "Saved: record 2, include.")
    expect(page.locator('#rail [data-my-queue="full text"]')).to_have_text("3")
    expect(page.locator('#rail [data-my-queue="title and abstract"]')).to_have_text("3")

    keys.press("e")
    keys.press("Shift+Digit4")
    keys.press("2")
    says(page, "Saved: record 3, exclude (Not a primary study; No synthetic images).")

    keys.press("e")
    keys.type("synth")
    expect(page.locator("#reasons .reason:visible")).to_have_count(1)
    keys.press("Enter")
    says(page, "Saved: record 4, exclude (No synthetic images).")

    assert votes() == [
        (1, "exclude", ["E3"]),
        (2, "include", []),
        (3, "exclude", ["E2", "E4"]),
        (4, "exclude", ["E4"]),
    ]


def test_leaving_the_list_votes_nothing_and_no_reason_is_said(screening):
    page = screening()
    keys = page.keyboard

    keys.press("e")
    keys.press("Enter")
    expect(page.get_by_text("Choose a reason first.")).to_be_visible()
    keys.type("iii")  # words of the filter, not votes
    expect(page.get_by_text("No reason has these words.")).to_be_visible()
    keys.press("Escape")

    expect(page.locator("#reasons")).to_be_hidden()
    assert votes() == []
    keys.press("i")
    says(page, "Saved: record 1, include.")


def test_a_vote_taken_back_shows_its_reasons_again(screening):
    page = screening()
    page.keyboard.press("e")
    page.keyboard.press("Shift+Digit1")
    page.keyboard.press("Enter")
    says(page, "Saved: record 1, exclude (Not in English).")

    page.keyboard.press("z")
    says(page, "Taken back: your vote on record 1.")
    page.keyboard.press("e")
    page.keyboard.press("2")

    says(page, "Saved: record 1, exclude (Not a primary study).")
    assert votes() == [(1, "exclude", ["E2"])]


def test_reports_are_excluded_with_a_thumb(screening):
    page = screening(viewport={"width": 390, "height": 844}, has_touch=True)

    page.get_by_role("button", name="Exclude", exact=True).tap()
    page.get_by_text("Not in humans").tap()
    page.get_by_role("button", name="Exclude as ticked").tap()

    says(page, "Saved: record 1, exclude (Not in humans).")
    assert votes() == [(1, "exclude", ["E3"])]


def test_without_javascript_reasons_are_ticked_beside_the_vote(open_page, reports, alice):
    page = open_page(alice, java_script_enabled=False)
    page.goto(queue_of(alice, Stage.FULL_TEXT))

    page.get_by_label("No synthetic images").check()
    page.get_by_role("button", name="Exclude").click()

    expect(page.get_by_text("Saved: record 1, exclude (No synthetic images).")).to_be_visible()
    assert votes() == [(1, "exclude", ["E4"])]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_list_of_reasons_is_accessible(screening, scheme):
    page = screening(color_scheme=scheme)
    page.keyboard.press("e")

    assert violations(page) == []
