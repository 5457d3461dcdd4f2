"""Test databases of SQLite are made and destroyed as Django does, with all that is theirs."""

from pathlib import Path

from django.db.backends.sqlite3 import creation


class DatabaseCreation(creation.DatabaseCreation):
    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        super()._destroy_test_db(test_database_name, verbosity)
        if not self.is_in_memory_db(test_database_name):
            Path(self.connection.line_beside(test_database_name)).unlink(missing_ok=True)
