"""The picture in the README: UPDATE_PICTURES=1 takes it anew."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import queue_of

pytestmark = pytest.mark.browser

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "screening.png"


@pytest.mark.skipif(not os.environ.get("UPDATE_PICTURES"), reason="UPDATE_PICTURES is not set")
def test_the_screening_page_has_its_picture_taken(open_page, ada):
    page = open_page(ada, color_scheme="light")
    page.goto(queue_of(ada))
    expect(page.locator("#progress")).to_contain_text("You have screened 96 of 167")
    expect(page.get_by_role("button", name="Keys")).to_be_visible()
    expect(page.locator("#rail .count").first).to_be_visible()

    PICTURE.parent.mkdir(exist_ok=True)
    page.screenshot(path=PICTURE)
