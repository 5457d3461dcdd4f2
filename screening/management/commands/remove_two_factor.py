"""`manage.py remove_two_factor EMAIL`: for somebody who lost the phone and the recovery codes."""

import json
from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import CommandError

from screening.management.shell import ShellCommand
from screening.models import User


class Command(ShellCommand):
    help = "Turn two-step sign-in off for one account; make sure first that its owner asks for it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the address of the account")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip()
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"No account has the address {email}.")
        # Recovery codes go with the app's key: alone they would open nothing.
        removed, _ = Authenticator.objects.filter(user=user).delete()
        if not removed:
            raise CommandError(f"Two-step sign-in is off for {user.email}; nothing was changed.")
        self.stdout.write(json.dumps({"account": user.email, "two_step_sign_in": "off"}))
