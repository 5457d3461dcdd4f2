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


def keyset_page(request: HttpRequest, rows: QuerySet[Any]) -> Page:
    """The page of `rows`, ordered by -pk, that `?after=` asks for; the first if it is no number."""
    after = request.GET.get("after", "")
    is_number = after.isascii() and after.isdigit() and len(after) < 19
    if is_number:
        rows = rows.filter(pk__lt=int(after))
    found = list(rows[: PAGE_SIZE + 1])
    more = len(found) > PAGE_SIZE
    found = found[:PAGE_SIZE]
    return Page(found, str(found[-1].pk) if more else "", not is_number)
