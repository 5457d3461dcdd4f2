"""A second process that computes while this one reads, waits and stores."""

import os
import pickle
import signal
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection, Pipe
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import Any, Generic, TypeVar

PATIENCE = 3.0
"""Seconds that this process waits for the other; on a machine that is busy it would wait for long."""

Given = TypeVar("Given")
Made = TypeVar("Made")


class SecondProcess(Generic[Given, Made]):
    """Calls a function again and again: in a second process, or here where none can be had.

    `with SecondProcess(function, pays=...) as process`: whatever happens, the second process ends
    with it. It also ends when this one is killed, since nobody holds the other end of its pipe
    then. When it is killed itself, or keeps this one waiting, this one goes on alone.

    Args:
        function: pure, of a module, and without settings of Django.
        pays: there is so much to do that it pays to start a process, which takes half a second.
    """

    def __init__(self, function: Callable[[Given], Made], *, pays: bool) -> None:
        self._function = function
        self._pipe: Connection | None = None
        self._process: SpawnProcess | None = None
        self._thread = ThreadPoolExecutor(1)
        self._answer: Future[bytes] | None = None
        self._under_way: list[Given] = []
        if pays:
            self._start()

    def __enter__(self) -> "SecondProcess[Given, Made]":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def give(self, given: Given) -> list[Made]:
        """Calls the function with it; returns what is made until now, in the order of the calls."""
        done = self.rest()
        if not self._pipe:
            return [*done, self._function(given)]
        # Sent by a thread: the pipe is full until the other process has time to read. Packed here,
        # since to pack keeps all threads waiting, and this one may hold a lock by then.
        self._answer = self._thread.submit(_exchange, self._pipe, pickle.dumps(given))
        self._under_way = [given]
        return done

    def rest(self) -> list[Made]:
        """What the last call makes, if it is not returned yet."""
        under_way, self._under_way = self._under_way, []
        if under_way and self._answer:
            try:
                return [pickle.loads(self._answer.result(PATIENCE))]  # noqa: S301 -- our own process
            except (EOFError, OSError):  # of which TimeoutError is one
                self._stop()
        return [self._function(given) for given in under_way]

    def _start(self) -> None:
        ours, theirs = Pipe()
        # Not a fork: threads of this process may hold locks that nobody would release there.
        process = SpawnProcess(target=_call, args=(self._function, theirs), daemon=True)
        with theirs:
            try:
                process.start()
            except OSError:
                ours.close()
            else:
                self._pipe, self._process = ours, process

    def _stop(self) -> None:
        if self._pipe and self._process:
            self._process.kill()
            self._process.join()
            self._thread.shutdown()  # what it waited for has failed with the process
            self._pipe.close()
        self._pipe = self._answer = None


def _exchange(pipe: Connection, packed: bytes) -> bytes:
    pipe.send_bytes(packed)
    return pipe.recv_bytes()


def _call(function: Callable[[Any], Any], pipe: Connection) -> None:
    # Ctrl-C reaches all processes of a terminal; this one ends with the other.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _let_all_others_go_first()
    try:
        while True:
            pipe.send(function(pipe.recv()))
    except (EOFError, OSError):
        return


def _let_all_others_go_first() -> None:
    """Whoever waits for an answer of this machine comes first."""
    try:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except (AttributeError, OSError):  # not Linux, or forbidden
        os.nice(19)
