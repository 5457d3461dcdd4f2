"""What whoever runs the server reads in the terminal."""

import logging
import os
import socket
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied
from django.urls import path

from config.log_lines import NoTraceOfRefusals


def test_an_occupied_port_is_told_in_one_sentence():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        done = subprocess.run(
            [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn_conf.py"],
            cwd=settings.BASE_DIR,
            env={**os.environ, "PORT": str(port), "BIND": f"127.0.0.1:{port}"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"Port {port} is in use by another program: choose one, as in make run PORT={port + 1}\n"
    )


def forbidden(request):
    raise PermissionDenied("Not yours.")


def bad(request):
    raise BadRequest("What is that?")


def broken(request):
    raise RuntimeError("A fault of ours.")


forbidden.login_required = bad.login_required = broken.login_required = False
urlpatterns = [path("403/", forbidden), path("400/", bad), path("500/", broken)]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("status", "is_traced"), [(403, False), (400, False), (500, True)])
def test_a_refusal_is_one_line_of_the_log_and_a_fault_has_its_trace(
    client, caplog, status, is_traced
):
    client.raise_request_exception = False
    django_log = logging.getLogger("django")
    django_log.addHandler(caplog.handler)
    caplog.handler.addFilter(NoTraceOfRefusals())

    try:
        answer = client.get(f"/{status}/")
    finally:
        django_log.removeHandler(caplog.handler)

    assert answer.status_code == status
    assert ("Traceback" in caplog.text) is is_traced
    assert f"/{status}/" in caplog.text


def test_the_terminal_has_that_filter():
    (handler,) = settings.LOGGING["handlers"].values()

    assert handler["filters"] == ["no_trace_of_refusals"]
