"""Files brought in together: each looked at, given a source, and stored by one job."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.utils import timezone

from screening import files
from screening.access import Refused, ReviewAccess, Right
from screening.actions.base import action, lock_membership, lock_review
from screening.actions.importing import (
    Looked,
    SameFile,
    add_preview,
    lock_import,
    look_at,
    remove_preview,
)
from screening.actions.jobs import add_job
from screening.actions.sources import lock_source, log_removal, save_source
from screening.importers import UnreadableFile, guessing
from screening.importers.guessing import Guess
from screening.models import Bundle, BundledFile, Import, ImportState, Job, LogEntry, Source


@dataclass(frozen=True, slots=True)
class Brought:
    """A file as it came; `refusal` when nothing of it could be taken."""

    name: str
    path: Path | None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody said of one file: its source, or the name of a new one, or to leave it out."""

    source: Source | None = None
    new_name: str = ""
    is_left_out: bool = False


@dataclass(frozen=True, slots=True)
class _Seen:
    name: str
    looked: Looked | None = None
    guess: Guess | None = None
    is_guessed: bool = False
    refusal: str = ""


def bring_together(
    access: ReviewAccess, brought: Sequence[Brought], ignored: Sequence[str] = ()
) -> Bundle:
    """The raw files and an import row each are stored, or a sentence why not; nothing else.

    Each gets the source it seems to be from: one of the review by that name, or a new one.

    Args:
        ignored: names of what came along and is nobody's file of results.
    """
    seen: list[_Seen] = []
    for one in brought:
        known = {each.looked.inspection.sha256: each.name for each in seen if each.looked}
        seen.append(_look(access, one, known))
    for each in seen:
        if each.looked:
            files.keep(access.review.pk, each.looked.inspection.sha256, each.looked.path)
    return _bundle(access, seen, ignored)


@action
def store_together(
    access: ReviewAccess, bundle: Bundle, choices: Mapping[int, Choice]
) -> Job | None:
    """A worker will store the files that are ready, in their order; those left out are gone.

    Tables that wait for their columns stay as they are. None when nothing is to be stored.

    Args:
        choices: by the primary key of the file in the bundle.

    Raises:
        Refused: the files are being stored already.
    """
    lock_membership(access, Right.IMPORT)
    lock_review(access.review.pk)
    bundle = access.scope(Bundle).select_for_update(of=("self",)).get(pk=bundle.pk)
    if bundle.job_id:
        raise Refused("These files are being stored already. Nothing was changed.")
    waiting = bundle.files.filter(imported__state=ImportState.PREVIEWED)
    chosen = [
        (one, choices.get(one.pk, Choice())) for one in waiting.select_related("imported__source")
    ]
    ready = []
    for one, choice in chosen:
        if not choice.is_left_out:
            import_ = _move(access, bundle, lock_import(access, one.imported), choice)
            ready += [] if import_.needs_columns else [import_]
    if ready:
        bundle.job = add_job(access, ready)
        bundle.save(update_fields=["job"])
    for one, choice in chosen:
        if choice.is_left_out:
            bundle.files.filter(pk=one.pk).update(refusal="Left out.")
            remove_preview(access, one.imported)
    _remove_sources_of_nothing(access, bundle)
    return bundle.job


def _look(access: ReviewAccess, brought: Brought, known: Mapping[str, str]) -> _Seen:
    name = brought.name[-255:]
    if brought.path is None:
        return _Seen(name, refusal=brought.refusal[:500])
    try:
        looked = look_at(
            access,
            brought.path,
            PurePosixPath(name).name,
            count_up_to=settings.IMPORT_UPLOAD_ENTRIES,
        )
    except UnreadableFile as problem:
        return _Seen(name, refusal=str(problem)[:500])
    twin = known.get(looked.inspection.sha256)
    if twin:
        return _Seen(name, refusal=f"This is the same file as {twin}, which came with it."[:500])
    told = guessing.guess(brought.path, looked.inspection)
    return _Seen(name, looked, told or guessing.by_file_name(name), is_guessed=told is not None)


@action
def _bundle(access: ReviewAccess, seen: Sequence[_Seen], ignored: Sequence[str]) -> Bundle:
    lock_membership(access, Right.IMPORT)
    lock_review(access.review.pk)
    bundle = Bundle.objects.create(
        review=access.review,
        brought_by=access.user,
        brought_at=timezone.now(),
        ignored=[name[:255] for name in ignored],
    )
    for place, one in enumerate(seen, 1):
        _add(access, bundle, place, one)
    return bundle


def _add(access: ReviewAccess, bundle: Bundle, place: int, one: _Seen) -> None:
    file = BundledFile(
        bundle=bundle, place=place, name=one.name, is_guessed=one.is_guessed, refusal=one.refusal
    )
    if one.looked:
        first = access.scope(Import).of_same_file(one.looked.inspection.sha256).first()
        if first:
            file.first, file.refusal = first, str(SameFile(first))
        else:
            source = _source_named(access, bundle, one.guess or Guess(_stem(one.name)))
            file.imported = add_preview(access, source, one.looked)
    file.save(force_insert=True)


def _stem(name: str) -> str:
    return PurePosixPath(name).stem.strip()[:120] or "Not known yet"


def _source_named(access: ReviewAccess, bundle: Bundle, guess: Guess) -> Source:
    """The review's source of this name, on this platform if there are several; or a new one."""
    named = list(access.scope(Source).filter(name__iexact=guess.name))
    same = [source for source in named if source.platform.casefold() == guess.platform.casefold()]
    if named:
        return (same or named)[0]
    source = Source(name=guess.name, platform=guess.platform)
    return save_source(access, source, bundle=str(bundle.pk))


def _move(access: ReviewAccess, bundle: Bundle, import_: Import, choice: Choice) -> Import:
    """The import is of the source chosen for it."""
    if choice.new_name:
        source = _source_named(access, bundle, Guess(choice.new_name))
    else:
        source = choice.source or import_.source
    if source.pk != import_.source_id:
        import_.source = lock_source(access, source)
        import_.save(update_fields=["source"])
    return import_


def _remove_sources_of_nothing(access: ReviewAccess, bundle: Bundle) -> None:
    """Sources made for these files that no file, and nobody's adjustment, belongs to any more."""
    made = access.scope(LogEntry).filter(action="source.added", after__bundle=str(bundle.pk))
    names = made.values_list("after__name", flat=True)
    for source in access.scope(Source).filter(name__in=list(names), imports__isnull=True):
        if not source.adjustments.exists():
            log_removal(access, source)
            source.delete()
