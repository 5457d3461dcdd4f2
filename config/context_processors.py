"""What every page may ask of the settings."""

from django.conf import settings
from django.http import HttpRequest


def page_settings(request: HttpRequest) -> dict[str, str | bool]:
    """Give pages the name of the CSRF cookie, which our script reads, and whether all may sign up."""
    return {
        "csrf_cookie_name": settings.CSRF_COOKIE_NAME,
        "open_sign_up": settings.OPEN_SIGN_UP,
    }
