"""The search report on a screen and on paper, with searches as long as they come."""

import re
from datetime import date

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from screening.access import ReviewAccess, access_for
from screening.actions.adjustments import add_adjustment
from screening.actions.sources import add_source, describe_search
from screening.models import Role
from tests.browser.test_accessibility import DESK, PHONE, is_wider_than_the_screen, problems
from tests.conftest import join
from tests.factories import ImportFactory, ReviewFactory

pytestmark = pytest.mark.browser

WHOLE_WORD = "W" * 50_000
LINES = "\n".join(f"{number}. exp Image/ or gan*" for number in range(1, 2_001))
A4 = (595, 842)
PAPER = {"width": 672, "height": 980}  # what the margins leave of it, in pixels
INK = "rgb(29, 28, 26)"
HIDDEN_LINES = """[...document.querySelectorAll("pre")].map(
  (one) => one.scrollHeight - one.clientHeight)"""


@pytest.fixture
def lead(with_triggers) -> ReviewAccess:
    review = ReviewFactory(title="Synthetic images in diagnostic imaging")
    lead = join(review, "Dora", Role.LEAD)
    medline = add_source(
        lead,
        name="MEDLINE",
        platform="Ovid",
        searched_on=date(2024, 1, 14),
        searched_by="Libby",
        hits=952,
        limits="English, since the team reads nothing else.",
        filters="Cochrane HSSS 2008, as designed.",
        search_string="1. exp Diagnostic Imaging/\n2. generative adversarial.mp.\n3. 1 and 2",
    )
    ImportFactory(source=medline, file_name="medline.ris", found=950, read=948)
    add_adjustment(lead, box="duplicates", number=7, why="Removed in EndNote.", source=medline)
    add_source(lead, name="Embase", platform="Elsevier", search_string=LINES, is_proposal=True)
    add_source(lead, name="Word", platform="W" * 120, search_string=WHOLE_WORD, limits="L" * 300)
    url = f"https://proceedings.example.org/{'p' * 200}"
    add_source(lead, name="Proceedings", kind="website", url=url, method="Titles, year by year.")
    describe_search(lead, contacts="Two authors, " + "c" * 300, updates="None.")
    return access_for(lead.user, review.pk)


def report_of(page: Page, access: ReviewAccess) -> None:
    page.goto(reverse("reporting:search_report", args=[access.review.pk]))
    expect(page.get_by_role("heading", level=1, name="Search report")).to_be_visible()
    page.wait_for_load_state("networkidle")


def test_the_report_is_readable_on_every_screen(open_page, lead):
    page = open_page(lead, viewport=DESK)
    report_of(page, lead)

    assert problems(page) == []
    page.set_viewport_size(PHONE)
    assert not is_wider_than_the_screen(page)
    box = page.locator("pre").nth(2).bounding_box()
    assert box["height"] < PHONE["height"]


def test_printed_it_is_the_report_alone_with_every_line_of_every_search(open_page, lead):
    page = open_page(lead, viewport=DESK, color_scheme="dark")
    report_of(page, lead)

    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size(PAPER)

    for gone in (".rail", ".bar", ".foot", ".page > header .aside", ".no-print"):
        assert not any(one.is_visible() for one in page.locator(gone).all()), gone
    expect(page.locator(".only-print")).to_contain_text(lead.review.title)
    assert page.evaluate(HIDDEN_LINES) == [0, 0, 0]
    assert page.evaluate("getComputedStyle(document.body).color") == INK
    assert page.locator("pre").nth(1).inner_text() == LINES
    assert not is_wider_than_the_screen(page)
    breaks = (
        "[...document.querySelectorAll('.search')].map((one) => getComputedStyle(one).breakInside)"
    )
    assert page.evaluate(breaks) == ["avoid"] * 4


def test_the_paper_is_a4_and_as_many_sheets_as_the_searches_need(open_page, lead):
    page = open_page(lead, viewport=DESK)
    report_of(page, lead)

    printed = page.pdf(prefer_css_page_size=True)

    sheets = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert {tuple(round(float(side)) for side in sheet) for sheet in sheets} == {A4}
    assert len(sheets) > LINES.count("\n") / 100


def test_a_missing_fact_is_reached_behind_the_first_ones(open_page, lead):
    page = open_page(lead, viewport=DESK)
    report_of(page, lead)

    page.get_by_role("link", name=": filters").last.click()

    expect(page.get_by_role("heading", level=1, name="Edit the source")).to_be_visible()
    expect(page.get_by_label("Search filters")).to_be_visible()
