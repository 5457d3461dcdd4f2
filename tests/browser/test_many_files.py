"""Several files and a folder through the browser, and a job whose page comes along by itself."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from screening import tasks
from screening.access import ReviewAccess
from screening.models import Import, Job, Record
from screening.working import claim_next
from tests.screening.bibliography import ris

pytestmark = pytest.mark.browser

DATA = Path(__file__).parent.parent / "data" / "importers"


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "search"
    (made / "deeper").mkdir(parents=True)
    (made / "pubmed.nbib").write_bytes((DATA / "pubmed.nbib").read_bytes())
    (made / "deeper" / "mine.ris").write_text(ris(3))
    (made / ".DS_Store").write_text("x")
    return made


def upload_page(page: Page, access: ReviewAccess) -> None:
    page.goto(reverse("screening:import_file", args=[access.review.pk]))


def work() -> None:
    while claim := claim_next("a worker"):
        tasks.do(claim)


def test_a_folder_is_looked_at_corrected_and_stored(open_page, libby, folder):
    page = open_page(libby)
    upload_page(page, libby)

    page.set_input_files("#id_folder", folder)
    expect(page.get_by_text("Their sources are asked for on the next page")).to_be_visible()
    expect(page.get_by_label("Database or register")).to_be_hidden()
    page.get_by_role("button", name="Show the preview").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Two files")
    expect(page.get_by_label("Source of pubmed.nbib", exact=True)).to_have_value(
        str(Import.objects.get(format="nbib").source_id)
    )
    named = page.get_by_label("Name of another source of mine.ris")
    expect(named).to_be_hidden()
    page.get_by_label("Source of mine.ris", exact=True).select_option("Another, named here")
    named.fill("Hand search")
    page.get_by_role("button", name="Import two files").click()

    expect(page.get_by_role("heading", name="Waits for a worker")).to_be_visible()
    work()
    expect(page.get_by_role("heading", name="records are in the review")).to_be_visible()
    expect(page.get_by_role("link", name="See the sources")).to_be_visible()
    assert Record.objects.filter(imported_by__source__name="Hand search").count() == 3
    assert Job.objects.get().state == "done"


def test_several_files_are_dropped_and_one_is_asked_for_its_source(open_page, libby, tmp_path):
    one, two = tmp_path / "one.ris", tmp_path / "two.ris"
    one.write_text(ris(1))
    two.write_text(ris(2))
    page = open_page(libby)
    upload_page(page, libby)

    page.set_input_files("#id_file", [one, two])
    expect(page.get_by_label("Database or register")).to_be_hidden()
    page.set_input_files("#id_file", one)
    expect(page.get_by_label("Database or register")).to_be_visible()
    page.get_by_label("Database or register").fill("Scopus")
    page.get_by_role("button", name="Show the preview").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Preview of one.ris")


def test_without_script_several_files_come_in_too(open_page, libby, tmp_path):
    one, two = tmp_path / "one.ris", tmp_path / "two.ris"
    one.write_text(ris(1))
    two.write_text(ris(2))
    page = open_page(libby, java_script_enabled=False)
    upload_page(page, libby)

    page.set_input_files("#id_file", [one, two])
    page.get_by_role("button", name="Show the preview").click()
    page.get_by_role("button", name="Import two files").click()
    expect(page.get_by_role("heading", name="Waits for a worker")).to_be_visible()
    work()
    page.get_by_role("link", name="Look again").click()

    expect(page.get_by_role("heading", name="3 records are in the review")).to_be_visible()


def test_a_folder_comes_beside_the_files_that_were_chosen_before(
    open_page, libby, folder, tmp_path
):
    one = tmp_path / "one.ris"
    one.write_text(ris(1))
    page = open_page(libby)
    upload_page(page, libby)

    page.set_input_files("#id_file", one)
    page.set_input_files("#id_folder", folder)
    page.get_by_role("button", name="Show the preview").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Three files")
    assert set(Import.objects.values_list("file_name", flat=True)) == {
        "one.ris",
        "mine.ris",
        "pubmed.nbib",
    }
