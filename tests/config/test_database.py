"""The options of SQLite arrive where they count."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


def pragma(name: str):
    with connection.cursor() as cursor:
        return cursor.execute(f"PRAGMA {name}").fetchone()[0]


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_sqlite_syncs_every_commit_and_waits_for_locks():
    found = {
        name: pragma(name)
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "mmap_size")
    }

    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 20_000,
        "mmap_size": 0,
    }


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_sqlite_takes_the_write_lock_when_a_transaction_begins():
    assert connection.transaction_mode == "IMMEDIATE"
