"""Sources: the searches of a review, with the facts PRISMA-S asks for."""

from datetime import date
from typing import Any

from screening.access import ReviewAccess, Right
from screening.actions.base import action, lock_membership
from screening.actions.log import write_log
from screening.models import Source


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
        ValidationError: a fact that no source can have.
    """
    lock_membership(access, Right.IMPORT)
    source = access.scope(Source).select_for_update(no_key=True).get(pk=source.pk)
    before = _facts(source)
    for name, value in facts.items():
        setattr(source, name, value)
    source.full_clean()
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


def _facts(source: Source) -> dict[str, Any]:
    facts = {name: getattr(source, name) for name in Source.FACTS}
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in facts.items()
    }
