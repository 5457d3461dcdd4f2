"""Words longer than any screen, as people and exporters write them, on every main page.

A title without a space once made a page sixty screens wide.
"""

from pathlib import Path

import pytest
from django.urls import reverse

from screening.access import ReviewAccess, access_for
from screening.actions.conflicts import propose
from screening.actions.importing import preview_import
from screening.actions.people import invite
from screening.actions.storing import commit_import
from screening.actions.voting import Ballot, cast_vote
from screening.models import Record, Role, Source
from screening.rules import Decision, Stage
from tests.browser.test_accessibility import PHONE, SMALL_PHONE, is_wider_than_the_screen
from tests.conftest import join
from tests.factories import ReviewFactory

pytestmark = pytest.mark.browser

TA = Stage.TITLE_ABSTRACT
DESK = {"width": 1024, "height": 768}


def word(letters: int) -> str:
    return "W" * letters


def entries(first: int, count: int) -> str:
    whole = "".join(
        f"TY  - JOUR\nTI  - {number}{word(400)}\nAU  - {word(200)}\nJO  - {word(300)}\n"
        f"AB  - {word(600)}\nKW  - {word(200)}\nDO  - 10.1000/{word(80)}{number}\nER  - \n\n"
        for number in range(first, first + count)
    )
    return f"{whole}TY  - JOUR\nAU  - {word(300)}{first}\nER  - \n"


@pytest.fixture
def lead(with_triggers, settings, tmp_path) -> ReviewAccess:
    """A lead who screens, in a review in which nothing that is typed or imported has a space."""
    settings.UNDO_SECONDS = 0
    review = ReviewFactory(title=word(300), protocol__question=word(400))
    lead = join(review, word(120), Role.LEAD, Role.REVIEWER)
    partner = join(review, f"B{word(119)}", Role.REVIEWER)
    _import(lead, tmp_path / f"{word(120)}.ris", entries(1, 4))
    for record in Record.objects.order_by("rank")[:2]:
        cast_vote(lead, record, Ballot(Decision.INCLUDE, note=word(300)), stage=TA)
        cast_vote(partner, record, Ballot(Decision.EXCLUDE, note=word(300)), stage=TA)
    proposed = Record.objects.order_by("rank")[1]
    propose(lead, proposed, stage=TA, decision=Decision.EXCLUDE, rationale=word(300))
    invite(lead, email=f"{word(60)}@example.org", roles=[Role.REVIEWER])
    return access_for(lead.user, review.pk)


def _import(access: ReviewAccess, path: Path, content: str) -> None:
    path.write_text(content)
    source = Source(
        name=word(120), platform=word(120), search_string=word(500), notes=word(300), hits=9
    )
    commit_import(access, preview_import(access, source, path, path.name))


@pytest.fixture
def addresses(lead, tmp_path) -> dict[str, str]:
    def inside(name: str, *args: object) -> str:
        return reverse(name, args=[lead.review.pk, *args])

    path = tmp_path / f"{word(100)}2.ris"
    path.write_text(entries(10, 3) + entries(4, 1))
    preview = preview_import(lead, lead.scope(Source).get(), path, path.name)
    conflicts = Record.objects.order_by("rank")[:2]
    return {
        "home": reverse("reporting:home"),
        "overview": inside("reporting:overview"),
        "protocol": inside("screening:protocol"),
        "team": inside("screening:team"),
        "roles": inside("screening:member_roles", 2),
        "removal": inside("screening:member_remove", 2),
        "sources": inside("screening:sources"),
        "edited source": inside("screening:source_edit", preview.source_id),
        "import form": inside("screening:import_file"),
        "preview": inside("screening:import", preview.pk),
        "duplicates in it": inside("screening:import_duplicates", preview.pk),
        "report": inside("screening:import", preview.source.imports.first().pk),
        "queue": inside("screening:queue", TA),
        "my votes": inside("screening:mine", TA),
        "conflicts": inside("screening:conflicts", TA),
        "conflict": inside("screening:conflict", TA, conflicts[0].pk),
        "proposed conflict": inside("screening:conflict", TA, conflicts[1].pk),
        "files": inside("reporting:files"),
        "log": inside("reporting:log"),
    }


def test_no_word_is_so_long_that_a_page_scrolls_sideways(open_page, lead, addresses):
    page = open_page(lead)
    wide = []

    for name, address in addresses.items():
        page.goto(address)
        page.wait_for_load_state("networkidle")  # counts and progress come after the page
        for size in (DESK, PHONE, SMALL_PHONE):
            page.set_viewport_size(size)
            page.evaluate(
                "for (const one of document.querySelectorAll('.page details')) one.open = true"
            )
            if is_wider_than_the_screen(page):
                width = page.evaluate("document.documentElement.scrollWidth")
                wide.append(f"{name} at {size['width']}: {width}")

    assert wide == []
