"""The protocol of a review: edited in place until the first vote, frozen from then on."""

from collections.abc import Iterable
from typing import Any

from screening.access import Refused, ReviewAccess, Right
from screening.actions.base import action, lock_membership
from screening.actions.log import write_log
from screening.models import (
    Criterion,
    ExclusionReason,
    HighlightTerm,
    Protocol,
    ScreeningItem,
    Vote,
)
from screening.outline import Entry, Reason, Term
from screening.rules import Stage

PLAIN = (
    "question",
    "framework",
    "registration",
    "quorum_title_abstract",
    "quorum_full_text",
    "maybe_policy",
    "resolution_mode",
    "names_shown_in_conflicts",
)
LISTS = ("include", "exclude", "reasons", "terms")


class ProtocolFrozen(Refused):
    """Somebody has voted under this protocol."""


@action
def edit_protocol(access: ReviewAccess, **fields: Any) -> Protocol:
    """The protocol in force says what `fields` say; what they leave out stays.

    A new quorum is also that of every open item at its stage. Whether a vote exists is asked
    again under the lock of the log's head: a vote that is logged before this edit is seen, one
    logged after it was cast under the edited protocol.

    Args:
        fields: plain fields of Protocol; `include` and `exclude` as lists of outline entries,
            `reasons` and `terms` as lists of theirs.

    Raises:
        ProtocolFrozen: there is a vote, also one taken back; nothing was changed.
        ValidationError: a value the model refuses.
    """
    if unknown := fields.keys() - {*PLAIN, *LISTS}:
        raise TypeError(f"a protocol has no {', '.join(sorted(unknown))}")
    lock_membership(access, Right.PROTOCOL)
    _refuse_when_frozen(access)
    protocol = _lock_protocol(access)
    before = _snapshot(access, protocol)
    for stage in Stage:
        quorum = fields.get(f"quorum_{stage}", protocol.quorum(stage))
        if quorum != protocol.quorum(stage):
            _change_quorum(access, stage, quorum)
    for name in fields.keys() & set(PLAIN):
        setattr(protocol, name, fields[name])
    protocol.full_clean(exclude=["review"])
    protocol.save()
    for kind in Criterion.Kind.values:
        if kind in fields:
            _replace_criteria(protocol, kind, fields[kind])
    if "reasons" in fields:
        _replace_reasons(access, fields["reasons"])
    if "terms" in fields:
        _replace_terms(access, fields["terms"])
    _log_changes(access, "protocol.edited", before, _snapshot(access, protocol))
    _refuse_when_frozen(access)
    return protocol


@action
def set_highlight_terms(access: ReviewAccess, terms: Iterable[Term]) -> None:
    """These terms are marked in titles and abstracts. Never frozen: they help to read."""
    lock_membership(access, Right.PROTOCOL)
    protocol = _lock_protocol(access)
    before = _snapshot(access, protocol)
    _replace_terms(access, terms)
    _log_changes(access, "terms.changed", before, _snapshot(access, protocol))


def is_frozen(access: ReviewAccess) -> bool:
    """Whether anybody has voted in this review, also when the vote was taken back."""
    return access.scope(Vote).exists()


def _refuse_when_frozen(access: ReviewAccess) -> None:
    if is_frozen(access):
        raise ProtocolFrozen(
            "The protocol is frozen since the first vote, and nothing was changed: all records "
            "are to be judged by the same criteria. Amendments come with a later version."
        )


def _lock_protocol(access: ReviewAccess) -> Protocol:
    """The protocol in force, as it is now; others who would edit it wait, votes do not."""
    Protocol.objects.select_for_update(no_key=True).get(pk=access.protocol.pk)
    access.protocol.refresh_from_db()
    return access.protocol


def _change_quorum(access: ReviewAccess, stage: Stage, quorum: int) -> None:
    items = access.scope(ScreeningItem).open().at(stage)
    locked = items.order_by("pk").select_for_update(no_key=True, of=("self",))
    list(locked.values_list("pk"))
    items.update(quorum=quorum)


def _replace_criteria(protocol: Protocol, kind: str, entries: Iterable[Entry]) -> None:
    old = protocol.criteria.filter(kind=kind)
    proposed = set(old.filter(is_proposal=True).values_list("text", "hint"))
    old.delete()
    Criterion.objects.bulk_create(
        Criterion(
            protocol=protocol,
            kind=kind,
            position=position,
            text=entry.text,
            hint=entry.hint,
            is_proposal=(entry.text, entry.hint) in proposed,
        )
        for position, entry in enumerate(entries, start=1)
    )


def _replace_reasons(access: ReviewAccess, reasons: Iterable[Reason]) -> None:
    """Nothing refers to a reason before the first vote, so that none needs to be retired."""
    old = access.scope(ExclusionReason)
    proposed = set(old.filter(is_proposal=True).values_list("label", "hint"))
    old.delete()
    ExclusionReason.objects.bulk_create(
        ExclusionReason(
            review=access.review,
            code=reason.code,
            position=position,
            label=reason.label,
            hint=reason.hint,
            is_proposal=(reason.label, reason.hint) in proposed,
        )
        for position, reason in enumerate(reasons, start=1)
    )


def _replace_terms(access: ReviewAccess, terms: Iterable[Term]) -> None:
    access.scope(HighlightTerm).delete()
    sides = {True: HighlightTerm.Side.AGAINST, False: HighlightTerm.Side.FOR}
    HighlightTerm.objects.bulk_create(
        HighlightTerm(review=access.review, text=term.text, side=sides[term.against])
        for term in terms
    )


def _snapshot(access: ReviewAccess, protocol: Protocol) -> dict[str, Any]:
    """Everything an edit may change, as JSON values."""
    criteria = list(protocol.criteria.order_by("position").values("kind", "text", "hint"))
    reasons = access.scope(ExclusionReason).order_by("position")
    terms = access.scope(HighlightTerm).order_by("text")
    return {
        **{name: getattr(protocol, name) for name in PLAIN},
        "include": [_worded(row) for row in criteria if row["kind"] == "include"],
        "exclude": [_worded(row) for row in criteria if row["kind"] == "exclude"],
        "reasons": list(reasons.values("code", "label", "hint")),
        "terms": list(terms.values("text", "side")),
    }


def _worded(criterion: dict[str, str]) -> dict[str, str]:
    return {"text": criterion["text"], "hint": criterion["hint"]}


def _log_changes(
    access: ReviewAccess, name: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    changed = [key for key in after if after[key] != before[key]]
    if changed:
        write_log(
            access,
            name,
            before={key: before[key] for key in changed},
            after={key: after[key] for key in changed},
        )
