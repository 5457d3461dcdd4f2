"""Workers that are killed for real, asked to end, and many at once, on a real database."""

import signal
from pathlib import Path

from screening.access import ReviewAccess
from screening.actions.jobs import ask_to_store
from screening.models import Import, Job, LogEntry, Record, ScreeningItem
from screening.verification import verify
from tests.jobs.test_working import previewed
from tests.jobs.workers import start_worker, wait_until

MANY = 12_000


def stored(access: ReviewAccess) -> int:
    return access.scope(Record).count()


def has_ended() -> bool:
    return not Job.objects.unfinished().exists()


def log_of_imports() -> list[str]:
    entries = LogEntry.objects.filter(action="import.committed").order_by("sequence")
    return [entry.after["file"] for entry in entries]


def test_a_killed_workers_job_is_done_by_the_next(with_triggers, libby, tmp_path, kept):
    """Of two files the first is whole when the worker dies in the second, and stays as it is."""
    small = previewed(libby, tmp_path, 2_000, name="small.ris")
    large = previewed(libby, tmp_path, MANY, name="large.ris", first=5_000)
    ask_to_store(libby, [small, large])

    with start_worker(kept) as killed:
        wait_until(lambda: stored(libby) > 2_000, killed)
        killed.kill()
        killed.wait()

    job = Job.objects.get()
    assert (job.state, job.attempts) == ("running", 1)
    assert libby.scope(Record).imported().count() == libby.scope(ScreeningItem).count() == 2_000

    with start_worker(kept) as worker:
        wait_until(has_ended, worker)
        worker.terminate()
        assert worker.wait(timeout=20) == 0

    job.refresh_from_db()
    assert (job.state, job.attempts, job.done) == ("done", 2, 2_000 + MANY)
    assert libby.scope(Record).imported().count() == libby.scope(ScreeningItem).count() == job.done
    assert log_of_imports() == ["small.ris", "large.ris"]
    assert verify().differences == []


def test_a_job_that_kills_every_worker_fails_and_is_absent(with_triggers, libby, tmp_path, kept):
    ask_to_store(libby, [previewed(libby, tmp_path, MANY)])

    for attempt in (1, 2, 3):
        with start_worker(kept, lease=1) as killed:
            wait_until(lambda n=attempt: Job.objects.get().attempts == n, killed)
            before = Import.objects.get().staged_at
            wait_until(lambda old=before: Import.objects.get().staged_at not in {None, old}, killed)
            killed.kill()
            killed.wait()
    with start_worker(kept, lease=1) as worker:
        wait_until(has_ended, worker)
        worker.terminate()

    job = Job.objects.get()
    assert (job.state, job.attempts) == ("failed", 3)
    assert libby.scope(Record).imported().count() == libby.scope(ScreeningItem).count() == 0
    assert log_of_imports() == []


def test_a_worker_asked_to_end_gives_its_job_back_at_once(with_triggers, libby, tmp_path, kept):
    ask_to_store(libby, [previewed(libby, tmp_path, MANY)])

    with start_worker(kept, lease=600) as worker:
        wait_until(lambda: stored(libby) > 0, worker)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=20) == 0
        assert "Traceback" not in worker.stdout.read().decode()

    job = Job.objects.get()
    assert (job.state, job.attempts, job.claimed_by) == ("waiting", 0, "")
    assert libby.scope(Record).imported().count() == 0

    with start_worker(kept, "--batch", lease=600) as next_one:
        assert next_one.wait(timeout=90) == 0

    assert Job.objects.get().state == "done"
    assert libby.scope(Record).imported().count() == MANY


def test_three_workers_at_once_do_every_job_once(
    with_triggers, libby, dora, tmp_path: Path, kept: Path
):
    imports = [previewed(libby, tmp_path, 300, name=f"{n}.ris", first=n * 1_000) for n in range(12)]
    workers = [start_worker(kept, lease=60) for _ in range(3)]
    try:
        for worker in workers:
            assert b"waits for jobs" in worker.stdout.readline()
        for import_ in imports:
            ask_to_store(libby, [import_])
        wait_until(has_ended, *workers)
    finally:
        for worker in workers:
            worker.terminate()
    said = [worker.communicate(timeout=30)[0].decode() for worker in workers]

    assert [worker.returncode for worker in workers] == [0, 0, 0], said
    assert set(Job.objects.values_list("state", "attempts")) == {("done", 1)}
    assert sorted(log_of_imports()) == sorted(import_.file_name for import_ in imports)
    assert libby.scope(Record).imported().count() == libby.scope(ScreeningItem).count() == 3_600
    assert verify().differences == []
