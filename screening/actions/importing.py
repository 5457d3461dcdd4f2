"""Sources and imports: what was searched, and how a file becomes records of the review."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from django.db import transaction
from django.utils import timezone

from screening import bulk, files
from screening.access import Refused, ReviewAccess, Right
from screening.actions.base import action, lock_membership
from screening.actions.log import write_log
from screening.importers import (
    Inspection,
    ParsedRecord,
    Problem,
    UnreadableFile,
    inspect,
    read,
)
from screening.models import (
    Import,
    ImportProblem,
    ImportState,
    Lease,
    Postponement,
    Protocol,
    Review,
    ScreeningItem,
    Source,
    Vote,
)
from screening.rules import Stage

ENTRIES_AT_ONCE = 1_000
STALE_AFTER = timedelta(seconds=60)
"""An attempt to store a file that has not stored anything for so long was killed."""

Batch = list[ParsedRecord | Problem]

FACTS = (
    "name",
    "kind",
    "platform",
    "searched_on",
    "coverage_from",
    "coverage_to",
    "search_string",
    "limits",
    "hits",
    "searched_by",
    "peer_review",
    "notes",
    "is_proposal",
)


class SameFile(Refused):
    """The review has this very file already, or is storing it: `first` is that import."""

    def __init__(self, first: Import) -> None:
        self.first = first
        if first.state == ImportState.STAGED:
            done = "is being stored in this review already"
        else:
            done = f"was imported into this review on {first.committed_at:%-d %B %Y}"
        super().__init__(f"This file {done}, as {first.file_name}. Nothing was changed.")


class TooManyEntries(Refused):
    """The file holds more entries than the caller takes at once."""

    def __init__(self, found: int) -> None:
        self.found = found
        super().__init__(f"This file holds {found:,} entries. Nothing was stored.")


class FileIsGone(Refused):
    """The raw file is missing where it was kept."""


class StoredElsewhere(Refused):
    """Another attempt at the same import took over."""


class HasVotes(Refused):
    """Somebody voted on a record of the import: it stays."""


@action
def add_source(access: ReviewAccess, **facts: Any) -> Source:
    """The review has one more source.

    Raises:
        ValidationError: a fact that no source can have.
    """
    lock_membership(access, Right.IMPORT)
    return _added(access, Source(**facts))


@action
def edit_source(access: ReviewAccess, source: Source, **facts: Any) -> Source:
    """The facts of the source are these; the log keeps what they were.

    Raises:
        ValidationError: a fact that no source can have.
    """
    lock_membership(access, Right.IMPORT)
    source = access.scope(Source).select_for_update(no_key=True).get(pk=source.pk)
    before = _facts(source)
    for name, value in facts.items():
        setattr(source, name, value)
    source.full_clean()
    after = _facts(source)
    changed = [name for name in FACTS if before[name] != after[name]]
    if not changed:
        return source
    source.save(update_fields=changed)
    write_log(
        access,
        "source.edited",
        before={"name": before["name"], **{name: before[name] for name in changed}},
        after={"name": after["name"], **{name: after[name] for name in changed}},
    )
    return source


def preview_import(
    access: ReviewAccess,
    source: Source,
    path: Path,
    file_name: str,
    *,
    at_most: int | None = None,
    count: bool = True,
) -> Import:
    """The raw file and one import row are stored, nothing else.

    Args:
        source: one of this review, or a new unsaved one, which is then added.
        at_most: refuse files with more entries.
        count: read the file once to know how many entries are records. Without it `read` is 0
            until the commit, which reads the file anyway: for files of any size.

    Raises:
        UnreadableFile: the file as a whole is not something we read.
        SameFile: this very file stands in the review.
        TooManyEntries: more than `at_most`.
    """
    inspection = inspect(path)
    if at_most is not None and inspection.found > at_most:
        raise TooManyEntries(inspection.found)
    _refuse_same_file(access, inspection.sha256)
    records = _count_records(path, inspection) if count else 0
    files.keep(access.review.pk, inspection.sha256, path)
    return _preview(access, source, path, file_name, inspection, records)


def commit_import(access: ReviewAccess, import_: Import) -> Import:
    """The records of the file are in the review and up for screening: all of them, or none.

    Several transactions, so that voters never wait: records of an import that is not committed
    are invisible and have no items. What a killed attempt left is removed by the next one.

    Raises:
        SameFile: this very file stands in the review.
        FileIsGone: the raw file is missing.
        StoredElsewhere: somebody else is storing this import.
        Refused: the import is committed or undone, or its file cannot be stored.
    """
    path = kept_file(access, import_)
    attempt = _begin(access, import_)
    try:
        _store(access, attempt, path)
    except UnreadableFile as problem:
        _give_up(access, attempt)
        raise Refused(str(problem)) from problem
    return _finish(access, attempt)


@action
def discard_import(access: ReviewAccess, import_: Import) -> None:
    """An import that was never committed is gone; its file too, unless another import has it.

    Raises:
        Refused: it is committed, undone, or being stored.
    """
    lock_membership(access, Right.IMPORT)
    _lock_review(access)
    import_ = _lock_import(access, import_)
    _refuse_being_stored(import_)
    if import_.state not in {ImportState.PREVIEWED, ImportState.STAGED}:
        raise Refused("This file was imported; it cannot be discarded. Nothing was changed.")
    bulk.delete_records(import_.pk)
    import_.delete()
    if not access.scope(Import).filter(sha256=import_.sha256).exists():
        files.throw_away(access.review.pk, import_.sha256)


@action
def undo_import(access: ReviewAccess, import_: Import) -> Import:
    """The records of the import are gone; its row, its file, its problems and the log stay.

    Raises:
        HasVotes: somebody voted on one of the records, also if they took it back.
        Refused: it is not committed.
    """
    lock_membership(access, Right.IMPORT)
    import_ = _lock_import(access, import_)
    if import_.state != ImportState.COMMITTED:
        raise Refused("This import is not in the review, or not any more. Nothing was changed.")
    items = access.scope(ScreeningItem).filter(record__imported_by=import_)
    # A vote that is being cast holds its item: wait for it, then look.
    list(items.order_by("pk").select_for_update().values_list("pk"))
    if has_votes(import_):
        raise HasVotes(
            f"Somebody has voted on a record of {import_.file_name}, so its import cannot be "
            "undone any more. Nothing was changed."
        )
    Postponement.objects.filter(item__in=items).delete()
    Lease.objects.filter(item__in=items).delete()
    bulk.delete_items(import_.pk)
    removed = bulk.delete_records(import_.pk)
    import_.state = ImportState.UNDONE
    import_.undone_at = timezone.now()
    import_.save(update_fields=["state", "undone_at"])
    write_log(access, "import.undone", before={**_for_log(import_), "records": removed})
    return import_


def has_votes(import_: Import) -> bool:
    """Somebody voted on a record of it, also if they took it back."""
    return Vote.objects.filter(item__record__imported_by=import_).exists()


def kept_file(access: ReviewAccess, import_: Import) -> Path:
    """Where the raw file of an import is.

    Raises:
        FileIsGone: it is not there.
    """
    path = files.raw_file(access.review.pk, import_.sha256)
    if not path.is_file():
        raise FileIsGone(
            f"The server does not find the file {import_.file_name} where it was kept. "
            "Upload it again."
        )
    return path


def inspection_of(import_: Import) -> Inspection:
    """What inspecting the file gave when it was uploaded."""
    return Inspection(
        format=import_.format,
        encoding=import_.encoding,
        found=import_.found,
        sha256=import_.sha256,
        size=import_.size,
        warnings=tuple(import_.warnings),
    )


def is_being_stored(import_: Import, now: datetime | None = None) -> bool:
    """Somebody's attempt to store it has shown life lately."""
    return (
        import_.state == ImportState.STAGED
        and import_.staged_at is not None
        and import_.staged_at > (now or timezone.now()) - STALE_AFTER
    )


