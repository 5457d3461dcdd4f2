"""What uploads left that were killed is removed, and nothing that an import names."""

import os
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from screening import files
from screening.actions import importing
from screening.actions.importing import preview_import
from screening.models import Import
from tests.factories import SourceFactory
from tests.screening.bibliography import ris_file


@pytest.fixture(autouse=True)
def kept(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "kept"
    return settings.MEDIA_ROOT


def kept_for(review, name: str) -> Path:
    path = files.raw_file(review.pk, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("TY  - JOUR")
    return path


def made_old(path: Path, **age: int) -> Path:
    moment = (timezone.now() - timedelta(**age)).timestamp()
    os.utime(path, (moment, moment))
    return path


def remove() -> str:
    said = StringIO()
    call_command("remove_orphaned_files", stdout=said)
    return said.getvalue().strip()


def test_a_file_whose_upload_was_killed_is_removed_after_a_day(
    libby, review, tmp_path, monkeypatch
):
    def killed(*args: object) -> None:
        raise SystemExit

    monkeypatch.setattr(importing, "_preview", killed)
    with pytest.raises(SystemExit):
        preview_import(libby, SourceFactory(review=review), ris_file(tmp_path, 2), "search.ris")
    (orphan,) = files.raw_file(review.pk, "").iterdir()

    assert remove() == "Files removed: 0."
    assert orphan.exists()

    made_old(orphan, hours=25)

    assert remove() == "Files removed: 1."
    assert not orphan.exists()


@pytest.mark.parametrize("state", ["previewed", "staged", "committed", "undone"])
def test_a_file_of_an_import_stays_however_old_it_is(libby, review, tmp_path, state):
    path = ris_file(tmp_path, 2)
    import_ = preview_import(libby, SourceFactory(review=review), path, "search.ris")
    at = timezone.now() if state in {"committed", "undone"} else None
    Import.objects.update(state=state, committed_at=at)
    raw = made_old(files.raw_file(review.pk, import_.sha256), days=400)

    assert remove() == "Files removed: 0."
    assert raw.read_bytes() == path.read_bytes()


def test_the_same_file_in_another_review_keeps_none_here(libby, mallory, tmp_path):
    source = SourceFactory(review=libby.review)
    import_ = preview_import(libby, source, ris_file(tmp_path, 2), "search.ris")
    raw = made_old(files.raw_file(libby.review.pk, import_.sha256), days=2)
    elsewhere = made_old(kept_for(mallory.review, import_.sha256), days=2)

    assert remove() == "Files removed: 1."
    assert (raw.exists(), elsewhere.exists()) == (True, False)


def test_what_was_never_finished_goes_and_what_is_not_ours_stays(review):
    unfinished = made_old(kept_for(review, f".{'a' * 32}.unfinished"), days=2)
    being_written = kept_for(review, f".{'b' * 32}.unfinished")
    of_the_host = made_old(kept_for(review, "README.txt"), days=2)

    assert remove() == "Files removed: 1."
    assert not unfinished.exists()
    assert being_written.exists()
    assert of_the_host.exists()


def test_files_of_a_review_that_is_gone_go_too(review):
    path = made_old(kept_for(review, "a" * 64), days=2)
    elsewhere = path.parent.with_name("999999") / path.name
    elsewhere.parent.mkdir()
    path.rename(elsewhere)

    assert remove() == "Files removed: 1."
    assert not elsewhere.exists()


def test_a_file_that_is_uploaded_again_meanwhile_is_there_afterwards(
    libby, review, tmp_path, monkeypatch
):
    path = ris_file(tmp_path, 2)
    source = SourceFactory(review=review)
    preview = importing._preview

    def removed_in_between(*args: object) -> Import:
        made_old(raw, days=2)
        assert remove() == "Files removed: 1."
        return preview(*args)

    raw = files.raw_file(review.pk, importing.inspect(path).sha256)
    monkeypatch.setattr(importing, "_preview", removed_in_between)
    import_ = preview_import(libby, source, path, "search.ris")

    assert import_.sha256 == raw.name
    assert raw.read_bytes() == path.read_bytes()
    assert remove() == "Files removed: 0."
