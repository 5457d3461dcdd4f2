"""Reviews of any size, for measuring: through the real import, votes by the thousand."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from django.db import transaction
from django.utils import timezone

from screening.access import ReviewAccess
from screening.actions.importing import preview_import
from screening.actions.log import TICK, digest_of
from screening.actions.outcomes import added_up
from screening.actions.reviews import create_review
from screening.actions.storing import commit_import
from screening.bulk import seek_reports
from screening.example import TEMPLATE
from screening.example.people import accounts, join
from screening.example.synthetic import write_ris
from screening.models import (
    LogEntry,
    LogHead,
    QueuePosition,
    Review,
    Role,
    ScreeningItem,
    Source,
    Vote,
)
from screening.rules import COMPLETE, Decision, Outcome, Stage

STAGE = Stage.TITLE_ABSTRACT
ITEMS_AT_ONCE = 2_000
DECISIONS = {Decision.EXCLUDE: 88, Decision.INCLUDE: 8, Decision.MAYBE: 4}
AGREED = 0.93


def build_review(
    *, records: int, reviewers: int, password: str, voted: float = 0.0, voters: int = 2
) -> Review:
    """There is a review of so many invented records, led by the first of its reviewers.

    Args:
        voted: share of the records, in the order of screening, that have votes.
        voters: how many reviewers, from the first on, have cast these votes.
    """
    people = [(f"Reviewer {n}", f"reviewer{n}@example.org") for n in range(1, reviewers + 1)]
    *users, adjudicator = accounts([*people, ("Adjudicator", "adjudicator@example.org")], password)
    title = f"Synthetic review of {records:,} invented records"
    lead = create_review(users[0], title=title, template=TEMPLATE)
    team = [lead, *(join(lead.review, user, Role.REVIEWER) for user in users[1:])]
    join(lead.review, adjudicator, Role.ADJUDICATOR)
    _import_records(lead, records)
    cast_in_bulk(team[:voters], round(records * voted))
    return lead.review


def cast_in_bulk(voters: Sequence[ReviewAccess], count: int) -> None:
    """The first items of the queue have a vote of each voter, as if cast one by one."""
    chance = Random(count)  # noqa: S311 -- repeatable, no secret
    lead = voters[0]
    items = lead.scope(ScreeningItem).at(STAGE).order_by("rank", "pk").select_related("record")
    queue = items.only("pk", "review", "stage", "round", "quorum", "rank", "record__number")
    remaining = iter(queue[:count].iterator(ITEMS_AT_ONCE))
    while some := list(islice(remaining, ITEMS_AT_ONCE)):
        _cast_on(some, voters, chance)


@transaction.atomic
def _cast_on(
    items: Sequence[ScreeningItem], voters: Sequence[ReviewAccess], chance: Random
) -> None:
    """These items have votes, outcomes and log entries; whole, or not at all."""
    protocol = voters[0].protocol
    head = LogHead.objects.select_for_update().get(review=voters[0].review)
    votes, entries = [], []
    outcomes: dict[Outcome, list[int]] = {}
    at = max(timezone.now(), head.at)
    for item in items:
        decisions = _decisions(len(voters), chance)
        for slot, (voter, decision) in enumerate(zip(voters, decisions, strict=True), start=1):
            at += TICK
            vote = Vote(
                item=item,
                reviewer=voter.user,
                protocol=protocol,
                slot=slot,
                quorum=item.quorum,
                decision=decision,
                seconds=chance.randrange(5, 60),
                cast_at=at,
            )
            votes.append(vote)
            entries.append(_logged(voter, item, vote, head))
        outcomes.setdefault(added_up(item, decisions, protocol), []).append(item.pk)
    Vote.objects.bulk_create(votes)
    LogEntry.objects.bulk_create(entries)
    for new, pks in outcomes.items():
        completed_at = at if new in COMPLETE else None
        ScreeningItem.objects.filter(pk__in=pks).update(outcome=new, completed_at=completed_at)
    seek_reports()
    head.save(update_fields=["sequence", "at", "digest"])
    for voter in voters:
        QueuePosition.objects.update_or_create(
            review=voter.review,
            reviewer=voter.user,
            stage=STAGE,
            defaults={"rank": items[-1].rank},
        )


def _decisions(voters: int, chance: Random) -> list[Decision]:
    first, *others = chance.choices(list(DECISIONS), list(DECISIONS.values()), k=voters)
    return [first, *(first if chance.random() < AGREED else other for other in others)]


def _logged(access: ReviewAccess, item: ScreeningItem, vote: Vote, head: LogHead) -> LogEntry:
    """The entry `cast_vote` would write; `head` moves on to it."""
    after = {
        "record": item.record.number,
        "stage": item.stage,
        "round": item.round,
        "vote": vote.decision,
        "note": vote.note,
        "slot": vote.slot,
    }
    head.sequence += 1
    head.at = vote.cast_at
    head.digest = digest_of(
        head.digest,
        sequence=head.sequence,
        at=head.at,
        actor=access.membership.number,
        action="vote.cast",
        before=None,
        after=after,
        why="",
    )
    return LogEntry(
        review=access.review,
        sequence=head.sequence,
        at=head.at,
        actor=access.membership,
        action="vote.cast",
        item=item,
        after=after,
        digest=head.digest,
    )


def _import_records(access: ReviewAccess, count: int) -> None:
    source = Source(
        name="Invented records",
        notes="No search was run: titles, abstracts, people and journals are made up.",
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"synthetic-{count}.ris"
        write_ris(path, count)
        commit_import(access, preview_import(access, source, path, path.name, count_up_to=0))
