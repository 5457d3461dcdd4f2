"""Liveness, readiness, and the last page when something broke."""

import sys

from django.apps import apps
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Min
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.csrf import csrf_failure as csrf_failure_page
from django.views.decorators.http import require_safe

from config.asking import wants_fragment
from config.middleware import passing_trouble, signed_out
from config.sqlite_version import sqlite_note

WAITS_LONG = 60
"""Seconds after which a job that waits is worth a note."""


@require_safe
@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as the process answers at all."""
    return JsonResponse({"status": "ok"})


@require_safe
@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers and has every migration, else 503.

    `oldest_waiting_job` is for how many seconds it has waited for a worker, null when none waits.
    """
    report = {"status": "ok", "database": connection.vendor, "migrations": "applied", "notes": []}
    if connection.vendor == "sqlite" and sqlite_note():
        report["notes"] = [sqlite_note()]
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error:
        report |= {"status": "unavailable", "database": "no answer", "migrations": "unknown"}
        return JsonResponse(report, status=503)
    if plan:
        names = [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
        report |= {"status": "unavailable", "migrations": names}
        return JsonResponse(report, status=503)
    waited = seconds_waited()
    report["oldest_waiting_job"] = waited
    if waited is not None and waited > WAITS_LONG:
        report["notes"].append(
            f"A job has waited for {waited} seconds: is `manage.py db_worker` running?"
        )
    return JsonResponse(report)


def seconds_waited() -> int | None:
    """Return for how long the oldest waiting job has waited, None when there is none."""
    jobs = apps.get_model("screening", "Job").objects.waiting()
    oldest = jobs.aggregate(oldest=Min("asked_at"))["oldest"]
    return oldest and max(0, int((timezone.now() - oldest).total_seconds()))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 401 to a script whose cookies are gone, since signing in brings them back; else 403."""
    if wants_fragment(request) and not request.user.is_authenticated:
        return signed_out(request)
    return csrf_failure_page(request, reason=reason)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a trouble that passes with 503, and a fault of ours with 500.

    Troubles inside a view are answered by the middleware; what arrives here came from further
    out, such as the session that could not be read.
    """
    trouble = passing_trouble(sys.exc_info()[1])
    if trouble:
        return trouble.response(request)
    return render(None, "500.html", status=500)
