"""Liveness and readiness."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from config.sqlite_version import sqlite_note
from screening.models import Job


def notes_of_this_machine() -> list[str]:
    return [sqlite_note()] if connection.vendor == "sqlite" and sqlite_note() else []


def test_alive_without_asking_the_database(client):
    # Without the database fixture, any query would fail this test.
    response = client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_ready_when_every_migration_is_applied(client):
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "database": connection.vendor,
        "migrations": "applied",
        "notes": notes_of_this_machine(),
        "oldest_waiting_job": None,
    }


@pytest.mark.django_db
def test_the_oldest_waiting_job_is_told_and_a_long_wait_noted(client, dora):
    now = timezone.now()
    for seconds, state in [(3_000, "done"), (45, "waiting"), (61, "waiting")]:
        Job.objects.create(
            review=dora.review,
            kind="import",
            asked_by=dora.user,
            asked_at=now - timedelta(seconds=seconds),
            state=state,
            ended_at=now if state == "done" else None,
            of=1,
        )

    report = client.get("/readyz").json()

    assert report["oldest_waiting_job"] in {61, 62}
    (note,) = [one for one in report["notes"] if one not in notes_of_this_machine()]
    assert note.endswith("seconds: is `manage.py db_worker` running?")


@pytest.mark.django_db
def test_not_ready_while_a_migration_waits(client):
    MigrationRecorder(connection).record_unapplied("admin", "0003_logentry_add_action_flag_choices")

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["migrations"] == ["admin.0003_logentry_add_action_flag_choices"]


@pytest.mark.django_db
def test_not_ready_without_an_answer_of_the_database(client):
    def no_answer(execute, sql, parameters, many, context):
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(no_answer):
        response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {
        "status": "unavailable",
        "database": "no answer",
        "migrations": "unknown",
        "notes": notes_of_this_machine(),
    }


@pytest.mark.parametrize(
    ("version", "says"), [((3, 40, 1), True), ((3, 51, 2), True), ((3, 51, 3), False)]
)
def test_an_old_sqlite_is_named_in_one_sentence(version, says):
    note = sqlite_note(version)

    assert bool(note) is says
    assert note.count(". ") == 0


def test_the_sentence_names_both_versions():
    assert sqlite_note((3, 40, 1)).startswith("SQLite 3.40.1 is older than 3.51.3, which mended")
