"""What the settings make of an environment, each time in a fresh process."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVER = {
    "SECRET_KEY": "k3y-" * 16,
    "ALLOWED_HOSTS": "reviews.example.org",
}
SHOW = """
import json, django
from django.conf import settings
print(json.dumps({name: getattr(settings, name) for name in NAMES}, default=str))
"""


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
    """Run Python in a folder with these variables and no other setting of ours."""
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONDONTWRITEBYTECODE": "1",
        **variables,
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def fresh_clone(tmp_path):
    """A folder with our settings and nothing that `make setup` adds."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "__init__.py").touch()
    shutil.copy(ROOT / "config" / "settings.py", tmp_path / "config")
    return tmp_path


def settings_of(folder: Path, names: list[str], **variables: str) -> dict:
    result = run(folder, "-c", f"NAMES = {names!r}\n{SHOW}", **variables)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def refusal_of(folder: Path, **variables: str) -> str:
    result = run(folder, "-c", f"NAMES = ['DEBUG']\n{SHOW}", **variables)
    assert result.returncode == 1
    return result.stderr.strip().splitlines()[-1]


def test_without_a_key_a_server_does_not_start_and_says_how_to_make_one(fresh_clone):
    said = refusal_of(fresh_clone, ALLOWED_HOSTS="reviews.example.org")

    assert said == (
        "django.core.exceptions.ImproperlyConfigured: SECRET_KEY must hold at least 50 random "
        "characters; make one with `python3 -c 'import secrets; print(secrets.token_urlsafe(64))'` "
        "and keep it secret."
    )


def test_a_short_key_is_refused_on_a_server(fresh_clone):
    said = refusal_of(fresh_clone, **(SERVER | {"SECRET_KEY": "x" * 49}))

    assert "at least 50 random characters" in said


@pytest.mark.parametrize("hosts", ["", "*", "reviews.example.org,*"])
def test_a_server_must_name_its_hosts(fresh_clone, hosts):
    said = refusal_of(fresh_clone, **(SERVER | {"ALLOWED_HOSTS": hosts}))

    assert "ALLOWED_HOSTS must name the hosts people type" in said


def test_a_server_never_opens_the_example_accounts(fresh_clone):
    said = refusal_of(fresh_clone, PARALLAX_EXAMPLE="1", **SERVER)

    assert "allowed only with PARALLAX_PROFILE=local" in said


def test_an_unknown_profile_is_refused(fresh_clone):
    said = refusal_of(fresh_clone, PARALLAX_PROFILE="prod", **SERVER)

    assert said.endswith("PARALLAX_PROFILE is 'prod'; it can be 'production' or 'local'.")


def test_a_server_is_strict_without_being_told(fresh_clone):
    expected = {
        "DEBUG": False,
        "ALLOWED_HOSTS": ["reviews.example.org"],
        "CSRF_TRUSTED_ORIGINS": [],
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SESSION_COOKIE_NAME": "__Host-sessionid",
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_NAME": "__Host-csrftoken",
        "CSRF_COOKIE_SECURE": True,
        "SECURE_PROXY_SSL_HEADER": None,
        "ALLAUTH_TRUSTED_PROXY_COUNT": 0,
        "EXAMPLE_ACCOUNTS": False,
        "OPEN_SIGN_UP": False,
        "ACCOUNT_DEFAULT_HTTP_PROTOCOL": "https",
    }

    found = settings_of(fresh_clone, list(expected), DEBUG="1", **SERVER)

    assert found == expected


def test_proxies_are_believed_only_when_counted(fresh_clone):
    found = settings_of(
        fresh_clone,
        ["SECURE_PROXY_SSL_HEADER", "ALLAUTH_TRUSTED_PROXY_COUNT"],
        TRUSTED_PROXIES="1",
        **SERVER,
    )

    assert found == {
        "SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"],
        "ALLAUTH_TRUSTED_PROXY_COUNT": 1,
    }


def test_a_laptop_reads_its_profile_from_the_file_and_its_key_from_var(fresh_clone):
    (fresh_clone / ".env").write_text("PARALLAX_PROFILE=local\n")
    (fresh_clone / "var").mkdir()
    (fresh_clone / "var" / "secret_key").write_text("made-by-make-setup\n")
    expected = {
        "SECRET_KEY": "made-by-make-setup",
        "ALLOWED_HOSTS": ["127.0.0.1", "localhost", "testserver"],
        "SECURE_SSL_REDIRECT": False,
        "SESSION_COOKIE_SECURE": False,
        "CSRF_COOKIE_SECURE": False,
        "EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend",
    }

    found = settings_of(fresh_clone, list(expected))

    assert found == expected


def test_the_environment_wins_over_the_file(fresh_clone):
    (fresh_clone / ".env").write_text("PARALLAX_PROFILE=local\nUNDO_SECONDS=3\n")

    found = settings_of(
        fresh_clone,
        ["SESSION_COOKIE_SECURE", "UNDO_SECONDS"],
        PARALLAX_PROFILE="production",
        **SERVER,
    )

    assert found == {"SESSION_COOKIE_SECURE": True, "UNDO_SECONDS": 3}


def test_a_key_made_for_the_laptop_is_never_used_on_a_server(fresh_clone):
    (fresh_clone / "var").mkdir()
    (fresh_clone / "var" / "secret_key").write_text("x" * 64)

    said = refusal_of(fresh_clone, ALLOWED_HOSTS="reviews.example.org")

    assert "SECRET_KEY must hold" in said


def test_sqlite_gets_the_options_that_keep_acknowledged_votes(fresh_clone):
    found = settings_of(fresh_clone, ["DATABASES"], **SERVER)["DATABASES"]["default"]

    assert found["NAME"] == str(fresh_clone / "var" / "parallax.sqlite3")
    assert found["OPTIONS"] == {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
            "PRAGMA cache_size=-32000;PRAGMA journal_size_limit=67108864;"
        ),
    }


def test_postgresql_keeps_connections_and_looks_whether_they_live(fresh_clone):
    found = settings_of(
        fresh_clone, ["DATABASES"], DATABASE_URL="postgres://me@127.0.0.1:5432/parallax", **SERVER
    )["DATABASES"]["default"]

    assert found["ENGINE"] == "django.db.backends.postgresql"
    assert found["CONN_MAX_AGE"] == 600
    assert found["CONN_HEALTH_CHECKS"] is True
    assert not found.get("ATOMIC_REQUESTS")


def test_another_database_is_refused(fresh_clone):
    said = refusal_of(fresh_clone, DATABASE_URL="mysql://me@127.0.0.1/parallax", **SERVER)

    assert said.endswith("DATABASE_URL must begin with sqlite:// or postgres://.")


def test_the_checks_for_servers_pass():
    result = run(
        ROOT,
        "manage.py",
        "check",
        "--deploy",
        "--fail-level",
        "WARNING",
        PARALLAX_PROFILE="production",
        **(SERVER | {"SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTU"}),
    )

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "System check identified no issues (0 silenced).\n"


def test_no_check_is_silenced(settings):
    assert settings.SILENCED_SYSTEM_CHECKS == []
