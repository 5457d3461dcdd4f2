"""`python -m tests.benchmarks.transactions FILE COMMAND ...`: a command of `manage.py`, timed inside.

To FILE are written as JSON the length of each transaction in seconds, from when it has its place
(on SQLite that of the one writer) until it is over; and the largest memory of a process that the
command started, in kilobytes.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

from django.core.management import execute_from_command_line
from django.db import DEFAULT_DB_ALIAS, transaction

from config.garbage import collect_seldom


def main(file: str, *command: str) -> None:
    lengths: list[float] = []
    _time_transactions(lengths)
    try:
        execute_from_command_line(["manage.py", *command])
    finally:
        helper = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        Path(file).write_text(json.dumps([lengths, helper]))


def _time_transactions(lengths: list[float]) -> None:
    enter, leave = transaction.Atomic.__enter__, transaction.Atomic.__exit__
    began: list[float] = []

    def timed_enter(self: transaction.Atomic) -> None:
        enter(self)
        began.append(time.perf_counter())

    def timed_exit(self: transaction.Atomic, *exception: Any) -> None:
        try:
            leave(self, *exception)
        finally:
            since = began.pop()
            if not transaction.get_connection(DEFAULT_DB_ALIAS).in_atomic_block:
                lengths.append(time.perf_counter() - since)

    transaction.Atomic.__enter__, transaction.Atomic.__exit__ = timed_enter, timed_exit


if __name__ == "__main__":
    collect_seldom()  # as manage.py does
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main(*sys.argv[1:])
