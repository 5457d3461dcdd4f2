"""Worlds that differ in one thing, at the same moment and with the same numbers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from django.core.cache import cache
from django.db import connection, transaction

from tests.worlds import World, whole_review

Seen = TypeVar("Seen")


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def wait(self, **period: float) -> None:
        self.time += timedelta(**period)


@pytest.fixture
def clock(monkeypatch) -> Clock:
    """Time stands still until it is told to go on."""
    clock = Clock()
    monkeypatch.setattr("django.utils.timezone.now", clock.now)
    return clock


@pytest.fixture
def world(db, clock, settings, tmp_path) -> World:
    settings.MEDIA_ROOT = tmp_path / "kept"
    made = whole_review(tmp_path)
    clock.wait(hours=2)
    return made


@pytest.fixture
def shared_world(db, clock, settings, tmp_path) -> World:
    """As `world`, with a third reviewer who is a lead: the queue is shared."""
    settings.MEDIA_ROOT = tmp_path / "kept"
    made = whole_review(tmp_path, shared=True)
    clock.wait(hours=2)
    return made


@pytest.fixture
def in_a_world(db, clock) -> Callable[[Callable[[], object], Callable[[], Seen]], Seen]:
    """`in_a_world(act, look)` does `act`, gives what `look` saw, and forgets both."""

    def run(act: Callable[[], object], look: Callable[[], Seen]) -> Seen:
        began, numbers = clock.time, last_numbers()
        cache.clear()
        with transaction.atomic():
            act()
            seen = look()
            transaction.set_rollback(True)
        cache.clear()
        clock.time = began
        restore(numbers)
        return seen

    return run


def last_numbers() -> list[tuple[str, int | None]]:
    """PostgreSQL does not take back the numbers it gave, whatever becomes of the rows."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequencename, last_value FROM pg_sequences")
        return cursor.fetchall()


def restore(numbers: list[tuple[str, int | None]]) -> None:
    with connection.cursor() as cursor:
        for name, last in numbers:
            cursor.execute("SELECT setval(%s, %s, %s)", [name, last or 1, last is not None])
