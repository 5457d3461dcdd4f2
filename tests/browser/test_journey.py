"""Three people bring a review from a file to its numbers, each in a browser of their own."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from screening.verification import verify
from tests.factories import UserFactory
from tests.invariants import differences

pytestmark = pytest.mark.browser

FILE = Path(__file__).parent.parent / "data" / "eight_records.nbib"
PASSWORD = "correct horse battery"
REVIEW = "Made images in radiology"

RIBS = "Generated chest radiographs"
READERS = "How radiologists rate"
NEURO = "A review of image synthesis"
PELVIS = "Synthetic computed tomography"
LIVER = "Diffusion models for liver"
ROBOTS = "Generated photographs of everyday"
RETINA = "Retinal photographs"
MOUSE = "Augmentation of mouse"

# What each presses; ribs and mouse have more to them, see below.
ALICE = {
    RIBS: "include",
    READERS: "include",
    NEURO: "include",
    PELVIS: "exclude",
    LIVER: "maybe",
    ROBOTS: "exclude",
    RETINA: "include",
    MOUSE: "exclude",
}
BOB = {
    RIBS: "include",
    READERS: "include",
    NEURO: "exclude",
    PELVIS: "maybe",
    LIVER: "include",
    ROBOTS: "exclude",
    RETINA: "include",
    MOUSE: "exclude",
}
OUTCOMES = {
    RIBS: "included",
    READERS: "included",
    NEURO: "excluded",  # by Alice's proposal, which Bob confirms
    PELVIS: "included",  # by the lead, after sending it to adjudication
    LIVER: "included",
    ROBOTS: "excluded",
    RETINA: "included",
    MOUSE: "excluded",
}


# At full text: retina cannot be had; a key of a reason stands for the vote to exclude.
ALICE_READS = {RIBS: "i", READERS: "2", PELVIS: "i", LIVER: "6"}
BOB_READS = {RIBS: "i", READERS: "2", PELVIS: "7", LIVER: "4"}
COUNTED = {READERS: "E2", LIVER: "E4"}  # of two reasons the first in the protocol's order


@pytest.fixture(autouse=True)
def _a_second_to_undo(settings) -> None:
    settings.UNDO_SECONDS = 1


def test_three_people_from_a_file_to_its_files(open_page):
    dora = open_page()
    UserFactory(name="Dora", email="dora@example.org")

    sign_in_by_the_page(dora, "dora@example.org")
    make_the_review(dora)
    import_the_file(dora)
    alice = join_by_invitation(open_page, dora, "alice@example.org", "Alice")
    bob = join_by_invitation(open_page, dora, "bob@example.org", "Bob")
    screen_as_alice(alice)
    nothing_of_it_shows(alice, bob)
    screen_as_bob(bob)
    discuss(alice, bob)
    send_to_adjudication_and_decide(dora)
    the_overview_adds_up(dora)
    the_files_agree_with_what_was_pressed(dora)
    say_what_cannot_be_had(dora)
    read(alice, ALICE_READS)
    no_direction_shows(bob)
    read(bob, BOB_READS)
    bob.wait_for_timeout(1_000)  # the second to undo
    agree_to_include(alice, bob)
    the_numbers_close_and_open_their_lists(dora)
    the_files_give_the_same_numbers(dora)
    assert differences() == []
    assert verify().differences == []


def sign_in_by_the_page(page: Page, email: str) -> None:
    page.goto("/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="My reviews")).to_be_visible()


def make_the_review(page: Page) -> None:
    page.get_by_role("link", name="New review").click()
    page.get_by_label("Title").fill(REVIEW)
    page.get_by_label("The template").check()
    page.get_by_role("button", name="Make the review").click()
    expect(page.get_by_text("The review is made.")).to_be_visible()


def import_the_file(page: Page) -> None:
    rail(page, "Sources")
    page.get_by_text("Describe a search without a file").click()
    page.get_by_label("Database or register").fill("Embase")
    page.get_by_label("Hits reported").fill("8")
    page.get_by_role("button", name="Add the source").click()
    page.get_by_role("link", name="Import a file from Embase").click()
    page.get_by_label("Drop files or a folder here, or choose them").set_input_files(FILE)
    page.get_by_role("button", name="Show the preview").click()

    expect(page.get_by_role("heading", name="Preview of eight_records.nbib")).to_be_visible()
    told = facts(page)
    assert told["Format"].startswith("PubMed (nbib), UTF-8")
    counts = ["Entries found", "Read as records", "Problems", "Without abstract"]
    assert [told[name] for name in counts] == ["8", "8", "none", "1"]
    expect(page.get_by_text("None of 8 records seems to be a duplicate")).to_be_visible()
    expect(page.locator("ol.rows > li h3").first).to_contain_text(RIBS)
    page.get_by_role("button", name="Import 8 records").click()
    expect(page.get_by_role("heading", name="Import of eight_records.nbib")).to_be_visible()
    assert facts(page)["Entries found"] == "8"


def join_by_invitation(open_page: Callable[..., Page], lead: Page, email: str, name: str) -> Page:
    """Whoever has the link the page shows opens an account by it and accepts."""
    rail(lead, "Team")
    lead.get_by_label("E-mail address").fill(email)
    lead.get_by_label("Reviewer: votes").check()
    lead.get_by_role("button", name="Invite", exact=True).click()
    link = lead.get_by_label("Link of the invitation").input_value()

    page = open_page()
    page.goto(link)
    expect(page.get_by_text(REVIEW)).to_be_visible()
    page.get_by_role("button", name="Open an account").click()
    expect(page.get_by_label("Email")).to_have_value(email)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Open the account").click()
    page.get_by_role("button", name="Join the review").click()
    expect(page.get_by_text(f"Welcome to “{REVIEW}”.")).to_be_visible()
    return page


def screen_as_alice(page: Page) -> None:
    """A wrong key on one record and Z, a note on another, and one put off to the end."""
    page.get_by_role("main").get_by_role("link", name="Screen").click()
    seen = []
    while len(seen) < 8:
        which = shown(page)
        if which == MOUSE and which not in seen and len(seen) < 7:
            page.keyboard.press("l")
            expect(page.locator("#saved")).to_contain_text("waits at the end of your queue")
            assert shown(page) != MOUSE
            which = shown(page)
        if which == RIBS:
            vote(page, "exclude")
            page.keyboard.press("z")
            expect(page.locator("#saved")).to_contain_text("Taken back: your vote on record")
            assert shown(page) == RIBS
        if which == NEURO:
            note(page, "A review; are its references of use?")
        vote(page, ALICE[which])
        seen.append(which)
    assert sorted(seen) == sorted(ALICE)
    expect(page.get_by_role("heading", name="You have voted on every record")).to_be_visible()


def nothing_of_it_shows(alice: Page, bob: Page) -> None:
    """Alice's votes are cast and her time to undo is over; Bob has not voted."""
    for page in (alice, bob):
        rail(page, "Conflicts")
        expect(page.get_by_role("heading", name="No conflicts")).to_be_visible()
    rows = download(bob, "votes_long")
    assert rows == []
    assert {row["vote_ta_Alice"] for row in download(bob, "records_wide")} == {""}
    assert {row["ta_outcome"] for row in download(bob, "records_wide")} == {"partial"}


