"""Duplicates are merged as a file is imported, whatever order the files come in."""

import pytest

from screening.actions.importing import preview_import
from screening.actions.storing import commit_import
from screening.actions.undoing import HasWork, undo_import
from screening.actions.voting import Ballot, cast_vote
from screening.models import (
    DuplicateKey,
    DuplicateQuestion,
    LogEntry,
    Merge,
    ScreeningItem,
    SourceKind,
)
from screening.queue import upcoming
from screening.rules import Decision, Stage
from screening.verification import verify
from tests.factories import SourceFactory
from tests.screening.merging.libraries import ATLAS, DIFFUSION, GAN, MEETING, imported, record

TA = Stage.TITLE_ABSTRACT


def merged(access) -> list[tuple[int, int, str]]:
    rows = access.scope(Merge).in_force().order_by("record__number")
    return list(rows.values_list("record__number", "kept__number", "pattern"))


def to_screen(access) -> list[int]:
    return sorted(item.record.number for item in upcoming(access, TA, count=20))


def test_the_second_source_brings_only_what_the_first_did_not_have(libby, alice, tmp_path):
    imported(libby, tmp_path, [GAN, DIFFUSION])
    imported(libby, tmp_path, [DIFFUSION.but(abstract="We made images."), ATLAS], source="Embase")

    assert merged(libby) == [(3, 2, "same-doi")]
    assert to_screen(alice) == [1, 2, 4]
    assert verify(libby.review).differences == []


def test_within_one_file_the_first_entry_is_kept(libby, alice, tmp_path):
    imported(libby, tmp_path, [GAN, ATLAS, GAN.but(title=GAN.title.upper())])

    assert [pair for *pair, _ in merged(libby)] == [[3, 1]]
    assert to_screen(alice) == [1, 2]


def test_a_record_stays_as_its_source_gave_it(libby, tmp_path):
    imported(libby, tmp_path, [GAN])
    imported(libby, tmp_path, [GAN.but(abstract="Of dense breasts.")], source="Embase")

    assert (record(libby, 1).abstract, record(libby, 2).abstract) == ("", "Of dense breasts.")


def test_why_is_kept_with_the_merge(libby, tmp_path):
    imported(libby, tmp_path, [GAN])
    imported(libby, tmp_path, [GAN.but(year="2022")], source="Embase")

    merge = libby.scope(Merge).get()
    assert (merge.measures["between"], merge.measures["doi"], merge.measures["years_apart"]) == (
        [1, 2],
        "same",
        1,
    )
    assert 0 < merge.score <= 1
    assert merge.began_at == merge.imported_by.committed_at >= merge.said_at
    entry = libby.scope(LogEntry).get(sequence=merge.started_at_sequence)
    assert (entry.action, entry.after["duplicates"]) == ("import.compared", 1)


def test_what_is_not_sure_is_asked_and_screened_until_somebody_answers(libby, alice, tmp_path):
    imported(libby, tmp_path, [GAN])
    imported(libby, tmp_path, [MEETING], source="Scopus")

    question = libby.scope(DuplicateQuestion).get()
    assert (question.first.number, question.second.number, question.is_open) == (1, 2, True)
    assert to_screen(alice) == [1, 2]


def test_a_third_record_joins_two_that_were_apart(libby, alice, tmp_path):
    """The second has half of the title, and no place or DOI."""
    half = "Generative adversarial networks for synthetic mammograms"
    bare = GAN.but(title=half, doi="", pmid="31000001", volume="", pages="", journal="", year="")
    imported(libby, tmp_path, [GAN])
    imported(libby, tmp_path, [bare], source="Embase")
    assert (merged(libby), to_screen(alice)) == ([], [1, 2])

    imported(libby, tmp_path, [GAN.but(pmid="31000001")], source="Scopus")

    assert merged(libby) == [(2, 1, "same-pmid"), (3, 1, "page-range")]
    assert to_screen(alice) == [1]
    assert not libby.scope(DuplicateQuestion).filter(is_open=True).exists()
    assert verify(libby.review).differences == []


def test_records_of_another_review_are_none_of_our_business(libby, mallory, tmp_path):
    imported(mallory, tmp_path, [GAN])
    imported(libby, tmp_path, [GAN])

    assert merged(libby) == merged(mallory) == []
    assert libby.scope(DuplicateKey).exists()


def test_what_was_found_by_hand_is_not_sought_twice(libby, tmp_path):
    imported(libby, tmp_path, [GAN])
    imported(libby, tmp_path, [GAN], source="References", kind=SourceKind.CITATIONS)

    assert merged(libby) == [(2, 1, "page-range")]
    closed = libby.scope(ScreeningItem).at(Stage.FULL_TEXT).get()
    assert closed.closed_at is not None


def test_undoing_an_import_brings_back_what_was_merged_into_it(libby, alice, tmp_path):
    first = imported(libby, tmp_path, [GAN, ATLAS])
    imported(libby, tmp_path, [GAN, DIFFUSION], source="Embase")
    undo_import(libby, first)

    assert merged(libby) == []
    assert to_screen(alice) == [3, 4]
    assert verify(libby.review).differences == []


def test_undoing_the_later_import_leaves_the_first_as_it_was(libby, alice, tmp_path):
    imported(libby, tmp_path, [GAN, ATLAS])
    before = everything(libby)
    second = imported(libby, tmp_path, [GAN, MEETING, DIFFUSION], source="Embase")
    undo_import(libby, second)

    assert everything(libby) == before
    assert verify(libby.review).differences == []


def everything(access) -> list[object]:
    """All rows about records, with every column."""
    return [
        list(access.scope(model).order_by("pk").values())
        for model in (ScreeningItem, Merge, DuplicateQuestion)
    ] + [sorted(access.scope(DuplicateKey).values_list("key", "record"))]


def test_a_vote_on_what_is_kept_keeps_the_import_it_came_with_only(libby, alice, no_undo, tmp_path):
    first = imported(libby, tmp_path, [GAN])
    second = imported(libby, tmp_path, [GAN, ATLAS], source="Embase")
    cast_vote(alice, record(libby, 1), Ballot(Decision.INCLUDE), stage=TA)

    with pytest.raises(HasWork):
        undo_import(libby, first)
    undo_import(libby, second)

    assert merged(libby) == []
    assert verify(libby.review).differences == []


SUMMARY = (
    "PMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year,Create Date,PMCID,"
    "NIHMS ID,DOI\n"
    '"31000001","{title}.","Lindqvist M.","J Invent Imaging. 2021;12(3):101-109.","Lindqvist M",'
    '"J Invent Imaging","2021","2021/03/01","","",""\n'
)


def test_a_summary_without_abstracts_is_merged_by_pmid_into_what_has_them(libby, alice, tmp_path):
    imported(libby, tmp_path, [GAN.but(pmid="31000001", abstract="Of dense breasts.", doi="")])
    path = tmp_path / "csv-summary.csv"
    path.write_text(SUMMARY.format(title=GAN.title))
    commit_import(libby, preview_import(libby, SourceFactory(review=libby.review), path, path.name))

    assert [pair for *pair, _ in merged(libby)] == [[2, 1]]
    assert [item.record.abstract for item in upcoming(alice, TA)] == ["Of dense breasts."]
