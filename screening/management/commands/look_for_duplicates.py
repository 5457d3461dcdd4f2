"""Duplicates among all records of a review, for the shell: merged, or asked of a person."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError

from screening.access import access_for
from screening.actions.looking import look_for_duplicates
from screening.management.shell import ShellCommand
from screening.models import Membership, Role


class Command(ShellCommand):
    help = (
        "Look for duplicates among all records of a review: those that were imported before "
        "Parallax looked for any, and those whose import was undone. In the name of its lead."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("review", type=int, metavar="PK")

    def handle(self, *args: Any, review: int, **options: Any) -> None:
        members = Membership.objects.active().filter(review=review).with_role(Role.LEAD)
        lead = members.select_related("user").order_by("number").first()
        if lead is None:
            raise CommandError(f"There is no active lead in a review with the number {review}.")
        looked = look_for_duplicates(access_for(lead.user, review))
        self.stdout.write(json.dumps(asdict(looked)))
