"""A review with everything in it, made by the actions people use, for tests that walk all of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from screening.access import ReviewAccess, access_for
from screening.actions import conflicts
from screening.actions.adjustments import add_adjustment
from screening.actions.distinctions import tell_apart
from screening.actions.importing import preview_import
from screening.actions.jobs import ask_to_look
from screening.actions.merging import merge_records
from screening.actions.people import change_roles, invite
from screening.actions.reviews import create_review
from screening.actions.storing import commit_import
from screening.actions.together import Brought, bring_together, store_together
from screening.actions.voting import Ballot, cast_vote, postpone
from screening.models import (
    Adjustment,
    Bundle,
    Distinction,
    DuplicateQuestion,
    Import,
    Invitation,
    Job,
    Merge,
    Record,
    Review,
    Role,
    ScreeningItem,
    Source,
)
from screening.rules import Decision, Stage
from tests.clock import complete_since
from tests.conftest import join
from tests.factories import UserFactory
from tests.screening.bibliography import ris

TA = Stage.TITLE_ABSTRACT
YES, NO, MAYBE = Decision.INCLUDE, Decision.EXCLUDE, Decision.MAYBE

CAST = {
    "Alice": (Role.REVIEWER,),
    "Bob": (Role.REVIEWER,),
    "Carol": (Role.ADJUDICATOR,),
    "Libby": (Role.LIBRARIAN,),
    "Olive": (Role.OBSERVER,),
}
THIRD = {"Lena": (Role.LEAD, Role.REVIEWER)}

# What happened to each record. Alice's votes on those that are not settled are for the tests.
STORIES = {
    "unseen": {},
    "put off": {},
    "Alice alone": {},
    "Bob alone": {"Bob": YES},
    "both, not settled": {"Bob": YES},
    "agreed to include": {"Alice": YES, "Bob": MAYBE},
    "agreed to exclude": {"Alice": NO, "Bob": NO},
    "open conflict": {"Alice": YES, "Bob": NO},
    "proposed": {"Alice": NO, "Bob": MAYBE},
    "adjudicated": {"Alice": YES, "Bob": NO},
    "discussed": {"Alice": YES, "Bob": NO},
    "last": {},
    "copy": {},
}


@dataclass
class World:
    review: Review
    people: dict[str, ReviewAccess]
    records: dict[str, Record]
    source: Source
    committed: Import
    previewed: Import
    invitation: Invitation
    token: str
    adjustment: Adjustment
    bundle: Bundle
    job: Job
    question: DuplicateQuestion | None = None
    merge: Merge | None = None
    distinction: Distinction | None = None

    def access(self, name: str) -> ReviewAccess:
        """As every request has it: nothing remembered from before."""
        return access_for(self.people[name].user, self.review.pk)

    def item(self, story: str) -> ScreeningItem:
        return ScreeningItem.objects.at(TA).get(record=self.records[story])

    def vote(self, name: str, story: str, decision: Decision, **ballot: Any) -> None:
        said = Ballot(decision, **ballot)
        cast_vote(self.access(name), self.records[story], said, stage=TA)

    def settle(self, stories: Iterable[str]) -> None:
        """An hour has passed since these records got their votes."""
        items = ScreeningItem.objects.filter(record__in=[self.records[name] for name in stories])
        complete_since(timezone.now() - timedelta(hours=1), items)


def whole_review(folder: Path, *, shared: bool = False) -> World:
    """Dora leads it and does not vote, whatever her role allows.

    Args:
        shared: a third reviewer, Lena, shares the queue; she is a lead as well.
    """
    dora = UserFactory(name="Dora")
    access = create_review(
        dora, title="Everything in one", template="synthetic_images_diagnostic_imaging"
    )
    review = access.review
    team = CAST | (THIRD if shared else {})
    change_roles(access, access.membership, [Role.LEAD])
    access = access_for(dora, review.pk)
    people = {"Dora": access, **{name: join(review, name, *team[name]) for name in team}}
    source = access.scope(Source).first() or Source(name="PubMed", review=review)
    committed = commit_import(access, _upload(access, source, folder / "all.ris", len(STORIES)))
    source = committed.source
    previewed = _upload(access, source, folder / "more.ris", 2, first=500, untitled={501})
    review.refresh_from_db()
    records = dict(zip(STORIES, Record.objects.order_by("rank"), strict=False))
    invitation, token = invite(access_for(dora, review.pk), email="new@x.org", roles=["reviewer"])
    adjustment = add_adjustment(
        access_for(dora, review.pk), box="duplicates", number=12, why="Removed before the import."
    )
    bundle = bring_together(access_for(dora, review.pk), [_brought(folder, "scopus.ris", 600)])
    stored_later = bring_together(access_for(dora, review.pk), [_brought(folder, "mine.ris", 700)])
    job = store_together(access_for(dora, review.pk), stored_later, {})
    world = World(
        review,
        people,
        records,
        source,
        committed,
        previewed,
        invitation,
        token,
        adjustment,
        bundle,
        job,
    )
    for story, votes in STORIES.items():
        for name, decision in votes.items():
            world.vote(name, story, decision, note=f"{name} on a record: {story}", seconds=7)
    settled = [story for story, votes in STORIES.items() if len(votes) == 2]
    world.settle(settled)
    postpone(world.access("Bob"), records["put off"], stage=TA)
    _end_conflicts(world)
    _decide_about_duplicates(world)
    ask_to_look(world.access("Libby"))
    return world


def _upload(access: ReviewAccess, source: Source, path: Path, count: int, **entries: Any) -> Import:
    path.write_text(ris(count, **entries))
    return preview_import(access, source, path, path.name)


def _brought(folder: Path, name: str, first: int) -> Brought:
    path = folder / name
    path.write_text(ris(2, first=first))
    return Brought(name, path)


def _end_conflicts(world: World) -> None:
    def proposal(story: str, decision: Decision) -> dict[str, Any]:
        made = conflicts.propose(
            world.access("Alice"),
            world.records[story],
            stage=TA,
            decision=decision,
            rationale="We looked at it again.",
        )
        return {"stage": TA, "proposal_pk": made.pk}

    proposal("proposed", NO)
    answered = proposal("discussed", YES)
    conflicts.confirm(world.access("Bob"), world.records["discussed"], **answered)
    conflicts.refer(world.access("Dora"), world.records["adjudicated"], stage=TA, why="Stuck.")
    conflicts.adjudicate(
        world.access("Carol"),
        world.records["adjudicated"],
        stage=TA,
        decision=NO,
        rationale="Not about images.",
    )


def _decide_about_duplicates(world: World) -> None:
    """One merge, late; one pair told apart; one question. Of records that have votes to hide."""
    records = world.records
    both = records["copy"], records["both, not settled"]
    world.merge = merge_records(world.access("Dora"), *both)
    told = (records["agreed to include"], records["Bob alone"])
    world.distinction = tell_apart(world.access("Libby"), *told)
    first, second = sorted(
        (records["Alice alone"], records["unseen"]), key=lambda record: record.pk
    )
    world.question = DuplicateQuestion.objects.create(
        review=world.review, first=first, second=second, reason="unsure", score=0.4
    )
