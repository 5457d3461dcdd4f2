"""An attempt to store an import: many short transactions, each of which shows that it is alive."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

from django.db import connection, transaction
from django.utils import timezone

from config.garbage import not_collecting
from screening import bulk
from screening.actions.importing import StoredElsewhere
from screening.duplicates import Normalised
from screening.finding import index
from screening.importers import CutCount
from screening.matching import keys
from screening.models import Import, ImportState

PULSE = 1.0
"""Seconds after which an attempt that only thinks shows life."""
RECORDS_AT_ONCE = 1_000
"""So many records, or what comes with them, are removed within some hundredths of a second."""


@dataclass(slots=True)
class Attempt:
    """One attempt. `import_.staged_at` is its sign: who finds another there was taken over from.

    Args:
        first_number: in the review, of the first record; the others follow.
        ranks: of all entries, in their order.
        progress: told how many entries are stored.
        records, problems: stored so far.
        compared, gathered: what the records are compared by, and their keys.
    """

    import_: Import
    first_number: int
    ranks: list[int]
    progress: Callable[[int], None] | None = None
    records: int = 0
    problems: int = 0
    cuts: CutCount = field(default_factory=CutCount)
    compared: list[Normalised] = field(default_factory=list)
    gathered: keys.Gathered = field(default_factory=keys.Gathered)

    @property
    def numbers(self) -> range:
        """Of the records that are stored."""
        return range(self.first_number, self.first_number + self.records)

    def tell(self) -> None:
        """Whoever waits knows how many entries are stored; never within a transaction."""
        if self.progress:
            self.progress(self.records + self.problems)

    @contextmanager
    def part(
        self, lock: Callable[[], object] = lambda: None, *, is_last: bool = False
    ) -> Iterator[None]:
        """One transaction of the attempt.

        Args:
            lock: takes what is locked before the import; what it raises undoes nothing.
            is_last: it is on the disk when it is over, and with it all that came before. The others
                need not be, since without the last one nothing of them stands.

        Raises:
            StoredElsewhere: somebody else has taken over.
        """
        before = self.import_.staged_at
        try:
            with not_collecting(), transaction.atomic():
                if connection.vendor == "postgresql" and not is_last:
                    with connection.cursor() as cursor:
                        cursor.execute("SET LOCAL synchronous_commit TO off")
                lock()
                self._show_life()
                yield
        except BaseException:
            self.import_.staged_at = before
            raise

    def _show_life(self) -> None:
        now = timezone.now()
        mine = Import.objects.filter(
            pk=self.import_.pk, state=ImportState.STAGED, staged_at=self.import_.staged_at
        )
        if not mine.update(staged_at=now):
            raise StoredElsewhere(
                "Somebody else started to store this file again, so this attempt stopped."
            )
        self.import_.staged_at = now

    def remove_all(self) -> None:
        """Nothing of the import is stored, whichever attempt stored it."""
        pk = self.import_.pk
        numbers = bulk.numbers_of(pk)
        with self.part():
            self.import_.problems.all().delete()
            if numbers:
                keys.remove(pk)
        for block in index.blocks_with(pk):
            with self.part():
                index.remove_block(block)
        for part in _parts(numbers):
            with self.part():
                bulk.delete_following(pk, part)
                bulk.delete_only_records(pk, part)

    def remove_following(self) -> None:
        """No item, merge or question came with its records."""
        for numbers in _parts(self.numbers):
            with self.part():
                bulk.delete_following(self.import_.pk, numbers)


class Pulse:
    """Called as often as one likes, it shows that the attempt is alive, every second."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._shown_at = monotonic()

    def __call__(self) -> None:
        if monotonic() - self._shown_at > PULSE:
            with self._attempt.part():
                pass
            self._attempt.tell()
            self._shown_at = monotonic()


def _parts(numbers: range) -> Iterator[range]:
    for start in range(0, len(numbers), RECORDS_AT_ONCE):
        yield numbers[start : start + RECORDS_AT_ONCE]
