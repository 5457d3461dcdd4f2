"""The protocol of a review, until the first vote; `amendments` changes it from then on."""

from collections.abc import Iterable
from typing import Any

from screening.access import Reader, Refused, ReviewAccess, Right
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
    "reasons_must_agree",
    "resolution_mode",
    "names_shown_in_conflicts",
)
LISTS = ("include", "exclude", "reasons", "terms")


class AfterFirstVote(Refused):
    """Somebody has voted under this protocol: a change of it is an amendment."""


@action
def edit_protocol(access: ReviewAccess, **fields: Any) -> Protocol:
    """The protocol in force says what `fields` say; what they leave out stays.

    A new quorum is also that of every open item at its stage.

    Args:
        fields: plain fields of Protocol; `include` and `exclude` as lists of outline entries,
            `reasons` and `terms` as lists of theirs.

    Raises:
        AfterFirstVote: there is a vote, also one taken back; nothing was changed.
        ValidationError: a value the model refuses.
    """
    if unknown := fields.keys() - {*PLAIN, *LISTS}:
        raise TypeError(f"a protocol has no {', '.join(sorted(unknown))}")
    lock_membership(access, Right.PROTOCOL, amends=True)
    if anybody_voted(access):
        raise AfterFirstVote(
            "Somebody has voted: a change of the protocol makes a new version now, with a sentence "
            "why. Nothing was changed."
        )
    protocol = lock_protocol(access)
    before = snapshot(access, protocol)
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
            replace_criteria(protocol, kind, fields[kind])
    if "reasons" in fields:
        _replace_reasons(access, fields["reasons"])
    if "terms" in fields:
        _replace_terms(access, fields["terms"])
    _log_changes(access, "protocol.edited", before, snapshot(access, protocol))
    return protocol


@action
def set_highlight_terms(access: ReviewAccess, terms: Iterable[Term]) -> None:
    """These terms are marked in titles and abstracts. No amendment: they help to read."""
    lock_membership(access, Right.PROTOCOL)
    protocol = lock_protocol(access)
    before = snapshot(access, protocol)
    _replace_terms(access, terms)
    _log_changes(access, "terms.changed", before, snapshot(access, protocol))


def anybody_voted(access: ReviewAccess) -> bool:
    """Whether anybody has voted in this review, also when the vote was taken back."""
    return access.scope(Vote).exists()


def lock_protocol(access: ReviewAccess) -> Protocol:
    """The protocol in force, as it is now; others who would edit it wait, votes do not."""
    Protocol.objects.select_for_update(no_key=True).get(pk=access.protocol.pk)
    access.protocol.refresh_from_db()
    return access.protocol


def _change_quorum(access: ReviewAccess, stage: Stage, quorum: int) -> None:
    items = access.scope(ScreeningItem).open().at(stage)
    locked = items.order_by("pk").select_for_update(no_key=True, of=("self",))
    list(locked.values_list("pk"))
    items.update(quorum=quorum)


def replace_criteria(protocol: Protocol, kind: str, entries: Iterable[Entry]) -> None:
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


def snapshot(access: Reader, protocol: Protocol) -> dict[str, Any]:
    """Everything an edit may change, as JSON values."""
    criteria = list(protocol.criteria.order_by("position").values("kind", "text", "hint"))
    reasons = access.scope(ExclusionReason).in_use().order_by("position")
    terms = access.scope(HighlightTerm).order_by("text")
    return {
        **{name: getattr(protocol, name) for name in PLAIN},
        "include": [worded(row) for row in criteria if row["kind"] == "include"],
        "exclude": [worded(row) for row in criteria if row["kind"] == "exclude"],
        "reasons": list(reasons.values("code", "label", "hint")),
        "terms": list(terms.values("text", "side")),
    }


def worded(criterion: dict[str, str]) -> dict[str, str]:
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
