"""How conflicts end: by discussion among the voters, or by adjudication."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from screening.access import Refused, ReviewAccess, Right
from screening.actions.base import action, lock_membership
from screening.actions.log import write_log
from screening.actions.outcomes import added_up, write_outcome
from screening.conflicts import Panel
from screening.models import (
    Confirmation,
    Proposal,
    Record,
    Referral,
    Resolution,
    ScreeningItem,
)
from screening.rules import Decision, Outcome, Stage, still_to_confirm


class AlreadyResolved(Refused):
    """The conflict ended while the page was open."""


@action
def propose(
    access: ReviewAccess,
    record: Record,
    *,
    stage: Stage,
    decision: Decision,
    rationale: str,
    present: str = "",
) -> Proposal:
    """A decision is put to the other voters; it stands at once when nobody else is left to ask.

    Raises:
        AlreadyResolved: there is no conflict any more.
        Refused: there is an open proposal, or discussion is not the way here.
    """
    item, panel = _lock_conflict(access, record, stage)
    if not panel.may_propose:
        raise PermissionDenied("Only the voters and the lead discuss a conflict.")
    if panel.proposal:
        raise Refused("There is an open proposal already: confirm or decline that one first.")
    now = timezone.now()
    proposal = Proposal.objects.create(
        item=item,
        proposed_by=access.user,
        proposed_at=now,
        decision=decision,
        rationale=rationale,
        present=present,
    )
    _log(access, item, record, "conflict.proposed", decision=decision, rationale=rationale)
    _stand_if_confirmed(access, item, record, proposal, panel, now)
    return proposal


@action
def confirm(access: ReviewAccess, record: Record, *, stage: Stage, proposal_pk: int) -> Proposal:
    """The voter agrees; once every other active voter did, the proposal stands."""
    item, panel = _lock_conflict(access, record, stage)
    proposal = _open_proposal(panel, proposal_pk)
    if not panel.may_confirm:
        raise PermissionDenied("This proposal is for the other voters to confirm.")
    now = timezone.now()
    Confirmation.objects.create(proposal=proposal, confirmed_by=access.user, confirmed_at=now)
    _log(access, item, record, "conflict.confirmed", decision=proposal.decision)
    _stand_if_confirmed(access, item, record, proposal, panel, now)
    return proposal


@action
def decline(
    access: ReviewAccess, record: Record, *, stage: Stage, proposal_pk: int, sentence: str
) -> Proposal:
    """The open proposal is closed with a sentence; the discussion goes on."""
    item, panel = _lock_conflict(access, record, stage)
    proposal = _open_proposal(panel, proposal_pk)
    if not panel.may_confirm:
        raise PermissionDenied("This proposal is for the other voters to decline.")
    _close(access, proposal, Proposal.Ending.DECLINED, sentence)
    _log(access, item, record, "conflict.declined", rationale=sentence)
    return proposal


@action
def withdraw(access: ReviewAccess, record: Record, *, stage: Stage, proposal_pk: int) -> Proposal:
    """The open proposal is gone; whoever made it, or the lead, may take it back."""
    item, panel = _lock_conflict(access, record, stage)
    proposal = _open_proposal(panel, proposal_pk)
    if not panel.may_withdraw:
        raise PermissionDenied("A proposal is withdrawn by whoever made it, or by the lead.")
    _close(access, proposal, Proposal.Ending.WITHDRAWN)
    _log(access, item, record, "conflict.withdrawn")
    return proposal


@action
def refer(access: ReviewAccess, record: Record, *, stage: Stage, why: str = "") -> Referral:
    """The conflict is sent to adjudication; an open proposal ends with that."""
    item, panel = _lock_conflict(access, record, stage)
    if not panel.may_refer:
        raise PermissionDenied("Only the lead sends a conflict to adjudication.")
    if panel.proposal:
        _close(access, panel.proposal, Proposal.Ending.REFERRED)
    referral = Referral.objects.create(
        item=item, referred_by=access.user, referred_at=timezone.now(), why=why
    )
    _log(access, item, record, "conflict.referred", rationale=why)
    return referral


@action
def adjudicate(
    access: ReviewAccess, record: Record, *, stage: Stage, decision: Decision, rationale: str
) -> Resolution:
    """The conflict is resolved by somebody who did not vote on it.

    Raises:
        AlreadyResolved: somebody else resolved it first; nothing was changed.
    """
    item, panel = _lock_conflict(access, record, stage)
    if not panel.may_adjudicate:
        raise PermissionDenied(
            "A conflict is adjudicated by somebody with the role who did not vote on it."
        )
    now = timezone.now()
    if panel.proposal:
        _close(access, panel.proposal, Proposal.Ending.REFERRED)
    return _resolve(
        access,
        item,
        record,
        Resolution(
            item=item,
            mode=Resolution.Mode.ADJUDICATION,
            decision=decision,
            rationale=rationale,
            resolved_by=access.user,
            resolved_at=now,
        ),
    )


def _lock_conflict(
    access: ReviewAccess, record: Record, stage: Stage
) -> tuple[ScreeningItem, Panel]:
    lock_membership(access, Right.READ)
    items = access.scope(ScreeningItem).open().at(stage).filter(record=record)
    item = items.select_for_update(no_key=True, of=("self",)).first()
    if item is None:
        raise Refused("This record is not up for screening at this stage.")
    if not access.scope(ScreeningItem).in_conflict().filter(pk=item.pk).exists():
        raise AlreadyResolved(
            f"Record {record.number} is not in conflict, or not any more. Nothing was changed."
        )
    return item, Panel.of(access, item)


def _open_proposal(panel: Panel, proposal_pk: int) -> Proposal:
    if panel.proposal is None or panel.proposal.pk != proposal_pk:
        raise Refused("That proposal is not open any more. Nothing was changed.")
    return panel.proposal


def _stand_if_confirmed(
    access: ReviewAccess,
    item: ScreeningItem,
    record: Record,
    proposal: Proposal,
    panel: Panel,
    now: datetime,
) -> None:
    confirmed = proposal.confirmations.values_list("confirmed_by", flat=True)
    missing = still_to_confirm(
        panel.active_voters, proposer=proposal.proposed_by_id, confirmed=list(confirmed)
    )
    if missing:
        return
    _close(access, proposal, Proposal.Ending.ACCEPTED)
    _resolve(
        access,
        item,
        record,
        Resolution(
            item=item,
            mode=Resolution.Mode.DISCUSSION,
            decision=proposal.decision,
            rationale=proposal.rationale,
            proposal=proposal,
            resolved_by=proposal.proposed_by,
            resolved_at=now,
        ),
    )


def _resolve(
    access: ReviewAccess, item: ScreeningItem, record: Record, resolution: Resolution
) -> Resolution:
    resolution.save(force_insert=True)
    decisions = item.votes.current().values_list("decision", flat=True)
    new: Outcome = added_up(item, decisions, access.protocol, resolution.decision)
    if item.completed_at is None:
        raise RuntimeError("an item in conflict is complete")
    write_outcome(item, new, completed_at=item.completed_at)
    _log(
        access,
        item,
        record,
        "conflict.resolved",
        mode=resolution.mode,
        decision=resolution.decision,
        rationale=resolution.rationale,
    )
    return resolution


def _close(
    access: ReviewAccess, proposal: Proposal, ending: Proposal.Ending, sentence: str = ""
) -> None:
    proposal.ending = ending
    proposal.closed_at = timezone.now()
    proposal.closed_by = access.user
    proposal.closing_sentence = sentence
    proposal.save(update_fields=["ending", "closed_at", "closed_by", "closing_sentence"])


def _log(
    access: ReviewAccess,
    item: ScreeningItem,
    record: Record,
    action_name: str,
    *,
    rationale: str = "",
    **after: str,
) -> None:
    place = {"record": record.number, "stage": item.stage, "round": item.round}
    write_log(access, action_name, item=item, after={**place, **after}, why=rationale)
