from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from screening import triggers


class Command(BaseCommand):
    help = "Put the database's triggers back, as after a migration that rebuilt a table on SQLite."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            triggers.install(connection)
        self.stdout.write(f"{len(triggers.TRIGGERS)} triggers are in place.")
