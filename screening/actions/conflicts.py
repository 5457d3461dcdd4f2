"""How conflicts end: by discussion among the voters, or by adjudication."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from screening.access import Refused, ReviewAccess, Right, access_for
from screening.actions.base import action, lock_membership
from screening.actions.log import write_log
from screening.actions.outcomes import added_up, reasons_of, write_outcome
from screening.actions.reasons import reasons_given
from screening.conflicts import Deed, Panel, panel_of
from screening.models import (
    Confirmation,
    Proposal,
    Record,
    Referral,
    Resolution,
    ScreeningItem,
)
from screening.rules import Decision, Stage

PROPOSAL_IS_CLOSED = "That proposal is not open any more. Nothing was changed."
FOR_OTHERS = {
    Deed.PROPOSE: "Only the voters and the lead discuss a conflict.",
    Deed.CONFIRM: "This proposal is for the other voters to confirm.",
    Deed.DECLINE: "This proposal is for the other voters to decline.",
    Deed.WITHDRAW: "A proposal is withdrawn by whoever made it, or by the lead.",
    Deed.REFER: "Only the lead sends a conflict to adjudication.",
    Deed.ADJUDICATE: "A conflict is adjudicated by somebody with the role who did not vote on it.",
}


class AlreadyResolved(Refused):
    """The conflict ended while the page was open."""


def check_open(panel: Panel, deed: Deed) -> None:
    """The deed is open to the viewer of the panel.

    Raises:
        AlreadyResolved: there is no conflict any more.
        PermissionDenied: it is for others to do.
        Refused: it cannot be done as things stand.
    """
    if panel.resolution:
        raise AlreadyResolved(_not_in_conflict(panel.item.record))
    if panel.offers(deed):
        return
    if not _is_for(panel, deed):
        raise PermissionDenied(FOR_OTHERS[deed])
    if deed is Deed.REFER:
        raise Refused("This conflict waits for adjudication already. Nothing was changed.")
    if deed is Deed.ADJUDICATE:
        raise Refused(
            "The voters discuss this conflict; the lead can send it to adjudication. "
            "Nothing was changed."
        )
    if deed is Deed.PROPOSE and panel.proposal:
        raise Refused("There is an open proposal already: confirm or decline that one first.")
    if deed is Deed.PROPOSE:
        raise Refused("This conflict waits for adjudication. Nothing was changed.")
    if panel.proposal:
        raise Refused("You have confirmed this proposal already. Nothing was changed.")
    raise Refused(PROPOSAL_IS_CLOSED)


@action
def propose(
    access: ReviewAccess,
    record: Record,
    *,
    stage: Stage,
    decision: Decision,
    rationale: str,
    reason: str = "",
    present: str = "",
) -> Proposal:
    """A decision is put to the other voters; it stands at once when nobody else is left to ask.

    Args:
        reason: the code of the reason to exclude a report.

    Raises:
        AlreadyResolved: there is no conflict any more.
        Refused: there is an open proposal, discussion is not the way here, or a report would be
            excluded without a reason.
    """
    panel = _lock_conflict(access, record, stage, Deed.PROPOSE)
    reasons = reasons_given(access, stage, decision, [reason])
    proposal = Proposal.objects.create(
        item=panel.item,
        proposed_by=access.user,
        proposed_at=timezone.now(),
        decision=decision,
        reason=reasons[0] if reasons else None,
        rationale=rationale,
        present=present,
    )
    if panel.would_stand_at_once:
        _let_stand(panel, proposal)
    else:
        _log(panel, "conflict.proposed", why=rationale, **_decided(proposal))
    return proposal


@action
def confirm(access: ReviewAccess, record: Record, *, stage: Stage, proposal_pk: int) -> Proposal:
    """The voter agrees; once every other active voter did, the proposal stands.

    When whoever had still to confirm has left the review, anybody who takes part lets it stand.
    """
    panel = _lock_conflict(access, record, stage, Deed.CONFIRM)
    proposal = _open_proposal(panel, proposal_pk)
    if panel.may_confirm:
        Confirmation.objects.create(
            proposal=proposal, confirmed_by=access.user, confirmed_at=timezone.now()
        )
    if panel.waiting_for <= {access.user.pk}:
        _let_stand(panel, proposal)
    else:
        _log(panel, "conflict.confirmed", decision=proposal.decision)
    return proposal


@action
def decline(
    access: ReviewAccess, record: Record, *, stage: Stage, proposal_pk: int, sentence: str
) -> Proposal:
    """The open proposal is closed with a sentence; the discussion goes on."""
    panel = _lock_conflict(access, record, stage, Deed.DECLINE)
    proposal = _open_proposal(panel, proposal_pk)
    _close(panel, proposal, Proposal.Ending.DECLINED, timezone.now(), sentence)
    _log(panel, "conflict.declined", decision=proposal.decision, why=sentence)
    return proposal


@action
def withdraw(access: ReviewAccess, record: Record, *, stage: Stage, proposal_pk: int) -> Proposal:
    """The open proposal is gone; whoever made it, or the lead, may take it back."""
    panel = _lock_conflict(access, record, stage, Deed.WITHDRAW)
    proposal = _open_proposal(panel, proposal_pk)
    _close(panel, proposal, Proposal.Ending.WITHDRAWN, timezone.now())
    _log(panel, "conflict.withdrawn", decision=proposal.decision)
    return proposal


@action
def refer(access: ReviewAccess, record: Record, *, stage: Stage, why: str = "") -> Referral:
    """The conflict is sent to adjudication; an open proposal ends with that."""
    panel = _lock_conflict(access, record, stage, Deed.REFER)
    now = timezone.now()
    if panel.proposal:
        _close(panel, panel.proposal, Proposal.Ending.REFERRED, now)
    referral = Referral.objects.create(
        item=panel.item, referred_by=access.user, referred_at=now, why=why
    )
    _log(panel, "conflict.referred", why=why)
    return referral


@action
def adjudicate(
    access: ReviewAccess,
    record: Record,
    *,
    stage: Stage,
    decision: Decision,
    rationale: str,
    reason: str = "",
) -> Resolution:
    """The conflict is resolved by somebody who did not vote on it.

    Raises:
        AlreadyResolved: somebody else resolved it first; nothing was changed.
    """
    panel = _lock_conflict(access, record, stage, Deed.ADJUDICATE)
    reasons = reasons_given(access, stage, decision, [reason])
    now = timezone.now()
    if panel.proposal:
        _close(panel, panel.proposal, Proposal.Ending.REFERRED, now)
    return _resolve(
        panel,
        Resolution(
            item=panel.item,
            mode=Resolution.Mode.ADJUDICATION,
            decision=decision,
            reason=reasons[0] if reasons else None,
            rationale=rationale,
            resolved_by=access.user,
            resolved_at=now,
        ),
    )


def _is_for(panel: Panel, deed: Deed) -> bool:
    """Whether the viewer could do it, were the conflict in another state."""
    access = panel.access
    if deed is Deed.ADJUDICATE:
        return access.may(Right.RESOLVE) and not panel.is_voter
    if deed is Deed.REFER:
        return access.is_lead
    if deed is Deed.PROPOSE or panel.proposal is None:
        return panel.takes_part
    is_mine = panel.proposal.proposed_by_id == access.user.pk
    return panel.is_active_voter and not is_mine and deed is not Deed.WITHDRAW


def _lock_conflict(access: ReviewAccess, record: Record, stage: Stage, deed: Deed) -> Panel:
    """The conflict as it stands under the lock of its item, for the actor with today's roles."""
    lock_membership(access, Right.READ)
    items = access.scope(ScreeningItem).open().at(stage).filter(record=record)
    item = items.select_for_update(no_key=True, of=("self",)).select_related("record").first()
    if item is None:
        raise Refused("This record is not up for screening at this stage.")
    if not access.scope(ScreeningItem).in_conflict().filter(pk=item.pk).exists():
        raise AlreadyResolved(_not_in_conflict(record))
    panel = panel_of(access_for(access.user, access.review.pk), item)
    check_open(panel, deed)
    return panel


