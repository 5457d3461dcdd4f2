"""A worker looks through all records for duplicates: once at a time, and again when it is killed."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from screening import tasks, working
from screening.access import Refused, access_for
from screening.actions.distinctions import tell_apart
from screening.actions.jobs import ask_to_look
from screening.actions.merging import merge_records
from screening.actions.people import change_roles, end_membership
from screening.models import DuplicateQuestion, Job, LogEntry, Merge, Role
from screening.verification import verify
from screening.working import claim_next
from tests.jobs.test_working import a_job, lapse, work
from tests.jobs.workers import start_worker, wait_until
from tests.races.starting import race
from tests.screening.merging.libraries import ATLAS, DIFFUSION, GAN, imported, record
from tests.screening.merging.test_looking import apart, taken_apart


def merges() -> list[tuple[int, int]]:
    in_force = Merge.objects.in_force().order_by("record__number")
    return list(in_force.values_list("record__number", "kept__number"))


def log_of_merges() -> list[str]:
    entries = LogEntry.objects.filter(action="record.merged").order_by("sequence")
    return [str(entry.actor) for entry in entries]


@pytest.fixture
def many(libby, tmp_path) -> int:
    """So many pairs that nobody has looked for."""
    papers = [
        paper.but(doi=f"{paper.doi}.{n}", volume=str(n), pages=f"{n}{n}1-{n}{n}9")
        for n in range(10, 40)
        for paper in (GAN, ATLAS, DIFFUSION)
    ]
    imported(libby, tmp_path, papers)
    imported(libby, tmp_path, papers, source="Embase")
    taken_apart(libby)
    return len(papers)


def test_it_merges_and_asks_in_the_name_of_whoever_pressed(libby, tmp_path, kept):
    apart(libby, tmp_path)

    job = ask_to_look(libby)
    assert (job.state, job.of, merges()) == ("waiting", 6, [])
    work()

    job.refresh_from_db()
    assert (job.state, job.done, job.merged) == ("done", 6, 2)
    assert merges() == [(4, 1), (6, 2)]
    assert DuplicateQuestion.objects.open().count() == 1
    assert log_of_merges() == [str(libby.membership)] * 2
    assert Merge.objects.in_force().first().said_by == libby.user
    assert verify(libby.review).differences == []


def test_pressed_twice_it_is_done_once(libby, dora, tmp_path, kept):
    apart(libby, tmp_path)

    assert ask_to_look(libby) == ask_to_look(dora)
    work()
    again = ask_to_look(dora)
    work()

    assert Job.objects.count() == 2
    assert Job.objects.get(pk=again.pk).merged == 0
    assert log_of_merges() == [str(libby.membership)] * 2


def test_pressed_by_many_at_the_same_instant_it_is_one_job(with_triggers, libby, tmp_path, kept):
    apart(libby, tmp_path)
    asking = [access_for(libby.user, libby.review.pk) for _ in range(4)]

    jobs = race(*[lambda access=access: ask_to_look(access) for access in asking])

    assert {job.pk for job in jobs} == {Job.objects.get().pk}


def test_the_database_refuses_a_second_one(libby, mallory):
    a_job(libby, kind="duplicates")
    a_job(mallory, kind="duplicates")
    a_job(libby)
    ended = {"state": "done", "ended_at": timezone.now()}
    a_job(libby, kind="duplicates", **ended)

    with (
        pytest.raises(IntegrityError, match=r"job_looks_once_at_a_time|screening_job\.review_id"),
        transaction.atomic(),
    ):
        a_job(libby, kind="duplicates")


def test_without_records_there_is_nothing_to_look_through(libby):
    with pytest.raises(Refused, match="Nothing is imported yet"):
        ask_to_look(libby)

    assert not Job.objects.exists()


@pytest.mark.parametrize("name", ["alice", "carol", "olive"])
def test_whoever_may_not_merge_asks_in_vain(request, libby, tmp_path, kept, name):
    apart(libby, tmp_path)

    with pytest.raises(PermissionDenied):
        ask_to_look(request.getfixturevalue(name))

    assert not Job.objects.exists()


def test_whoever_lost_the_role_meanwhile_merges_nothing(libby, dora, tmp_path, kept):
    apart(libby, tmp_path)
    job = ask_to_look(libby)
    change_roles(dora, libby.membership, [Role.REVIEWER])

    work()

    job.refresh_from_db()
    assert (job.state, job.merged, merges()) == ("failed", 0, [])
    assert job.failure == (
        "Libby asked for it and may not merge duplicates any more. What was merged before stays "
        "merged."
    )


def test_whoever_left_meanwhile_merges_nothing(libby, dora, tmp_path, kept):
    apart(libby, tmp_path)
    job = ask_to_look(libby)
    end_membership(dora, libby.membership)

    work()

    job.refresh_from_db()
    assert (job.state, merges()) == ("failed", [])
    assert job.failure == "Libby asked for it and is no member of this review any more."


def test_the_right_that_is_lost_in_the_middle_ends_it_there(
    libby, dora, tmp_path, kept, monkeypatch
):
    apart(libby, tmp_path)
    job = ask_to_look(libby)

    def lose_the_role_after_a_merge(claim, records):
        if merges():
            change_roles(dora, libby.membership, [Role.OBSERVER])

    monkeypatch.setattr(working.Claim, "has_done", lose_the_role_after_a_merge)
    work()

    job.refresh_from_db()
    assert (job.state, job.merged, merges()) == ("failed", 1, [(4, 1)])


def test_what_somebody_decides_meanwhile_stands(libby, tmp_path, kept, monkeypatch):
    """Records 1 and 4 are told apart, 2 and 6 merged, and 3 told from both, while it compares."""
    apart(libby, tmp_path)
    ask_to_look(libby)

    def decide_once_all_are_compared(claim, records):
        if records < claim.job.of or merges():
            return
        tell_apart(libby, record(libby, 1), record(libby, 4))
        merge_records(libby, record(libby, 6), record(libby, 2))
        for number in (1, 4):
            tell_apart(libby, record(libby, 3), record(libby, number))

    monkeypatch.setattr(working.Claim, "has_done", decide_once_all_are_compared)
    work()

    job = Job.objects.get()
    assert (job.state, job.merged, merges()) == ("done", 0, [(6, 2)])
    assert not DuplicateQuestion.objects.open().exists()
    assert verify(libby.review).differences == []


def test_whoever_lost_the_job_merges_nothing_more(libby, tmp_path, kept, monkeypatch):
    """A worker that only seemed dead finds out with its next merge, which is undone."""
    apart(libby, tmp_path)
    job = ask_to_look(libby)
    slow = claim_next("slow")
    monkeypatch.setattr(working, "SECONDS_BETWEEN_SIGNS", 1_000)
    lapse(job)
    claim_next("another")

    assert tasks.do(slow) == f"Job {job.pk} is somebody else's by now."

    job.refresh_from_db()
    assert (merges(), log_of_merges(), job.merged) == ([], [], 0)


def test_stopped_in_the_middle_it_goes_on_where_it_was(libby, tmp_path, kept, monkeypatch):
    apart(libby, tmp_path)
    ask_to_look(libby)
    as_it_is = working.Claim.has_merged

    def and_stop(claim):
        as_it_is(claim)
        working.STOPS.set()

    monkeypatch.setattr(working.Claim, "has_merged", and_stop)
    assert tasks.do(claim_next("one")) == f"Job {Job.objects.get().pk} was given back."
    job = Job.objects.get()
    assert (job.state, job.attempts, job.merged, merges()) == ("waiting", 0, 1, [(4, 1)])

    working.STOPS.clear()
    monkeypatch.setattr(working.Claim, "has_merged", as_it_is)
    work()

    job.refresh_from_db()
    assert (job.state, job.merged, merges()) == ("done", 2, [(4, 1), (6, 2)])
    assert len(log_of_merges()) == 2


def test_progress_is_how_many_records_are_compared(libby, many, kept, monkeypatch):
    job = ask_to_look(libby)
    monkeypatch.setattr("screening.duplicates.finding.PAIRS_PER_TICK", 1)
    told = []
    as_it_is = working.Claim.has_done

    def told_of(claim, records):
        told.append(records)
        as_it_is(claim, records)

    monkeypatch.setattr(working.Claim, "has_done", told_of)
    work()

    assert (told[0], told[-1], told) == (0, job.of, sorted(told))
    assert len(set(told)) > job.of / 2
    assert Job.objects.get().merged == many


def test_a_killed_workers_look_is_ended_by_the_next(with_triggers, libby, many, kept):
    """What the first had merged stays merged, once, and is counted."""
    ask_to_look(libby)

    with start_worker(kept) as killed:
        wait_until(lambda: len(merges()) > 3, killed)
        killed.kill()
        killed.wait()

    job = Job.objects.get()
    by_the_first = len(merges())
    assert (job.state, job.attempts, job.merged) == ("running", 1, by_the_first)
    assert by_the_first < many

    with start_worker(kept) as worker:
        wait_until(lambda: not Job.objects.unfinished().exists(), worker)
        worker.terminate()
        assert worker.wait(timeout=20) == 0

    job.refresh_from_db()
    assert (job.state, job.attempts, job.done, job.merged) == ("done", 2, 2 * many, many)
    assert (len(merges()), len(log_of_merges())) == (many, many)
    assert verify().differences == []
