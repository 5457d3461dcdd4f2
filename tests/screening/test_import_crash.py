"""An import killed for real, with SIGKILL, is as if it had never begun, and begins again."""

import json
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from screening.actions.storing import ENTRIES_AT_ONCE
from screening.models import Import, LogEntry, Record, ScreeningItem
from tests.screening.bibliography import ris_file

ENTRIES = 30_000


def command(review_pk: int, path: Path, kept: Path) -> subprocess.Popen:
    """`manage.py import_file` on the database of this test."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        address = f"sqlite:///{database['NAME']}"
    else:
        owner = ":".join(filter(None, [database["USER"], database["PASSWORD"]]))
        address = f"postgres://{owner}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return subprocess.Popen(
        [sys.executable, "manage.py", "import_file", str(review_pk), str(path)],
        cwd=django_settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": address, "PARALLAX_FILES": str(kept)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def wait_for_the_first_records(process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 60
    while not Record.objects.exists():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline, "nothing was stored in a minute"
        time.sleep(0.01)


def test_an_import_killed_half_way_is_invisible_and_starts_again(with_triggers, dora, tmp_path):
    path, kept = ris_file(tmp_path, ENTRIES), tmp_path / "kept"

    with command(dora.review.pk, path, kept) as process:
        wait_for_the_first_records(process)
        process.kill()
        process.wait()

    import_ = dora.scope(Import).get()
    assert import_.state == "staged"
    assert 0 < dora.scope(Record).count() < ENTRIES
    assert dora.scope(Record).count() % ENTRIES_AT_ONCE == 0
    assert dora.scope(Record).imported().count() == 0
    assert dora.scope(ScreeningItem).count() == 0
    assert not dora.scope(LogEntry).filter(action="import.committed").exists()

    with command(dora.review.pk, path, kept) as process:
        _, complaint = process.communicate()

    assert process.returncode == 1
    assert b"is being stored now" in complaint

    Import.objects.update(staged_at=timezone.now() - timedelta(seconds=61))
    with command(dora.review.pk, path, kept) as process:
        answer, complaint = process.communicate()

    assert (process.returncode, complaint) == (0, b"")
    assert json.loads(answer)["records"] == ENTRIES
    assert dora.scope(Import).get() == import_
    assert dora.scope(Record).imported().count() == ENTRIES
    assert dora.scope(ScreeningItem).count() == ENTRIES
    assert [one.name for one in (kept / "imports" / str(dora.review.pk)).iterdir()] == [
        import_.sha256
    ]