def _not_in_conflict(record: Record) -> str:
    return f"Record {record.number} is not in conflict, or not any more. Nothing was changed."


def _open_proposal(panel: Panel, proposal_pk: int) -> Proposal:
    if panel.proposal is None or panel.proposal.pk != proposal_pk:
        raise Refused(PROPOSAL_IS_CLOSED)
    return panel.proposal


def _let_stand(panel: Panel, proposal: Proposal) -> Resolution:
    now = timezone.now()
    _close(panel, proposal, Proposal.Ending.ACCEPTED, now)
    return _resolve(
        panel,
        Resolution(
            item=panel.item,
            mode=Resolution.Mode.DISCUSSION,
            decision=proposal.decision,
            reason=proposal.reason,
            rationale=proposal.rationale,
            proposal=proposal,
            resolved_by=proposal.proposed_by,
            resolved_at=now,
        ),
    )


def _resolve(panel: Panel, resolution: Resolution) -> Resolution:
    resolution.save(force_insert=True)
    item = panel.item
    votes = list(item.votes.current())
    before = item.outcome
    protocol = panel.access.protocol
    new = added_up(
        item,
        [vote.decision for vote in votes],
        protocol,
        reasons=reasons_of(votes),
        resolution=resolution.decision,
    )
    write_outcome(item, new, protocol, completed_at=item.completed_at)
    _log(
        panel,
        "conflict.resolved",
        before={"outcome": before},
        why=resolution.rationale,
        mode=resolution.mode,
        outcome=new,
        **_decided(resolution),
    )
    return resolution


def _decided(decided: Proposal | Resolution) -> dict[str, str]:
    reason = {"reason": decided.reason.code} if decided.reason else {}
    return {"decision": decided.decision, **reason}


def _close(
    panel: Panel,
    proposal: Proposal,
    ending: Proposal.Ending,
    now: datetime,
    sentence: str = "",
) -> None:
    proposal.ending = ending
    proposal.closed_at = now
    proposal.closed_by = panel.access.user
    proposal.closing_sentence = sentence
    proposal.save(update_fields=["ending", "closed_at", "closed_by", "closing_sentence"])


def _log(
    panel: Panel,
    action_name: str,
    *,
    why: str = "",
    before: Any = None,
    **after: str,
) -> None:
    item = panel.item
    place = {"record": item.record.number, "stage": item.stage, "round": item.round}
    after = {**place, **after}
    write_log(panel.access, action_name, item=item, before=before, after=after, why=why)
