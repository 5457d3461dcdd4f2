"""Lists by keyset: fifty rows a page, at the same cost on the first page and the last."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and the value of `?after=` for the page behind them; empty on the last."""

    rows: list[Any]
    after: str
    is_first: bool


def number_in(text: str) -> int | None:
    """The number that an address or a form holds; None if it is none that a database can hold."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def keyset_page(request: HttpRequest, rows: QuerySet[Any]) -> Page:
    """The page of `rows`, ordered by -pk, that `?after=` asks for; the first if it is no number."""
    after = number_in(request.GET.get("after", ""))
    if after is not None:
        rows = rows.filter(pk__lt=after)
    found = list(rows[: PAGE_SIZE + 1])
    more = len(found) > PAGE_SIZE
    found = found[:PAGE_SIZE]
    return Page(found, str(found[-1].pk) if more else "", after is None)
