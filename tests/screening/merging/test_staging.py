"""An import stands all at once, although all that comes with it is stored little by little."""

from datetime import timedelta

import pytest
from django.db.models import Q
from django.utils import timezone

from screening.actions import staging, storing
from screening.actions.amendments import amend_protocol, plan_amendment
from screening.actions.attempts import Attempt
from screening.actions.importing import kept_file, preview_import
from screening.actions.matching import matches_of
from screening.actions.merging import merge_records
from screening.actions.storing import commit_import
from screening.actions.voting import Ballot, cast_vote
from screening.models import DuplicateQuestion, Import, LogEntry, Merge, Record, ScreeningItem
from screening.questions import asked
from screening.queue import open_item, upcoming
from screening.rules import Decision, Stage
from screening.verification import verify
from tests.conftest import join
from tests.factories import SourceFactory
from tests.screening.merging.libraries import (
    ATLAS,
    DIFFUSION,
    GAN,
    MEETING,
    Paper,
    imported,
    record,
)

KNOWN = [GAN, ATLAS]
NEW = [GAN.but(year="2020"), DIFFUSION, DIFFUSION.but(pages="12"), MEETING.but(year="2019")]
TA = Stage.TITLE_ABSTRACT
TABLES = (Record, ScreeningItem, Merge, DuplicateQuestion)


class Killed(Exception):
    """What ends an attempt as if its process were killed."""


@pytest.fixture
def waiting(libby, tmp_path) -> Import:
    """A file with copies of what is in the review, previewed."""
    imported(libby, tmp_path, KNOWN)
    source = SourceFactory(review=libby.review, name="Embase")
    path = tmp_path / "new.ris"
    path.write_text("".join(paper.ris("Embase") for paper in NEW))
    return preview_import(libby, source, path, path.name)


@pytest.fixture
def small_parts(monkeypatch):
    """As small as they get, so that there are many places to be killed at."""
    for module, name in (
        (storing, "ENTRIES_AT_ONCE"),
        (storing, "WORDS_AT_ONCE"),
        (staging, "ITEMS_AT_ONCE"),
        (staging, "MERGES_AT_ONCE"),
        (staging, "QUESTIONS_AT_ONCE"),
    ):
        monkeypatch.setattr(module, name, 25 if name == "WORDS_AT_ONCE" else 1)


