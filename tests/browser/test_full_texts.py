"""Full texts and reopening in a browser: by keyboard, without JavaScript, for everybody's eyes."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from screening.actions.retrieval import say_of_report
from screening.models import Retrieval, RetrievalState, ScreeningItem
from screening.rules import Stage
from tests.browser.test_accessibility import PHONE, is_wider_than_the_screen, problems

pytestmark = pytest.mark.browser


@pytest.fixture
def reports(ada) -> list[ScreeningItem]:
    """Those of the example that are sought; something is known of the last two."""
    items = list(ada.scope(ScreeningItem).at(Stage.FULL_TEXT).open().order_by("rank"))
    say_of_report(ada, items[-1].record, RetrievalState.REQUESTED, why="The author, by e-mail.")
    why = "The journal is gone, and no library of the network has this volume."
    say_of_report(ada, items[-2].record, RetrievalState.NOT_RETRIEVED, why=why)
    return items


def inside(name: str, item: ScreeningItem, *args: object) -> str:
    return reverse(f"screening:{name}", args=[item.review_id, *args])


def test_no_page_has_serious_problems_and_none_scrolls_sideways_on_a_phone(open_page, ada, reports):
    page = open_page(ada)
    last = reports[-1]
    decided = ada.scope(ScreeningItem).at(Stage.TITLE_ABSTRACT).get(record=last.record)
    found = []

    for address in (
        inside("full_texts", last),
        inside("full_texts", last) + "?show=all",
        inside("full_texts", last) + "?show=retrieved",
        inside("full_text", last, last.record_id),
        inside("reopen", decided, decided.stage, decided.record_id),
    ):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        found += problems(page)

    assert found == []


def test_reports_are_marked_by_keyboard_and_the_list_goes_on_behind_them(open_page, ada, reports):
    page = open_page(ada)
    page.goto(inside("full_texts", reports[0]))
    first, second = (item.record for item in reports[:2])

    page.get_by_role("button", name=f"Retrieved (record {first.number})").press("Enter")
    expect(page.locator("#messages")).to_contain_text(f"Record {first.number}: retrieved.")
    expect(page).to_have_url(re.compile(f"#report-{second.pk}$"))
    page.keyboard.press("Tab")
    expect(page.get_by_label(f"Tick record {second.number}", exact=True)).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")  # sends the ticks, not the first row

    expect(page.locator("#messages")).to_contain_text(f"Record {second.number}: retrieved.")
    here = Retrieval.objects.in_force().filter(state=RetrievalState.RETRIEVED)
    assert set(here.values_list("record", flat=True)) == {first.pk, second.pk}


def test_without_javascript_a_report_is_said_to_be_asked_for(open_page, watch, ada, reports):
    watch.expect("status of 422")
    page = open_page(ada, java_script_enabled=False, viewport=PHONE)
    item = reports[0]
    page.goto(inside("full_texts", item))
    page.get_by_role("link", name=f"Say more (record {item.record.number})").click()

    page.get_by_label("Asked for").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Say whom you asked.")
    page.get_by_label("Whom you asked").fill("The library of Oslo")
    page.get_by_role("button", name="Save").click()

    expect(page.locator("#messages")).to_contain_text("asked for")
    assert not is_wider_than_the_screen(page)
    assert Retrieval.objects.in_force().get(record=item.record).why == "The library of Oslo"
