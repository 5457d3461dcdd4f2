"""Every main page for everybody: axe in light and dark, small screens, the keyboard, twice the size.

The pages show the example review, whose titles, abstracts and notes are as long as real ones.
"""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from screening.access import ReviewAccess
from screening.actions.importing import preview_import
from screening.actions.jobs import ask_to_look
from screening.actions.people import invite
from screening.actions.reviews import create_review
from screening.actions.storing import commit_import
from screening.actions.together import Brought, bring_together, store_together
from screening.example import TEMPLATE
from screening.importers.zipped import DAMAGED
from screening.models import Bundle, Import, Job, Record, Role, ScreeningItem, Source
from screening.rules import Outcome, Stage
from tests.browser.conftest import queue_of

pytestmark = pytest.mark.browser

DESK = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
SMALL_PHONE = {"width": 320, "height": 700}
FILE = Path(__file__).parent.parent / "data" / "eight_records.nbib"
STAGE = Stage.TITLE_ABSTRACT

# The focused element: its name, whether its ring shows, and what lies over the middle of its first
# line or of the part of it that is on the screen.
WHERE = """() => {
  const one = document.activeElement;
  const box = one.getClientRects()[0];
  const style = getComputedStyle(one);
  const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
  const over = document.elementFromPoint(box.x + box.width / 2, (top + bottom) / 2);
  return {
    name: (one.getAttribute("aria-label") || one.innerText).trim().replace(/\\s+/g, " "),
    isAtTheEnd: one === document.body,
    isSeen: one.contains(over),
    isRinged: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    over: over?.outerHTML.slice(0, 80),
    outline: style.outline,
  };
}"""


def addresses(ada: ReviewAccess) -> dict[str, str]:
    """Every main page that a lead who screens can open, by the heading it shows."""
    review = ada.review.pk
    new = create_review(ada.user, title="A review at its beginning", template=TEMPLATE)
    bundle, job = files_together(new)
    first, second = ada.scope(Import).order_by("pk")
    ask_to_look(ada)
    preview = preview_import(new, new.scope(Source).first(), FILE, FILE.name)

    def inside(name: str, *args: object, of: int = review) -> str:
        return reverse(name, args=[of, *args])

    return {
        "My reviews": reverse("reporting:home"),
        "A new review": reverse("screening:new_review"),
        ada.review.title: inside("reporting:overview"),
        "Protocol": inside("screening:protocol"),
        "Edit the protocol": inside("screening:protocol_edit", of=new.review.pk),
        "Highlighted terms": inside("screening:protocol_terms"),
        "Team": inside("screening:team"),
        "Roles of Ben Okafor": inside("screening:member_roles", 2),
        "Sources": inside("screening:sources"),
        "Search report": inside("reporting:search_report"),
        "The search as a whole": inside("screening:search_methods"),
        "Import files": inside("screening:import_file"),
        f"Preview of {FILE.name}": inside("screening:import", preview.pk, of=new.review.pk),
        **duplicates_in_a_file(ada),
        "Three files": inside("screening:together", bundle.pk, of=new.review.pk),
        "Import of one file": inside("screening:job", job.pk, of=new.review.pk),
        "Import of example_records.nbib": inside("screening:import", first.pk),
        "Import of example_records_embase.ris": inside("screening:import", second.pk),
        "Are these the same report?": inside("screening:duplicates"),
        "Look through all records": inside("screening:look"),
        "Duplicates": inside("screening:duplicates", of=new.review.pk),
        "": inside("screening:queue", STAGE),  # the title of a record
        "My votes": inside("screening:mine", STAGE),
        "Conflicts": inside("screening:conflicts", STAGE),
        a_conflict(ada).record.title.strip("[]. "): conflict_of(ada),
        "Records": inside("reporting:records"),
        discussed(ada).title.strip("[]. "): inside("reporting:record", discussed(ada).pk),
        "Files": inside("reporting:files"),
        "Log": inside("reporting:log"),
    }


