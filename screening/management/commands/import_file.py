"""`manage.py import_file REVIEW FILE`: any number of records, without a browser."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import CommandError
from django.urls import reverse

from screening.access import Refused, ReviewAccess, access_for
from screening.actions.importing import SameFile, preview_import
from screening.actions.storing import commit_import
from screening.importers import UnreadableFile
from screening.management.shell import ShellCommand
from screening.models import DuplicateQuestion, Import, ImportState, Membership, Merge, Role, Source


class Command(ShellCommand):
    help = "Import a file of any size into a review; prints what happened as one JSON object."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("review", type=int, help="the number in the review's address")
        parser.add_argument(
            "file", type=Path, help="what a database exported, in any format that is read"
        )
        parser.add_argument(
            "--source", default="", help="name of the source; made when there is none of that name"
        )
        parser.add_argument(
            "--as", dest="email", default="", help="who imports; the first lead without it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["file"]
        access = _access(options["review"], options["email"])
        try:
            done = _imported(access, path, options["source"] or path.stem)
        except (UnreadableFile, Refused, PermissionDenied) as refusal:
            raise CommandError(str(refusal)) from refusal
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except OSError as error:
            raise CommandError(f"{error.filename or path}: {error.strerror}.") from error
        self.stdout.write(
            json.dumps(
                {
                    "import": done.pk,
                    "review": access.review.pk,
                    "format": done.format,
                    "encoding": done.encoding,
                    "found": done.found,
                    "read": done.read,
                    "problems": done.problems_count,
                    "records": done.records.count(),
                    "duplicates": Merge.objects.in_force().filter(record__imported_by=done).count(),
                    "duplicate_questions": DuplicateQuestion.objects.open().about(done).count(),
                }
            )
        )


def _access(review_pk: int, email: str) -> ReviewAccess:
    members = Membership.objects.active().filter(review=review_pk)
    named = members.filter(user__email__iexact=email) if email else members.with_role(Role.LEAD)
    member = named.select_related("user").order_by("number").first()
    if member is None:
        who = f"{email} is no active member of" if email else "There is no active lead in"
        raise CommandError(f"{who} a review with the number {review_pk}.")
    return access_for(member.user, review_pk)


def _imported(access: ReviewAccess, path: Path, source_name: str) -> Import:
    """The file's import, committed; one that a killed command left is taken up."""
    source = access.scope(Source).filter(name__iexact=source_name).first()
    try:
        previewed = preview_import(
            access, source or Source(name=source_name), path, path.name, count_up_to=0
        )
    except SameFile as known:
        if known.first.state != ImportState.STAGED:
            raise
        previewed = known.first
    if previewed.needs_columns:
        where = reverse("screening:import_columns", args=[access.review.pk, previewed.pk])
        raise CommandError(
            f"The headings of this table are not known: say at {where} which column is which, "
            "then run this command again."
        )
    return commit_import(access, previewed)
