"""Rows of blocks that a second process makes are those that this one would have made."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from screening.finding import building
from screening.finding.blocks import Block
from screening.finding.building import FEWEST, Building

PARENT = """
import sys
from screening.finding.building import FEWEST, Building
from tests.screening.finding.test_building import a_block

with Building(FEWEST) as building:
    building.give(a_block(1))
    building.rest()
    print(building._process.pid, flush=True)
    sys.stdin.read()
"""


def a_block(first: int) -> Block:
    block = Block()
    for number in range(first, first + 300):
        texts = (f"Générateurs d\u2019images no. {number}", "Follow-up of " + "x" * 200, "合成画像")
        block.add(number, texts, doi=f"10.1000/A.{number}", pmid=str(number))
    return block


def ended(pid: int) -> bool:
    """No process has this number, or only until its parent takes note of its end."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("records", [FEWEST - 1, FEWEST])
def test_every_block_comes_back_once_in_its_order_with_its_rows(records):
    given = [a_block(first) for first in (1, 301, 601)]

    with Building(records) as helped:
        built = [one for block in given for one in helped.give(block)]
        built += helped.rest()
        assert helped.rest() == []

    assert [block.first for block, _ in built] == [1, 301, 601]
    assert [rows for _, rows in built] == [block.rows() for block in given]


def test_many_records_are_helped_with_and_few_are_not(monkeypatch):
    def refused(self):
        raise AssertionError("made here")

    monkeypatch.setattr(Block, "rows", refused)

    with Building(FEWEST) as helped:
        assert helped.give(a_block(1)) == []
        assert helped.rest()
    with Building(FEWEST - 1) as alone, pytest.raises(AssertionError, match="made here"):
        alone.give(a_block(1))


@pytest.mark.parametrize("killed_before", [1, 2, 3, 4])
def test_whenever_the_second_process_is_killed_all_rows_are_made(killed_before):
    given = [a_block(first) for first in (1, 301, 601)]
    built = []

    with Building(FEWEST) as helped:
        for step, block in enumerate([*given, None], start=1):
            if step == killed_before:
                helped._process.kill()
                helped._process.join()
            built += helped.give(block) if block else helped.rest()

    assert [rows for _, rows in built] == [block.rows() for block in given]


def test_where_no_process_can_be_started_the_rows_are_made_here(monkeypatch):
    def refused(self):
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(building.SpawnProcess, "start", refused)

    with Building(FEWEST) as alone:
        assert alone.give(a_block(1))[0][1] == a_block(1).rows()


def test_an_error_ends_the_second_process():
    helped = Building(FEWEST)
    helped.give(a_block(1))
    process = helped._process

    with pytest.raises(RuntimeError), helped:
        raise RuntimeError

    assert not process.is_alive()


def test_the_second_process_ends_when_the_first_is_killed():
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with parent:
        helper = int(parent.stdout.readline())
        assert not ended(helper)
        os.kill(parent.pid, signal.SIGKILL)

    until = time.monotonic() + 20
    while not ended(helper) and time.monotonic() < until:
        time.sleep(0.05)
    assert ended(helper)
