"""`manage.py export_review PK OUT.zip`: all of a review, for whoever hosts it."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from reporting.package.writing import write_package
from screening.management.shell import ShellCommand
from screening.models import Review


class Command(ShellCommand):
    help = "Write everything of a review into one zip, also the votes that are hidden from people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("review", type=int, help="the number in the review's address")
        parser.add_argument("out", type=Path, help="the zip to write; nothing is overwritten")

    def handle(self, *args: Any, **options: Any) -> None:
        out = options["out"]
        review = Review.objects.filter(pk=options["review"]).first()
        if review is None:
            raise CommandError(f"There is no review {options['review']}.")
        if not out.parent.is_dir():
            raise CommandError(f"There is no folder {out.parent}.")
        try:
            written = write_package(review, out)
        except FileExistsError as error:
            raise CommandError(f"{out} is there already; nothing was written.") from error
        except OSError as error:
            raise CommandError(f"{error.filename or out}: {error.strerror}.") from error
        self.stdout.write(json.dumps(written.as_json(), ensure_ascii=False))
        if lost := written.not_as_uploaded:
            raise CommandError(
                f"The zip is written, but {', '.join(lost)} in it {'is' if len(lost) == 1 else 'are'}"
                " not as uploaded: the file kept for it was changed or is missing."
            )