def screen_as_bob(page: Page) -> None:
    rail(page, "Title and abstract")
    expect(page.get_by_text("You cannot see what the others think of a record")).to_be_visible()
    for _ in range(8):
        which = shown(page)
        expect(page.get_by_role("main")).not_to_contain_text("are its references of use?")
        if which == PELVIS:
            note(page, "For planning, but the images are judged too.")
        vote(page, BOB[which])
    expect(page.get_by_role("heading", name="Every record has its votes")).to_be_visible()
    page.wait_for_timeout(1_000)  # the second to undo


def discuss(alice: Page, bob: Page) -> None:
    """Alice proposes to exclude the review, by keyboard; Bob confirms."""
    rail(alice, "Conflicts")
    expect(alice.locator("ul.rows > li")).to_have_count(2)
    alice.get_by_role("link", name=NEURO).click()
    expect(alice.locator(".side")).to_have_count(2)
    expect(alice.get_by_role("main")).to_contain_text("A review; are its references of use?")
    keys_work(alice)
    alice.keyboard.press("e")
    alice.keyboard.type("It reports no study of its own.")
    alice.keyboard.press("Control+Enter")
    expect(alice.get_by_text("Waiting for Bob")).to_be_visible()

    rail(bob, "Conflicts")
    bob.get_by_role("link", name=NEURO).click()
    expect(bob.get_by_text("It reports no study of its own.")).to_be_visible()
    keys_work(bob)
    bob.keyboard.press("c")
    expect(bob.get_by_text("excluded after discussion.")).to_be_visible()
    expect(bob.get_by_role("heading", name=PELVIS)).to_be_visible()  # what waits for him next


