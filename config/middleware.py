"""What holds for every request: signed in, never stored, and told when a trouble will pass."""

import errno
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

from config.asking import wants_fragment


def page_asked_from(request: HttpRequest) -> str:
    """Return the path of the page whose script asked, "/" when it cannot be told."""
    address = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}):
        return "/"
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path or "/"


class LoginRequired(LoginRequiredMiddleware):
    """Every view needs a signed-in person unless it says otherwise."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable) -> HttpResponse:
        """Send pages to the sign-in page, and tell scripts 401 with the way to it.

        A redirect would be followed by the script and the sign-in page put inside the page.
        """
        if not wants_fragment(request):
            return super().handle_no_permission(request, view_func)
        return signed_out(request)


def signed_out(request: HttpRequest) -> HttpResponse:
    """Tell a script 401, with the way to sign in and come back."""
    sign_in = redirect_to_login(page_asked_from(request), resolve_url(settings.LOGIN_URL)).url
    return render(request, "_signed_out.html", {"sign_in": sign_in}, status=401)


def in_utf8(get_response: Callable) -> Callable:
    """Refuse forms in any other encoding: our pages send UTF-8, and Django reads odd ones badly."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.content_params.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
            return render(None, "400.html", status=400)
        return get_response(request)

    return middleware


def never_stored(get_response: Callable) -> Callable:
    """Keep every answer out of caches: pages show other people's work, and fragments are no pages.

    Files under /static/ are answered further out and keep their long life.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.setdefault("Cache-Control", "no-store")
        patch_vary_headers(response, ["HX-Request", "X-Requested-With"])
        return response

    return middleware


@dataclass(frozen=True)
class Trouble:
    """A reason outside this program why a request failed, in words for the person who sent it."""

    sentence: str
    seconds: int = 1

    def response(self, request: HttpRequest) -> HttpResponse:
        """Answer 503 and say when to try again, without touching the database."""
        if wants_fragment(request):
            response = HttpResponse(self.sentence, status=503, content_type="text/plain")
        else:
            response = render(None, "503.html", {"sentence": self.sentence}, status=503)
        response["Retry-After"] = str(self.seconds)
        return response


BUSY = Trouble("Nothing was saved; the database was busy. Please try again.")
GONE = Trouble(
    "The database did not answer, so what you sent was probably not saved. "
    "Please try again in a moment, and look first whether it is there."
)
FULL = Trouble(
    "Nothing was saved; the disk of the server is full. Please tell whoever runs it.", seconds=60
)

# SQLSTATE of PostgreSQL, by its beginning: a lost race, a lost connection, no space.
POSTGRES_TROUBLES = {
    "40": BUSY,
    "55P03": BUSY,
    "57014": BUSY,
    "53100": FULL,
    "53": GONE,
    "08": GONE,
    "57P": GONE,
}
SQLITE_TROUBLES = {
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_CANTOPEN: GONE,
}
NO_SPACE = {errno.ENOSPC, errno.EDQUOT}


def passing_trouble(exception: BaseException | None) -> Trouble | None:
    """Return the trouble that this exception stands for, None for a fault of ours."""
    if isinstance(exception, OSError):
        return FULL if exception.errno in NO_SPACE else None
    if not isinstance(exception, OperationalError | InterfaceError):
        return None
    cause = exception.__cause__
    if isinstance(cause, sqlite3.Error):
        # The last byte is the kind of error, the rest its shade.
        return SQLITE_TROUBLES.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    code = getattr(cause, "pgcode", None)
    if code is None:
        # The server never answered, or the connection broke: then there is no code.
        return GONE
    return next(
        (POSTGRES_TROUBLES[code[:n]] for n in (5, 3, 2) if code[:n] in POSTGRES_TROUBLES), None
    )


class PassingTroubles:
    """A busy, lost or full database is answered with 503; everything else stays an error."""

    def __init__(self, get_response: Callable) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 503 for a trouble that passes, and leave the rest to the error page."""
        trouble = passing_trouble(exception)
        return trouble.response(request) if trouble else None
