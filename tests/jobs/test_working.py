"""One worker for a job, whoever looks at the same instant; and again when that worker is gone."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from screening import tasks, working
from screening.access import Refused, ReviewAccess
from screening.actions.importing import SameFile, discard_import, preview_import
from screening.actions.jobs import ask_to_store
from screening.actions.people import change_roles
from screening.actions.storing import commit_import
from screening.models import Import, Job, LogEntry, Record, Role, Source
from screening.working import Lost, Stopped, claim_next
from tests.factories import SourceFactory
from tests.races.starting import race
from tests.screening.bibliography import ris_file


def a_job(access: ReviewAccess, **facts) -> Job:
    return Job.objects.create(
        review=access.review,
        asked_by=access.user,
        asked_at=timezone.now(),
        **{"kind": "import", "of": 10, **facts},
    )


def lapse(job: Job) -> None:
    """Its worker was killed a while ago."""
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def previewed(
    access: ReviewAccess, folder: Path, count: int = 4, *, name: str = "search.ris", **kwargs
) -> Import:
    source = Source.objects.filter(review=access.review).first()
    source = source or SourceFactory(review=access.review)
    return preview_import(access, source, ris_file(folder, count, name=name, **kwargs), name)


def work() -> None:
    """A worker does all there is, without its command, which wants connections of its own."""
    while claim := claim_next("a worker"):
        tasks.do(claim)


def run_the_command() -> None:
    call_command("db_worker", batch=True)


# --- claims -----------------------------------------------------------------------------------


def test_the_oldest_job_comes_first(libby):
    first, second = a_job(libby), a_job(libby)

    assert [claim_next("one").job, claim_next("two").job] == [first, second]
    assert claim_next("three") is None


def test_a_claim_is_a_lease_and_an_attempt(libby, settings):
    settings.JOB_LEASE_SECONDS = 60
    a_job(libby)

    claimed_at = timezone.now()
    claim_next("one")

    job = Job.objects.get()
    assert (job.state, job.claimed_by, job.attempts, job.done) == ("running", "one", 1, 0)
    assert claimed_at <= job.heartbeat_at <= timezone.now()
    assert job.lease_until - job.heartbeat_at == timedelta(seconds=60)


def test_a_job_whose_lease_ran_out_is_claimed_again_and_lost_to_whoever_had_it(libby):
    job = a_job(libby)
    killed = claim_next("killed")
    lapse(job)

    again = claim_next("another")

    assert (again.job.pk, again.job.attempts) == (job.pk, 2)
    with pytest.raises(Lost):
        killed.show_life(1)
    with pytest.raises(Lost):
        killed.end()
    again.end()
    assert Job.objects.get().state == "done"


def test_the_same_worker_loses_what_it_claimed_twice(libby):
    job = a_job(libby)
    first = claim_next("one")
    lapse(job)

    claim_next("one")

    with pytest.raises(Lost):
        first.show_life(1)


def test_a_job_is_begun_three_times_and_then_has_failed(libby):
    job = a_job(libby)

    for attempt in (1, 2, 3):
        assert claim_next("one").job.attempts == attempt
        lapse(job)
    assert claim_next("one") is None
    tasks.wake_for_what_waits()

    job.refresh_from_db()
    assert (job.state, job.claimed_by, job.lease_until) == ("failed", "", None)
    assert job.failure.startswith("It was begun 3 times, and every time the worker stopped")


def test_what_is_given_back_when_a_worker_ends_is_no_attempt(libby):
    a_job(libby)

    for _ in range(5):
        claim_next("one").give_back(counts=False)

    job = Job.objects.get()
    assert (job.state, job.attempts, job.claimed_by, job.lease_until) == ("waiting", 0, "", None)


def test_life_is_shown_at_most_once_a_second(libby, django_assert_num_queries, monkeypatch):
    a_job(libby, of=5_000)
    claim = claim_next("one")
    clock = 0.0
    monkeypatch.setattr(working.time, "monotonic", lambda: clock)
    claim._signed_at = clock

    with django_assert_num_queries(0):
        clock = 0.99
        claim.has_done(1_000)
    with django_assert_num_queries(3):  # a transaction of its own
        clock = 1.0
        claim.has_done(2_000)
    with django_assert_num_queries(0):
        claim.has_done(3_000)

    assert Job.objects.get().done == 2_000


def test_a_worker_that_has_to_end_hears_it_at_the_next_sign(libby):
    a_job(libby)
    claim = claim_next("one")
    working.STOPS.set()

    with pytest.raises(Stopped):
        claim.has_done(1)


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"state": "running"}, "job_runs_under_a_lease"),
        ({"claimed_by": "one"}, "job_runs_under_a_lease"),
        ({"state": "done"}, "job_ended_at_some_time"),
        ({"state": "failed", "ended_at": timezone.now()}, "job_failed_for_a_reason"),
        ({"failure": "Why?"}, "job_failed_for_a_reason"),
        ({"done": 11}, "job_does_no_more_than_all"),
        ({"kind": "guess"}, "job_kind_is_known"),
        ({"merged": 1}, "job_merges_if_it_looks"),
    ],
)
def test_the_database_refuses_what_no_job_can_be(libby, facts, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        a_job(libby, **facts)


def test_eight_workers_at_once_never_get_the_same_job(with_triggers, libby):
    jobs = [a_job(libby) for _ in range(5)]

    claims = race(*[lambda name=f"worker {n}": claim_next(name) for n in range(8)])

    got = [claim.job.pk for claim in claims if claim]
    assert sorted(got) == sorted(set(got)), "a job is done twice"
    assert set(got) <= {job.pk for job in jobs}
    while claim := claim_next("the rest"):
        got.append(claim.job.pk)
    assert sorted(got) == [job.pk for job in jobs]
    assert set(Job.objects.values_list("attempts", flat=True)) == {1}


def test_a_lapsed_job_is_claimed_by_one_of_many(with_triggers, libby):
    for _ in range(5):
        job = a_job(libby)
        claim_next("killed")
        lapse(job)

        claims = race(*[lambda name=f"worker {n}": claim_next(name) for n in range(6)])

        assert sum(claim is not None for claim in claims) == 1
        assert Job.objects.get(pk=job.pk).attempts == 2


# --- imports ----------------------------------------------------------------------------------


def test_a_worker_stores_the_files_in_their_order(libby, tmp_path, kept):
    one = previewed(libby, tmp_path, 3, name="one.ris")
    two = previewed(libby, tmp_path, 2, name="two.ris", first=100, untitled={101})

    job = ask_to_store(libby, [two, one])
    work()

    job.refresh_from_db()
    assert (job.state, job.done, job.of, job.attempts) == ("done", 5, 5, 1)
    assert list(Record.objects.imported().order_by("number").values_list("title", flat=True)) == [
        *["Title 100"],
        *["Title 1", "Title 2", "Title 3"],
    ]
    entries = LogEntry.objects.filter(action="import.committed").order_by("sequence")
    assert [(entry.actor, entry.after["file"]) for entry in entries] == [
        (libby.membership, "two.ris"),
        (libby.membership, "one.ris"),
    ]


def test_a_file_that_fails_says_why_and_does_not_stop_the_others(libby, tmp_path, kept):
    good = previewed(libby, tmp_path, 3, name="good.ris")
    bad = previewed(libby, tmp_path, 1, name="bad.ris", first=50, untitled={50})
    gone = previewed(libby, tmp_path, 2, name="gone.ris", first=70)
    job = ask_to_store(libby, [bad, gone, good])
    (kept / "imports" / str(libby.review.pk) / gone.sha256).unlink()

    work()

    assert [(part.imported.state, part.refusal[:40]) for part in job.parts.all()] == [
        ("previewed", "Nothing in bad.ris could be read as a re"),
        ("previewed", "The server does not find the file gone.r"),
        ("committed", ""),
    ]
    assert Job.objects.get().state == "done"


def test_whoever_lost_the_role_meanwhile_stores_nothing(libby, dora, tmp_path, kept):
    import_ = previewed(libby, tmp_path)
    job = ask_to_store(libby, [import_])
    change_roles(dora, libby.membership, [Role.OBSERVER])

    work()

    assert job.parts.get().refusal == "You no longer have the role for this."
    assert Record.objects.count() == 0


def test_a_file_stored_or_discarded_meanwhile_is_passed_over(libby, tmp_path, kept):
    stored = previewed(libby, tmp_path, name="stored.ris")
    discarded = previewed(libby, tmp_path, name="discarded.ris", first=10)
    job = ask_to_store(libby, [stored, discarded])
    commit_import(libby, stored)
    discard_import(libby, discarded)

    work()

    job.refresh_from_db()
    assert (job.state, [part.refusal for part in job.parts.all()]) == ("done", [""])
    assert Record.objects.count() == 4


def test_what_cannot_be_stored_is_no_job(libby, tmp_path, kept):
    import_ = previewed(libby, tmp_path)
    ask_to_store(libby, [import_])

    with pytest.raises(Refused, match=r"search\.ris is about to be stored already"):
        ask_to_store(libby, [import_])
    twin = previewed(libby, tmp_path)
    work()
    with pytest.raises(Refused, match="was imported already"):
        ask_to_store(libby, [import_])
    with pytest.raises(SameFile):
        ask_to_store(libby, [twin])

    assert Job.objects.count() == 1


def test_a_job_without_its_task_is_found(with_triggers, libby, tmp_path, kept):
    """As when a worker is killed between taking the task and claiming the job."""
    ask_to_store(libby, [previewed(libby, tmp_path)])
    DBTaskResult.objects.get().claim("killed")

    run_the_command()

    assert Job.objects.get().state == "done"


def test_an_idle_worker_writes_nothing(with_triggers, libby, tmp_path, kept):
    ask_to_store(libby, [previewed(libby, tmp_path)])
    run_the_command()
    before = DBTaskResult.objects.count()

    run_the_command()

    assert DBTaskResult.objects.count() == before


def test_tasks_too_many_find_nothing(with_triggers, libby, tmp_path, kept):
    ask_to_store(libby, [previewed(libby, tmp_path)])
    for _ in range(3):
        tasks.wake_a_worker()

    run_the_command()

    said = DBTaskResult.objects.order_by("enqueued_at").values_list("return_value", flat=True)
    assert sorted(said) == [f"Job {Job.objects.get().pk} is done.", *["Nothing waits."] * 3]


def test_a_fault_of_ours_counts_as_an_attempt_and_is_in_the_log(
    with_triggers, libby, monkeypatch, caplog
):
    def broken(claim):
        raise ZeroDivisionError("A fault of ours.")

    monkeypatch.setitem(tasks.DOES, "import", broken)
    a_job(libby)

    run_the_command()

    job = Job.objects.get()
    assert (job.state, job.attempts) == ("failed", 3)
    assert caplog.text.count("ZeroDivisionError: A fault of ours.") == 3
