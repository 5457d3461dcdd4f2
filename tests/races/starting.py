"""Several people at the same instant."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection

ROUNDS = 20
JITTER = 0.004


def race(*runners: Callable[[], Any]) -> list[Any]:
    """Run all of them at once, each on a connection of its own.

    Returns:
        What each gave back or raised, in the order of the runners.
    """
    barrier = Barrier(len(runners))

    def run(runner: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=20)
            time.sleep(random.random() * JITTER)
            return runner()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(runners)) as pool:
        futures = [pool.submit(run, runner) for runner in runners]
        return [future.exception() or future.result() for future in futures]


def kinds(results: list[Any]) -> list[str]:
    """The results by the names of their types, sorted: what a race may end in."""
    return sorted(type(result).__name__ for result in results)
