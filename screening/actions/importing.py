"""Imports: a file is looked at before it is stored.

`actions.storing` stores it, and `actions.undoing` takes it out again.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db.models import Q
from django.utils import timezone

from screening import bulk, files
from screening.access import Refused, ReviewAccess, Right
from screening.actions.base import action, lock_membership, lock_review
from screening.actions.log import write_log
from screening.actions.sources import (
    lock_source,
    log_removal,
    of_upload,
    save_source,
    was_made_with,
)
from screening.importers import (
    ColumnPairs,
    CutCount,
    Inspection,
    NeedsColumns,
    ParsedRecord,
    UnreadableFile,
    inspect,
    read,
)
from screening.models import (
    Import,
    ImportState,
    Source,
)

STALE_AFTER = timedelta(seconds=60)
"""An attempt to store a file that has not stored anything for so long was killed."""


class SameFile(Refused):
    """The review has this very file already, or is storing it: `first` is that import."""

    def __init__(self, first: Import) -> None:
        self.first = first
        if first.state == ImportState.STAGED:
            done = "is being stored in this review already"
        else:
            done = f"was imported into this review on {first.committed_at:%-d %B %Y}"
        super().__init__(f"This file {done}, as {first.file_name}. Nothing was changed.")


class FileIsGone(Refused):
    """The raw file is missing where it was kept."""


class StoredElsewhere(Refused):
    """Another attempt at the same import took over."""


def preview_import(
    access: ReviewAccess,
    source: Source,
    path: Path,
    file_name: str,
    *,
    count_up_to: int | None = None,
) -> Import:
    """The raw file and one import row are stored, nothing else.

    A table whose headings nobody knows waits for `choose_columns`, unless the same headings were
    explained before.

    Args:
        source: one of this review, or a new unsaved one, which is then added.
        count_up_to: the file is read once to know how many entries are records, unless it has
            more entries than this. `read` is then 0 until the commit, which reads it anyway.

    Raises:
        UnreadableFile: the file as a whole is not something we read.
        SameFile: this very file stands in the review.
    """
    looked = look_at(access, path, file_name, count_up_to=count_up_to)
    refuse_same_file(access, looked.inspection.sha256)
    files.keep(access.review.pk, looked.inspection.sha256, path)
    return _preview(access, source, looked)


@dataclass(frozen=True, slots=True)
class Looked:
    """A file that was read and not stored: what it holds, and how many records if they were counted."""

    path: Path
    file_name: str
    inspection: Inspection
    records: int


def look_at(
    access: ReviewAccess, path: Path, file_name: str, *, count_up_to: int | None = None
) -> Looked:
    """Read a file; nothing is stored.

    Raises:
        UnreadableFile: the file as a whole is not something we read.
    """
    inspection = _inspected(access, path)
    is_small = count_up_to is None or inspection.found <= count_up_to
    is_read = is_small and inspection.columns != ()
    records, cuts = _count_records(path, inspection) if is_read else (0, CutCount())
    inspection = replace(inspection, warnings=(*inspection.warnings, *cuts.warnings()))
    return Looked(path, file_name, inspection, records)


def choose_columns(
    access: ReviewAccess, import_: Import, columns: ColumnPairs, *, count: bool = True
) -> Import:
    """The table is read by this mapping of its headings, and is previewed anew.

    Args:
        count: read the table once to know how many rows are records.

    Raises:
        UnreadableFile: no column holds titles, or the file is no table.
        FileIsGone: the raw file is missing.
        Refused: it is not waiting for its preview.
    """
    path = kept_file(access, import_)
    inspection = inspect(path, columns)
    records, cuts = _count_records(path, inspection) if count else (0, CutCount())
    inspection = replace(inspection, warnings=(*inspection.warnings, *cuts.warnings()))
    return _set_columns(access, import_, inspection, records)


@action
def _set_columns(
    access: ReviewAccess, import_: Import, inspection: Inspection, records: int
) -> Import:
    lock_membership(access, Right.IMPORT)
    import_ = lock_import(access, import_)
    if import_.state != ImportState.PREVIEWED:
        raise Refused("This file is not waiting for its preview any more. Nothing was changed.")
    import_.columns = _stored(inspection.columns)
    import_.read = records
    import_.warnings = list(inspection.warnings)
    import_.save(update_fields=["columns", "read", "warnings"])
    return import_


def _stored(columns: ColumnPairs | None) -> list[list[str]] | None:
    return None if columns is None else [list(pair) for pair in columns]


def _inspected(access: ReviewAccess, path: Path) -> Inspection:
    try:
        return inspect(path)
    except NeedsColumns as unknown:
        return inspect(path, _explained_before(access, unknown.headings))


def _explained_before(access: ReviewAccess, headings: list[str]) -> ColumnPairs:
    """What somebody said of the same headings in this review, or this person in another."""
    known = Import.objects.filter(Q(source__review=access.review) | Q(uploaded_by=access.user))
    known = known.filter(columns__isnull=False).order_by("-pk")
    for pairs in known.values_list("columns", flat=True).iterator():
        if [heading for heading, _ in pairs] == headings:
            return tuple((heading, field) for heading, field in pairs)
    return ()


@action
def discard_import(access: ReviewAccess, import_: Import) -> Source | None:
    """An import that was never committed is gone; its file too, unless another import has it.

    Returns the source that went with it: the one described for this file alone, untouched since.

    Raises:
        Refused: it is committed, undone, or being stored.
    """
    lock_membership(access, Right.IMPORT)
    lock_review(access.review.pk)
    return remove_preview(access, import_)


def remove_preview(access: ReviewAccess, import_: Import) -> Source | None:
    """As `discard_import`; the caller holds the locks of the membership and the review.

    Nothing may come after it that can fail, since the file is gone.
    """
    import_ = lock_import(access, import_)
    refuse_being_stored(import_)
    if import_.state not in {ImportState.PREVIEWED, ImportState.STAGED}:
        raise Refused("This file was imported; it cannot be discarded. Nothing was changed.")
    bulk.delete_records(import_.pk)
    before = log_facts(import_)
    source = _source_of_nothing_else(access, import_)
    import_.delete()
    if source:
        source.delete()
    write_log(access, "import.discarded", before=before)
    if source:
        log_removal(access, source)
    if not access.scope(Import).filter(sha256=import_.sha256).exists():
        files.throw_away(access.review.pk, import_.sha256)  # last: it cannot be rolled back
    return source


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
        columns=_pairs(import_.columns),
    )


def _pairs(columns: list[list[str]] | None) -> ColumnPairs | None:
    return None if columns is None else tuple((heading, field) for heading, field in columns)


def is_being_stored(import_: Import, now: datetime | None = None) -> bool:
    """Somebody's attempt to store it has shown life lately."""
    return (
        import_.state == ImportState.STAGED
        and import_.staged_at is not None
        and import_.staged_at > (now or timezone.now()) - STALE_AFTER
    )