def kept_until(access, import_: Import, parts: int, monkeypatch) -> bool:
    """Whether storing it was over before the attempt was killed, ahead of its n-th transaction."""
    left = iter(range(parts))
    whole = Attempt.part

    def part(self, *args, **kwargs):
        if next(left, None) is None:
            raise Killed
        return whole(self, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(Attempt, "part", part)
        try:
            commit_import(access, import_)
        except Killed:
            return False
    return True


def what_stands(access) -> dict[str, list]:
    """Everything an import brings, by the numbers of records in their files."""
    file = "record__imported_by__file_name"
    is_open = Q(closed_at=None)
    return {
        "items": sorted(
            access.scope(ScreeningItem)
            .standing()
            .values_list(file, "record__position", "quorum", is_open)
        ),
        "merges": sorted(
            access.scope(Merge)
            .in_force()
            .values_list(file, "record__position", "kept__position", "pattern")
        ),
        "questions": sorted(
            access.scope(DuplicateQuestion)
            .open()
            .values_list("first__position", "second__position", "reason")
        ),
    }


@pytest.mark.usefixtures("small_parts")
def test_wherever_an_attempt_is_killed_nothing_stands_and_the_next_one_brings_all(
    libby, waiting, monkeypatch
):
    before = what_stands(libby)
    killed_at = 0
    ended = []
    while not kept_until(libby, waiting, killed_at, monkeypatch):
        assert what_stands(libby) == before
        assert verify(libby.review).differences == []
        Import.objects.update(staged_at=timezone.now() - timedelta(seconds=61))
        killed_at += 1
        ended.append(tuple(model.objects.count() for model in TABLES))

    assert verify(libby.review).differences == []
    after = what_stands(libby)
    assert [len(after[name]) for name in ("items", "merges", "questions")] == [6, 2, 1]
    assert libby.scope(Record).imported().count() == Record.objects.count() == 6
    assert killed_at > 20
    assert len(set(ended)) > 8  # it was killed with all kinds of things stored
    committed = LogEntry.objects.filter(action="import.committed", after__file="new.ris")
    assert committed.count() == 1


def staged(access, import_: Import):
    attempt = storing._begin(access, import_)
    storing._store(access, attempt, kept_file(access, import_))
    matches = matches_of(access, attempt.compared, tick=lambda: None)
    staging.stage(access, attempt, matches)
    return attempt, matches


def test_what_was_kept_is_merged_meanwhile_and_everything_is_compared_again(libby, waiting):
    attempt, matches = staged(libby, waiting)

    merge_records(libby, record(libby, 1), record(libby, 2))

    with pytest.raises(staging.OutOfDate):
        storing._finish(libby, attempt, matches)
    attempt.remove_following()
    storing._match_and_finish(libby, attempt)
    heads = set(libby.scope(Merge).in_force().values_list("kept__number", flat=True))
    duplicates = set(libby.scope(Merge).in_force().values_list("record__number", flat=True))
    assert heads.isdisjoint(duplicates)
    assert {1, 2} & duplicates
    assert verify(libby.review).differences == []


def test_a_decision_about_other_records_meanwhile_puts_nothing_off(libby, tmp_path, waiting):
    unlike = [
        Paper("Bone age from synthetic wrists", doi="10.5555/wrist.1"),
        Paper("Denoising of dental tomograms", author="Sand, B.", year="2015", pages="3-9"),
    ]
    imported(libby, tmp_path, unlike, source="Scopus")
    first, second = libby.scope(Record).filter(title__in=[one.title for one in unlike])
    attempt, matches = staged(libby, waiting)

    merge_records(libby, first, second)

    storing._finish(libby, attempt, matches)
    assert verify(libby.review).differences == []


def test_a_question_that_does_not_stand_has_no_page(libby, waiting):
    attempt, matches = staged(libby, waiting)
    question = DuplicateQuestion.objects.get(imported_by=waiting)
    assert asked(libby, question.pk) is None

    storing._finish(libby, attempt, matches)

    assert asked(libby, question.pk) == question


def test_what_was_staged_is_taken_down_without_a_trace(libby, waiting):
    before = what_stands(libby)
    kept = [model.objects.count() for model in TABLES[1:]]
    attempt, _ = staged(libby, waiting)
    assert [model.objects.count() for model in TABLES[1:]] != kept

    attempt.remove_following()

    assert [model.objects.count() for model in TABLES[1:]] == kept
    assert what_stands(libby) == before


def test_nobody_is_handed_what_is_being_stored(review, waiting, libby):
    alice = join(review, "Alice", "reviewer")
    first = {item.record_id for item in upcoming(alice, TA, count=20)}
    attempt, matches = staged(libby, waiting)
    new = Record.objects.get(imported_by=waiting, title=DIFFUSION.title, position=2)

    assert {item.record_id for item in upcoming(alice, TA, count=20)} == first
    assert open_item(alice, new.pk, TA) is None

    storing._finish(libby, attempt, matches)
    assert new.pk in {item.record_id for item in upcoming(alice, TA, count=20)} - first
    assert open_item(alice, new.pk, TA)


def test_an_amendment_meanwhile_holds_for_what_comes_and_does_not_count_it(
    libby, dora, review, waiting
):
    attempt, matches = staged(libby, waiting)
    cast_vote(
        join(review, "Alice", "reviewer"), record(libby, 1), Ballot(Decision.INCLUDE), stage=TA
    )
    plan = plan_amendment(dora, quorum_title_abstract=1)

    assert plan.changes[0].another_quorum == len(KNOWN)
    amend_protocol(dora, why="One is enough.", token=plan.token, quorum_title_abstract=1)
    storing._finish(libby, attempt, matches)

    standing = libby.scope(ScreeningItem).at(TA).standing().filter(closed_at=None)
    assert set(standing.values_list("quorum", flat=True)) == {1}
    assert verify(libby.review).differences == []
