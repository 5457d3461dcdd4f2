"""A Parallax of its own for a benchmark: fresh database, files, and the web server of `make run`."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from tempfile import mkdtemp

import psycopg2

ROOT = Path(__file__).resolve().parents[2]
POSTGRES = os.environ.get("BENCH_POSTGRES", "postgres://postgres@127.0.0.1:5432")
PASSWORD = "only for this benchmark"  # of accounts that live as long as it
PATIENCE = 60


@dataclass
class Peak:
    """What a command took, with a process that it started, and in seconds each transaction."""

    seconds: float
    megabytes: float
    transactions: list[float]


@dataclass
class Site:
    """Where the application is, and how to run its commands."""

    environment: dict[str, str]
    folder: Path
    port: int

    def manage(self, *arguments: str) -> str:
        """The command's standard output; its errors are shown."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout

    def measure(self, *arguments: str) -> tuple[str, Peak]:
        """As `manage`, with what that process took."""
        output, lengths = self.folder / "output", self.folder / "transactions"
        timed = ["-m", "tests.benchmarks.transactions", str(lengths)]
        began = time.perf_counter()
        with output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, *timed, *arguments],
                cwd=ROOT,
                env=self.environment,
                stdout=file,
            )
            _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args)
        transactions, helper = json.loads(lengths.read_text())
        megabytes = (usage.ru_maxrss + helper) / 1024
        return output.read_text(), Peak(seconds, megabytes, transactions)

    def review(self, records: int, reviewers: int = 2, **options: object) -> int:
        """A new review of invented records; its primary key."""
        extra = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        made = self.manage(
            "example_review",
            *("--records", str(records), "--reviewers", str(reviewers)),
            *("--password", PASSWORD),
            *extra,
        )
        return int(json.loads(made)["review"])

    @contextmanager
    def running(self) -> Iterator[None]:
        """The web server answers: two processes of four threads."""
        self.manage("collectstatic", "--no-input", "--verbosity", "0")
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn_conf.py"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "errors").open("wb"),
        )
        try:
            self._wait_until_it_answers()
            yield
        finally:
            server.terminate()
            server.wait()

    def _wait_until_it_answers(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/healthz")
                connection.getresponse().read()
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
            else:
                return


@contextmanager
def fresh_site(vendor: str) -> Iterator[Site]:
    """A migrated, empty application on `sqlite` or `postgresql`; nothing of it stays."""
    folder = Path(mkdtemp(prefix="parallax-bench-"))
    name = f"parallax_bench_{os.getpid()}"
    url = f"sqlite:///{folder}/parallax.sqlite3"
    if vendor == "postgresql":
        url = f"{POSTGRES}/{name}"
        _administer(f"CREATE DATABASE {name}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "PARALLAX_PROFILE": "local",
        "PARALLAX_EXAMPLE": "0",
        "PARALLAX_FILES": str(folder / "files"),
        "HASHED_STATIC_FILES": "1",
        "DATABASE_URL": url,
        "PORT": str(port),
    }
    site = Site(environment, folder, port)
    try:
        site.manage("migrate", "--verbosity", "0")
        yield site
    finally:
        shutil.rmtree(folder)
        if vendor == "postgresql":
            _administer(f"DROP DATABASE {name} WITH (FORCE)")


def _administer(statement: str) -> None:
    connection = psycopg2.connect(f"{POSTGRES}/postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()
