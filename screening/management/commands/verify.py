import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from screening.management.shell import ShellCommand
from screening.models import Review
from screening.verification import verify


class Command(ShellCommand):
    help = "Recompute every outcome, check what must always hold and the chain of each log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--review", type=int, metavar="PK", help="only this review")
        parser.add_argument(
            "--since",
            type=int,
            default=1,
            metavar="SEQUENCE",
            help="look at the entries of the log from this one on; the items all the same",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        review = None
        if options["review"] is not None:
            review = Review.objects.filter(pk=options["review"]).first()
            if review is None:
                raise CommandError(f"There is no review {options['review']}.")
        if options["since"] < 1:
            raise CommandError("The first entry of a log is 1.")
        result = verify(review, since=options["since"])
        self.stdout.write(json.dumps(result.as_json(), ensure_ascii=False))
        if result.found:
            raise CommandError(
                f"What is stored differs from the facts in {result.found} "
                f"place{'' if result.found == 1 else 's'}; see the list of differences."
            )
