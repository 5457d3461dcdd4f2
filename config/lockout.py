"""How failed sign-ins are counted, and what a person reads who failed too often."""

from math import ceil

from allauth.account.adapter import get_adapter
from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_cool_off, get_failure_limit
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone


def account_name(request: HttpRequest, credentials: dict | None) -> str:
    """Return the e-mail address of an attempt, in the one spelling that is counted.

    Codes of a second step are counted apart, under a name that is no address.
    """
    given = credentials or {}
    if "second_step_of" in given:
        return second_step_name(given["second_step_of"])
    return (given.get("email") or given.get("username") or "").strip().lower()


def second_step_name(user_pk: int) -> str:
    """Return the name under which wrong codes of this account are counted."""
    return f"second step of account {user_pk}"


def counted_by(request: HttpRequest, credentials: dict | None) -> list:
    """Return what attempts are counted by.

    Passwords by account and address together, so that nobody can lock a colleague out from
    elsewhere; codes by account, since who tries them knows the password.
    """
    if "second_step_of" in (credentials or {}):
        return ["username"]
    return [["username", "ip_address"]]


def codes_are_paused(request: HttpRequest, user: AbstractBaseUser) -> bool:
    """Say whether codes of this account are refused for now; then the answer will be 429."""
    credentials = {"second_step_of": user.pk}
    if AxesProxyHandler.is_allowed(request, credentials):
        return False
    request.axes_locked_out, request.axes_credentials = True, credentials
    return True


def code_was_wrong(request: HttpRequest, user: AbstractBaseUser) -> None:
    """Count a wrong code; the last allowed one is answered with 429."""
    AxesProxyHandler.user_login_failed(
        sender=__name__, credentials={"second_step_of": user.pk}, request=request
    )


def code_was_right(user: AbstractBaseUser) -> None:
    """Forget the wrong codes before it."""
    AxesProxyHandler.reset_attempts(username=second_step_name(user.pk))


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
        "are_codes": "second_step_of" in (credentials or {}),
        "minutes": minutes,
    }
    response = render(request, "locked_out.html", context, status=429)
    response["Retry-After"] = str(minutes * 60)
    return response
