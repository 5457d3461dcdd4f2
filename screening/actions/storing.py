"""Storing a file: its records in short transactions, invisible until the last one."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from random import Random
from time import monotonic

from django.db import transaction
from django.utils import timezone

from screening import bulk
from screening.access import Refused, ReviewAccess, Right
from screening.actions.base import action, lock_membership, lock_review
from screening.actions.importing import (
    StoredElsewhere,
    inspection_of,
    kept_file,
    lock_import,
    log_facts,
    refuse_being_stored,
    refuse_miscount,
    refuse_same_file,
)
from screening.actions.log import write_log
from screening.actions.matching import Matches, matches_of, merge_duplicates
from screening.duplicates import Normalised
from screening.finding import index
from screening.importers import CutCount, ParsedRecord, Problem, UnreadableFile, read
from screening.matching import keys
from screening.matching.describing import of_entry
from screening.models import (
    Import,
    ImportProblem,
    ImportState,
    Protocol,
    Record,
    Review,
    SourceKind,
)
from screening.rules import Stage

ENTRIES_AT_ONCE = 1_000
WORDS_AT_ONCE = 5_000
PULSE = 1.0
"""Seconds after which an attempt that only thinks shows life."""

Entries = list[ParsedRecord | Problem]


@dataclass(slots=True)
class _Attempt:
    """One attempt to store an import. `import_.staged_at` is its sign: who finds another there
    has been taken over from."""

    import_: Import
    first_number: int
    ranks: list[int]
    records: int = 0
    problems: int = 0
    cuts: CutCount = field(default_factory=CutCount)
    compared: list[Normalised] = field(default_factory=list)
    gathered: keys.Gathered = field(default_factory=keys.Gathered)


def commit_import(
    access: ReviewAccess, import_: Import, *, progress: Callable[[int], None] | None = None
) -> Import:
    """The records of the file are in the review and up for screening: all of them, or none.

    Duplicates among them, and of records that were here before, are merged; where that is not
    sure, a person is asked.

    Several transactions, so that voters never wait: records of an import that is not committed
    are invisible and have no items. What a killed attempt left is removed by the next one.

    Args:
        progress: told after every thousand how many entries are stored, and every second
            while duplicates are looked for, outside of transactions;
            what it raises ends the attempt as if it were killed.

    Raises:
        SameFile: this very file stands in the review.
        FileIsGone: the raw file is missing.
        StoredElsewhere: somebody else is storing this import.
        Refused: the import is committed or undone, or its file cannot be stored.
    """
    path = kept_file(access, import_)
    attempt = _begin(access, import_)
    try:
        _store(access, attempt, path, progress)
    except UnreadableFile as problem:
        _give_up(access, attempt)
        raise Refused(str(problem)) from problem
    done = _match_and_finish(access, attempt, progress)
    bulk.count_rows()
    return done


def _match_and_finish(
    access: ReviewAccess, attempt: _Attempt, progress: Callable[[int], None] | None = None
) -> Import:
    """Again when somebody imported something in between, or decided about the same records."""
    tick = _Pulse(attempt, progress)
    while True:
        try:
            matches = matches_of(access, attempt.compared, tick=tick)
            return _finish(access, attempt, matches, matches.rows())
        except OutOfDate:
            continue


@action
def _begin(access: ReviewAccess, import_: Import) -> _Attempt:
    """The import is being stored by this attempt, from nothing, with numbers of its own."""
    lock_membership(access, Right.IMPORT)
    review = lock_review(access.review.pk)
    import_ = lock_import(access, import_)
    refuse_being_stored(import_)
    if import_.state == ImportState.COMMITTED:
        raise Refused("This file is imported already. Nothing was changed.")
    if import_.state == ImportState.UNDONE:
        raise Refused("This import was undone. Upload the file again to import it.")
    refuse_same_file(access, import_.sha256, but=import_)
    bulk.delete_records(import_.pk)
    import_.problems.all().delete()
    first = review.next_record_number
    review.next_record_number = first + import_.found
    review.save(update_fields=["next_record_number"])
    import_.state = ImportState.STAGED
    import_.staged_at = timezone.now()
    import_.save(update_fields=["state", "staged_at"])
    return _Attempt(import_, first, _shuffled(review, first, import_.found))


def _store(
    access: ReviewAccess,
    attempt: _Attempt,
    path: Path,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Every entry of the file is a row: a record or a problem."""
    import_ = attempt.import_
    inspection = inspection_of(import_)
    block = index.Block()
    for entries in _by_the_thousand(read(path, inspection)):
        refuse_miscount(inspection, attempt.records + attempt.problems + len(entries), full=False)
        number = attempt.first_number + attempt.records
        _store_some(access, attempt, entries)
        _gather(attempt, number, entries)
        block = _add(attempt, block, number, entries)
        if progress:
            progress(attempt.records + attempt.problems)
    if block.records:
        _store_block(attempt, block)
    _store_keys(access, attempt, progress)
    refuse_miscount(inspection, attempt.records + attempt.problems)
    if not attempt.records:
        raise UnreadableFile(
            f"Nothing in {import_.file_name} could be read as a record: see its problems. "
            "Nothing was stored."
        )


