"""How the web server runs: two processes of four threads on this machine's own address."""

import errno
import os
import socket
import sys

from django.conf import settings

from config import embedded_worker
from config.garbage import collect_seldom
from config.sqlite_version import sqlite_note

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

wsgi_app = "config.wsgi:application"
bind = os.environ.get("BIND", f"127.0.0.1:{os.environ.get('PORT', '8000')}")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 4
# A connection stays with its process, so those kept open make one process busier than the other;
# between two votes a reader would have lost theirs anyway.
keepalive = 0
# Longer than the 20 seconds that SQLite waits for a lock.
timeout = 60
graceful_timeout = 30
control_socket_disable = True
# Which proxies may say "https" is decided in one place, the settings.
forwarded_allow_ips = ""
loglevel = "warning"


def on_starting(server):
    """Stop with one sentence when another program has the port; gunicorn would try for seconds."""
    host, _, port = bind.rpartition(":")
    inherits = os.environ.keys() & {"GUNICORN_PID", "LISTEN_FDS"}
    if inherits or not host or not port.isdigit():
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host.strip("[]"), int(port)))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return
            sentence = f"Port {port} is in use by another program: choose one, as in make run PORT="
            os.write(2, f"{sentence}{int(port) + 1}\n".encode())
            sys.exit(1)


def when_ready(server):
    """Say where the application is and how to stop it."""
    lines = [f"Parallax runs at http://{bind}/"]
    if settings.EXAMPLE_ACCOUNTS:
        lines.append("The sign-in page names the accounts of the example review.")
    if settings.DATABASES["default"]["ENGINE"] == "config.sqlite" and sqlite_note():
        lines.append(sqlite_note())
    lines.append("Stop it with Ctrl-C; requests under way are finished first.")
    os.write(1, "".join(f"{line}\n" for line in lines).encode())
    if os.environ.get("EMBEDDED_WORKER") == "1":
        embedded_worker.start({**os.environ})


def post_worker_init(worker):
    """A thread that holds a lock of the database gets on soon after each answer from it.

    Python would let it wait 5 ms for every other busy thread, at every statement.
    """
    sys.setswitchinterval(0.0005)
    collect_seldom()
