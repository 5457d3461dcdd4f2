from typing import Any

from django.core.management.base import BaseCommand

from screening.actions.base import forget_old_request_keys


class Command(BaseCommand):
    help = "Forget the keys of requests so old that nobody repeats them; run it now and then."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{forget_old_request_keys()} keys are forgotten.")