def send_to_adjudication_and_decide(page: Page) -> None:
    """Dora, who did not vote, sees A and B until it is resolved."""
    rail(page, "Conflicts")
    page.get_by_role("link", name=PELVIS).click()
    expect(page.locator(".side h3")).to_have_text(["A", "B"])
    page.get_by_text("Send to adjudication").first.click()
    page.get_by_label("Why").fill("They have talked enough.")
    page.get_by_role("button", name="Send to adjudication").click()
    page.get_by_role("radio", name="Include").check()
    page.get_by_label("Rationale").fill("Image quality is one of its results.")
    page.get_by_role("button", name="Resolve").click()
    rail(page, "Conflicts")
    expect(page.get_by_role("heading", name="Every conflict is resolved")).to_be_visible()


def the_overview_adds_up(page: Page) -> None:
    rail(page, "Overview")
    flow = page.locator("ol.flow > li")
    expect(flow.nth(0)).to_contain_text("8records identified")
    expect(flow.nth(1)).to_contain_text("8records to screen")
    expect(flow.nth(2)).to_contain_text("8finished by two")
    expect(flow.nth(2)).to_contain_text("5 included, 3 excluded")
    expect(flow.nth(3)).to_contain_text("5full texts sought")


def the_files_agree_with_what_was_pressed(page: Page) -> None:
    wide = {which_of(row["title"]): row for row in download(page, "records_wide")}
    numbers = {row["record_id"]: which for which, row in wide.items()}
    assert {which: row["ta_outcome"] for which, row in wide.items()} == OUTCOMES
    assert {which: row["vote_ta_Alice"] for which, row in wide.items()} == ALICE
    assert {which: row["vote_ta_Bob"] for which, row in wide.items()} == BOB
    assert {row["sources"] for row in wide.values()} == {"Embase"}

    votes = download(page, "votes_long")
    standing = {
        (row["reviewer"], numbers[row["record_id"]]): row["vote"]
        for row in votes
        if not row["superseded_at"]
    }
    pressed = {("Alice", which): decision for which, decision in ALICE.items()}
    assert standing == pressed | {("Bob", which): decision for which, decision in BOB.items()}
    taken_back = [row for row in votes if row["superseded_at"]]
    assert [(numbers[row["record_id"]], row["vote"]) for row in taken_back] == [(RIBS, "exclude")]
    assert {numbers[row["record_id"]]: row["note"] for row in votes if row["note"]} == {
        NEURO: "A review; are its references of use?",
        PELVIS: "For planning, but the images are judged too.",
    }

    resolutions = download(page, "resolutions")
    told = ["mode", "decision", "votes_before", "rationale", "resolved_by", "confirmed_by"]
    assert {numbers[row["record_id"]]: [row[name] for name in told] for row in resolutions} == {
        NEURO: [
            "discussion",
            "exclude",
            "exclude|include",
            "It reports no study of its own.",
            "Alice",
            "Bob",
        ],
        PELVIS: [
            "adjudication",
            "include",
            "exclude|maybe",
            "Image quality is one of its results.",
            "Dora",
            "",
        ],
    }
    searches = {row["source"]: row for row in download(page, "searches")}
    assert (searches["Embase"]["hits"], searches["Embase"]["records"]) == ("8", "8")
    assert sum(int(row["records"]) for row in searches.values()) == len(wide)


def say_what_cannot_be_had(page: Page) -> None:
    rail(page, "Retrieval")
    expect(page.locator("ul.rows > li")).to_have_count(5)
    page.get_by_role("link", name=RETINA).click()
    page.get_by_label("Not retrieved").check()
    page.get_by_label("Whom you asked").fill(
        "The library has no copy, and the author did not answer."
    )
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Not retrieved")).to_be_visible()


def read(page: Page, pressed: dict[str, str]) -> None:
    """The reports in the queue, each with the key of its vote or of its reason."""
    rail(page, "Full text")
    for _ in pressed:
        which = shown(page)
        number = page.locator("#card article").get_attribute("data-number")
        key = pressed[which]
        if key.isdigit():
            page.keyboard.press("e")
            expect(page.get_by_label("Filter the reasons")).to_be_focused()
        page.keyboard.press(key)
        expect(page.locator("#saved, .state")).to_contain_text(
            re.compile(f"Saved: record {number}, |You have voted|has its votes")
        )


