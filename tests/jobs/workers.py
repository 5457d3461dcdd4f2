"""Real workers on the database of the tests."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import connection


def database_address() -> str:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    owner = ":".join(filter(None, [database["USER"], database["PASSWORD"]]))
    return f"postgres://{owner}@{database['HOST']}:{database['PORT']}/{database['NAME']}"


def start_worker(kept: Path, *options: str, lease: int = 3) -> subprocess.Popen[bytes]:
    """`manage.py db_worker` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "db_worker", "--interval", "0.1", *options],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DATABASE_URL": database_address(),
            "PARALLAX_FILES": str(kept),
            "JOB_LEASE_SECONDS": str(lease),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def wait_until(
    holds: Callable[[], bool], *processes: subprocess.Popen[bytes], seconds: int = 90
) -> None:
    """Meanwhile every one of the processes has to live."""
    deadline = time.monotonic() + seconds
    while not holds():
        for process in processes:
            assert process.poll() is None, process.stdout.read().decode()
        assert time.monotonic() < deadline, f"not within {seconds} seconds"
        time.sleep(0.02)
