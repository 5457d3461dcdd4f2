"""Conflicts made by votes, and what is done about them, as a request would do it."""

from django.utils import timezone

from screening import conflicts
from screening.access import access_for
from screening.actions import conflicts as actions
from screening.actions.voting import Ballot, cast_vote
from screening.models import (
    LogEntry,
    Membership,
    ScreeningItem,
)
from screening.rules import Decision, Outcome, Stage
from tests.factories import ItemFactory, RecordFactory

STAGE = Stage.TITLE_ABSTRACT
INCLUDE, EXCLUDE, MAYBE = Decision.INCLUDE, Decision.EXCLUDE, Decision.MAYBE


def set_protocol(review, **fields):
    review.protocols.update(**fields)


def clash(review, *votes, **fields):
    """A record that got these votes: pairs of a voter and a decision."""
    record = RecordFactory(review=review, **fields)
    ItemFactory(review=review, record=record, quorum=len(votes))
    for voter, decision in votes:
        note = f"{voter.user.name} says {decision}."
        cast_vote(again(voter), record, Ballot(Decision(decision), note), stage=STAGE)
    return record


def again(access):
    """The person as a request would find them now."""
    return access_for(access.user, access.review.pk)


def propose(access, record, decision=EXCLUDE, **fields):
    fields = {"rationale": "Mice, not people.", **fields}
    return actions.propose(again(access), record, stage=STAGE, decision=decision, **fields)


def confirm(access, record, proposal):
    return actions.confirm(again(access), record, stage=STAGE, proposal_pk=proposal.pk)


def adjudicate(access, record, decision=EXCLUDE):
    rationale = "The population is wrong."
    return actions.adjudicate(
        again(access), record, stage=STAGE, decision=decision, rationale=rationale
    )


def panel_of(access, record):
    return conflicts.panel_of(again(access), item_of(record))


def item_of(record):
    return ScreeningItem.objects.select_related("record").get(
        record=record, stage=Stage.TITLE_ABSTRACT
    )


def outcome_of(record):
    return Outcome(item_of(record).outcome)


def leave(access):
    Membership.objects.filter(pk=access.membership.pk).update(ended_at=timezone.now())


def logged():
    entries = LogEntry.objects.filter(action__startswith="conflict").order_by("sequence")
    return [(one.actor.name, one.action) for one in entries]
