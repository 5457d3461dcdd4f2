"""Django's SQLite, whose writers wait in line.

SQLite has one writer at a time. By itself it lets the others sleep and look again, up to 100 ms
later, and whoever looks at the right moment is next: with ten people voting at once some waited a
second. Here a transaction takes its place in the operating system's line first. The line is a lock
on a file of its own beside the database, which is free again when its process dies.
"""

import fcntl
from typing import IO

from django.db.backends.sqlite3 import base


class DatabaseWrapper(base.DatabaseWrapper):
    _place: IO[bytes] | None = None

    def _start_transaction_under_autocommit(self) -> None:
        if not self.is_in_memory_db():
            self._place = open(f"{self.settings_dict['NAME']}.line", "ab")  # noqa: SIM115
            fcntl.flock(self._place, fcntl.LOCK_EX)
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._leave()
            raise

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
        """Closing the file gives the next in line its turn."""
        if self._place:
            self._place.close()
            self._place = None
