"""Django's SQLite, whose writers wait for their turn without long sleeps.

SQLite has one writer at a time. By itself it lets the others sleep and look again, up to 100 ms
later, and whoever looks at the right moment is next: with ten people voting at once some waited a
second. Here a transaction asks for its turn first, the more often the longer it has waited, so that
those who came first are mostly next. The turn is a lock on a file of its own beside the database,
which is free again when its process dies; who waits longer than the database's own timeout is told
that it is busy.
"""

import fcntl
import sqlite3
import time
from typing import IO

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from config.sqlite.creation import DatabaseCreation

SELDOM, OFTEN = 0.004, 0.0005  # seconds between two questions
IMPATIENT_AFTER = 0.08  # seconds, from which on a writer asks often


def pause_after(waited: float) -> float:
    """Return how long a writer who has waited so long, in seconds, sleeps before asking again."""
    return max(OFTEN, SELDOM - (SELDOM - OFTEN) * waited / IMPATIENT_AFTER)


class DatabaseWrapper(base.DatabaseWrapper):
    creation_class = DatabaseCreation
    _place: IO[bytes] | None = None

    def _start_transaction_under_autocommit(self) -> None:
        if not self.is_in_memory_db():
            self._place = open(self.line_beside(self.settings_dict["NAME"]), "ab")  # noqa: SIM115
        try:
            self._wait_for_turn()
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._leave()
            raise

    def line_beside(self, database: str) -> str:
        """Return the path of the file in which writers of a database wait."""
        return f"{database}.line"

    def _wait_for_turn(self) -> None:
        came = time.monotonic()
        until = came + self.settings_dict["OPTIONS"].get("timeout", 5)
        while self._place:
            try:
                fcntl.flock(self._place, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                now = time.monotonic()
                if now > until:
                    busy = sqlite3.OperationalError("database is locked")
                    busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
                    raise OperationalError("database is locked") from busy
                time.sleep(pause_after(now - came))

    def _commit(self) -> None:
        try:
            super()._commit()
        finally:
            self._leave()

    def _rollback(self) -> None:
        try:
            super()._rollback()
        finally:
            self._leave()

    def _close(self) -> None:
        try:
            super()._close()
        finally:
            self._leave()

    def _leave(self) -> None:
        """Closing the file gives somebody else their turn."""
        if self._place:
            self._place.close()
            self._place = None
