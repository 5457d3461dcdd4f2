"""Merging two records that are one report, and separating them; neither record changes.

Locks are taken in one order: the actor's membership, the review, items by id, the log last. Who
merges holds the review, so that groups of duplicates change one after the other.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from screening.access import Refused, ReviewAccess, Right
from screening.actions.base import action, lock_membership, lock_review
from screening.actions.carrying import add_up_again, carry, take_back_carried
from screening.actions.log import next_sequence, write_log
from screening.actions.questions import look_at_again
from screening.actions.retrieval import report_is_here
from screening.actions.rounds import look_again_from
from screening.matching.keeping import first_to_keep
from screening.matching.plan import Evidence
from screening.models import (
    BY_A_PERSON,
    Distinction,
    Lease,
    Merge,
    Postponement,
    Record,
    ScreeningItem,
)
from screening.rules import Stage

SAID_BY_A_PERSON = Evidence(BY_A_PERSON, None, {})


class WereToldApart(Refused):
    """Somebody said that they are different."""


@dataclass(frozen=True, slots=True)
class Absorbed:
    """A record whose votes count at another now, and how many of them do."""

    record: Record
    kept: Record
    carried: int


@action
def merge_records(
    access: ReviewAccess, one: Record, other: Record, evidence: Evidence = SAID_BY_A_PERSON
) -> Merge:
    """Both groups of duplicates are one; the record that most was done about is kept.

    Raises:
        WereToldApart: take that back first.
        Refused: they are merged already, or one is not in the review.
    """
    lock_membership(access, Right.MERGE)
    lock_review(access.review.pk)
    heads = heads_of(access, [one, other])
    if len(heads) < 2:
        raise Refused(
            f"Records {one.number} and {other.number} are merged already. Nothing was changed."
        )
    refuse_what_was_told_apart(access, heads)
    absorbed = absorb(access, heads, timezone.now())
    return link(access, absorbed, evidence, next_sequence(access))


def heads_of(access: ReviewAccess, records: Collection[Record]) -> list[Record]:
    """The records that are kept of their groups, each once. The caller holds the review.

    Raises:
        Refused: the import of one of them was undone.
    """
    kept = Merge.objects.kept_of([record.pk for record in records])
    wanted = {kept.get(record.pk, record.pk) for record in records}
    found = list(access.scope(Record).imported().filter(pk__in=wanted).order_by("number"))
    if len(found) < len(wanted):
        raise Refused("One of the records is not in the review any more. Nothing was changed.")
    return found


def refuse_what_was_told_apart(access: ReviewAccess, heads: Collection[Record]) -> None:
    groups = [{head.pk, *_duplicates_of(head)} for head in heads]
    told = access.scope(Distinction).in_force().select_related("first", "second")
    among = {record for group in groups for record in group}
    for distinction in told.filter(first__in=among, second__in=among):
        pair = {distinction.first_id, distinction.second_id}
        if not any(pair <= group for group in groups):
            raise WereToldApart(
                f"Somebody said that records {distinction.first.number} and "
                f"{distinction.second.number} are different. Take that back first, on the page of "
                "either record. Nothing was changed."
            )


def locked_items(records: Collection[Record | int]) -> list[ScreeningItem]:
    """All items of these records stay as they are until the transaction ends.

    Whoever was waited for may have begun another round, so that it is looked for again.
    """
    items = ScreeningItem.objects.filter(record__in=records).order_by("pk")
    while True:
        locked = list(items.select_for_update(no_key=True))
        if items.count() == len(locked):
            return locked


def absorb(
    access: ReviewAccess, heads: Collection[Record], now: datetime, *, kept: Record | None = None
) -> Absorbed:
    """Of two records one is kept, and the other is not up for screening any more.

    Its votes count at the one that is kept, where it is short of votes; its items close as they
    are, so that they are there again when the two are separated. `link` says so afterwards.

    Args:
        kept: which of them it is to be; by default the one that most was done about.
    """
    locked = locked_items(heads)
    kept_pk = kept.pk if kept else first_to_keep([head.pk for head in heads])
    kept, duplicate = sorted(heads, key=lambda head: head.pk != kept_pk)
    items = {(item.record_id, item.stage): item for item in locked if item.closed_at is None}
    carried = 0
    for stage in Stage:
        closing = items.get((duplicate.pk, stage))
        if closing is None:
            continue
        there = items.get((kept.pk, stage))
        if there and (stage is Stage.TITLE_ABSTRACT or there.sought_at):
            votes = carry(closing, there, access.protocol, now)
            carried += len(votes)
            if votes and stage is Stage.FULL_TEXT:
                report_is_here(access, kept)
        closing.closed_at = now
        closing.save(update_fields=["closed_at"])
        for model in (Lease, Postponement):
            model.objects.filter(item=closing).delete()
    return Absorbed(duplicate, kept, carried)


def link(access: ReviewAccess, absorbed: Absorbed, evidence: Evidence, sequence: int) -> Merge:
    """The merge stands in the review and in its log, from this entry on.

    What was merged into the duplicate before is merged into what is kept.
    """
    record, kept = absorbed.record, absorbed.kept
    along = Merge.objects.in_force().filter(kept=record)
    _move(access, along, kept, sequence)
    merge = _merge(access, record, kept, evidence, sequence)
    merge.save()
    look_at_again(access, [record.pk, kept.pk, *_duplicates_of(kept)])
    write_log(
        access,
        "record.merged",
        after={
            "record": record.number,
            "duplicate_of": kept.number,
            "pattern": evidence.pattern,
            "votes_carried": absorbed.carried,
        },
    )
    return merge


@action
def separate(access: ReviewAccess, record: Record, known: Merge | None = None) -> Merge:
    """The record is no duplicate, and stays different from what it was merged into.

    Its items are open again as they were; its votes count there and nowhere else.

    Args:
        known: the merge that is meant, if the record was merged and separated more than once.

    Raises:
        Refused: it is not merged into another, or a vote of it is part of what was resolved.
    """
    lock_membership(access, Right.MERGE)
    lock_review(access.review.pk)
    merge = _merge_of(access, record, known)
    _leave(access, merge, [record.pk])
    sequence = next_sequence(access)
    _end(merge, sequence)
    first, second = sorted([merge.record_id, merge.kept_id])
    Distinction.objects.create(
        review=access.review,
        first_id=first,
        second_id=second,
        **_said(access, sequence),
    )
    _tell_of_separation(access, merge, are_different=True)
    return merge


@action
def take_back_merge(access: ReviewAccess, merge: Merge) -> Merge:
    """Both groups are as they were before they were merged, and may be merged again.

    Raises:
        Refused: the record left since, or a vote of it is part of what was resolved.
    """
    lock_membership(access, Right.MERGE)
    lock_review(access.review.pk)
    merge = _merge_of(access, merge.record, merge)
    of_same_action = {"started_at_sequence": merge.started_at_sequence, "kept": merge.kept_id}
    along = Merge.objects.in_force().filter(**of_same_action).exclude(pk=merge.pk)
    came_along = along.filter(
        record__in=Merge.objects.filter(
            kept=merge.record_id, ended_at_sequence=merge.started_at_sequence
        ).values("record")
    )
    followers = list(came_along.values_list("record", flat=True))
    _leave(access, merge, [merge.record_id, *followers])
    sequence = next_sequence(access)
    _end(merge, sequence)
    _move(access, came_along, merge.record, sequence)
    _tell_of_separation(access, merge, are_different=False)
    return merge


def _leave(access: ReviewAccess, merge: Merge, leaving: Collection[int]) -> None:
    """No vote counts across; the record that was merged is up for screening again."""
    now, protocol = timezone.now(), access.protocol
    group = [merge.kept_id, *_duplicates_of(merge.kept)]
    locked = locked_items(group)
    shorter = take_back_carried(group, leaving, protocol, now)
    latest = {
        item.stage: item
        for item in sorted(locked, key=lambda item: item.round)
        if item.record_id == merge.record_id
    }
    # The report first: whether it is sought follows from the record.
    for stage in reversed(Stage):
        if stage in latest:
            item = ScreeningItem.objects.get(pk=latest[stage].pk)
            item.closed_at = None
            item.save(update_fields=["closed_at"])
            add_up_again(item, protocol, now)
    for item in (*latest.values(), *shorter):
        look_again_from(access, Stage(item.stage), item.rank)


def _tell_of_separation(access: ReviewAccess, merge: Merge, *, are_different: bool) -> None:
    look_at_again(
        access,
        [
            merge.record_id,
            *_duplicates_of(merge.record),
            merge.kept_id,
            *_duplicates_of(merge.kept),
        ],
    )
    numbers = {"record": merge.record.number, "duplicate_of": merge.kept.number}
    write_log(access, "record.separated", before=numbers, after={"are_different": are_different})


def _merge_of(access: ReviewAccess, record: Record, known: Merge | None = None) -> Merge:
    merges = access.scope(Merge).in_force().select_related("record", "kept")
    merge = merges.filter(record=record).first()
    if merge is None or (known and merge.pk != known.pk):
        raise Refused(
            f"Record {record.number} is not merged like that any more. Nothing was changed."
        )
    return merge


def _duplicates_of(record: Record) -> list[int]:
    return list(Merge.objects.in_force().filter(kept=record).values_list("record", flat=True))


def _move(access: ReviewAccess, merges, kept: Record, sequence: int) -> None:
    """What these say of their records is said of another that is kept now."""
    for merge in list(merges):
        _end(merge, sequence)
        evidence = Evidence(merge.pattern, merge.score, merge.measures)
        _merge(access, merge.record, kept, evidence, sequence).save()


def _end(merge: Merge, sequence: int) -> None:
    merge.ended_at_sequence = sequence
    merge.save(update_fields=["ended_at_sequence"])


def _merge(
    access: ReviewAccess, record: Record, kept: Record, evidence: Evidence, sequence: int
) -> Merge:
    return Merge(
        review=access.review,
        record=record,
        kept=kept,
        pattern=evidence.pattern,
        score=evidence.score,
        measures=evidence.measures,
        **_said(access, sequence),
    )


def _said(access: ReviewAccess, sequence: int) -> dict[str, object]:
    return {
        "said_by": access.user,
        "said_at": timezone.now(),
        "started_at_sequence": sequence,
    }
