"""Records are found by their words: the same ones on both databases, and none of another review."""

import json
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from screening.access import ReviewAccess
from screening.actions import storing
from screening.actions.importing import discard_import, preview_import
from screening.actions.storing import commit_import
from screening.actions.undoing import undo_import
from screening.finding import blocks, index
from screening.finding.folding import parse
from screening.finding.search import MOST_COUNTED, find
from screening.models import Import, IndexBlock, IndexEntry, Record, ScreeningItem, Source
from screening.rules import Stage
from tests.factories import ImportFactory, RecordFactory, SourceFactory
from tests.screening.bibliography import ris_file

RECORDS = {
    1: {
        "title": "Générateurs d\u2019images: a follow-up",
        "authors": "Ødegaard, Åse\nO'Brannigan, C",
    },
    2: {"title": "The role of β-catenin in H<sub>2</sub>O", "year": 2019, "pmid": "31234567"},
    3: {"title": "Straße und Maß", "journal": "Zeitschrift für Röntgen", "doi": "10.1000/a.b\\c"},
    4: {"title": "合成画像の評価", "abstract": "Synthetic MRI画像 of the brain."},
    5: {"title": "Followup of COVID-19 in 2019", "keywords": "Deep learning\nGAN"},
    6: {"title": "Vitamin D, 12 to 15 µg", "doi": "10.1000/A.B"},
    7: {"title": "Follow the up-stream signal", "abstract": "x" * 200 + " deep end"},
    8: {"title": "Хирургия и عَرَبِيّ and ไทย and हिन्दी"},
}

QUESTIONS = {
    "": [1, 2, 3, 4, 5, 6, 7, 8],
    "  \n\t": [1, 2, 3, 4, 5, 6, 7, 8],
    "?!": [],
    "'": [],
    '"': [],
    "\0": [],
    "generateurs": [1],
    "GÉNÉRATEURS d'Images": [1],
    "odegaard": [1],
    "Ødegaard": [1],
    "obrannigan": [1],
    "o\u2019brannigan": [1],
    "follow-up": [1, 5, 7],  # as one word, as two, and both somewhere
    "followup": [1, 5],
    "follow up": [1, 7],
    "β": [2],
    "β-cat": [2],
    "beta": [],
    "h2o": [2],
    "H₂O": [2],
    "31234567": [2],
    "3123456": [],
    "PMID: 31234567": [2],
    "2019": [2, 5],
    "201": [2, 5],
    "strasse": [3],
    "STRASSE MASS": [3],
    "Maß Straße": [3],
    "rontgen zeit": [3],
    "zeit rontgen": [],  # only the last word is a beginning
    "10.1000/a.b": [6],
    "https://doi.org/10.1000/A.B": [6],
    "10.1000/a.b\\c": [3],
    "10.1000": [],
    "合成画像": [4],
    "成画": [4],
    "画": [4],
    "価": [4],
    "像の評": [4],
    "画成": [],
    "MRI画像": [4],
    "covid-19": [5],
    "covid19": [5],
    "covid": [5],
    "19": [5],
    "gan": [5],
    "deep": [5, 7],
    "deep learning": [5],
    "learning deep": [5],
    "vitamin d": [6],
    "d vitamin": [6],
    "μg": [6],
    "µg": [6],
    "12-15": [6],
    "1215": [],
    "x" * 64: [7],
    "x" * 200: [7],
    "x" * 10_000: [7],
    "y" * 10_000: [],
    "a": [1, 8],
    "Хирургия": [8],
    "хирург": [8],
    "عربي": [8],
    "ไทย": [8],
    "हिन्दी": [8],
    "#3": [3],
    "#99": [],
    "#9999999999": [],
    'deep" OR "a': [],
    "deep AND learning": [],
    "title:deep": [],
    "NEAR(deep learning)": [],
    "deep*": [5, 7],
    "%": [],
    "d_ep": [],
    "*de": [5, 7],
    "=10.1000/a.b": [],
}


