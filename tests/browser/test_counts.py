"""What the page counts on by itself between two loads."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import queue_of

pytestmark = pytest.mark.browser


def test_the_rail_counts_down_what_is_left_as_the_line_counts_up_what_is_done(
    open_page, records, alice
):
    page = open_page(alice)
    page.goto(queue_of(alice))
    left = page.locator("#rail .count", has_text="wait for your vote")
    line = page.locator("#progress")
    expect(left).to_contain_text("8 wait")
    expect(line).to_contain_text("screened 0 of 8")

    page.keyboard.press("i")
    expect(line).to_contain_text("screened 1 of 8")
    expect(left).to_contain_text("7 wait")
    page.keyboard.press("z")
    expect(line).to_contain_text("screened 0 of 8")
    expect(left).to_contain_text("8 wait")

    for number in range(1, 8):
        page.keyboard.press("e")
        expect(line).to_contain_text(f"screened {number} of 8")
    expect(left).to_contain_text("1 wait")
