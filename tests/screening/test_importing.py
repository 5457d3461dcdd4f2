"""Sources and imports: stored whole or not at all, and undone until the first vote."""

import json
import threading
from datetime import date, timedelta
from io import StringIO
from itertools import islice
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import close_old_connections, connection
from django.utils import timezone

from screening import files
from screening.access import ReviewAccess
from screening.actions import importing, storing
from screening.actions.importing import (
    FileIsGone,
    SameFile,
    StoredElsewhere,
    discard_import,
    preview_import,
)
from screening.actions.protocol import edit_protocol
from screening.actions.sources import add_source, edit_source, remove_source
from screening.actions.storing import commit_import
from screening.actions.undoing import HasWork, undo_import
from screening.actions.voting import Ballot, cast_vote, postpone, take_back_vote
from screening.importers import UnreadableFile, read
from screening.models import (
    Import,
    ImportProblem,
    LogEntry,
    Postponement,
    Record,
    Review,
    ScreeningItem,
    Source,
)
from screening.queue import upcoming
from screening.rules import Decision, Stage
from tests.factories import SourceFactory
from tests.screening.bibliography import ris_file

TA = Stage.TITLE_ABSTRACT


@pytest.fixture(autouse=True)
def kept(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "kept"
    return settings.MEDIA_ROOT


@pytest.fixture
def source(review) -> Source:
    return SourceFactory(review=review)


def previewed(access: ReviewAccess, path: Path) -> Import:
    source = access.scope(Source).first() or Source(name="PubMed")
    return preview_import(access, source, path, path.name)


def imported(access: ReviewAccess, path: Path) -> Import:
    return commit_import(access, previewed(access, path))


def log_of(access: ReviewAccess) -> list[tuple[str, dict | None, dict | None]]:
    entries = access.scope(LogEntry).order_by("sequence")
    return list(entries.values_list("action", "before", "after"))


def counts(access: ReviewAccess) -> dict[str, int]:
    models = (Record, ScreeningItem, Postponement)
    return {model.__name__: access.scope(model).count() for model in models}


def half_stored(access: ReviewAccess, path: Path) -> Import:
    """What a process leaves that is killed after two parts."""
    import_ = previewed(access, path)
    attempt = storing._begin(access, import_)
    kept = importing.kept_file(access, import_)
    for entries in islice(storing._some_at_once(read(kept, importing.inspection_of(import_))), 2):
        storing._store_some(access, attempt, entries)
    return import_


def a_minute_passes() -> None:
    Import.objects.update(staged_at=timezone.now() - timedelta(seconds=61))


# --- Sources ----------------------------------------------------------------------------------


def test_a_source_is_added_with_its_facts(libby):
    source = add_source(
        libby, name="Embase", platform="Ovid", hits=12, searched_on=date(2024, 1, 9)
    )

    assert list(libby.scope(Source)) == [source]
    ((action, before, after),) = log_of(libby)
    assert (action, before) == ("source.added", None)
    assert (after["name"], after["hits"], after["searched_on"]) == ("Embase", 12, "2024-01-09")


def test_editing_a_source_logs_what_changed_and_nothing_else(libby, source):
    edit_source(libby, source, name="PubMed", hits=952)

    source.refresh_from_db()
    assert source.hits == 952
    assert log_of(libby) == [
        ("source.edited", {"name": "PubMed", "hits": None}, {"name": "PubMed", "hits": 952})
    ]


def test_editing_a_source_without_a_change_is_not_logged(libby, source):
    edit_source(libby, source, name="PubMed")

    assert log_of(libby) == []


def test_a_period_that_ends_before_it_begins_is_refused(libby, source):
    with pytest.raises(ValidationError, match="ends before it begins"):
        edit_source(libby, source, coverage_from=date(2020, 1, 1), coverage_to=date(2019, 1, 1))

    source.refresh_from_db()
    assert source.coverage_from is None


def test_reviewers_add_no_sources(alice):
    with pytest.raises(PermissionDenied):
        add_source(alice, name="Embase")


# --- Preview ----------------------------------------------------------------------------------


def test_a_preview_stores_the_file_and_one_row_and_nothing_else(libby, source, tmp_path):
    path = ris_file(tmp_path, 3, untitled={2})

    import_ = previewed(libby, path)

    kept_file = files.raw_file(libby.review.pk, import_.sha256)
    assert kept_file.read_bytes() == path.read_bytes()
    assert kept_file.stat().st_mode & 0o777 == 0o640
    assert [file.name for file in kept_file.parent.iterdir()] == [import_.sha256]
    assert (import_.state, import_.found, import_.read) == ("previewed", 3, 2)
    assert counts(libby) == {"Record": 0, "ScreeningItem": 0, "Postponement": 0}
    assert not ImportProblem.objects.exists()
    assert Review.objects.get(pk=libby.review.pk).next_record_number == 1
    assert log_of(libby) == []


def test_a_source_described_in_place_is_added_with_the_preview(libby, tmp_path):
    import_ = preview_import(libby, Source(name="CINAHL"), ris_file(tmp_path, 1), "a.ris")

    assert import_.source == libby.scope(Source).get(name="CINAHL")
    assert [action for action, _, _ in log_of(libby)] == ["source.added"]


def test_a_file_we_cannot_read_leaves_nothing_behind(libby, kept, tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear Libby,\n\nhere is the search.\n")

    with pytest.raises(UnreadableFile):
        preview_import(libby, Source(name="PubMed"), path, path.name)

    assert not kept.exists()
    assert not libby.scope(Source).exists()


def test_the_same_file_is_refused_while_the_first_import_stands(libby, source, tmp_path):
    path = ris_file(tmp_path, 3)
    first = imported(libby, path)

    with pytest.raises(SameFile) as refused:
        previewed(libby, path)

    assert refused.value.first == first
    assert libby.scope(Import).count() == 1


def test_the_same_file_may_come_again_after_undo(libby, source, tmp_path):
    path = ris_file(tmp_path, 3)
    undo_import(libby, imported(libby, path))

    imported(libby, path)

    numbers = libby.scope(Record).order_by("number").values_list("number", flat=True)
    assert list(numbers) == [4, 5, 6]


def test_another_review_may_import_the_same_file(libby, mallory, tmp_path):
    path = ris_file(tmp_path, 3)
    imported(libby, path)

    imported(mallory, path)

    assert (libby.scope(Record).count(), mallory.scope(Record).count()) == (3, 3)


def test_a_discarded_preview_takes_its_file_along(libby, kept, source, tmp_path):
    import_ = previewed(libby, ris_file(tmp_path, 3))

    discard_import(libby, import_)

    assert not libby.scope(Import).exists()
    assert not files.raw_file(libby.review.pk, import_.sha256).exists()


def test_a_discarded_preview_leaves_the_file_to_another_preview_of_it(libby, source, tmp_path):
    path = ris_file(tmp_path, 3)
    first, second = previewed(libby, path), previewed(libby, path)

    discard_import(libby, first)

    assert files.raw_file(libby.review.pk, second.sha256).exists()


def test_a_discarded_preview_takes_the_source_described_with_it_along(libby, tmp_path):
    import_ = preview_import(libby, Source(name="CINAHL", hits=7), ris_file(tmp_path, 1), "a.ris")

    gone = discard_import(libby, import_)

    assert gone.name == "CINAHL"
    assert not libby.scope(Source).exists()
    added, discarded, removed = log_of(libby)
    assert (added[0], added[2]["file"]) == ("source.added", "a.ris")
    assert (discarded[0], discarded[1]["source"]) == ("import.discarded", "CINAHL")
    assert (removed[0], removed[1]["name"], removed[1]["hits"]) == ("source.removed", "CINAHL", 7)


def test_a_source_that_was_edited_since_the_preview_stays(libby, tmp_path):
    import_ = preview_import(libby, Source(name="CINAHL"), ris_file(tmp_path, 1), "a.ris")
    edit_source(libby, import_.source, hits=7)

    assert discard_import(libby, import_) is None

    assert libby.scope(Source).get().hits == 7


def test_a_source_with_another_file_stays(libby, tmp_path):
    first = preview_import(libby, Source(name="CINAHL"), ris_file(tmp_path, 1), "a.ris")
    second = preview_import(libby, first.source, ris_file(tmp_path, 2, name="b.ris"), "b.ris")

    assert discard_import(libby, first) is None
    assert discard_import(libby, second) is None  # described with the other file, not with this one

    assert libby.scope(Source).exists()


def test_a_source_that_was_there_before_stays(libby, source, tmp_path):
    """Also when another of the same words was described with the same file before."""
    twin = preview_import(libby, Source(name=source.name), ris_file(tmp_path, 1), "a.ris")
    discard_import(libby, twin)

    discard_import(libby, preview_import(libby, source, ris_file(tmp_path, 1), "a.ris"))

    assert libby.scope(Source).get() == source


def test_a_source_without_a_file_is_removed_and_the_log_keeps_its_facts(libby, source):
    remove_source(libby, source)

    assert not libby.scope(Source).exists()
    action, before, after = log_of(libby)[-1]
    assert (action, before["name"], after) == ("source.removed", "PubMed", None)


def test_a_source_with_a_file_is_not_removed_not_even_after_undo(libby, source, tmp_path):
    import_ = previewed(libby, ris_file(tmp_path, 3))
    with pytest.raises(importing.Refused, match="cannot be removed"):
        remove_source(libby, source)
    undo_import(libby, commit_import(libby, import_))

    with pytest.raises(importing.Refused, match="cannot be removed"):
        remove_source(libby, source)

    assert libby.scope(Source).get() == source


def test_a_file_for_a_source_that_was_removed_meanwhile_is_refused(libby, source, tmp_path):
    seen = libby.scope(Source).get()
    remove_source(libby, source)

    with pytest.raises(importing.Refused, match="removed in the meantime"):
        preview_import(libby, seen, ris_file(tmp_path, 3), "a.ris")
    with pytest.raises(importing.Refused, match="removed in the meantime"):
        edit_source(libby, seen, hits=1)

    assert not libby.scope(Import).exists()


def test_reviewers_remove_no_sources(alice, source):
    with pytest.raises(PermissionDenied):
        remove_source(alice, source)


def test_cut_values_are_told_at_the_preview_and_stay_told(libby, source, tmp_path):
    path = tmp_path / "long.ris"
    long = f"TY  - JOUR\nTI  - {'t' * 6_000}\nVL  - {'v' * 501}\nER  - \n"
    path.write_text(f"TY  - JOUR\nTI  - Short\nER  - \n{long}{long}")

    import_ = previewed(libby, path)

    told = (
        "4 values are longer than Parallax keeps and were cut, the first in the entry that begins "
        "at line 4: look for the ellipsis (…) at the end."
    )
    assert import_.warnings == [told]
    assert commit_import(libby, import_).warnings == [told]
    assert Import.objects.get().warnings == [told]
    title = libby.scope(Record).order_by("position").last().title
    assert (len(title), title[-1]) == (5_000, "…")


def test_cut_values_that_no_preview_counted_are_told_by_the_commit(libby, source, tmp_path):
    path = tmp_path / "long.ris"
    path.write_text(f"TY  - JOUR\nTI  - {'t' * 6_000}\nER  - \n")

    import_ = preview_import(libby, source, path, path.name, count_up_to=0)

    assert import_.warnings == []
    (told,) = commit_import(libby, import_).warnings
    assert told.startswith("1 value is longer than Parallax keeps and was cut, in the entry")


def test_an_imported_file_is_not_discarded(libby, source, tmp_path):
    import_ = imported(libby, ris_file(tmp_path, 3))

    with pytest.raises(importing.Refused, match="cannot be discarded"):
        discard_import(libby, import_)

    assert libby.scope(Record).count() == 3


# --- Commit -----------------------------------------------------------------------------------


def test_commit_stores_records_problems_and_items(libby, source, tmp_path):
    import_ = imported(libby, ris_file(tmp_path, 4, untitled={2}))

    records = libby.scope(Record).imported().order_by("number")
    assert [(one.number, one.position, one.title) for one in records] == [
        (1, 1, "Title 1"),
        (2, 3, "Title 3"),
        (3, 4, "Title 4"),
    ]
    assert records[0].abstract == "Abstract 1."
    assert (records[0].authors, records[0].year, records[0].doi) == ("Author, 1", 2020, "10.1000/1")
    assert [(one.position, one.line) for one in import_.problems.all()] == [(2, 9)]
    items = libby.scope(ScreeningItem).values_list("record__number", "rank", "quorum", "outcome")
    assert sorted(items) == [(one.number, one.rank, 2, "unseen") for one in records]
    import_.refresh_from_db()
    assert (import_.state, import_.found, import_.read, import_.problems_count) == (
        "committed",
        4,
        3,
        1,
    )


def test_commit_is_one_line_of_the_log_with_the_digest_of_the_file(libby, source, tmp_path):
    import_ = imported(libby, ris_file(tmp_path, 4, untitled={2}))

    assert log_of(libby) == [
        (
            "import.committed",
            None,
            {
                "source": "PubMed",
                "file": "search.ris",
                "sha256": import_.sha256,
                "format": "ris",
                "encoding": "utf-8",
                "found": 4,
                "read": 3,
                "problems": 1,
                "first_record": 1,
                "last_record": 3,
                "quorum": 2,
                "duplicates": 0,
                "duplicate_questions": 0,
            },
        )
    ]


def test_numbers_go_on_where_the_last_import_ended(libby, source, tmp_path):
    imported(libby, ris_file(tmp_path, 3, name="a.ris", untitled={3}))

    imported(libby, ris_file(tmp_path, 2, name="b.ris", first=100))

    numbers = libby.scope(Record).order_by("number").values_list("number", "title")
    assert list(numbers) == [(1, "Title 1"), (2, "Title 2"), (3, "Title 100"), (4, "Title 101")]


def test_the_shared_order_is_a_shuffle_that_anybody_can_repeat(libby, mallory, tmp_path):
    path = ris_file(tmp_path, 200)
    imported(libby, path)
    imported(mallory, path)

    ranks, again = (
        list(access.scope(Record).order_by("number").values_list("rank", flat=True))
        for access in (libby, mallory)
    )

    assert sorted(ranks) == list(range(1, 201))
    assert ranks != sorted(ranks)
    assert ranks == again


def test_the_records_of_a_later_import_come_after_those_of_an_earlier_one(libby, source, tmp_path):
    imported(libby, ris_file(tmp_path, 50, name="a.ris"))
    imported(libby, ris_file(tmp_path, 50, name="b.ris", first=51))

    ranks = list(libby.scope(Record).order_by("number").values_list("rank", flat=True))

    assert max(ranks[:50]) < min(ranks[50:])


def test_imported_records_are_in_the_reviewers_queue(libby, alice, source, tmp_path):
    imported(libby, ris_file(tmp_path, 3))

    assert len(upcoming(alice, TA)) == 3


def test_items_get_the_quorum_in_force(libby, dora, source, tmp_path):
    import_ = previewed(libby, ris_file(tmp_path, 2))
    edit_protocol(dora, quorum_title_abstract=3)

    commit_import(libby, import_)

    assert set(libby.scope(ScreeningItem).values_list("quorum", flat=True)) == {3}


def test_characters_with_a_meaning_to_databases_arrive_as_they_are(libby, source, tmp_path):
    path = tmp_path / "odd.ris"
    path.write_text(
        "TY  - JOUR\nTI  - =SUM(1) \\N \\. 100% 'x' \"y\" {z} Grün 😀\nAU  - A\\tB\nAU  - C\n"
        "AB  - First.\nAB  - Second; \\n third.\nER  - \n"
    )

    imported(libby, path)

    record = libby.scope(Record).get()
    assert record.title == "=SUM(1) \\N \\. 100% 'x' \"y\" {z} Grün 😀"
    assert record.authors == "A\\tB\nC"
    assert record.abstract.replace("\n", " ") == "First. Second; \\n third."


def test_a_file_is_committed_once(libby, source, tmp_path):
    import_ = imported(libby, ris_file(tmp_path, 3))

    with pytest.raises(importing.Refused, match="imported already"):
        commit_import(libby, import_)

    assert libby.scope(Record).count() == 3


def test_of_two_previews_of_one_file_one_is_committed(libby, source, tmp_path):
    path = ris_file(tmp_path, 3)
    first, second = previewed(libby, path), previewed(libby, path)
    commit_import(libby, first)

    with pytest.raises(SameFile):
        commit_import(libby, second)

    assert libby.scope(Record).count() == 3


def test_a_file_without_any_record_is_not_imported(libby, source, tmp_path):
    import_ = previewed(libby, ris_file(tmp_path, 2, untitled={1, 2}))

    with pytest.raises(importing.Refused, match="could be read as a record"):
        commit_import(libby, import_)

    import_.refresh_from_db()
    assert import_.state == "previewed"
    assert not import_.problems.exists()
    assert log_of(libby) == []


def test_a_file_that_is_gone_is_told_and_nothing_changes(libby, source, tmp_path):
    import_ = previewed(libby, ris_file(tmp_path, 2))
    files.throw_away(libby.review.pk, import_.sha256)

    with pytest.raises(FileIsGone):
        commit_import(libby, import_)

    import_.refresh_from_db()
    assert import_.state == "previewed"


def test_an_import_left_half_way_is_invisible(libby, alice, source, tmp_path):
    half_stored(libby, ris_file(tmp_path, 2_500))

    assert libby.scope(Record).count() == 2 * storing.ENTRIES_AT_ONCE
    assert libby.scope(Record).imported().count() == 0
    assert upcoming(alice, TA) == []
    assert log_of(libby) == []


def test_an_import_being_stored_by_somebody_is_left_alone(libby, dora, source, tmp_path):
    import_ = half_stored(libby, ris_file(tmp_path, 2_500))

    for refused in (commit_import, discard_import):
        with pytest.raises(StoredElsewhere, match="is being stored now"):
            refused(dora, import_)


def test_an_import_left_half_way_starts_again_after_a_minute(libby, source, tmp_path):
    import_ = half_stored(libby, ris_file(tmp_path, 2_500, untitled={7}))
    a_minute_passes()

    commit_import(libby, import_)

    numbers = list(
        libby.scope(Record).imported().order_by("number").values_list("number", flat=True)
    )
    assert numbers == list(range(2_501, 5_000))
    assert libby.scope(ScreeningItem).count() == 2_499
    assert import_.problems.count() == 1


def test_an_attempt_that_was_taken_over_stops(libby, dora, source, tmp_path):
    import_ = previewed(libby, ris_file(tmp_path, 3))
    slow = storing._begin(libby, import_)
    a_minute_passes()
    commit_import(dora, import_)

    with pytest.raises(StoredElsewhere, match="this attempt stopped"):
        storing._store_some(libby, slow, [])

    assert libby.scope(Record).imported().count() == 3


def test_a_half_stored_import_may_be_discarded_after_a_minute(libby, source, tmp_path):
    import_ = half_stored(libby, ris_file(tmp_path, 2_500))
    a_minute_passes()

    discard_import(libby, import_)

    assert counts(libby) == {"Record": 0, "ScreeningItem": 0, "Postponement": 0}
    assert not libby.scope(Import).exists()


def together(*calls) -> list[BaseException | None]:
    """Run the calls at the same moment, each on a connection of its own."""
    start = threading.Barrier(len(calls))
    endings: list[BaseException | None] = [None] * len(calls)

    def run(index, call):
        start.wait()
        try:
            call()
        except importing.Refused as refusal:
            endings[index] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    close_old_connections()
    return endings


def test_two_people_committing_one_import_at_once_import_it_once(
    with_triggers, libby, dora, source, tmp_path
):
    import_ = previewed(libby, ris_file(tmp_path, 1_500))

    endings = together(lambda: commit_import(libby, import_), lambda: commit_import(dora, import_))

    assert endings.count(None) == 1
    assert libby.scope(Record).imported().count() == 1_500
    assert libby.scope(ScreeningItem).count() == 1_500


def test_two_people_committing_the_same_file_at_once_import_it_once(
    with_triggers, libby, dora, source, tmp_path
):
    path = ris_file(tmp_path, 1_500)
    first, second = previewed(libby, path), previewed(dora, path)

    endings = together(lambda: commit_import(libby, first), lambda: commit_import(dora, second))

    assert endings.count(None) == 1
    assert {type(one) for one in endings} == {type(None), SameFile}
    assert libby.scope(Record).count() == 1_500


# --- Undo -------------------------------------------------------------------------------------


def test_undo_restores_what_was_before_and_keeps_row_file_problems_and_log(
    libby, alice, source, tmp_path
):
    imported(libby, ris_file(tmp_path, 3, name="stays.ris", first=10))
    before = counts(libby)
    import_ = imported(libby, ris_file(tmp_path, 4, untitled={2}))
    postpone(alice, libby.scope(Record).get(title="Title 1"), stage=TA)

    undo_import(libby, import_)

    assert counts(libby) == before
    import_.refresh_from_db()
    assert (import_.state, import_.problems.count()) == ("undone", 1)
    assert files.raw_file(libby.review.pk, import_.sha256).exists()
    action, before_undo, after_undo = log_of(libby)[-1]
    assert (action, before_undo["records"], after_undo) == ("import.undone", 3, None)
    assert before_undo["sha256"] == import_.sha256


@pytest.mark.parametrize("is_taken_back", [False, True])
def test_undo_is_refused_from_the_first_vote_on(libby, alice, source, tmp_path, is_taken_back):
    import_ = imported(libby, ris_file(tmp_path, 3))
    record = libby.scope(Record).first()
    cast_vote(alice, record, Ballot(Decision.INCLUDE), stage=TA)
    if is_taken_back:
        take_back_vote(alice, record, stage=TA)

    with pytest.raises(HasWork):
        undo_import(libby, import_)

    import_.refresh_from_db()
    assert import_.state == "committed"
    assert libby.scope(Record).count() == 3


def test_a_vote_on_another_import_does_not_hinder_undo(libby, alice, source, tmp_path):
    other = imported(libby, ris_file(tmp_path, 1, name="a.ris"))
    import_ = imported(libby, ris_file(tmp_path, 3, name="b.ris", first=2))
    cast_vote(alice, other.records.get(), Ballot(Decision.INCLUDE), stage=TA)

    undo_import(libby, import_)

    assert libby.scope(Record).count() == 1


def test_undo_happens_once(libby, source, tmp_path):
    import_ = undo_import(libby, imported(libby, ris_file(tmp_path, 3)))

    with pytest.raises(importing.Refused, match="not in the review"):
        undo_import(libby, import_)


def test_reviewers_undo_nothing(libby, alice, source, tmp_path):
    import_ = imported(libby, ris_file(tmp_path, 3))

    with pytest.raises(PermissionDenied):
        undo_import(alice, import_)


def test_a_vote_and_an_undo_at_once_leave_either_the_vote_or_nothing(
    with_triggers, libby, alice, source, tmp_path
):
    import_ = imported(libby, ris_file(tmp_path, 300))
    record = libby.scope(Record).last()

    vote_refused, undo_refused = together(
        lambda: cast_vote(alice, record, Ballot(Decision.INCLUDE), stage=TA),
        lambda: undo_import(libby, import_),
    )

    assert (vote_refused is None) != (undo_refused is None)
    expected = 0 if undo_refused is None else 300
    assert libby.scope(Record).count() == expected


# --- The command ------------------------------------------------------------------------------


def run_command(*args) -> dict:
    said = StringIO()
    call_command("import_file", *map(str, args), stdout=said)
    return json.loads(said.getvalue())


def test_the_command_imports_as_the_first_lead_and_says_so_in_json(dora, tmp_path):
    said = run_command(dora.review.pk, ris_file(tmp_path, 4, untitled={2}), "--source", "Embase")

    import_ = dora.scope(Import).get()
    assert said == {
        "import": import_.pk,
        "review": dora.review.pk,
        "format": "ris",
        "encoding": "utf-8",
        "found": 4,
        "read": 3,
        "problems": 1,
        "records": 3,
        "duplicates": 0,
        "duplicate_questions": 0,
    }
    assert (import_.source.name, import_.uploaded_by) == ("Embase", dora.user)


def test_the_command_takes_a_source_of_that_name_and_a_member_of_that_address(
    libby, source, tmp_path
):
    path = ris_file(tmp_path, 2)

    run_command(libby.review.pk, path, "--source", "pubmed", "--as", libby.user.email)

    assert libby.scope(Import).get().source == source
    assert libby.scope(Import).get().uploaded_by == libby.user


def test_the_command_takes_up_what_a_killed_one_left(dora, tmp_path):
    path = ris_file(tmp_path, 2_500)
    half_stored(dora, path)
    a_minute_passes()

    said = run_command(dora.review.pk, path)

    assert said["records"] == 2_500
    assert dora.scope(Import).count() == 1


@pytest.mark.parametrize(
    ("content", "who", "sentence"),
    [
        ("TY  - JOUR\nTI  - A\nER  - \n", "nobody@example.org", "nobody@example.org is no active"),
        ("Dear Dora,\n", "", "the format is not known"),
        (None, "", "No such file"),
    ],
)
def test_the_command_says_in_a_sentence_what_is_wrong(dora, tmp_path, content, who, sentence):
    path = tmp_path / "search.ris"
    if content:
        path.write_text(content)

    with pytest.raises(CommandError) as error:
        run_command(dora.review.pk, path, "--as", who)

    assert sentence in str(error.value)
    assert not dora.scope(Record).exists()


def test_the_command_refuses_the_same_file(dora, tmp_path):
    path = ris_file(tmp_path, 2)
    run_command(dora.review.pk, path)

    with pytest.raises(CommandError, match="was imported into this review on"):
        run_command(dora.review.pk, path)


def test_the_command_refuses_members_without_the_right(alice, tmp_path):
    with pytest.raises(CommandError, match="role"):
        run_command(alice.review.pk, ris_file(tmp_path, 2), "--as", alice.user.email)
