"""Commands for scripts: JSON on standard output; on an error one sentence, and exit code 1."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError, connections


class ShellCommand(BaseCommand):
    """A command whose errors, those of its arguments too, are one bare sentence."""

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            options: dict[str, Any] = vars(self.create_parser(*argv[:2]).parse_args(argv[2:]))
            self.execute(*options.pop("args", ()), **options)
        except CommandError as error:
            sys.exit(str(error))
        except (OperationalError, ProgrammingError) as error:
            what = str(error).strip().splitlines()[0]
            sys.exit(f"The database is not ready ({what}); has `manage.py migrate` been run?")
        finally:
            connections.close_all()