def duplicates_in_a_file(ada: ReviewAccess) -> dict[str, str]:
    """The duplicates that a preview tells of, of the same library in two formats."""
    review = create_review(ada.user, title="A review with two searches")
    library = FILE.parent / "same_library"
    first, second = library / "three_records.nbib", library / "three_records.ris"
    commit_import(review, preview_import(review, Source(name="PubMed"), first, first.name))
    preview = preview_import(review, Source(name="Zotero"), second, second.name)
    address = reverse("screening:import_duplicates", args=[review.review.pk, preview.pk])
    return {f"Duplicates in {second.name}": address}


def files_together(access: ReviewAccess) -> tuple[Bundle, Job]:
    """Files that wait for a decision, with every kind of trouble; and a job that nobody does."""
    unknown = FILE.parent / "importers" / "table_unknown.csv"
    damaged = FILE.parent / "importers" / "web_of_science_damaged.ciw"
    refused = Brought("broken.zip", None, DAMAGED)
    bundle = bring_together(
        access, [Brought(path.name, path) for path in (unknown, damaged)] + [refused], [".DS_Store"]
    )
    good = FILE.parent / "importers" / "scopus.ris"
    job = store_together(access, bring_together(access, [Brought(good.name, good), refused]), {})
    Job.objects.update(asked_at="2026-01-01T00:00:00Z")
    return bundle, job


def a_conflict(access: ReviewAccess) -> ScreeningItem:
    """One that waits for a proposal, so that its page shows the most."""
    in_conflict = access.scope(ScreeningItem).filter(outcome=Outcome.CONFLICT)
    found = in_conflict.filter(proposals=None, referral=None).select_related("record")
    return found.order_by("rank")[0]


def discussed(access: ReviewAccess) -> Record:
    """One whose timeline has the most in it."""
    return access.scope(Record).filter(items__resolution__proposal__isnull=False)[0]


def conflict_of(access: ReviewAccess) -> str:
    record = a_conflict(access).record
    return reverse("screening:conflict", args=[access.review.pk, STAGE, record.pk])


def violations(page: Page) -> list[str]:
    """What axe calls serious or critical, in one line each."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


def is_wider_than_the_screen(page: Page) -> bool:
    return page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )


def problems(page: Page) -> list[str]:
    """In light and dark at a desk, and sideways on a phone."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found += [f"{scheme} {page.url} {one}" for one in violations(page)]
    page.set_viewport_size(PHONE)
    if is_wider_than_the_screen(page):
        found.append(f"{page.url} scrolls sideways at {PHONE['width']}")
    page.set_viewport_size(DESK)
    return found


def test_no_page_has_serious_problems_and_none_scrolls_sideways_on_a_phone(open_page, ada):
    page = open_page(ada)
    found = []

    for heading, address in addresses(ada).items():
        page.goto(address)
        expect(page.get_by_role("heading", level=1, name=heading).first).to_be_visible()
        page.wait_for_load_state("networkidle")  # counts and progress come after the page
        found += problems(page)

    assert found == []


def test_nor_do_the_pages_of_strangers_and_errors(open_page, watch, ada, settings):
    settings.EXAMPLE_ACCOUNTS = True
    watch.expect("status of 403", "status of 404", "status of 422")
    _, token = invite(ada, email="zoe@example.org", roles=[Role.REVIEWER])
    stranger, observer = open_page(), open_page(ada.review.memberships.get(number=4).user)
    opened = []

    def go(page: Page, address: str, heading: str) -> Page:
        page.goto(address)
        expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
        opened.extend(problems(page))
        return page

    go(stranger, "/", "Sign in")
    invitation = go(stranger, reverse("screening:invitation", args=[token]), "You are invited")
    invitation.get_by_role("button", name="Open an account").click()
    expect(invitation.get_by_role("heading", name="Open an account")).to_be_visible()
    opened.extend(problems(invitation))
    go(observer, reverse("reporting:log", args=[ada.review.pk]), "This is not yours to do")
    go(observer, "/reviews/999999/", "There is nothing at this address")
    lead = open_page(ada)
    lead.goto(reverse("screening:team", args=[ada.review.pk]))
    lead.get_by_label("E-mail address").fill("ben@example.org")
    lead.get_by_role("button", name="Invite", exact=True).click()
    expect(lead.locator(".error-summary")).to_be_focused()
    opened.extend(problems(lead))

    assert opened == []


