"""An adjudicator resolves twenty conflicts in a row without touching the mouse."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from screening.actions.voting import Ballot, cast_vote
from screening.models import Resolution
from screening.rules import Decision, Stage
from tests.factories import ItemFactory

pytestmark = pytest.mark.browser

TA = Stage.TITLE_ABSTRACT
TWENTY = 20


def test_twenty_conflicts_in_a_row_by_keyboard(open_page, review, alice, bob, carol, settings):
    settings.UNDO_SECONDS = 0
    review.protocols.update(resolution_mode="adjudication")
    for _ in range(TWENTY):
        record = ItemFactory(review=review).record
        cast_vote(alice, record, Ballot(Decision.INCLUDE), stage=TA)
        cast_vote(bob, record, Ballot(Decision.EXCLUDE), stage=TA)
    page = open_page(carol)
    page.goto(reverse("screening:conflict", args=[review.pk, TA, review.records.get(number=1).pk]))

    for number in range(1, TWENTY + 1):
        expect(page.locator("article[data-record]")).to_contain_text(f"Record {number}")
        expect(page.get_by_role("button", name="Keys")).to_be_visible()  # the script listens
        page.keyboard.press("e" if number % 2 else "i")
        page.keyboard.type(f"judged {number}")
        page.keyboard.press("Control+Enter")
        if number < TWENTY:
            expect(page.locator(".links")).to_contain_text(f"Record {number + 1}")

    expect(page).to_have_url(page.url.split("/conflicts/")[0] + "/conflicts/title-abstract/")
    resolved = Resolution.objects.order_by("item__record__number")
    assert list(resolved.values_list("decision", "rationale")) == [
        ("exclude" if number % 2 else "include", f"judged {number}")
        for number in range(1, TWENTY + 1)
    ]


def test_the_key_of_the_rationale_is_not_printed_while_it_would_be_typed(
    open_page, review, alice, bob, settings
):
    settings.UNDO_SECONDS = 0
    record = ItemFactory(review=review).record
    cast_vote(alice, record, Ballot(Decision.INCLUDE), stage=TA)
    cast_vote(bob, record, Ballot(Decision.EXCLUDE), stage=TA)
    page = open_page(alice)
    page.goto(reverse("screening:conflict", args=[review.pk, TA, record.pk]))
    key = page.locator("label kbd").get_by_text("R", exact=True)
    expect(key).to_be_visible()

    page.keyboard.press("e")

    expect(page.get_by_label("Rationale")).to_be_focused()
    expect(key).to_be_hidden()
    page.keyboard.press("Escape")
    expect(key).to_be_visible()
