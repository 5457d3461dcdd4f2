"""Run as a program by the web server of `make run`: one worker beside it, until it is gone.

The worker is a process of its own: a thread in the web server would take turns with the votes. One
that dies is started again; when this process is killed, the worker notices that and ends.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

PROJECT = Path(__file__).parent.parent
COMMAND = [sys.executable, "manage.py", "db_worker", "--stop-with-parent"]
LOOK_EVERY = 0.3
SECONDS_TO_END = 20
PAUSE = 2.0


class Ends(Exception):
    """This process was asked to end."""


def start(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Begin to keep a worker; the caller is what it ends with."""
    command = [sys.executable, "-m", "config.embedded_worker", str(os.getpid())]
    return subprocess.Popen(command, cwd=PROJECT, env=environment)  # noqa: S603


def keep_a_worker(server: int) -> None:
    """There is a worker for as long as the server is the parent of this process."""
    while os.getppid() == server:
        command = [*COMMAND, str(os.getpid())]
        with subprocess.Popen(command, cwd=PROJECT) as worker:  # noqa: S603
            try:
                while os.getppid() == server and worker.poll() is None:
                    time.sleep(LOOK_EVERY)
            finally:
                _end(worker)
        if os.getppid() == server:
            time.sleep(PAUSE)


def _end(worker: subprocess.Popen[bytes]) -> None:
    worker.terminate()
    try:
        worker.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        worker.kill()


def _ends(signum: int, frame: FrameType | None) -> None:
    for known in (signal.SIGINT, signal.SIGTERM):
        signal.signal(known, signal.SIG_IGN)  # once is enough
    raise Ends


if __name__ == "__main__":
    signal.signal(signal.SIGINT, _ends)
    signal.signal(signal.SIGTERM, _ends)
    try:
        keep_a_worker(int(sys.argv[1]))
    except Ends:
        sys.exit(0)
