"""docs/tour.md walked through in a browser: what it says is there, and UPDATE_PICTURES=1 shows it.

Without UPDATE_PICTURES the way is walked all the same, so that the tour stays true.
"""

import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from screening.access import ReviewAccess, access_for
from screening.actions.importing import preview_import
from screening.actions.retrieval import say_of_report
from screening.actions.voting import Ballot, cast_vote
from screening.models import Membership, Record, RetrievalState, ScreeningItem, Source, SourceKind
from screening.rules import Decision, Stage
from tests.clock import time_passes

pytestmark = pytest.mark.browser

DOCS = Path(__file__).parents[2] / "docs"
PICTURES = DOCS / "pictures"
MORE = Path(__file__).parents[1] / "data" / "eight_records.nbib"
LARGEST = 150_000  # bytes
SCREEN = {"width": 1100, "height": 640}
LOWER = {"width": 1200, "height": 420}  # for a page full of words
TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT

# What Ada and Ben make of the first reports, in turn; empty is an include.
READ = ["", "E8", "", "E2", "", "E4 E8", "", "E7", "", "E8", ""]
DIFFERS = 5  # on this report Ben includes
SCREENED = 22


@pytest.fixture
def sought(ada) -> list[Record]:
    """The reports of the example: some screened, one asked for, one not to be had."""
    ben = access_for(Membership.objects.get(review=ada.review, number=2).user, ada.review.pk)
    items = list(ada.scope(ScreeningItem).at(FT).open().order_by("rank").select_related("record"))
    reports = [item.record for item in items]
    for place, record in enumerate(reports[:SCREENED]):
        codes = tuple(READ[place % len(READ)].split())
        _vote(ada, record, codes)
        _vote(ben, record, () if place == DIFFERS else codes[-1:])
    say_of_report(ada, reports[-1], RetrievalState.REQUESTED, why="The author, by e-mail.")
    gone = "The journal is gone, and no library we asked has this volume."
    say_of_report(ada, reports[-2], RetrievalState.NOT_RETRIEVED, why=gone)
    time_passes(timedelta(hours=1))
    return reports


def _vote(access: ReviewAccess, record: Record, codes: tuple[str, ...]) -> None:
    decision = Decision.EXCLUDE if codes else Decision.INCLUDE
    cast_vote(access, record, Ballot(decision, reasons=codes), stage=FT)


@pytest.fixture
def walk(open_page, ada, sought) -> Callable[..., Page]:
    """`walk("reporting:report")`: Ada's browser is there, in light, and has loaded everything."""
    page = open_page(ada, color_scheme="light", viewport=SCREEN)

    def go(name: str, *args: object, query: str = "") -> Page:
        page.goto(reverse(name, args=[ada.review.pk, *args]) + query)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator("#rail .count").first).to_be_visible()
        page.wait_for_load_state("networkidle")
        return page

    return go


def shown(what: Page | Locator, name: str) -> None:
    """The picture of this step of the tour is taken, where pictures are asked for."""
    if os.environ.get("UPDATE_PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        what.screenshot(path=PICTURES / f"tour-{name}.png")


def test_an_import_is_looked_at_before_anything_is_stored(walk, ada):
    source = Source(name="PubMed, second search", kind=SourceKind.DATABASE)
    one = preview_import(ada, source, MORE, "pubmed-2024-06.nbib")

    page = walk("screening:import", one.pk)

    expect(page.get_by_role("button", name="Import", exact=False).first).to_be_visible()
    shown(page, "1-import")


def test_records_are_screened_by_keys(walk, ada):
    page = walk("screening:queue", TA)
    page.set_viewport_size(LOWER)

    expect(page.locator("#progress")).to_contain_text("You have screened 96 of 167")
    page.keyboard.press("i")
    expect(page.locator("#saved")).to_contain_text(re.compile(r"Saved: record \d+, include\."))
    shown(page, "2-screening")


def test_a_conflict_is_talked_over(walk, ada):
    untouched = ada.scope(ScreeningItem).at(TA).in_conflict()
    item = untouched.filter(proposals=None, referral=None).order_by("rank").first()

    page = walk("screening:conflict", TA, item.record_id)
    page.get_by_role("heading", name="Votes").evaluate("votes => votes.scrollIntoView()")

    expect(page.get_by_text("Ben Okafor").first).to_be_visible()
    expect(page.get_by_label("Rationale")).to_be_visible()
    shown(page, "3-conflict")


def test_reports_are_got(walk):
    page = walk("screening:full_texts")

    expect(page.get_by_role("link", name="Asked for 1")).to_be_visible()
    expect(page.get_by_role("link", name="Not retrieved 1")).to_be_visible()
    shown(page, "4-retrieval")


def test_reports_are_excluded_for_reasons(walk):
    page = walk("screening:queue", FT)

    expect(page.locator("#progress")).to_contain_text(f"{SCREENED} of")
    page.keyboard.press("e")
    expect(page.locator("#reasons")).to_be_visible()
    shown(page, "5-full-text")


def test_every_number_opens_its_list(walk, ada):
    page = walk("reporting:report")
    expect(page.get_by_text("Reports sought for retrieval").first).to_be_visible()
    shown(page.locator(".prisma"), "6-numbers")

    number = page.locator("a[href*='box=dbr_excluded%3AE8'], a[href*='box=dbr_excluded:E8']").first
    counted = re.match(r"\d+", number.inner_text()).group()
    number.click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Records")
    expect(page.locator("#found")).to_have_text(f"{counted} records")
    expect(page.locator("#rail .count").first).to_be_visible()
    shown(page, "7-list")


def test_agreement_is_counted_before_any_discussion(walk):
    page = walk("reporting:agreement")

    expect(page.get_by_text("Cohen's kappa").first).to_be_visible()
    shown(page, "8-agreement")


def test_everything_comes_out_as_files(walk):
    page = walk("reporting:files")

    expect(page.get_by_text("excluded_full_text.csv").first).to_be_visible()
    shown(page, "9-files")


def test_the_tour_shows_its_pictures_and_all_of_them_are_small():
    used = re.findall(r"!\[[^\]]+\]\(pictures/(tour-[\w-]+\.png)\)", (DOCS / "tour.md").read_text())

    assert used == sorted(path.name for path in PICTURES.glob("tour-*.png"))
    assert [name for name in used if (PICTURES / name).stat().st_size > LARGEST] == []
