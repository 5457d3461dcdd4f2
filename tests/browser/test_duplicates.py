"""A librarian decides about possible duplicates without touching the mouse, on a desk and a phone."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from screening.models import Distinction, DuplicateQuestion, Merge
from tests.browser.test_accessibility import DESK, PHONE, problems
from tests.screening.merging.libraries import ATLAS, DIFFUSION, GAN, MEETING, imported

pytestmark = pytest.mark.browser

ABSTRACT = "Background: dense breasts hide lesions. Methods: 12,450 images of three centres. " * 8


def at_a_meeting(paper):
    return paper.but(journal="Annual Meeting of Synthesis", volume="", pages="", doi="")


@pytest.fixture
def questions(libby, with_triggers, tmp_path) -> list[DuplicateQuestion]:
    """Three, the last probably different; and one merge."""
    imported(libby, tmp_path, [GAN.but(abstract=ABSTRACT), DIFFUSION, ATLAS])
    copies = [
        MEETING.but(abstract=ABSTRACT.replace("three", "two")),
        *map(at_a_meeting, [DIFFUSION, ATLAS]),
    ]
    imported(libby, tmp_path, [*copies, GAN], source="Scopus")
    for score, question in zip(
        (0.9, 0.5, 0.12), libby.scope(DuplicateQuestion).order_by("pk"), strict=True
    ):
        libby.scope(DuplicateQuestion).filter(pk=question.pk).update(score=score)
    return list(libby.scope(DuplicateQuestion).open())


def queue_of(access) -> str:
    return reverse("screening:duplicates", args=[access.review.pk])


def test_every_answer_by_keyboard(open_page, libby, questions):
    page = open_page(libby)
    place, saved = page.locator("header .num"), page.locator(".saved")

    def press(key: str, then: str) -> None:
        expect(page.get_by_role("button", name="Keys")).to_be_visible()  # the script listens
        page.keyboard.press(key)
        expect(place).to_contain_text(then)

    page.goto(queue_of(libby))
    expect(place).to_contain_text("1 of 3")
    press("l", "2 of 3")
    press("r", "2 of 2")
    expect(saved).to_contain_text("are related reports, and not the same. Undo")
    expect(page.get_by_role("heading", name="Probably different")).to_be_visible()
    press("z", "2 of 3")
    assert not Distinction.objects.in_force().exists()
    press("d", "2 of 2")
    expect(saved).to_contain_text("are different. Undo")
    page.keyboard.press("l")
    expect(page.get_by_role("heading", name="That was the last one")).to_be_visible()
    page.get_by_role("link", name="Look at them again").click()
    press("s", "1 of 1")
    expect(saved).to_contain_text("Merged record")

    assert Merge.objects.in_force().filter(pattern="person").count() == 1
    assert Distinction.objects.in_force().count() == 1


def test_keys_are_dead_while_a_number_is_typed(open_page, libby, questions):
    page = open_page(libby)
    page.goto(reverse("screening:compare", args=[libby.review.pk]) + "?one=1&other=2")
    number = page.get_by_label("and record number")
    number.fill("")
    number.press_sequentially("sdr3")

    expect(number).to_have_value("sdr3")
    assert Distinction.objects.count() == 0
    assert Merge.objects.in_force().count() == 1


def test_a_key_held_down_answers_one_question(open_page, libby, questions):
    page = open_page(libby)
    page.goto(queue_of(libby))
    expect(page.get_by_role("button", name="Keys")).to_be_visible()
    page.keyboard.down("d")
    page.keyboard.down("d")
    expect(page.locator("header .num")).to_contain_text("1 of 2")
    page.keyboard.up("d")

    assert Distinction.objects.count() == 1


def test_without_a_script_the_buttons_do_the_same(open_page, libby, questions):
    page = open_page(libby, java_script_enabled=False)
    page.goto(queue_of(libby))
    page.get_by_role("button", name="Same").click()
    expect(page.locator(".saved")).to_contain_text("Merged record")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("header .num")).to_contain_text("1 of 3")
    page.get_by_role("link", name="Later").click()
    expect(page.locator("header .num")).to_contain_text("2 of 3")

    assert not Merge.objects.in_force().filter(pattern="person").exists()


def test_both_stand_beside_each_other_on_a_desk_and_below_on_a_phone(open_page, libby, questions):
    page = open_page(libby)
    page.goto(queue_of(libby))
    first, second = page.locator("[data-field=journal] td").all()
    for size, is_beside in [(DESK, True), (PHONE, False)]:
        page.set_viewport_size(size)
        one, other = first.bounding_box(), second.bounding_box()
        assert (one["y"] == other["y"]) is is_beside
        assert (one["x"] < other["x"]) is is_beside
        for name in ("Same", "Different", "Related"):
            expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)


def test_the_pages_have_no_serious_problems_and_none_scrolls_sideways(open_page, libby, questions):
    review, merge = libby.review.pk, Merge.objects.get()
    page, found = open_page(libby), []
    pages = [
        *(reverse("screening:duplicate_question", args=[review, one.pk]) for one in questions),
        reverse("screening:compare", args=[review]),
        reverse("screening:compare", args=[review])
        + f"?one={merge.record.number}&other={merge.kept.number}",
        reverse("screening:merged", args=[review]),
        reverse("screening:merged", args=[review]) + "?show=apart",
        reverse("reporting:record", args=[review, merge.record_id]),
        reverse("reporting:record", args=[review, merge.kept_id]),
        reverse("reporting:records", args=[review]) + "?duplicates=only",
        queue_of(libby) + f"?after={questions[-1].pk}",
    ]

    for address in pages:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        found += problems(page)

    assert found == []
