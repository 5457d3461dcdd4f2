"""From an export of Rayyan to votes in the review, in a browser, with its log beside it."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from screening.access import ReviewAccess, access_for
from screening.models import ExclusionReason, Role, ScreeningItem, Vote
from screening.verification import verify
from tests.browser.test_accessibility import DESK, PHONE, is_wider_than_the_screen, problems
from tests.conftest import join
from tests.factories import ReviewFactory
from tests.screening.taking_over.exports import covidence, imported

pytestmark = pytest.mark.browser

DATA = Path(__file__).parents[1] / "data" / "votes"
REFUSALS = {
    "rayyan": "Say of at least one person which member it is.",
    "covidence": "Choose who stands for the team.",
}


@pytest.fixture
def lead(with_triggers) -> ReviewAccess:
    review = ReviewFactory(title="Synthetic images in diagnostic imaging")
    lead = join(review, "Dora", Role.LEAD)
    join(review, "Ada Sample", Role.REVIEWER)
    join(review, "Max", Role.REVIEWER)
    for place, label in enumerate(("Wrong population", "Wrong outcomes"), start=1):
        ExclusionReason.objects.create(review=review, code=f"E{place}", position=place, label=label)
    return access_for(lead.user, review.pk)


def votes_page(page: Page, access: ReviewAccess, import_pk: int, name: str) -> None:
    page.goto(reverse("screening:import_votes", args=[access.review.pk, import_pk]))
    expect(page.get_by_role("heading", level=1, name=f"Votes in {name}")).to_be_visible()
    page.wait_for_load_state("networkidle")


def test_the_votes_of_an_export_are_taken_over(open_page, lead):
    page = open_page(lead)
    page.goto(reverse("screening:import_file", args=[lead.review.pk]))
    page.get_by_label("Drop files or a folder here, or choose them").set_input_files(
        DATA / "rayyan_articles.csv"
    )
    page.get_by_label("Database or register").fill("Rayyan")
    page.get_by_role("button", name="Show the preview").click()
    page.get_by_role("button", name="Import 5 records").click()
    page.get_by_role("link", name="Take over the votes in this file").click()

    page.get_by_text("Add the log of Rayyan").click()
    page.get_by_label("customizations_log.csv").set_input_files(DATA / "rayyan_log.csv")
    page.get_by_role("button", name="Read it too").click()
    expect(page.get_by_text("The log is read together with the file.")).to_be_visible()
    # The log has addresses; the votes beside them tell the name.
    ada = page.get_by_label("ada@synthetic.example").locator("option:checked")
    expect(ada).to_have_text("Ada Sample")
    page.get_by_label("max@synthetic.example").select_option("Max")
    page.get_by_role("button", name="Take over the votes").click()

    expect(page.get_by_text("4 votes taken over, on 2 records.")).to_be_visible()
    expect(page.get_by_text("cannot be undone any more")).to_be_visible()
    items = ScreeningItem.objects.filter(stage="title_abstract").order_by("record__position")
    outcomes = list(items.values_list("outcome", flat=True))
    assert outcomes == ["included", "conflict", "unseen", "unseen", "unseen"]
    assert Vote.objects.get(reviewer__name="Max", decision="maybe").cast_at.year == 2023
    assert verify().differences == []


@pytest.mark.parametrize("program", ["rayyan", "covidence"])
def test_the_page_can_be_read_on_every_screen(open_page, watch, lead, tmp_path, program):
    watch.expect("status of 422")
    name = {"rayyan": "articles.csv", "covidence": "review_1_excluded_csv_2024.csv"}[program]
    text = (DATA / "rayyan_articles.csv").read_text("utf-8")
    if program == "covidence":
        text = covidence(["Wrong outcomes", "", "Not about pictures of anything " + "x" * 200])
    import_ = imported(lead, tmp_path, text, name=name)
    page = open_page(lead, viewport=DESK)
    votes_page(page, lead, import_.pk, name)

    assert problems(page) == []
    for choice in page.locator("select[name^=person]").all():
        choice.select_option("Leave out")
    page.get_by_role("button", name="Take over the votes").click()
    expect(page.get_by_text(REFUSALS[program]).first).to_be_visible()
    assert problems(page) == []
    page.set_viewport_size(PHONE)
    assert not is_wider_than_the_screen(page)
    votes_page(page, lead, import_.pk, name)
    assert not is_wider_than_the_screen(page)
