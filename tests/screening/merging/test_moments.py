"""Duplicates are looked for while others go on; what they do counts only where it matters."""

from itertools import count

import pytest

from screening.access import access_for
from screening.actions.distinctions import tell_apart
from screening.actions.matching import matches_of
from screening.actions.merging import merge_records, separate
from screening.actions.undoing import undo_import
from screening.importers import ParsedRecord
from screening.matching.describing import of_entry
from screening.models import Import
from tests.screening.merging.libraries import ATLAS, DIFFUSION, GAN, MEETING, imported, record


def again(access):
    return access_for(access.user, access.review.pk)


@pytest.fixture
def first(libby, tmp_path):
    """Records 1 to 4; 4 is merged into 1."""
    imported(libby, tmp_path, [GAN, ATLAS, DIFFUSION])
    return imported(libby, tmp_path, [GAN], source="Embase")


@pytest.fixture
def matches(libby, first):
    """Of an import that brings the first paper once more."""
    entry = ParsedRecord(1, 1, GAN.title, authors=(GAN.author,), year=2021, doi=GAN.doi)
    found = matches_of(libby, [of_entry(5, entry)], tick=lambda: None)
    assert [(link.record, link.kept) for link in found.links] == [(5, 1)]
    assert found.still_hold(libby.review)
    return found


def test_a_decision_about_other_records_changes_nothing(libby, matches):
    tell_apart(again(libby), record(libby, 2), record(libby, 3))

    assert matches.still_hold(libby.review)


def test_a_merge_of_what_is_kept_does(libby, matches):
    merge_records(again(libby), record(libby, 1), record(libby, 2))

    assert not matches.still_hold(libby.review)


def test_so_does_telling_a_duplicate_of_it_from_another(libby, matches):
    tell_apart(again(libby), record(libby, 4), record(libby, 3))

    assert not matches.still_hold(libby.review)


def test_so_does_separating_a_duplicate_of_it(libby, matches):
    separate(again(libby), record(libby, 4))

    assert not matches.still_hold(libby.review)


def test_so_does_another_import_or_its_undo(libby, first, matches, tmp_path):
    other = imported(libby, tmp_path, [MEETING], source="Scopus")
    assert not matches.still_hold(libby.review)
    undo_import(again(libby), other)
    assert matches.still_hold(libby.review)
    undo_import(again(libby), first)

    assert not matches.still_hold(libby.review)


def test_what_left_the_review_during_the_search_is_not_merged_into(libby, first, tmp_path):
    every = list(Import.objects.filter(source__review=libby.review))
    ticks = count()

    def undo_once_they_are_read():
        while every and next(ticks) > 0:
            undo_import(again(libby), every.pop())

    entry = ParsedRecord(1, 1, GAN.title, authors=(GAN.author,), year=2021, doi=GAN.doi)
    found = matches_of(libby, [of_entry(5, entry)], tick=undo_once_they_are_read)

    assert [(link.record, link.kept) for link in found.links] == [(5, 1)]
    assert found.rows() == []
    assert not found.still_hold(libby.review)