@pytest.fixture(autouse=True)
def kept(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "kept"
    return settings.MEDIA_ROOT


@pytest.fixture
def hard_cases(review, mallory) -> list[Record]:
    """Records of both reviews with the same words; only ours may be found by us."""
    for one in (mallory.review, review):
        for number, facts in RECORDS.items():
            RecordFactory(review=one, number=number, **facts)
        index.rebuild(one)
    return list(review.records.order_by("number"))


def imported(access: ReviewAccess, folder: Path, count: int, **kwargs) -> Import:
    path = ris_file(folder, count, **kwargs)
    source = access.scope(Source).first() or Source(name="PubMed")
    return commit_import(access, preview_import(access, source, path, path.name))


def numbers(access: ReviewAccess, typed: str, **kwargs) -> list[int]:
    found = find(access, parse(typed), **kwargs)
    assert [record.number for record in found.records(access)] == list(found.numbers)
    return list(found.numbers)


def all_pages(access: ReviewAccess, typed: str, **kwargs) -> list[int]:
    seen: list[int] = []
    after: int | None = 0
    while after is not None:
        found = find(access, parse(typed), after=after, **kwargs)
        seen += found.numbers
        after = found.after
    return seen


@pytest.mark.parametrize("typed", QUESTIONS)
def test_hard_cases_are_found(olive, hard_cases, typed):
    assert numbers(olive, typed) == QUESTIONS[typed]


def test_no_record_of_another_review_is_found(olive, mallory, hard_cases):
    mine = {record.pk for record in hard_cases}

    for typed in QUESTIONS:
        found = find(olive, parse(typed))
        assert {record.pk for record in found.records(olive)} <= mine
        assert found.records(mallory).filter(pk__in=mine).count() == 0
    theirs = mallory.scope(Record)
    assert numbers(olive, "", among=theirs) == []
    assert numbers(olive, "deep", among=theirs) == []


def test_nothing_that_is_typed_breaks_it(olive, hard_cases):
    @given(st.text(max_size=60) | st.text(alphabet="\"'*()^:-+{}\\%_#= ANDOR\0\ud800", max_size=60))
    def ask(typed: str) -> None:
        find(olive, parse(typed))

    ask()


@pytest.mark.parametrize("fewest", [1, 5_000], ids=["helped", "alone"])
def test_an_import_is_found_when_it_is_committed_and_not_before(
    libby, tmp_path, monkeypatch, fewest
):
    monkeypatch.setattr(storing, "FEWEST_THAT_PAY", fewest)
    path = ris_file(tmp_path, 2_300, untitled=frozenset({3, 1_500}))
    source = SourceFactory(review=libby.review)
    import_ = preview_import(libby, source, path, path.name)
    monkeypatch.setattr(blocks, "RECORDS_IN_BLOCK", 700)
    attempt = storing._begin(libby, import_)
    storing._store(libby, attempt, path)

    assert libby.scope(IndexBlock).count() == 4
    assert find(libby, parse("title")).total == 0
    storing._match_and_finish(libby, attempt)

    found = find(libby, parse("title"))
    assert (found.total, found.is_more, len(found.numbers)) == (MOST_COUNTED, True, 50)
    assert numbers(libby, "2300") == [2_298]
    assert numbers(libby, "10.1000/2300") == [2_298]
    assert all_pages(libby, "title") == list(range(1, 2_299))
    assert all_pages(libby, "abstract title") == [
        record.number for record in libby.scope(Record).exclude(abstract="").order_by("number")
    ]
    assert list(index.about_the_index(libby.review)) == []


def test_what_a_killed_attempt_left_is_indexed_once(libby, tmp_path, monkeypatch):
    path = ris_file(tmp_path, 30)
    import_ = preview_import(libby, SourceFactory(review=libby.review), path, path.name)
    storing._store(libby, storing._begin(libby, import_), path)
    Import.objects.update(staged_at=timezone.now() - timedelta(seconds=61))

    commit_import(libby, import_)

    assert find(libby, parse("title")).total == 30
    assert list(index.about_the_index(libby.review)) == []


def test_undoing_and_discarding_an_import_leaves_nothing_to_find(libby, tmp_path):
    first = imported(libby, tmp_path, 40)
    imported(libby, tmp_path, 5, name="other.ris", first=101)

    undo_import(libby, first)

    assert all_pages(libby, "title") == [41, 42, 43, 44, 45]
    assert libby.scope(IndexBlock).count() == 1
    assert set(IndexEntry.objects.values_list("block", flat=True)) == set(
        libby.scope(IndexBlock).values_list("pk", flat=True)
    )
    path = ris_file(tmp_path, 7, name="third.ris", first=900)
    third = preview_import(libby, libby.scope(Source).first(), path, path.name)
    storing._store(libby, storing._begin(libby, third), path)
    Import.objects.filter(pk=third.pk).update(staged_at=timezone.now() - timedelta(seconds=61))
    discard_import(libby, third)
    assert libby.scope(IndexBlock).count() == 1
    assert list(index.about_the_index(libby.review)) == []


def entries_of(access: ReviewAccess) -> dict[str, list[int]]:
    """Every entry of the review's index with the numbers of its records."""
    found: dict[str, list[int]] = {}
    for block in access.scope(IndexBlock).order_by("first"):
        rows = IndexEntry.objects.filter(block=block).values_list("word", "places")
        for word, stored in rows:
            found.setdefault(word, []).extend(
                block.first + place for place in index._places(stored)
            )
    return found


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_made_anew_the_index_is_the_same(libby, mallory, tmp_path, monkeypatch, capsys, size):
    imported(libby, tmp_path, 23, untitled=frozenset({4}))
    imported(libby, tmp_path, 9, name="other.ris", first=101)
    imported(mallory, tmp_path, 4, name="hers.ris", first=501)
    before, hers = entries_of(libby), entries_of(mallory)
    monkeypatch.setattr(blocks, "RECORDS_IN_BLOCK", size)

    call_command("rebuild_index", review=libby.review.pk)

    assert json.loads(capsys.readouterr().out) == {"reviews": 1, "records": 31}
    assert entries_of(libby) == before
    assert entries_of(mallory) == hers
    call_command("rebuild_index")
    assert json.loads(capsys.readouterr().out) == {"reviews": 2, "records": 35}
    with pytest.raises(CommandError, match="There is no review 0"):
        call_command("rebuild_index", review=0)


def test_the_migration_fills_the_index_with_what_is_there(libby, mallory, tmp_path):
    kept = imported(libby, tmp_path, 12)
    imported(mallory, tmp_path, 4, name="hers.ris", first=501)
    undo_import(libby, imported(libby, tmp_path, 3, name="other.ris", first=101))
    before, hers = entries_of(libby), entries_of(mallory)
    for import_pk in Import.objects.values_list("pk", flat=True):
        index.remove(import_pk)

    import_module("screening.migrations.0004_finder").fill(apps, None)

    assert (entries_of(libby), entries_of(mallory)) == (before, hers)
    assert libby.scope(IndexBlock).get().imported_by == kept


def test_an_index_that_misses_records_is_noticed(libby, tmp_path):
    import_ = imported(libby, tmp_path, 12)
    index.remove(import_.pk)

    assert list(index.about_the_index(libby.review)) == [
        f"import {import_.pk}: 12 records are stored, and the finder knows 0; "
        "run `manage.py rebuild_index`."
    ]


def test_filters_of_records_and_of_items_leave_only_theirs(libby, tmp_path, monkeypatch, no_undo):
    first = imported(libby, tmp_path, 90)
    second = imported(libby, tmp_path, 60, name="other.ris", first=101)
    thirds = libby.scope(ScreeningItem).filter(record__number__in=range(3, 151, 3))
    thirds.update(outcome="excluded", completed_at=timezone.now())
    excluded = libby.scope(ScreeningItem).at(Stage.TITLE_ABSTRACT).settled()
    of_second = libby.scope(Record).filter(imported_by=second)

    for few in (0, 1_000):  # the filter read first, and last
        monkeypatch.setattr("screening.finding.search.FEW", few)
        assert all_pages(libby, "title", among=excluded) == list(range(3, 151, 3))
        assert all_pages(libby, "", among=excluded) == list(range(3, 151, 3))
        assert all_pages(libby, "title", among=of_second) == list(range(91, 151))
        assert all_pages(libby, "", among=of_second) == list(range(91, 151))
        assert all_pages(libby, "103", among=excluded) == [93]
        assert all_pages(libby, "104", among=excluded) == []
        assert all_pages(libby, "#93", among=excluded) == [93]
        assert all_pages(libby, "#94", among=excluded) == []
        assert all_pages(libby, "title", among=excluded.filter(record__imported_by=first)) == list(
            range(3, 91, 3)
        )
        assert find(libby, parse("title"), among=excluded).total == 50
        assert numbers(libby, "title", among=excluded.none()) == []


def test_totals_stop_at_a_thousand(review, libby):
    import_ = ImportFactory(source__review=review)
    Record.objects.bulk_create(
        Record(
            review=review,
            imported_by=import_,
            number=number,
            rank=number,
            position=number,
            title=f"Word {'rare' if number % 2 else 'seldom'}",
        )
        for number in range(1, 1_004)
    )
    index.rebuild(review)

    found = find(libby, parse("word"))
    assert (found.total, found.is_more, found.after) == (1_000, True, 50)
    found = find(libby, parse("word"), after=1_000)
    assert (found.numbers, found.total, found.is_more) == ((1_001, 1_002, 1_003), 1_000, True)
    found = find(libby, parse("seldom"), after=1_000)
    assert (found.numbers, found.total, found.is_more) == ((1_002,), 501, False)
    found = find(libby, parse(""), after=2_000)
    assert (found.numbers, found.after, found.total, found.is_more) == ((), None, 1_000, True)


def test_what_is_asked_of_the_database_does_not_grow_with_the_records(libby, tmp_path):
    imported(libby, tmp_path, 10)
    with CaptureQueriesContext(
        connection,
    ) as few:
        list(find(libby, parse("title abs")).records(libby))
    imported(libby, tmp_path, 1_000, name="other.ris", first=101)

    with CaptureQueriesContext(connection) as many:
        list(find(libby, parse("title abs")).records(libby))

    assert len(few) == len(many) == 4
    assert not any('"abstract"' in query["sql"] for query in many)
