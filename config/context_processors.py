"""What every page may ask of the settings."""

from django.conf import settings
from django.http import HttpRequest

# By the module of the backend; any other sends messages to whom they are for.
MAIL_GOES_TO = {"console": "terminal", "dummy": "nobody"}


def page_settings(request: HttpRequest) -> dict[str, str | bool]:
    """Give pages the name of the CSRF cookie, which our script reads, and what the host allows.

    `mail_goes_to` is people, terminal or nobody.
    """
    return {
        "csrf_cookie_name": settings.CSRF_COOKIE_NAME,
        "open_sign_up": settings.OPEN_SIGN_UP,
        "mail_goes_to": MAIL_GOES_TO.get(settings.EMAIL_BACKEND.rsplit(".", 2)[-2], "people"),
    }
