"""Choices and checks made from the enums of the rules, so that both know the same codes."""

from collections.abc import Iterable
from enum import StrEnum

from django.db.models import CheckConstraint, Q


def choices(members: Iterable[StrEnum]) -> list[tuple[str, str]]:
    return [(code.value, code.value.replace("_", " ").capitalize()) for code in members]


def codes(members: Iterable[StrEnum]) -> list[str]:
    """Plain texts, so that migrations do not import the rules."""
    return [member.value for member in members]


def one_of(field: str, members: Iterable[StrEnum], *, name: str) -> CheckConstraint:
    """A check that the database knows no other code than these."""
    allowed = codes(members)
    return CheckConstraint(
        condition=Q(**{f"{field}__in": allowed}),
        name=name,
        violation_error_message=f"This must be one of: {', '.join(allowed)}.",
    )