def test_card_and_conflict_fit_the_smallest_screen(open_page, ada):
    page = open_page(ada, viewport=SMALL_PHONE)

    page.goto(queue_of(ada))
    expect(page.locator("#progress")).to_contain_text("You have screened")
    assert not is_wider_than_the_screen(page)
    for name in ("Exclude", "Maybe", "Include"):
        expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Note").click()
    expect(page.get_by_label("Note on this record")).to_be_in_viewport(ratio=1)
    assert not is_wider_than_the_screen(page)

    page.goto(conflict_of(ada))
    assert not is_wider_than_the_screen(page)
    votes = page.get_by_role("heading", name="Votes").bounding_box()
    criteria = page.get_by_role("complementary", name="Criteria").bounding_box()
    assert votes["y"] < criteria["y"]  # a thumb need not pass the criteria to decide


@pytest.mark.parametrize("size", [DESK, {"width": 683, "height": 384}], ids=["usual", "200 %"])
def test_the_keyboard_alone_reaches_everything_and_shows_where_it_is(open_page, ada, size):
    page = open_page(ada, viewport=size)
    page.goto(queue_of(ada))
    expect(page.get_by_role("button", name="Keys")).to_be_visible()
    reached = []

    for _ in range(40):
        page.keyboard.press("Tab")
        here = page.evaluate(WHERE)
        if here["isAtTheEnd"]:
            break
        assert here["isSeen"], here
        assert here["isRinged"], here
        reached.append(here["name"])

    assert reached[0] == "Skip to the content"
    wanted = ["Exclude E", "Maybe M", "Include I", "Later", "Note", "Keys"]
    assert [name for name in reached if name in wanted] == wanted
    assert not is_wider_than_the_screen(page)


def test_the_keyboard_keeps_its_place_in_the_rail_when_its_counts_come(open_page, ada):
    page = open_page(ada)
    held = []
    page.route("**/rail/**", lambda route: held.append(route))
    page.goto(queue_of(ada))
    link = page.get_by_role("link", name="Protocol")
    link.focus()

    held[0].continue_()

    expect(page.locator("#rail .count").first).to_be_visible()
    expect(link).to_be_focused()


def test_focus_goes_to_the_next_record_and_its_saving_is_told(open_page, ada):
    page = open_page(ada)
    page.goto(queue_of(ada))
    expect(page.get_by_role("button", name="Keys")).to_be_visible()
    first = page.locator("#card article").get_attribute("data-number")

    page.get_by_role("button", name="Exclude").press("Enter")

    told = page.get_by_role("status").filter(has_text=f"Saved: record {first}, exclude.")
    expect(told).to_be_visible()
    expect(page.locator("#card h1")).to_be_focused()
    number = page.locator("#card article").get_attribute("data-number")
    assert number != first
    expect(page).to_have_title(f"Record {number}: title and abstract · Parallax")


def test_the_bar_with_a_note_and_votes_that_wait_can_be_read(open_page, watch, ada):
    watch.expect("status of 401")
    page = open_page(ada)
    page.goto(queue_of(ada))
    page.wait_for_load_state("networkidle")
    page.context.clear_cookies()

    page.keyboard.press("i")
    expect(page.get_by_role("link", name="Sign in again")).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_label("Note on this record")).to_be_focused()

    assert problems(page) == []
