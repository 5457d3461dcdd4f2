"""What holds for every answer: headers, and troubles told in words."""

import errno
import gzip
import sqlite3

import psycopg2
import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError, connection
from django.test import Client

from config.middleware import BUSY, FULL, GONE, passing_trouble

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
}
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def caused(exception: Exception, cause: Exception | None) -> Exception:
    exception.__cause__ = cause
    return exception


def sqlite_error(code: int) -> Exception:
    cause = sqlite3.OperationalError("from the driver")
    cause.sqlite_errorcode = code
    return caused(OperationalError("from Django"), cause)


class PostgresError(psycopg2.Error):
    """The driver sets pgcode itself and lets nobody else do it."""

    pgcode = None


def postgres_error(code: str | None) -> Exception:
    cause = PostgresError()
    cause.pgcode = code
    return caused(OperationalError("from Django"), cause)


@pytest.mark.parametrize(
    ("exception", "trouble"),
    [
        (sqlite_error(sqlite3.SQLITE_BUSY), BUSY),
        (sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT), BUSY),
        (sqlite_error(sqlite3.SQLITE_LOCKED), BUSY),
        (sqlite_error(sqlite3.SQLITE_FULL), FULL),
        (sqlite_error(sqlite3.SQLITE_CANTOPEN), GONE),
        (sqlite_error(sqlite3.SQLITE_ERROR), None),
        (sqlite_error(sqlite3.SQLITE_CORRUPT), None),
        (postgres_error("40001"), BUSY),
        (postgres_error("40P01"), BUSY),
        (postgres_error("55P03"), BUSY),
        (postgres_error("53100"), FULL),
        (postgres_error("53300"), GONE),
        (postgres_error("57P01"), GONE),
        (postgres_error("08006"), GONE),
        (postgres_error(None), GONE),
        (postgres_error("22003"), None),
        (caused(InterfaceError("connection already closed"), None), GONE),
        (ProgrammingError("no such table"), None),
        (OSError(errno.ENOSPC, "No space left on device"), FULL),
        (OSError(errno.EACCES, "Permission denied"), None),
        (ValueError("database is locked"), None),
        (None, None),
    ],
)
def test_only_troubles_from_outside_are_told_as_such(exception, trouble):
    assert passing_trouble(exception) == trouble


@pytest.fixture
def breaking(client, db):
    """A signed-out browser that asks for a page whose queries all fail with a given error."""
    client.raise_request_exception = False

    def ask(exception, **headers):
        def fail(execute, sql, parameters, many, context):
            raise exception

        with connection.execute_wrapper(fail):
            return client.post(
                "/accounts/login/", {"login": "a@example.org", "password": "x"}, headers=headers
            )

    return ask


def test_a_busy_database_is_told_on_a_page(breaking):
    response = breaking(sqlite_error(sqlite3.SQLITE_BUSY))

    assert (response.status_code, response["Retry-After"]) == (503, "1")
    assert "<p>Nothing was saved; the database was busy. Please try again.</p>" in (
        response.content.decode()
    )


def test_a_busy_database_is_told_to_scripts_in_one_sentence(breaking):
    response = breaking(sqlite_error(sqlite3.SQLITE_BUSY), **{"X-Requested-With": "fetch"})

    assert (response.status_code, response["Retry-After"]) == (503, "1")
    assert response["Content-Type"] == "text/plain"
    assert response.content.decode() == BUSY.sentence


def test_a_fault_of_ours_stays_an_error_and_shows_nothing_of_itself(breaking):
    response = breaking(sqlite_error(sqlite3.SQLITE_ERROR))

    assert response.status_code == 500
    assert "Something broke here" in response.content.decode()
    assert "from Django" not in response.content.decode()


def test_a_session_that_cannot_be_read_is_the_same_trouble(client, db, django_user_model):
    client.force_login(django_user_model.objects.create_user("a@example.org", name="A"))
    client.raise_request_exception = False

    def fail(execute, sql, parameters, many, context):
        raise postgres_error("57P01")

    with connection.execute_wrapper(fail):
        response = client.get("/accounts/password/change/")

    assert (response.status_code, response["Retry-After"]) == (503, "1")
    assert GONE.sentence in response.content.decode()


@pytest.mark.parametrize("path", ["/accounts/login/", "/healthz", "/nowhere/"])
def test_every_answer_has_the_policy_and_is_never_stored(client, db, path):
    response = client.get(path)

    assert set(response["Content-Security-Policy"].split("; ")) == POLICY
    assert {name: response[name] for name in HEADERS} == HEADERS
    assert "no-store" in response["Cache-Control"].split(", ")
    assert {"HX-Request", "X-Requested-With"} <= set(response["Vary"].split(", "))


def test_pages_are_compressed_for_whoever_reads_that(client, db):
    packed = client.get("/accounts/login/", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/accounts/login/")

    assert packed["Content-Encoding"] == "gzip"
    assert b"<title>" in gzip.decompress(packed.content)
    assert "Content-Encoding" not in plain
    assert {"Accept-Encoding"} <= set(packed["Vary"].split(", ")) & set(plain["Vary"].split(", "))


def test_static_files_keep_a_life_of_their_own(client, db):
    response = client.get("/static/css/parallax.css")

    assert response.status_code == 200
    assert "no-store" not in response["Cache-Control"]
    response.close()


def test_a_page_too_old_to_be_sent_says_what_to_do(db):
    browser = Client(enforce_csrf_checks=True)

    response = browser.post("/accounts/login/", {"login": "a@example.org", "password": "x"})

    assert response.status_code == 403
    assert "This page was too old to be sent" in response.content.decode()


def test_another_host_name_is_refused_in_words(client, db):
    response = client.get("/accounts/login/", headers={"Host": "evil.example"})

    assert response.status_code == 400
    assert "This request could not be understood" in response.content.decode()


@pytest.mark.parametrize("charset", ["rot13", "base64", "utf-7", "unicode_escape", "nonsense"])
def test_a_form_in_an_odd_encoding_is_refused_in_words(client, db, charset):
    kind = f"multipart/form-data; boundary=x; charset={charset}"

    response = client.generic("POST", "/accounts/login/", b"--x--\r\n", content_type=kind)

    assert response.status_code == 400
    assert "This request could not be understood" in response.content.decode()
