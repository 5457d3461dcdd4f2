"""The rows of blocks, made by a second process while this one reads and stores their records."""

import os
import signal
from multiprocessing.connection import Connection, Pipe
from multiprocessing.context import SpawnProcess
from types import TracebackType

from screening.finding.blocks import Block, Rows

FEWEST = 5_000
"""For fewer records, to start a process would take longer than their words."""
NICENESS = 19
"""Of the second process: whoever screens meanwhile comes first."""

Built = tuple[Block, Rows]


class Building:
    """Makes the rows of blocks of many records; for few, and where nobody can help, itself.

    `with Building(records) as building`: whatever happens, the second process ends with it. It
    also ends when this one is killed, since nobody holds the other end of its pipe then.
    """

    def __init__(self, records: int) -> None:
        self._pipe: Connection | None = None
        self._under_way: Block | None = None
        self._process: SpawnProcess | None = None
        if records >= FEWEST:
            self._start()

    def __enter__(self) -> "Building":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def give(self, block: Block) -> list[Built]:
        """The rows of the block are made; returns blocks whose rows are, in their order."""
        done = self.rest()
        if self._pipe:
            try:
                self._pipe.send(block)
            except OSError:
                self._stop()
            else:
                self._under_way = block
                return done
        return [*done, (block, block.rows())]

    def rest(self) -> list[Built]:
        """The block that was given last, when its rows are made."""
        block, self._under_way = self._under_way, None
        if not block:
            return []
        if self._pipe:
            try:
                return [(block, self._pipe.recv())]
            except (EOFError, OSError):
                self._stop()
        return [(block, block.rows())]

    def _start(self) -> None:
        ours, theirs = Pipe()
        # Not a fork: threads of this process may hold locks that nobody would release there.
        process = SpawnProcess(target=_help, args=(theirs,), daemon=True)
        with theirs:
            try:
                process.start()
            except OSError:
                ours.close()
            else:
                self._pipe, self._process = ours, process

    def _stop(self) -> None:
        if self._pipe and self._process:
            self._pipe.close()
            self._process.terminate()
            self._process.join()
        self._pipe = None


def _help(pipe: Connection) -> None:
    # Ctrl-C reaches all processes of a terminal; this one ends with the other.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICENESS)
    try:
        while True:
            pipe.send(pipe.recv().rows())
    except (EOFError, OSError):
        return
