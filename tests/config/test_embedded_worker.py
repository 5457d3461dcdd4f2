"""The worker that `make run` starts beside the web server, and that ends with it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from django.conf import settings


def on_database(path: Path) -> dict[str, str]:
    return os.environ | {"DATABASE_URL": f"sqlite:///{path}"}


@pytest.fixture(scope="module")
def migrated(tmp_path_factory) -> Path:
    """A database with its tables and without rows, made once: that takes seconds."""
    path = tmp_path_factory.mktemp("migrated") / "empty.sqlite3"
    migrate = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(migrate, cwd=settings.BASE_DIR, env=on_database(path), check=True)
    return path


@pytest.fixture
def server(migrated, tmp_path) -> Iterator[psutil.Process]:
    """The web server as `make run` starts it, on a database of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    database = shutil.copy(migrated, tmp_path / "embedded.sqlite3")
    environment = on_database(database) | {
        "PARALLAX_FILES": str(tmp_path / "files"),
        "EMBEDDED_WORKER": "1",
        "PORT": str(port),
        "WEB_CONCURRENCY": "1",
    }
    run = {"cwd": settings.BASE_DIR, "env": environment}
    log = (tmp_path / "log").open("wb")
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn_conf.py"]
    # A group of its own, as a terminal gives one to `make run`.
    process = subprocess.Popen(gunicorn, **run, stdout=log, stderr=log, start_new_session=True)
    yield psutil.Process(process.pid)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    log.close()


def below(server: psutil.Process, *words: str) -> psutil.Process | None:
    """The process started by the server whose command has these words."""
    with suppress(psutil.NoSuchProcess):
        for process in server.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if set(words) <= set(process.cmdline()):
                    return process
    return None


def soon(holds: Callable[[], object], seconds: int = 40) -> object:
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, f"not within {seconds} seconds"
        time.sleep(0.05)
    return found


def worker_of(server: psutil.Process) -> psutil.Process:
    return soon(lambda: below(server, "db_worker"))


def is_gone(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    return True


def test_it_is_a_process_of_its_own_and_starts_again_when_killed(server):
    first = worker_of(server)
    assert first.pid != server.pid

    first.kill()

    second = soon(lambda: (one := below(server, "db_worker")) and one.pid != first.pid and one)
    assert second.is_running()


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_it_ends_with_the_server(server, kind):
    worker = worker_of(server)
    keeper = worker.parent()

    server.send_signal(kind)

    soon(lambda: is_gone(worker) and is_gone(keeper))


def test_ctrl_c_ends_both(server):
    worker = worker_of(server)
    keeper = worker.parent()

    os.killpg(server.pid, signal.SIGINT)

    soon(lambda: is_gone(worker) and is_gone(keeper) and is_gone(server))


def test_it_does_not_outlive_who_keeps_it(server):
    worker = worker_of(server)

    worker.parent().kill()

    soon(lambda: is_gone(worker))