def no_direction_shows(page: Page) -> None:
    """Alice has read four reports, and Bob none."""
    rows = {which_of(row["title"]): row for row in download(page, "records_wide")}
    assert {row["ft_outcome"] for row in rows.values()} == {"", "partial", "unseen"}
    assert {row["vote_ft_Alice"] for row in rows.values()} == {""}
    assert download(page, "excluded_full_text") == []


def conflicts_at_full_text(page: Page) -> None:
    rail(page, "Conflicts")
    if page.get_by_role("link", name="Full text").count() > 1:  # the rail has one, the page another
        page.get_by_role("main").get_by_role("link", name="Full text").click()
    expect(page.get_by_role("main").get_by_text("Full text", exact=False).first).to_be_visible()


def agree_to_include(alice: Page, bob: Page) -> None:
    conflicts_at_full_text(alice)
    alice.get_by_role("link", name=PELVIS).click()
    expect(alice.locator(".side").nth(1)).to_contain_text("Non-diagnostic purpose")
    keys_work(alice)
    alice.keyboard.press("i")
    alice.keyboard.type("Diagnosis is judged as well.")
    alice.keyboard.press("Control+Enter")
    expect(alice.get_by_text("Waiting for Bob")).to_be_visible()
    conflicts_at_full_text(bob)
    bob.get_by_role("link", name=PELVIS).click()
    keys_work(bob)
    bob.keyboard.press("c")
    expect(bob.get_by_text("included after discussion.")).to_be_visible()


def the_numbers_close_and_open_their_lists(page: Page) -> None:
    rail(page, "Report")
    expect(page.get_by_text("Final", exact=True)).to_be_visible()
    expected = {
        "records_screened": 8,
        "records_excluded": 3,
        "dbr_sought_reports": 5,
        "dbr_notretrieved_reports": 1,
        "dbr_assessed": 4,
        "dbr_excluded": 2,
        "new_reports": 2,
    }
    for box, number in expected.items():
        link = page.locator(f'.prisma a[data-box="{box}"]').first
        expect(link).to_contain_text(str(number))
        link.click()
        expect(page.locator("ul.rows > li")).to_have_count(number)
        page.go_back()
    page.locator('.prisma a[data-box="dbr_excluded:E4"]').click()
    expect(page.locator("ul.rows > li")).to_contain_text(LIVER)


def the_files_give_the_same_numbers(page: Page) -> None:
    wide = {which_of(row["title"]): row for row in download(page, "records_wide")}
    assert {which: row["ft_reason"] for which, row in wide.items() if row["ft_reason"]} == COUNTED
    assert wide[RETINA]["retrieval"] == "not_retrieved"
    included = {which for which, row in wide.items() if row["ft_outcome"] == "included"}
    assert included == {RIBS, PELVIS}
    excluded = download(page, "excluded_full_text")
    assert len(excluded) == len(COUNTED)
    flow = {row["data"]: row["n"] for row in download(page, "prisma_flow")}
    told = ("records_screened", "records_excluded", "dbr_sought_reports", "new_reports")
    assert [flow[name] for name in told] == ["8", "3", "5", "2"]
    agreement = [row for row in download(page, "agreement") if row["stage"] == "full_text"]
    assert {row["n"] for row in agreement} == {"4"}


def rail(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Review", exact=True).get_by_role("link", name=name).click()


def facts(page: Page) -> dict[str, str]:
    names = page.locator("dl.facts > dt").all_inner_texts()
    return dict(zip(names, page.locator("dl.facts > dd").all_inner_texts(), strict=True))


def which_of(title: str) -> str:
    return next(which for which in OUTCOMES if title.startswith(which))


def shown(page: Page) -> str:
    keys_work(page)
    return which_of(page.locator("#card h1").inner_text())


def keys_work(page: Page) -> None:
    """The script of the page shows the list of keys once it listens to them."""
    expect(page.get_by_role("button", name="Keys")).to_be_visible()


def note(page: Page, text: str) -> None:
    page.keyboard.press("n")
    page.keyboard.type(text)
    page.keyboard.press("Escape")


def vote(page: Page, decision: str) -> None:
    """One key; the page says that the server has it before the next is pressed."""
    number = page.locator("#card article").get_attribute("data-number")
    page.keyboard.press(decision[0])
    expect(page.get_by_text(f"Saved: record {number}, {decision}.")).to_be_visible()


def download(page: Page, name: str) -> list[dict[str, str]]:
    rail(page, "Files")
    with page.expect_download() as downloading:
        page.get_by_role("link", name=f"Download {name}.csv").click()
    text = downloading.value.path().read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))
