"""Storing a file: its records in short transactions, invisible until the last one."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random

from django.utils import timezone

from screening import bulk
from screening.access import Refused, ReviewAccess, Right
from screening.actions.attempts import Attempt, Pulse
from screening.actions.base import action, lock_membership, lock_review
from screening.actions.importing import (
    inspection_of,
    kept_file,
    lock_import,
    log_facts,
    refuse_being_stored,
    refuse_miscount,
    refuse_same_file,
)
from screening.actions.log import write_log
from screening.actions.matching import Matches, bridge, matches_of
from screening.actions.staging import OutOfDate, hold_all, stage, stage_of
from screening.finding import index
from screening.finding.blocks import Block, Built, built
from screening.importers import ParsedRecord, Problem, UnreadableFile, read
from screening.matching import keys
from screening.matching.describing import of_entry
from screening.models import Import, ImportProblem, ImportState, Record, Review
from screening.second_process import SecondProcess
from screening.slices import by_size

# Each as many as are written in some hundredths of a second.
ENTRIES_AT_ONCE = 400
WORDS_AT_ONCE = 600_000  # by their sizes, since some stand in every record
FEWEST_THAT_PAY = 5_000
"""Entries of a file whose words a second process looks through."""

Entries = list[ParsedRecord | Problem]


def commit_import(
    access: ReviewAccess, import_: Import, *, progress: Callable[[int], None] | None = None
) -> Import:
    """The records of the file are in the review and up for screening: all of them, or none.

    Duplicates among them, and of records that were here before, are merged; where that is not
    sure, a person is asked.

    Many short transactions, so that voters never wait: records of an import that is not committed
    are invisible, and so are their items, merges and questions. What a killed attempt left is
    removed by the next one.

    Args:
        progress: told after every some hundred how many entries are stored, and every second
            while duplicates are looked for, outside of transactions;
            what it raises ends the attempt as if it were killed.

    Raises:
        SameFile: this very file stands in the review.
        FileIsGone: the raw file is missing.
        StoredElsewhere: somebody else is storing this import.
        Refused: the import is committed or undone, or its file cannot be stored.
    """
    path = kept_file(access, import_)
    attempt = _begin(access, import_, progress)
    attempt.remove_all()
    try:
        _store(access, attempt, path)
    except UnreadableFile as problem:
        _give_up(attempt)
        raise Refused(str(problem)) from problem
    done = _match_and_finish(access, attempt)
    bulk.count_rows()
    return done


def _match_and_finish(access: ReviewAccess, attempt: Attempt) -> Import:
    """Again when somebody imported something in between, or decided about the same records."""
    tick = Pulse(attempt)
    while True:
        matches = matches_of(access, attempt.compared, tick=tick)
        try:
            stage(access, attempt, matches)
            return _finish(access, attempt, matches)
        except OutOfDate:
            attempt.remove_following()


@action
def _begin(
    access: ReviewAccess, import_: Import, progress: Callable[[int], None] | None = None
) -> Attempt:
    """The import is being stored by this attempt, with numbers of its own."""
    lock_membership(access, Right.IMPORT)
    review = lock_review(access.review.pk)
    import_ = lock_import(access, import_)
    refuse_being_stored(import_)
    if import_.state == ImportState.COMMITTED:
        raise Refused("This file is imported already. Nothing was changed.")
    if import_.state == ImportState.UNDONE:
        raise Refused("This import was undone. Upload the file again to import it.")
    refuse_same_file(access, import_.sha256, but=import_)
    first = review.next_record_number
    review.next_record_number = first + import_.found
    review.save(update_fields=["next_record_number"])
    import_.state = ImportState.STAGED
    import_.staged_at = timezone.now()
    import_.save(update_fields=["state", "staged_at"])
    return Attempt(import_, first, _shuffled(review, first, import_.found), progress)


def _store(access: ReviewAccess, attempt: Attempt, path: Path) -> None:
    """Every entry of the file is a row: a record or a problem."""
    import_ = attempt.import_
    inspection = inspection_of(import_)
    block = Block()
    with SecondProcess(built, pays=import_.found >= FEWEST_THAT_PAY) as building:
        for entries in _some_at_once(read(path, inspection)):
            found = attempt.records + attempt.problems + len(entries)
            refuse_miscount(inspection, found, full=False)
            number = attempt.first_number + attempt.records
            _store_some(access, attempt, entries)
            _gather(attempt, number, entries)
            block = _add(attempt, building, block, number, entries)
            attempt.tell()
        if block.records:
            _store_blocks(attempt, building.give(block))
        _store_keys(access, attempt)
        _store_blocks(attempt, building.rest())
    refuse_miscount(inspection, attempt.records + attempt.problems)
    if not attempt.records:
        raise UnreadableFile(
            f"Nothing in {import_.file_name} could be read as a record: see its problems. "
            "Nothing was stored."
        )


def _store_some(access: ReviewAccess, attempt: Attempt, entries: Entries) -> None:
    records = [entry for entry in entries if isinstance(entry, ParsedRecord)]
    problems = [entry for entry in entries if isinstance(entry, Problem)]
    with attempt.part():
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
    for record in records:
        attempt.cuts.add(record)
    attempt.records += len(records)
    attempt.problems += len(problems)


def _gather(attempt: Attempt, number: int, entries: Entries) -> None:
    """The records, numbered from `number` on, will be compared with others."""
    records = (entry for entry in entries if isinstance(entry, ParsedRecord))
    for place, record in enumerate(records):
        compared = of_entry(number + place, record)
        attempt.compared.append(compared)
        attempt.gathered.add(compared)


def _store_keys(access: ReviewAccess, attempt: Attempt) -> None:
    """The records can be compared with all that come later."""
    stored = Record.objects.filter(imported_by=attempt.import_)
    primary_keys = dict(stored.values_list("number", "pk"))
    for rows in attempt.gathered.parts(primary_keys):
        with attempt.part():
            keys.store(access.review.pk, rows)
        attempt.tell()


def _add(
    attempt: Attempt,
    building: SecondProcess[Block, Built],
    block: Block,
    number: int,
    entries: Entries,
) -> Block:
    """The records, numbered from `number` on, are in the block, or in the next when it is full."""
    records = (entry for entry in entries if isinstance(entry, ParsedRecord))
    for place, record in enumerate(records):
        if not block.takes(number + place):
            _store_blocks(attempt, building.give(block))
            block = Block()
        index.add(block, number + place, record)
    return block


def _store_blocks(attempt: Attempt, blocks: Iterable[Built]) -> None:
    """The words of some thousand records stand in the index."""
    import_ = attempt.import_
    for block in blocks:
        with attempt.part():
            stored = index.begin(block, import_.source.review_id, import_.pk)
        for some in by_size(block.rows, _size_of_word, WORDS_AT_ONCE):
            with attempt.part():
                index.fill(stored, some)


def _size_of_word(row: tuple[str, bytes]) -> int:
    """How long it takes to be stored: each word, and each byte of its places."""
    _, places = row
    return 100 + len(places)


def _finish(access: ReviewAccess, attempt: Attempt, matches: Matches) -> Import:
    """The import is committed: all that was stored is in the review from now on.

    Raises:
        OutOfDate: the duplicates that were found are not those of now.
    """
    with attempt.part(lock=partial(hold_all, access, matches), is_last=True):
        return _commit(access, attempt, matches)


def _commit(access: ReviewAccess, attempt: Attempt, matches: Matches) -> Import:
    import_ = attempt.import_
    review = Review.objects.get(pk=access.review.pk)
    if review.next_record_number == attempt.first_number + import_.found:
        # Entries that were problems take no number, unless somebody has numbers after them.
        review.next_record_number = attempt.first_number + attempt.records
        review.save(update_fields=["next_record_number"])
    import_.state = ImportState.COMMITTED
    import_.committed_at = timezone.now()
    import_.read = attempt.records
    # A preview that counted nothing did not see them.
    said = (one for one in attempt.cuts.warnings() if one not in import_.warnings)
    import_.warnings = [*import_.warnings, *said]
    import_.save(update_fields=["state", "committed_at", "read", "warnings"])
    bridge(access, matches.bridges)
    write_log(
        access,
        "import.committed",
        after={
            **log_facts(import_),
            "first_record": attempt.first_number,
            "last_record": attempt.first_number + attempt.records - 1,
            "quorum": access.quorum(stage_of(attempt)),
            "duplicates": len(matches.links),
            "duplicate_questions": len(matches.questions),
        },
    )
    return import_


def _give_up(attempt: Attempt) -> None:
    """Nothing of the import is stored, it is only previewed again."""
    attempt.remove_all()
    import_ = attempt.import_
    with attempt.part():
        import_.state = ImportState.PREVIEWED
        import_.staged_at = None
        import_.save(update_fields=["state", "staged_at"])


def _some_at_once(entries: Iterable[ParsedRecord | Problem]) -> Iterator[Entries]:
    entries = iter(entries)
    while some := list(islice(entries, ENTRIES_AT_ONCE)):
        yield some


def _shuffled(review: Review, first: int, count: int) -> list[int]:
    """Ranks from `first` on in the order of a shuffle that is the same for everybody."""
    ranks = list(range(first, first + count))
    Random(f"{review.shuffle_seed}:{first}").shuffle(ranks)  # noqa: S311 -- repeatable, no secret
    return ranks
