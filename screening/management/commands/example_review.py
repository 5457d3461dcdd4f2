import json
import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from screening.example import EXAMPLE_PASSWORD
from screening.example.bulk import build_review
from screening.example.curated import build_example
from screening.example.people import sign_ins
from screening.management.shell import ShellCommand
from screening.models import Review
from screening.verification import verify


class Command(ShellCommand):
    help = (
        "Make a review of invented records: without options the example to look around in, with "
        "--records one of any size. Prints its address and how to sign in as one JSON object."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-missing", action="store_true", help="only when there is no example review yet"
        )
        parser.add_argument("--records", type=int, metavar="N", help="this many records, in bulk")
        parser.add_argument("--reviewers", type=int, default=2, metavar="K")
        parser.add_argument("--password", metavar="P", help="of all accounts; needed in bulk")
        parser.add_argument(
            "--voted",
            type=float,
            default=0.0,
            metavar="SHARE",
            help="the first so many of the records have votes, as 0.9",
        )
        parser.add_argument(
            "--voters", type=int, default=2, help="how many reviewers have cast these votes"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["records"] is None:
            review, password = _example(if_missing=options["if_missing"]), EXAMPLE_PASSWORD
        else:
            review, password = _of_any_size(options), options["password"]
        port = os.environ.get("PORT", "8000")
        result = verify(review)
        if result.found:
            raise CommandError(f"The review does not hold together: {result.differences[0]}")
        self.stdout.write(
            json.dumps(
                {
                    "review": review.pk,
                    "url": f"http://127.0.0.1:{port}/reviews/{review.pk}/",
                    "sign_ins": sign_ins(review, password),
                }
            )
        )


def _example(*, if_missing: bool) -> Review:
    if not settings.LOCAL:
        raise CommandError(
            "The example review has a published password and is only for PARALLAX_PROFILE=local."
        )
    there = Review.objects.filter(is_example=True).order_by("pk").first() if if_missing else None
    return there or build_example()


def _of_any_size(options: dict[str, Any]) -> Review:
    if options["records"] < 1:
        raise CommandError("A review of any size has at least 1 record.")
    if not 2 <= options["reviewers"] <= 50:
        raise CommandError("There can be 2 to 50 reviewers.")
    if not 0 <= options["voted"] <= 1:
        raise CommandError("The share of records voted on is a number from 0 to 1.")
    if options["voters"] not in (1, 2):
        raise CommandError("Votes in bulk are those of 1 or 2 reviewers.")
    if not options["password"]:
        raise CommandError("Give the accounts a password with --password.")
    return build_review(
        records=options["records"],
        reviewers=options["reviewers"],
        password=options["password"],
        voted=options["voted"],
        voters=options["voters"],
    )
