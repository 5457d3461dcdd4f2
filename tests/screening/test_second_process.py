"""What a second process makes is what this one would have made, whatever becomes of it."""

import os
import signal
import subprocess
import sys
import time
from array import array
from pathlib import Path

import pytest

from screening import second_process
from screening.finding.blocks import Block, built
from screening.second_process import SecondProcess

PARENT = """
import sys
from screening.second_process import SecondProcess
from tests.screening.test_second_process import made_by

with SecondProcess(made_by, pays=True) as process:
    process.give("something")
    print(process.rest()[0][1], flush=True)
    sys.stdin.read()
"""

GIVEN = ["first", "second" * 100_000, "third"]


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Tests that run beside may keep an idle process waiting for long."""
    monkeypatch.setattr(second_process, "PATIENCE", 120)


def made_by(given: str) -> tuple[str, int]:
    return given.upper(), os.getpid()


def failing(given: str) -> str:
    raise ValueError(given)


def made_slowly_there(here: int) -> str:
    if os.getpid() != here:
        time.sleep(60)
    return "made here"


def policy_of(pid: int) -> int:
    return os.sched_getscheduler(pid)


def ended(pid: int) -> bool:
    """No process has this number, or only until its parent takes note of its end."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("pays", [True, False])
def test_everything_comes_back_once_in_its_order(pays):
    with SecondProcess(made_by, pays=pays) as process:
        made = [one for given in GIVEN for one in process.give(given)]
        made += process.rest()
        assert process.rest() == []

    assert [text for text, _ in made] == [given.upper() for given in GIVEN]
    makers = {maker for _, maker in made}
    assert len(makers) == 1
    assert (makers != {os.getpid()}) is pays


def test_this_process_goes_on_while_the_other_computes():
    with SecondProcess(made_by, pays=True) as process:
        assert process.give("first") == []
        assert [text for text, _ in process.give("second")] == ["FIRST"]


@pytest.mark.parametrize("killed_before", [1, 2, 3, 4])
def test_whenever_the_second_process_is_killed_all_is_made(killed_before):
    made = []

    with SecondProcess(made_by, pays=True) as process:
        for step, given in enumerate([*GIVEN, None], start=1):
            if step == killed_before:
                process._process.kill()
                process._process.join()
            made += process.give(given) if given else process.rest()

    assert [text for text, _ in made] == [given.upper() for given in GIVEN]
    assert killed_before == 4 or made[-1][1] == os.getpid()


def test_where_no_process_can_be_started_all_is_made_here(monkeypatch):
    def refused(self):
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(second_process.SpawnProcess, "start", refused)

    with SecondProcess(made_by, pays=True) as process:
        assert process.give("first") == [("FIRST", os.getpid())]


def test_this_process_does_not_wait_for_long(monkeypatch):
    monkeypatch.setattr(second_process, "PATIENCE", 0.1)

    with SecondProcess(made_slowly_there, pays=True) as process:
        process.give(os.getpid())
        assert process.rest() == ["made here"]
        assert process.give(os.getpid()) == ["made here"]


def test_a_process_that_does_not_even_read_keeps_nobody_waiting(monkeypatch):
    monkeypatch.setattr(second_process, "PATIENCE", 0.1)
    large = "large" * 1_000_000

    with SecondProcess(made_by, pays=True) as process:
        os.kill(process._process.pid, signal.SIGSTOP)
        assert process.give(large) == []
        assert process.rest() == [(large.upper(), os.getpid())]
        assert process.give("next") == [("NEXT", os.getpid())]


def test_the_second_process_lets_all_others_go_first():
    with SecondProcess(policy_of, pays=True) as process:
        process.give(0)
        assert process.rest() == [os.SCHED_IDLE]


def test_an_error_of_the_function_is_raised_here(capfd):
    with SecondProcess(failing, pays=True) as process:
        assert process.give("what it was given") == []
        with pytest.raises(ValueError, match="what it was given"):
            process.rest()


def test_an_error_ends_the_second_process():
    process = SecondProcess(made_by, pays=True)
    process.give("first")
    other = process._process

    with pytest.raises(RuntimeError), process:
        raise RuntimeError

    assert not other.is_alive()


def test_the_second_process_ends_when_the_first_is_killed():
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with parent:
        other = int(parent.stdout.readline())
        assert other != parent.pid
        assert not ended(other)
        os.kill(parent.pid, signal.SIGKILL)

    until = time.monotonic() + 20
    while not ended(other) and time.monotonic() < until:
        time.sleep(0.05)
    assert ended(other)


def test_the_rows_of_a_block_are_the_same_from_another_process():
    block = Block()
    for number in range(5, 305):
        texts = (f"Générateurs d\u2019images no. {number}", "Follow-up of " + "x" * 200, "合成画像")
        block.add(number, texts, doi=f"10.1000/A.{number}", pmid=str(number))

    with SecondProcess(built, pays=True) as process:
        process.give(block)
        (there,) = process.rest()

    assert there == built(block)
    assert (there.first, there.last, there.records) == (5, 304, 300)
    assert ("generateurs", array("H", range(300)).tobytes()) in there.rows
