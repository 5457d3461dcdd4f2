"""Until an import stands, every byte that anybody can fetch is as if it had brought nothing."""

import pytest

from screening.actions import staging, storing
from screening.actions.importing import kept_file, preview_import
from screening.actions.matching import Matches, matches_of
from screening.models import DuplicateQuestion, Merge, ScreeningItem, Source
from tests.blinding.crawling import differing, everything
from tests.screening.bibliography import ris
from tests.screening.merging.libraries import GAN, MEETING
from tests.worlds import STORIES, World

EVERYBODY = ("Alice", "Bob", "Carol", "Dora", "Libby", "Olive")


def stored(world: World, folder) -> tuple[storing.Attempt, Matches]:
    """An import with copies of all records of the world, and with two that may be one."""
    path = folder / "copies.ris"
    path.write_text(ris(len(STORIES)) + GAN.ris("Embase") + MEETING.ris("Embase"))
    access = world.access("Libby")
    import_ = preview_import(access, Source(name="Embase", review=world.review), path, path.name)
    attempt = storing._begin(access, import_)
    storing._store(access, attempt, kept_file(access, import_))
    return attempt, matches_of(access, attempt.compared, tick=lambda: None)


@pytest.mark.parametrize("name", EVERYBODY)
def test_nothing_shows_of_what_comes_with_records_that_are_being_stored(
    world, in_a_world, tmp_path, name
):
    def compared_alone() -> None:
        attempt, matches = stored(world, tmp_path)
        staging._tell_what_was_found(world.access("Libby"), attempt, matches)

    def all_of_it() -> None:
        attempt, matches = stored(world, tmp_path)
        before = [model.objects.count() for model in (ScreeningItem, Merge, DuplicateQuestion)]
        staging.stage(world.access("Libby"), attempt, matches)
        after = [model.objects.count() for model in (ScreeningItem, Merge, DuplicateQuestion)]
        items, merges, questions = (
            later - earlier for later, earlier in zip(after, before, strict=True)
        )
        assert items == len(STORIES) + 2
        assert merges > 10
        assert questions > 0

    worlds = [
        in_a_world(act, lambda: everything(world, name)) for act in (compared_alone, all_of_it)
    ]

    assert differing(*worlds) == set()
    assert len(worlds[0]) > 40


@pytest.mark.parametrize("name", EVERYBODY)
def test_all_of_it_shows_once_the_import_stands(world, in_a_world, tmp_path, name):
    """Else the test above would look where nothing is to be seen."""

    def up_to(end) -> None:
        attempt, matches = stored(world, tmp_path)
        access = world.access("Libby")
        staging.stage(access, attempt, matches)
        if end:
            storing._finish(access, attempt, matches)

    staged, standing = (
        in_a_world(lambda end=end: up_to(end), lambda: everything(world, name))
        for end in (False, True)
    )

    others = differing(staged, standing)
    for page in ("", "records/", "report/", "export/records_wide.csv"):
        assert f"/reviews/{world.review.pk}/{page}" in others
