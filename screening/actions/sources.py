"""Sources: the searches of a review, with the facts PRISMA-S asks for."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError

from screening.access import ReviewAccess, Right
from screening.actions.base import action, lock_membership
from screening.actions.log import write_log
from screening.models import ImportState, Source, SourceKind


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
    """
    lock_membership(access, Right.IMPORT)
    source = access.scope(Source).select_for_update(no_key=True).get(pk=source.pk)
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


def save_source(access: ReviewAccess, source: Source) -> Source:
    """The source is one of the review, and logged. The caller holds the membership's lock."""
    source.review = access.review
    source.full_clean()
    source.save(force_insert=True)
    write_log(access, "source.added", after=_facts(source))
    return source


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
