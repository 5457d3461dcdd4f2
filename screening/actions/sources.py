"""Sources: the searches of a review, with the facts PRISMA-S asks for."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError

from screening.access import Refused, ReviewAccess, Right
from screening.actions.base import action, lock_membership, lock_review
from screening.actions.log import write_log
from screening.models import (
    Import,
    ImportState,
    LogEntry,
    SearchMethods,
    Source,
    SourceKind,
)


@action
def add_source(access: ReviewAccess, **facts: Any) -> Source:
    """The review has one more source.

    Raises:
        ValidationError: a fact that no source can have.
    """
    lock_membership(access, Right.IMPORT)
    return save_source(access, Source(**facts))


@action
def edit_source(access: ReviewAccess, source: Source, **facts: Any) -> Source:
    """The facts of the source are these; the log keeps what they were.

    Raises:
        ValidationError: a fact that no source can have, or a kind whose records would have
            been up for screening elsewhere than those that are here.
        Refused: the source was removed.
    """
    lock_membership(access, Right.IMPORT)
    source = lock_source(access, source)
    before = _facts(source)
    for name, value in facts.items():
        setattr(source, name, value)
    source.full_clean()
    _refuse_moving_records(source, SourceKind(before["kind"]))
    after = _facts(source)
    changed = [name for name in Source.FACTS if before[name] != after[name]]
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


@action
def remove_source(access: ReviewAccess, source: Source) -> None:
    """The source is gone; the log keeps its facts.

    Raises:
        Refused: a file of it was uploaded, also if its import was undone, or an adjustment names
            it.
    """
    lock_membership(access, Right.IMPORT)
    lock_review(access.review.pk)
    source = lock_source(access, source)
    if access.scope(Import).filter(source=source).exists():
        raise Refused(
            f"{source.name} has a file, so it cannot be removed: discard the preview first. What "
            "was imported once stays listed, also when undone. Nothing was changed."
        )
    if source.adjustments.exists():
        raise Refused(
            f"An adjustment of the flow names {source.name}, so it stays listed, also when the "
            "adjustment has ended. Nothing was changed."
        )
    source.delete()
    log_removal(access, source)


@action
def describe_search(access: ReviewAccess, **facts: str) -> SearchMethods:
    """What is said of the search as a whole is this; the log keeps what was said before.

    Raises:
        ValidationError: a text that is too long.
    """
    lock_membership(access, Right.IMPORT)
    lock_review(access.review.pk)
    methods = access.scope(SearchMethods).first() or SearchMethods(review=access.review)
    before = {name: getattr(methods, name) for name in SearchMethods.FACTS}
    for name, value in facts.items():
        setattr(methods, name, value)
    methods.full_clean()
    changed = [name for name, was in before.items() if getattr(methods, name) != was]
    if not changed:
        return methods
    methods.save()
    write_log(
        access,
        "search.described",
        before={name: before[name] for name in changed},
        after={name: getattr(methods, name) for name in changed},
    )
    return methods


def save_source(access: ReviewAccess, source: Source, **with_file: str) -> Source:
    """The source is one of the review, and logged. The caller holds the membership's lock.

    Args:
        with_file: what the log says of the file it was described with, see `was_made_with`.
    """
    source.review = access.review
    source.full_clean()
    source.save(force_insert=True)
    write_log(access, "source.added", after={**_facts(source), **with_file})
    return source


def of_upload(import_: Import) -> dict[str, str]:
    """How the log names the upload that a source was described with."""
    return {"file": import_.file_name, "uploaded_at": import_.uploaded_at.isoformat()}


def was_made_with(access: ReviewAccess, source: Source, import_: Import) -> bool:
    """The source was described with this upload, and nobody edited it since."""
    uploaded_at = import_.uploaded_at.isoformat()
    added = access.scope(LogEntry).filter(action="source.added", after__uploaded_at=uploaded_at)
    made = {**_facts(source), **of_upload(import_)}
    unsaid = _facts(Source())  # also what no source had when an older entry was written
    return any({**unsaid, **entry.after} == made for entry in added)


def lock_source(access: ReviewAccess, source: Source) -> Source:
    locked = access.scope(Source).select_for_update(no_key=True).filter(pk=source.pk).first()
    if locked is None:
        raise Refused("This source was removed in the meantime. Nothing was changed.")
    return locked


def log_removal(access: ReviewAccess, source: Source) -> None:
    write_log(access, "source.removed", before=_facts(source))


def _refuse_moving_records(source: Source, before: SourceKind) -> None:
    if SourceKind(source.kind).is_other_method == before.is_other_method:
        return
    if source.imports.filter(state__in=[ImportState.STAGED, ImportState.COMMITTED]).exists():
        raise ValidationError(
            {
                "kind": "Records of this source are in the review already. Those of databases and "
                "registers begin at title and abstract, all others at full text: undo their "
                "import first."
            }
        )


def _facts(source: Source) -> dict[str, Any]:
    facts = {name: getattr(source, name) for name in Source.FACTS}
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in facts.items()
    }
