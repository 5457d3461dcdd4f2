import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from screening.finding.index import rebuild
from screening.management.shell import ShellCommand
from screening.models import Review


class Command(ShellCommand):
    help = "Make the index of the finder anew; until it ends some records are not found."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--review", type=int, metavar="PK", help="only this review")

    def handle(self, *args: Any, **options: Any) -> None:
        reviews = Review.objects.order_by("pk")
        if options["review"] is not None:
            reviews = reviews.filter(pk=options["review"])
            if not reviews:
                raise CommandError(f"There is no review {options['review']}.")
        records = sum(rebuild(review) for review in reviews)
        self.stdout.write(json.dumps({"reviews": len(reviews), "records": records}))
