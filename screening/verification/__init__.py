"""Whether what is stored still follows from the facts: a module for each subject, all alike.

A check takes a review and yields a sentence for each difference. Rows are streamed and compared
side by side, so that a million items need no more memory than a hundred.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from django.db import connection

from screening import triggers
from screening.finding.index import about_the_index
from screening.models import Review
from screening.verification.chain import about_the_log
from screening.verification.duplicates import about_duplicates
from screening.verification.imports import about_imports
from screening.verification.items import about_items
from screening.verification.reports import about_reports

MOST_TOLD = 100


@dataclass
class Verification:
    """How much was looked at, and what of it does not follow from the facts.

    Args:
        differences: sentences, the first hundred of them.
        found: how many there are in all.
    """

    looked_at: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)
    found: int = 0
    seconds: float = 0.0

    def tell(self, sentences: Iterable[str]) -> None:
        for sentence in sentences:
            self.found += 1
            if self.found <= MOST_TOLD:
                self.differences.append(sentence)

    def as_json(self) -> dict[str, Any]:
        names = ("reviews", "items", "votes", "log_entries")
        return {
            **{name: self.looked_at[name] for name in names},
            "differences": self.differences,
            "seconds": round(self.seconds, 2),
        }


def verify(review: Review | None = None, *, since: int = 1) -> Verification:
    """Look at every review, or at one, as of one moment; nobody waits for it.

    Args:
        since: the first sequence of each review's log whose entry is looked at.
    """
    began = monotonic()
    result = Verification()
    with one_moment():
        chosen = [review] if review else list(Review.objects.order_by("pk"))
        result.tell(
            f"The trigger {name} is missing; run `manage.py install_triggers`."
            for name in sorted(triggers.missing(connection))
        )
        for one in chosen:
            result.looked_at["reviews"] += 1
            for check in (
                about_imports(one),
                about_items(one, result.looked_at),
                about_reports(one),
                about_duplicates(one),
                about_the_index(one),
                about_the_log(one, since, result.looked_at),
            ):
                result.tell(f"Review {one.pk}, {sentence}" for sentence in check)
    result.seconds = monotonic() - began
    return result


@contextmanager
def one_moment() -> Iterator[None]:
    """All that is read inside was true together, while others go on writing.

    Not `atomic`, which on SQLite would take the write lock.
    """
    if connection.in_atomic_block:
        yield
        return
    is_postgres = connection.vendor == "postgresql"
    kind = "ISOLATION LEVEL REPEATABLE READ READ ONLY" if is_postgres else "DEFERRED"
    with connection.cursor() as cursor:
        cursor.execute(f"BEGIN {kind}")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
