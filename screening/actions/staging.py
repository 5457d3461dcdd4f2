"""What comes with the records of an import: their items, merges, and questions for a person.

Stored in short transactions before the import stands, so that nobody waits for it, and there for
nobody until then: see `querysets.standing`.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

from django.utils import timezone

from screening import bulk
from screening.access import ReviewAccess, Right
from screening.actions.attempts import Attempt
from screening.actions.base import hold_protocol, lock_membership, lock_review
from screening.actions.importing import log_facts
from screening.actions.log import next_sequence, write_log
from screening.actions.matching import Matches
from screening.actions.questions import ask
from screening.models import Review, SourceKind
from screening.rules import Stage

# Each as many as are written in some hundredths of a second.
ITEMS_AT_ONCE = 500
MERGES_AT_ONCE = 200
QUESTIONS_AT_ONCE = 250

Rows = TypeVar("Rows", bound=Sequence[Any])


class OutOfDate(Exception):
    """Something changed while duplicates were looked for: look again."""


def stage_of(attempt: Attempt) -> Stage:
    """Where records of its source are screened first."""
    is_other = SourceKind(attempt.import_.source.kind).is_other_method
    return Stage.FULL_TEXT if is_other else Stage.TITLE_ABSTRACT


def stage(access: ReviewAccess, attempt: Attempt, matches: Matches) -> None:
    """All of it is stored, for an import that is not committed.

    Raises:
        OutOfDate: the duplicates that were found are not those of now.
    """
    still_hold = partial(refuse_what_is_past, access, matches)
    _stage_items(access, attempt, set(matches.duplicates))
    if not matches.links and not matches.questions:
        return
    sequence = _tell_what_was_found(access, attempt, matches)
    for rows in _parts(matches.rows(), MERGES_AT_ONCE):
        with attempt.part(lock=still_hold):
            bulk.insert_merges(
                rows,
                review=access.review.pk,
                said_by=access.user.pk,
                said_at=timezone.now(),
                sequence=sequence,
                import_pk=attempt.import_.pk,
            )
        attempt.tell()
    for questions in _parts(matches.questions, QUESTIONS_AT_ONCE):
        with attempt.part(lock=still_hold):
            ask(access, questions, matches.records, came_with=attempt.import_)


def _stage_items(access: ReviewAccess, attempt: Attempt, duplicates: set[int]) -> None:
    """Every record has an unseen item with the quorum in force; those of duplicates are closed.

    An amendment that comes later changes these as it changes all others.
    """
    at = stage_of(attempt)
    made = 0
    for numbers in _parts(attempt.numbers, ITEMS_AT_ONCE):
        with attempt.part(lock=partial(hold_protocol, access)):
            made += bulk.insert_items(
                attempt.import_.pk,
                numbers,
                stage=at,
                quorum=access.quorum(at),
                sought_at=timezone.now() if at is Stage.FULL_TEXT else None,
                duplicates=duplicates.intersection(numbers),
            )
        attempt.tell()
    if made != attempt.records:
        raise RuntimeError(f"{made} items for {attempt.records} records")


def _tell_what_was_found(access: ReviewAccess, attempt: Attempt, matches: Matches) -> int:
    """The entry of the log with which the merges begin; returns its number."""
    with attempt.part(lock=partial(hold_all, access, matches)):
        sequence = next_sequence(access)
        facts = log_facts(attempt.import_)
        write_log(
            access,
            "import.compared",
            after={
                **{name: facts[name] for name in ("source", "file", "sha256")},
                "duplicates": len(matches.links),
                "duplicate_questions": len(matches.questions),
            },
        )
    return sequence


def hold_all(access: ReviewAccess, matches: Matches) -> Review:
    """As `refuse_what_is_past`, by somebody who may still import."""
    lock_membership(access, Right.IMPORT)
    return refuse_what_is_past(access, matches)


def refuse_what_is_past(access: ReviewAccess, matches: Matches) -> Review:
    """Nobody decides about these records until the transaction ends, or did since they were compared.

    Raises:
        OutOfDate: somebody did.
    """
    review = lock_review(access.review.pk)
    if not matches.still_hold(review):
        raise OutOfDate
    return review


def _parts(rows: Rows, at_once: int) -> Iterator[Rows]:
    for start in range(0, len(rows), at_once):
        yield rows[start : start + at_once]
