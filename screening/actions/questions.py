"""Which questions about duplicates are open: written here alone, as outcomes are in `outcomes`."""

from collections.abc import Collection, Iterable

from screening.access import ReviewAccess
from screening.duplicates import Question
from screening.matching.plan import evidence_of
from screening.models import Distinction, DuplicateQuestion, Import, Merge, Review

Pair = tuple[int, int]
"""Two records by their primary keys."""


def ask(
    access: ReviewAccess,
    questions: Iterable[Question],
    records: dict[int, int],
    *,
    came_with: Import | None = None,
) -> int:
    """A person should look at these pairs; those that were asked before are left as they are.

    Args:
        records: the primary keys of all that are asked about, by number.
        came_with: the import that is being stored, of which each pair has a record.
    """
    asked = []
    for question in questions:
        first, second = sorted(records[int(number)] for number in question.pair)
        evidence = evidence_of(question)
        asked.append(
            DuplicateQuestion(
                review=access.review,
                first_id=first,
                second_id=second,
                reason=evidence.pattern,
                score=evidence.score,
                measures=evidence.measures,
                imported_by=came_with,
            )
        )
    DuplicateQuestion.objects.bulk_create(asked, batch_size=500, ignore_conflicts=True)
    return len(asked)


def look_at_again(access: ReviewAccess, records: Collection[int]) -> None:
    """Questions about these records, primary keys, are open while they make sense."""
    about = DuplicateQuestion.objects.filter(review=access.review)
    touched = about.filter(first__in=records) | about.filter(second__in=records)
    open_now = due_open(access.review, touched)
    for question in touched:
        if question.is_open != (question.pk in open_now):
            question.is_open = not question.is_open
            question.save(update_fields=["is_open"])


def due_open(review: Review, questions: Iterable[DuplicateQuestion]) -> set[int]:
    """Those that should be open: nobody told their two groups apart, or merged them.

    A question is about two groups of duplicates, whichever of their records it was asked of.
    """
    pairs = {question.pk: (question.first_id, question.second_id) for question in questions}
    open_now = undecided(review, set(pairs.values()))
    return {pk for pk, pair in pairs.items() if pair in open_now}


def undecided(review: Review, pairs: Collection[Pair]) -> set[Pair]:
    """Those whose two groups are neither told apart nor merged."""
    told = list(Distinction.objects.in_force().filter(review=review).values_list("first", "second"))
    kept = Merge.objects.kept_of({record for pair in (*pairs, *told) for record in pair})

    def groups(pair: Pair) -> frozenset[int]:
        return frozenset(kept.get(record, record) for record in pair)

    apart = set(map(groups, told))
    return {pair for pair in pairs if len(groups(pair)) > 1 and groups(pair) not in apart}