@transaction.atomic
def _store_some(access: ReviewAccess, attempt: _Attempt, entries: Entries) -> None:
    _show_life(attempt)
    records = [entry for entry in entries if isinstance(entry, ParsedRecord)]
    bulk.insert_records(
        bulk.record_row(
            access.review.pk,
            attempt.import_.pk,
            attempt.first_number + index,
            attempt.ranks[index],
            record,
        )
        for index, record in enumerate(records, attempt.records)
    )
    for record in records:
        attempt.cuts.add(record)
    problems = [entry for entry in entries if isinstance(entry, Problem)]
    ImportProblem.objects.bulk_create(
        ImportProblem(
            imported_by=attempt.import_,
            position=problem.position,
            line=problem.line,
            message=problem.message[:500],
            remedy=problem.remedy[:500],
            raw=problem.raw[:2_000],
        )
        for problem in problems
    )
    attempt.records += len(records)
    attempt.problems += len(problems)


def _gather(attempt: _Attempt, number: int, entries: Entries) -> None:
    """The records, numbered from `number` on, will be compared with others."""
    records = (entry for entry in entries if isinstance(entry, ParsedRecord))
    for place, record in enumerate(records):
        compared = of_entry(number + place, record)
        attempt.compared.append(compared)
        attempt.gathered.add(compared)


def _store_keys(
    access: ReviewAccess, attempt: _Attempt, progress: Callable[[int], None] | None
) -> None:
    """The records can be compared with all that come later."""
    stored = Record.objects.filter(imported_by=attempt.import_)
    primary_keys = dict(stored.values_list("number", "pk"))
    for rows in attempt.gathered.parts(primary_keys):
        with transaction.atomic():
            _show_life(attempt)
            keys.store(access.review.pk, rows)
        if progress:
            progress(attempt.records + attempt.problems)


def _add(attempt: _Attempt, block: index.Block, number: int, entries: Entries) -> index.Block:
    """The records, numbered from `number` on, are in the block, or in the next when it is full."""
    records = (entry for entry in entries if isinstance(entry, ParsedRecord))
    for place, record in enumerate(records):
        if not block.takes(number + place):
            _store_block(attempt, block)
            block = index.Block()
        block.add(number + place, record)
    return block


def _store_block(attempt: _Attempt, block: index.Block) -> None:
    """The words of some thousand records stand in the index."""
    rows = block.rows()
    import_ = attempt.import_
    with transaction.atomic():
        _show_life(attempt)
        stored = index.begin(block, import_.source.review_id, import_.pk)
    for start in range(0, len(rows), WORDS_AT_ONCE):
        with transaction.atomic():
            _show_life(attempt)
            index.fill(stored, rows[start : start + WORDS_AT_ONCE])


