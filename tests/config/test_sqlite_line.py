"""On SQLite writers wait in line, and everybody who leaves gives the next their turn."""

import fcntl

import pytest
from django.db import ConnectionHandler, OperationalError, connection, transaction

from config.middleware import BUSY, passing_trouble
from config.sqlite.base import OFTEN, SELDOM, pause_after
from screening.models import User

pytestmark = [
    pytest.mark.skipif(connection.vendor != "sqlite", reason="a matter of SQLite"),
    pytest.mark.usefixtures("committed"),
]


def is_my_turn() -> bool:
    """Whether another process would be let through now."""
    with open(f"{connection.settings_dict['NAME']}.line", "ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def test_who_writes_is_alone_until_the_end_of_the_transaction():
    with transaction.atomic():
        User.objects.create(email="a@example.org")
        assert not is_my_turn()

    assert is_my_turn()
    assert User.objects.count() == 1


def test_who_fails_leaves_the_line():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        1 / 0  # noqa: B018

    assert is_my_turn()


def test_who_only_reads_does_not_wait():
    with transaction.atomic():
        pass
    with open(f"{connection.settings_dict['NAME']}.line", "ab") as somebody_writes:
        fcntl.flock(somebody_writes, fcntl.LOCK_EX)

        assert User.objects.count() == 0


def test_a_connection_that_breaks_off_leaves_the_line():
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012
        connection.close()
        1 / 0  # noqa: B018

    assert is_my_turn()


def test_a_writer_who_waits_too_long_for_a_turn_is_told_that_the_database_is_busy(monkeypatch):
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.2)
    with open(f"{connection.settings_dict['NAME']}.line", "ab") as line:
        fcntl.flock(line, fcntl.LOCK_EX)

        with pytest.raises(OperationalError) as refusal, transaction.atomic():
            pass

    assert passing_trouble(refusal.value) is BUSY
    with transaction.atomic():
        pass  # the turn is free again


def test_who_has_waited_longer_asks_more_often_and_nobody_without_a_pause():
    pauses = [pause_after(waited / 1000) for waited in range(0, 200, 10)]

    assert pauses == sorted(pauses, reverse=True)
    assert (pauses[0], pauses[-1]) == (SELDOM, OFTEN)
    assert pause_after(30) == OFTEN > 0


def test_a_test_database_is_destroyed_with_its_line(tmp_path):
    ours = {"ENGINE": "config.sqlite", "NAME": str(tmp_path / "test.sqlite3")}
    other = ConnectionHandler({"default": ours})["default"]
    other.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    other.cursor().execute("CREATE TABLE one (number integer)")
    other.commit()
    other.close()
    assert {path.name for path in tmp_path.iterdir()} == {"test.sqlite3", "test.sqlite3.line"}

    other.creation._destroy_test_db(ours["NAME"], verbosity=0)

    assert list(tmp_path.iterdir()) == []