@dataclass(slots=True)
class _Attempt:
    """One attempt to store an import. `import_.staged_at` is its sign: who finds another there
    has been taken over from."""

    import_: Import
    first_number: int
    ranks: list[int]
    records: int = 0
    problems: int = 0


def _added(access: ReviewAccess, source: Source) -> Source:
    source.review = access.review
    source.full_clean()
    source.save(force_insert=True)
    write_log(access, "source.added", after=_facts(source))
    return source


@action
def _preview(
    access: ReviewAccess,
    source: Source,
    path: Path,
    file_name: str,
    inspection: Inspection,
    records: int,
) -> Import:
    lock_membership(access, Right.IMPORT)
    _lock_review(access)
    _refuse_same_file(access, inspection.sha256)
    # Once more, now that nobody can discard another import of this file.
    files.keep(access.review.pk, inspection.sha256, path)
    if source.pk is None:
        source = _added(access, source)
    return Import.objects.create(
        source=source,
        file_name=file_name[-255:],
        sha256=inspection.sha256,
        size=inspection.size,
        format=inspection.format,
        encoding=inspection.encoding,
        warnings=list(inspection.warnings),
        found=inspection.found,
        read=records,
        uploaded_by=access.user,
        uploaded_at=timezone.now(),
    )


@action
def _begin(access: ReviewAccess, import_: Import) -> _Attempt:
    """The import is being stored by this attempt, from nothing, with numbers of its own."""
    lock_membership(access, Right.IMPORT)
    review = _lock_review(access)
    import_ = _lock_import(access, import_)
    _refuse_being_stored(import_)
    if import_.state == ImportState.COMMITTED:
        raise Refused("This file is imported already. Nothing was changed.")
    if import_.state == ImportState.UNDONE:
        raise Refused("This import was undone. Upload the file again to import it.")
    _refuse_same_file(access, import_.sha256, but=import_)
    bulk.delete_records(import_.pk)
    import_.problems.all().delete()
    first = review.next_record_number
    review.next_record_number = first + import_.found
    review.save(update_fields=["next_record_number"])
    import_.state = ImportState.STAGED
    import_.staged_at = timezone.now()
    import_.save(update_fields=["state", "staged_at"])
    return _Attempt(import_, first, _shuffled(review, first, import_.found))


