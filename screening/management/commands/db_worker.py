"""`manage.py db_worker`: does what takes longer than a request, beside the web server."""

import logging
import os
import signal
import socket
import sys
import threading
import time
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, connections
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands import db_worker
from django_tasks_db.models import DBTaskResult

from screening import tasks, working

logger = logging.getLogger("screening.worker")


class Worker(db_worker.Worker):
    """The worker of django-tasks-db, which outlives its database and finds what others dropped.

    Before every look for tasks it wakes somebody for jobs whose worker was killed. Asked to end, it
    gives the job it has back.
    """

    def run(self) -> None:
        ends_when_idle, self.batch = self.batch, True  # a round of the original ends when idle
        while self.running:
            try:
                self._do_what_waits()
            except (OperationalError, InterfaceError) as trouble:
                if ends_when_idle:
                    raise
                logger.warning("The database does not answer: %s", str(trouble).strip())
                connections.close_all()
            if ends_when_idle or self._has_done_enough():
                return
            if self.running:
                time.sleep(self.interval)

    def run_task(self, db_task_result: DBTaskResult) -> None:
        super().run_task(db_task_result)
        tasks.wake_for_what_waits()

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """Asked again it is ending already; SIGKILL is what cannot be asked."""
        is_asked_first, self.running = self.running, False
        working.STOPS.set()
        if is_asked_first and not self.running_task:
            sys.exit(0)

    def _do_what_waits(self) -> None:
        tasks.wake_for_what_waits()
        if DBTaskResult.objects.ready().exists():
            super().run()
            self.startup_delay = False

    def _has_done_enough(self) -> bool:
        return self.max_tasks is not None and self._run_tasks >= self.max_tasks


class Command(BaseCommand):
    help = "Do what takes longer than a request, such as storing large files; runs until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--interval", type=db_worker.valid_interval, default=1, help="seconds between looks, 1"
        )
        parser.add_argument("--batch", action="store_true", help="end when nothing waits")
        parser.add_argument(
            "--max-tasks", type=db_worker.valid_max_tasks, help="end after so many tasks"
        )
        parser.add_argument(
            "--worker-id",
            type=db_worker.validate_worker_id,
            help="a name that no other worker has; made up without it",
        )
        parser.add_argument(
            "--stop-with-parent",
            type=int,
            metavar="PID",
            help="end when the parent is another process than this one",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        worker = Worker(
            queue_names=["*"],
            excluded_queue_names=[],
            interval=options["interval"],
            batch=options["batch"],
            backend_name="default",
            startup_delay=False,
            max_tasks=options["max_tasks"],
            worker_id=options["worker_id"] or _a_name(),
        )
        working.STOPS.clear()
        worker.configure_signals()
        if parent := options["stop_with_parent"]:
            threading.Thread(target=_stop_without, args=[parent], daemon=True).start()
        if not options["batch"]:
            self.stdout.write(f"Worker {worker.worker_id} waits for jobs.")
            self.stdout.flush()
        try:
            worker.run()
        finally:
            worker.reset_signals()


def _a_name() -> str:
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{get_random_string(8)}"


def _stop_without(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
