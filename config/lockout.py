"""How failed sign-ins are counted, and what a person reads who failed too often."""

from math import ceil

from allauth.account.adapter import get_adapter
from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_cool_off, get_failure_limit
from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone


def account_name(request: HttpRequest, credentials: dict | None) -> str:
    """Return the e-mail address of an attempt, in the one spelling that is counted."""
    given = credentials or {}
    return (given.get("email") or given.get("username") or "").strip().lower()


def client_address(request: HttpRequest) -> str | None:
    """Return the address of the browser, read through as many proxies as are trusted.

    Returns: None where there is no network, as when a script signs somebody in.
    """
    try:
        return get_adapter().get_client_ip(request)
    except PermissionDenied:
        return None


def minutes_to_wait(request: HttpRequest, credentials: dict | None) -> int:
    """Return the minutes until the attempt may be repeated, at least 1."""
    AxesProxyHandler.update_request(request)
    attempts = AxesProxyHandler.get_implementation().get_user_attempts(request, credentials)
    last = max(
        filter(None, (rows.aggregate(last=Max("attempt_time"))["last"] for rows in attempts)),
        default=timezone.now(),
    )
    seconds = (last + get_cool_off(request) - timezone.now()).total_seconds()
    return max(1, ceil(seconds / 60))


def locked_out(
    request: HttpRequest,
    original_response: HttpResponse | None = None,
    credentials: dict | None = None,
) -> HttpResponse:
    """Answer 429 with the minutes to wait."""
    minutes = minutes_to_wait(request, credentials)
    context = {
        "failure_limit": get_failure_limit(request, credentials),
        "username": account_name(request, credentials),
        "minutes": minutes,
    }
    response = render(request, "locked_out.html", context, status=429)
    response["Retry-After"] = str(minutes * 60)
    return response
