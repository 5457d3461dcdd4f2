"""A real database that is full, or locked by somebody else, while people send what they did.

Each is told in a sentence that nothing was saved, and what is sent again with its key is stored
once.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import psycopg2
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.middleware import BUSY, FULL
from screening.actions.importing import preview_import
from screening.models import Import, LogEntry, Record, RequestKey, ScreeningItem, Vote
from screening.rules import Stage
from tests.factories import ItemFactory, SourceFactory
from tests.invariants import differences
from tests.screening.bibliography import ris_file

TA = Stage.TITLE_ABSTRACT
SCRIPT = {"X-Requested-With": "fetch"}
PAGES_WITHOUT_END = 4_294_967_294

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="a matter of SQLite")
pytestmark = pytest.mark.usefixtures("with_triggers")


@pytest.fixture
def item(review) -> ScreeningItem:
    return ItemFactory(review=review)


@pytest.fixture
def vote(alice, item) -> Callable[..., object]:
    """Alice's browser sends one and the same vote, each time it is asked to."""
    window = Client()
    window.force_login(alice.user)
    address = reverse("screening:record", args=[alice.review.pk, TA, item.record.pk])
    sent = {"vote": "exclude", "note": "no images " * 900, "request_key": "a" * 32}

    def send(**headers: str) -> object:
        return window.post(address, sent, headers=headers)

    send.window = window
    return send


def stored() -> tuple[int, int, int]:
    return Vote.objects.count(), LogEntry.objects.count(), RequestKey.objects.count()


@contextmanager
def full_disk(spare: int = 0) -> Iterator[None]:
    """The database may grow by so many pages, and has no other to spare."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA page_count")
        (pages,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages + spare}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA max_page_count = {PAGES_WITHOUT_END}")


@contextmanager
def somebody_else_writes() -> Iterator[None]:
    """A backup, or the shell of an administrator, holds what the vote needs; nobody waits long."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        patience, again = "PRAGMA busy_timeout = 300", "PRAGMA busy_timeout = 20000"
        holder = sqlite3.connect(settings["NAME"], isolation_level=None)
        hold = "BEGIN IMMEDIATE"
    else:
        patience, again = "SET lock_timeout = 300", "RESET lock_timeout"
        holder = psycopg2.connect(**connection.get_connection_params())
        hold = "SELECT 1 FROM screening_screeningitem FOR UPDATE"
    with connection.cursor() as cursor, closing(holder):
        holder.cursor().execute(hold)
        cursor.execute(patience)
        try:
            yield
        finally:
            cursor.execute(again)
            holder.rollback()


@on_sqlite
def test_a_vote_on_a_full_disk_is_not_saved_at_all_and_goes_through_when_there_is_space(vote):
    before = stored()

    with full_disk():
        by_script, by_form = vote(**SCRIPT), vote()
        assert vote.window.get("/").status_code == 200

    assert (by_script.status_code, by_script.content.decode()) == (503, FULL.sentence)
    assert by_form.status_code == 503
    assert FULL.sentence in by_form.content.decode()
    assert {by_script["Retry-After"], by_form["Retry-After"]} == {"60"}
    assert (stored(), differences()) == (before, [])

    assert vote(**SCRIPT).status_code == 200
    assert vote(**SCRIPT).status_code == 200
    assert stored() == (1, before[1] + 1, 1)
    assert differences() == []


@on_sqlite
def test_an_import_that_fills_the_disk_is_invisible_and_is_stored_when_there_is_space(
    libby, review, tmp_path, settings
):
    settings.MEDIA_ROOT = tmp_path / "kept"
    path = ris_file(tmp_path, 5_000)
    import_ = preview_import(libby, SourceFactory(review=review), path, "search.ris")
    window = Client()
    window.force_login(libby.user)
    address = reverse("screening:import", args=[review.pk, import_.pk])

    with full_disk(spare=100):
        response = window.post(address, {"do": "commit", "request_key": "b" * 32})

    assert response.status_code == 503
    assert FULL.sentence in response.content.decode()
    assert 0 < Record.objects.count() < 5_000
    assert not Record.objects.imported().exists()
    assert not ScreeningItem.objects.exists()
    assert differences() == []

    Import.objects.update(staged_at=timezone.now() - timedelta(seconds=61))
    for _ in range(2):
        response = window.post(address, {"do": "commit", "request_key": "c" * 32})
        assert response.status_code == 303
    assert Record.objects.imported().count() == ScreeningItem.objects.count() == 5_000
    assert LogEntry.objects.filter(action="import.committed").count() == 1
    assert differences() == []


def test_a_vote_while_somebody_else_holds_the_database_is_not_saved_and_goes_through_later(vote):
    before = stored()

    with somebody_else_writes():
        by_script, by_form = vote(**SCRIPT), vote()
        assert vote.window.get("/").status_code == 200

    assert (by_script.status_code, by_script.content.decode()) == (503, BUSY.sentence)
    assert by_form.status_code == 503
    assert BUSY.sentence in by_form.content.decode()
    assert {by_script["Retry-After"], by_form["Retry-After"]} == {"1"}
    assert (stored(), differences()) == (before, [])

    assert vote(**SCRIPT).status_code == 200
    assert vote().status_code == 303
    assert stored() == (1, before[1] + 1, 1)
    assert differences() == []
