from typing import Any

from django.core.management.base import BaseCommand

from screening.actions.orphans import remove_orphaned_files


class Command(BaseCommand):
    help = "Remove files of uploads that were cut off a day ago or more; run it now and then."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Files removed: {remove_orphaned_files()}.")