def _store(access: ReviewAccess, attempt: _Attempt, path: Path) -> None:
    """Every entry of the file is a row: a record or a problem."""
    import_ = attempt.import_
    inspection = inspection_of(import_)
    for entries in _by_the_thousand(read(path, inspection)):
        _refuse_miscount(inspection, attempt.records + attempt.problems + len(entries), full=False)
        _store_some(access, attempt, entries)
    _refuse_miscount(inspection, attempt.records + attempt.problems)
    if not attempt.records:
        raise UnreadableFile(
            f"Nothing in {import_.file_name} could be read as a record: see its problems. "
            "Nothing was stored."
        )


@transaction.atomic
def _store_some(access: ReviewAccess, attempt: _Attempt, entries: Batch) -> None:
    _show_life(attempt)
    records = [entry for entry in entries if isinstance(entry, ParsedRecord)]
    bulk.insert_records(
        _row(access.review.pk, attempt, index, record)
        for index, record in enumerate(records, attempt.records)
    )
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


@transaction.atomic
def _finish(access: ReviewAccess, attempt: _Attempt) -> Import:
    """The records have items with the quorum in force now, and the import is committed."""
    lock_membership(access, Right.IMPORT)
    review = _lock_review(access)
    import_ = attempt.import_
    _show_life(attempt)
    if review.next_record_number == attempt.first_number + import_.found:
        # Entries that were problems take no number, unless somebody has numbers after them.
        review.next_record_number = attempt.first_number + attempt.records
        review.save(update_fields=["next_record_number"])
    quorum = _lock_quorum(access)
    made = bulk.insert_items(import_.pk, stage=Stage.TITLE_ABSTRACT, quorum=quorum)
    if made != attempt.records:
        raise RuntimeError(f"{made} items for {attempt.records} records")
    import_.state = ImportState.COMMITTED
    import_.committed_at = timezone.now()
    import_.read = attempt.records
    import_.save(update_fields=["state", "committed_at", "read"])
    write_log(
        access,
        "import.committed",
        after={
            **_for_log(import_),
            "first_record": attempt.first_number,
            "last_record": attempt.first_number + attempt.records - 1,
            "quorum": quorum,
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


def _lock_review(access: ReviewAccess) -> Review:
    """Imports of one review begin and end one at a time."""
    return Review.objects.select_for_update(no_key=True).get(pk=access.review.pk)


def _lock_import(access: ReviewAccess, import_: Import) -> Import:
    imports = access.scope(Import).select_for_update(no_key=True, of=("self",))
    locked = imports.select_related("source").filter(pk=import_.pk).first()
    if locked is None:
        raise Refused("This import was discarded in the meantime. Nothing was changed.")
    return locked


def _lock_quorum(access: ReviewAccess) -> int:
    """The quorum in force, which nobody changes until this transaction ends."""
    protocols = Protocol.objects.filter(review=access.review)
    # All versions, since the one in force may be ended by who is waited for.
    list(protocols.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    return protocols.get(ended_at_sequence__isnull=True).quorum(Stage.TITLE_ABSTRACT)


def _refuse_same_file(access: ReviewAccess, sha256: str, but: Import | None = None) -> None:
    others = access.scope(Import).of_same_file(sha256)
    first = others.exclude(pk=but.pk if but else None).first()
    if first:
        raise SameFile(first)


def _refuse_being_stored(import_: Import) -> None:
    if is_being_stored(import_):
        raise StoredElsewhere(
            f"{import_.file_name} is being stored now. Look again in a minute; nothing was changed."
        )


def _refuse_miscount(inspection: Inspection, entries: int, *, full: bool = True) -> None:
    """Entries are counted twice, by start tags and by reading: no entry is lost in silence."""
    if entries > inspection.found or (full and entries < inspection.found):
        raise UnreadableFile(
            f"The file shows the beginning of {inspection.found:,} entries, but reading it gave "
            f"{'at least ' if not full else ''}{entries:,}. Nothing was stored; please report "
            "this with the file."
        )


def _count_records(path: Path, inspection: Inspection) -> int:
    entries = records = 0
    for entry in read(path, inspection):
        entries += 1
        records += isinstance(entry, ParsedRecord)
    _refuse_miscount(inspection, entries)
    return records


def _by_the_thousand(entries: Iterable[ParsedRecord | Problem]) -> Iterator[Batch]:
    entries = iter(entries)
    while some := list(islice(entries, ENTRIES_AT_ONCE)):
        yield some


def _shuffled(review: Review, first: int, count: int) -> list[int]:
    """Ranks from `first` on in the order of a shuffle that is the same for everybody."""
    ranks = list(range(first, first + count))
    Random(f"{review.shuffle_seed}:{first}").shuffle(ranks)  # noqa: S311 -- repeatable, no secret
    return ranks


def _row(review_pk: int, attempt: _Attempt, index: int, record: ParsedRecord) -> tuple[Any, ...]:
    """The record's columns, as `bulk.RECORD_COLUMNS` names them."""
    return (
        review_pk,
        attempt.import_.pk,
        attempt.first_number + index,
        attempt.ranks[index],
        record.position,
        record.title,
        record.abstract,
        "\n".join(record.authors),
        record.year,
        record.journal,
        record.volume,
        record.issue,
        record.pages,
        record.doi,
        record.pmid,
        record.pmcid,
        record.language,
        "\n".join(record.keywords),
        record.url,
        record.kind,
    )


def _facts(source: Source) -> dict[str, Any]:
    facts = {name: getattr(source, name) for name in FACTS}
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in facts.items()
    }


def _for_log(import_: Import) -> dict[str, Any]:
    return {
        "source": import_.source.name,
        "file": import_.file_name,
        "sha256": import_.sha256,
        "format": import_.format,
        "encoding": import_.encoding,
        "found": import_.found,
        "read": import_.read,
        "problems": import_.problems_count,
    }