@action
def _preview(access: ReviewAccess, source: Source, looked: Looked) -> Import:
    lock_membership(access, Right.IMPORT)
    lock_review(access.review.pk)
    return add_preview(access, source, looked)


def add_preview(access: ReviewAccess, source: Source, looked: Looked) -> Import:
    """As `preview_import`; the caller holds the locks of the membership and the review.

    Raises:
        SameFile: this very file stands in the review.
    """
    inspection = looked.inspection
    refuse_same_file(access, inspection.sha256)
    # Once more, now that nobody can discard another import of this file.
    files.keep(access.review.pk, inspection.sha256, looked.path)
    import_ = Import(
        file_name=looked.file_name[-255:],
        sha256=inspection.sha256,
        size=inspection.size,
        format=inspection.format,
        encoding=inspection.encoding,
        columns=_stored(inspection.columns),
        warnings=list(inspection.warnings),
        found=inspection.found,
        read=looked.records,
        uploaded_by=access.user,
        uploaded_at=timezone.now(),
    )
    if source.pk is None:
        import_.source = save_source(access, source, **of_upload(import_))
    else:
        import_.source = lock_source(access, source)
    import_.save(force_insert=True)
    return import_


def _source_of_nothing_else(access: ReviewAccess, import_: Import) -> Source | None:
    """The source of this import, if nothing but this upload ever brought or touched it."""
    source = lock_source(access, import_.source)
    others = access.scope(Import).filter(source=source).exclude(pk=import_.pk)
    if others.exists() or source.adjustments.exists():
        return None
    return source if was_made_with(access, source, import_) else None


def lock_import(access: ReviewAccess, import_: Import) -> Import:
    imports = access.scope(Import).select_for_update(no_key=True, of=("self",))
    locked = imports.select_related("source").filter(pk=import_.pk).first()
    if locked is None:
        raise Refused("This import was discarded in the meantime. Nothing was changed.")
    return locked


def refuse_same_file(access: ReviewAccess, sha256: str, but: Import | None = None) -> None:
    others = access.scope(Import).of_same_file(sha256)
    first = others.exclude(pk=but.pk if but else None).first()
    if first:
        raise SameFile(first)


def refuse_being_stored(import_: Import) -> None:
    if is_being_stored(import_):
        raise StoredElsewhere(
            f"{import_.file_name} is being stored now. Look again in a minute; nothing was changed."
        )


def refuse_miscount(inspection: Inspection, entries: int, *, full: bool = True) -> None:
    """Entries are counted twice, by start tags and by reading: no entry is lost in silence."""
    if entries > inspection.found or (full and entries < inspection.found):
        raise UnreadableFile(
            f"The file shows the beginning of {inspection.found:,} entries, but reading it gave "
            f"{'at least ' if not full else ''}{entries:,}. Nothing was stored; please report "
            "this with the file."
        )


def _count_records(path: Path, inspection: Inspection) -> tuple[int, CutCount]:
    entries = records = 0
    cuts = CutCount()
    for entry in read(path, inspection):
        entries += 1
        if isinstance(entry, ParsedRecord):
            records += 1
            cuts.add(entry)
    refuse_miscount(inspection, entries)
    return records, cuts


def log_facts(import_: Import) -> dict[str, Any]:
    return {
        "source": import_.source.name,
        "file": import_.file_name,
        "sha256": import_.sha256,
        "format": import_.format,
        "encoding": import_.encoding,
        **({"columns": import_.columns} if import_.columns else {}),
        "found": import_.found,
        "read": import_.read,
        "problems": import_.problems_count,
    }