@transaction.atomic
def _finish(
    access: ReviewAccess, attempt: _Attempt, matches: Matches, merges: list[bulk.MergeRow]
) -> Import:
    """The records have items with the quorum in force now, and the import is committed.

    Raises:
        OutOfDate: the duplicates that were found are not those of now.
    """
    lock_membership(access, Right.IMPORT)
    review = lock_review(access.review.pk)
    if not matches.still_hold(review):
        raise OutOfDate
    import_ = attempt.import_
    _show_life(attempt)
    if review.next_record_number == attempt.first_number + import_.found:
        # Entries that were problems take no number, unless somebody has numbers after them.
        review.next_record_number = attempt.first_number + attempt.records
        review.save(update_fields=["next_record_number"])
    is_other = SourceKind(import_.source.kind).is_other_method
    stage = Stage.FULL_TEXT if is_other else Stage.TITLE_ABSTRACT
    quorum = _lock_quorum(access, stage)
    made = bulk.insert_items(
        import_.pk,
        stage=stage,
        quorum=quorum,
        sought_at=timezone.now() if is_other else None,
        duplicates=matches.duplicates,
    )
    if made != attempt.records:
        raise RuntimeError(f"{made} items for {attempt.records} records")
    import_.state = ImportState.COMMITTED
    import_.committed_at = timezone.now()
    import_.read = attempt.records
    # A preview that counted nothing did not see them.
    said = (one for one in attempt.cuts.warnings() if one not in import_.warnings)
    import_.warnings = [*import_.warnings, *said]
    import_.save(update_fields=["state", "committed_at", "read", "warnings"])
    merge_duplicates(access, matches, merges)
    write_log(
        access,
        "import.committed",
        after={
            **log_facts(import_),
            "first_record": attempt.first_number,
            "last_record": attempt.first_number + attempt.records - 1,
            "quorum": quorum,
            "duplicates": len(matches.links),
            "duplicate_questions": len(matches.questions),
        },
    )
    return import_


@transaction.atomic
def _give_up(access: ReviewAccess, attempt: _Attempt) -> None:
    """The import is only previewed again."""
    import_ = attempt.import_
    _show_life(attempt)
    bulk.delete_records(import_.pk)
    import_.problems.all().delete()
    import_.state = ImportState.PREVIEWED
    import_.staged_at = None
    import_.save(update_fields=["state", "staged_at"])


class OutOfDate(Exception):
    """Something changed while duplicates were looked for: look again."""


class _Pulse:
    """Called as often as one likes, it shows that the attempt is alive, every second."""

    def __init__(self, attempt: _Attempt, progress: Callable[[int], None] | None) -> None:
        self._attempt = attempt
        self._progress = progress
        self._shown_at = monotonic()

    def __call__(self) -> None:
        if monotonic() - self._shown_at > PULSE:
            with transaction.atomic():
                _show_life(self._attempt)
            if self._progress:
                self._progress(self._attempt.records + self._attempt.problems)
            self._shown_at = monotonic()


def _show_life(attempt: _Attempt) -> None:
    """The attempt is alive; nobody has taken over.

    Raises:
        StoredElsewhere: somebody has.
    """
    now = timezone.now()
    mine = Import.objects.filter(
        pk=attempt.import_.pk, state=ImportState.STAGED, staged_at=attempt.import_.staged_at
    )
    if not mine.update(staged_at=now):
        raise StoredElsewhere(
            "Somebody else started to store this file again, so this attempt stopped."
        )
    attempt.import_.staged_at = now


def _lock_quorum(access: ReviewAccess, stage: Stage) -> int:
    """The quorum in force, which nobody changes until this transaction ends."""
    protocols = Protocol.objects.filter(review=access.review)
    # All versions, since the one in force may be ended by who is waited for.
    list(protocols.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    return protocols.get(ended_at_sequence__isnull=True).quorum(stage)


def _by_the_thousand(entries: Iterable[ParsedRecord | Problem]) -> Iterator[Entries]:
    entries = iter(entries)
    while some := list(islice(entries, ENTRIES_AT_ONCE)):
        yield some


def _shuffled(review: Review, first: int, count: int) -> list[int]:
    """Ranks from `first` on in the order of a shuffle that is the same for everybody."""
    ranks = list(range(first, first + count))
    Random(f"{review.shuffle_seed}:{first}").shuffle(ranks)  # noqa: S311 -- repeatable, no secret
    return ranks
