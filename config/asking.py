"""Who asked: a person who wants a page, or a script that puts the answer inside one."""

from django.http import HttpRequest


def wants_fragment(request: HttpRequest) -> bool:
    """Say whether a script asked, which would put the answer inside the page."""
    return (
        request.headers.get("HX-Request") == "true"
        or request.headers.get("X-Requested-With") == "fetch"
    )
