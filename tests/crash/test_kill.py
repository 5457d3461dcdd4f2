"""kill -9 in a storm of votes: what was acknowledged is stored, nothing is there twice or half.

A real server of two processes, on a database of its own, and voters who send again what got no
answer, with its key, as the page does.
"""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import uuid4

import psutil
import psycopg2
import pytest
from django.conf import settings

ROOT = Path(__file__).parents[2]
RECORDS = 400
TOKEN = "t" * 32


@pytest.fixture
def database(tmp_path) -> Iterator[str]:
    """The address of an empty database beside the one of the tests, on the same engine."""
    configured = settings.DATABASES["default"]
    if configured["ENGINE"] == "config.sqlite":
        yield f"sqlite:///{tmp_path / 'crash.sqlite3'}"
        return
    name = f"crash_{os.getpid()}"
    address = urlsplit(os.environ["DATABASE_URL"])
    with closing(psycopg2.connect(urlunsplit(address._replace(path="/postgres")))) as server:
        server.autocommit = True
        server.cursor().execute(f"CREATE DATABASE {name}")
        yield urlunsplit(address._replace(path=f"/{name}"))
        server.cursor().execute(f"DROP DATABASE {name} WITH (FORCE)")


@dataclass
class Site:
    environment: dict[str, str]
    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def run(self, *command: str) -> str:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn_conf.py"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with suppress(OSError, HTTPException):
                if self.get("/healthz") == 200:
                    return
            time.sleep(0.1)
        pytest.fail(f"The server does not start: {self.log.read_text()}")

    def get(self, path: str) -> int:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection:
            connection.request("GET", path)
            return connection.getresponse().status

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()

    def kill_a_worker(self) -> None:
        random.choice(self.workers()).send_signal(signal.SIGKILL)

    def kill_all(self) -> None:
        """The power goes: no process gets to say anything."""
        doomed = [*self.workers(), psutil.Process(self.process.pid)]
        for process in doomed:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        self.process.wait()
        psutil.wait_procs(doomed, timeout=5)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=40)


@pytest.fixture
def site(database, tmp_path) -> Iterator[Site]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "DATABASE_URL": database,
        "PARALLAX_PROFILE": "local",
        "PARALLAX_EXAMPLE": "0",
        "PARALLAX_FILES": str(tmp_path / "files"),
        "HASHED_STATIC_FILES": "0",
        "SECRET_KEY": "only-for-this-test",
        "PORT": str(port),
        "WEB_CONCURRENCY": "2",
    }
    site = Site(environment, port, tmp_path / "server.log")
    yield site
    site.stop()


@dataclass(eq=False)
class Voter(threading.Thread):
    """Somebody who votes as fast as answers come, and now and then changes a vote."""

    site: Site
    name_: str
    session: str
    review: int
    records: list[int]
    stopped: threading.Event
    stored: dict[int, str] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)
    unknown: dict[int, str] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    repeated: int = 0

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self.random = random.Random(self.name_)

    def run(self) -> None:
        for record in self.random.sample(self.records, len(self.records)):
            if self.stopped.is_set():
                return
            self.say(record)
            if self.random.random() < 0.2 and record in self.stored:
                self.say(record)

    def say(self, record: int) -> None:
        decision = self.random.choice(["include", "exclude", "maybe"])
        sent = {
            "vote": decision,
            "request_key": uuid4().hex,
            "csrfmiddlewaretoken": TOKEN,
            "note": f"{self.name_} on {record}",
        }
        self.unknown[record] = decision
        status = self._until_answered(record, sent)
        if status == 200:
            self.stored[record] = decision
            del self.unknown[record]
        elif status == 409:
            self.refused.add(record)
            del self.unknown[record]

    def _until_answered(self, record: int, sent: dict[str, str]) -> int | None:
        """The same request with the same key, until the server says what became of it."""
        while not self.stopped.is_set():
            with suppress(OSError, HTTPException):
                status = self._post(record, sent)
                self.statuses.append(status)
                if status < 500:
                    return status
            self.repeated += 1
            time.sleep(0.05)
        return None

    def _post(self, record: int, sent: dict[str, str]) -> int:
        path = f"/reviews/{self.review}/screen/title-abstract/{record}/"
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"sessionid={self.session}; csrftoken={TOKEN}",
            "X-Requested-With": "fetch",
        }
        with closing(HTTPConnection("127.0.0.1", self.site.port, timeout=20)) as connection:
            connection.request("POST", path, urlencode(sent), headers)
            response = connection.getresponse()
            response.read()
            return response.status


def storm(site: Site, told: dict[str, Any]) -> tuple[list[Voter], threading.Event]:
    stopped = threading.Event()
    voters = [
        Voter(site, one["name"], one["session"], told["review"], told["records"], stopped)
        for one in told["voters"]
    ]
    for voter in voters:
        voter.start()
    return voters, stopped


def test_acknowledged_is_stored_whatever_is_killed(site):
    told = json.loads(site.run("-m", "tests.crash.prepare", str(RECORDS)))
    site.start()

    voters, stopped = storm(site, told)
    time.sleep(1.5)
    site.kill_a_worker()
    time.sleep(1.5)
    site.stop()  # politely, as for an upgrade
    site.start()
    time.sleep(1)
    site.kill_all()
    site.start()
    time.sleep(1)
    stopped.set()
    for voter in voters:
        voter.join(timeout=30)
    site.kill_all()

    found = json.loads(site.run("-m", "tests.crash.inspect_votes"))
    assert (found["differences"], found["missing"]) == ([], [])
    stored = {(name, record): decision for name, record, decision in found["votes"]}
    assert len(stored) == len(found["votes"]), "somebody's vote is there twice"
    lost = [
        f"{voter.name_} on {record}: {decision}"
        for voter in voters
        for record, decision in voter.stored.items()
        if stored.get((voter.name_, record)) not in {decision, voter.unknown.get(record, decision)}
    ]
    assert lost == []
    known = {(v.name_, record) for v in voters for record in v.stored.keys() | v.unknown.keys()}
    assert stored.keys() - known == set(), "votes that nobody cast"
    site.run("manage.py", "verify")
    answered = [status for voter in voters for status in voter.statuses]
    assert set(answered) <= {200, 409, 503}, "no crash shows as an error page"
    assert answered.count(200) > 20
    assert sum(voter.repeated for voter in voters) > 0, "the storm was over before the kill"
