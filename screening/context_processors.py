"""What single pages outside a review are given."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from screening.example import EXAMPLE_PASSWORD
from screening.models import Membership


def example_accounts(request: HttpRequest) -> dict[str, Any]:
    """The sign-in page of a local try-out offers the people of its example review."""
    match = request.resolver_match
    if not settings.EXAMPLE_ACCOUNTS or match is None or match.url_name != "account_login":
        return {}
    members = Membership.objects.active().of_example_reviews()
    members = members.select_related("user").prefetch_related("roles").order_by("number")
    return {"example_accounts": [_account(member) for member in members]}


def _account(member: Membership) -> dict[str, str]:
    return {
        "name": member.name,
        "email": member.user.email,
        "roles": ", ".join(member.role_labels()),
        "password": EXAMPLE_PASSWORD,
    }
