"""Versions of the protocol after the first vote: what one would change, and changing it."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.forms.models import model_to_dict
from django.utils import timezone

from screening.access import Refused, ReviewAccess, Right
from screening.actions.base import action, lock_membership
from screening.actions.log import next_sequence, write_log
from screening.actions.protocol import (
    LISTS,
    PLAIN,
    anybody_voted,
    lock_protocol,
    replace_criteria,
    snapshot,
)
from screening.amending import StageChange, change_items, count_changes, follow_up
from screening.models import (
    Criterion,
    ExclusionReason,
    FurtherReason,
    Proposal,
    Protocol,
    Resolution,
    Vote,
)
from screening.outline import Entry, Reason
from screening.protocol_words import Difference, differences

# Terms help to read and are changed by themselves, see `set_highlight_terms`.
AMENDED_LISTS = tuple(name for name in LISTS if name != "terms")


class PreviewOutdated(Refused):
    """The amendment would change something else than was shown before it was confirmed."""


@dataclass(frozen=True, slots=True)
class Amendment:
    """What a new version of the protocol would say and change.

    Args:
        before, after: all that an amendment may change, as JSON values.
        changes: of each stage whose votes would be counted otherwise.
    """

    old: Protocol
    new: Protocol
    before: dict[str, Any]
    after: dict[str, Any]
    changes: Sequence[StageChange]

    @property
    def differences(self) -> list[Difference]:
        return differences(self.before, self.after)

    @property
    def token(self) -> str:
        """The same as long as the amendment would change the same, by what may be shown."""
        shown = [
            self.old.number,
            self.after,
            [[change.stage.value, change.numbers] for change in self.changes],
        ]
        return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:16]


def plan_amendment(access: ReviewAccess, **fields: Any) -> Amendment:
    """What `amend_protocol` with these fields would do now.

    Raises:
        ValidationError: see `check_reasons`.
    """
    if unknown := fields.keys() - {*PLAIN, *AMENDED_LISTS}:
        raise TypeError(f"an amendment has no {', '.join(sorted(unknown))}")
    if "reasons" in fields:
        check_reasons(access, fields["reasons"])
    old = access.protocol
    new = _next_version(old, {name: fields[name] for name in fields.keys() & set(PLAIN)})
    before = {name: said for name, said in snapshot(access, old).items() if name != "terms"}
    after = {**before, **{name: _as_json(value) for name, value in fields.items()}}
    return Amendment(old, new, before, after, count_changes(access.review.pk, old, new))


@action
def amend_protocol(
    access: ReviewAccess, *, why: str, token: str | None = None, **fields: Any
) -> Protocol:
    """A new version of the protocol is in force, and every open item is counted by it.

    The old version and its criteria stay; votes keep the version they were cast under. What a
    resolution ended stays as it is.

    Args:
        token: of the amendment that was shown; None for scripts, which are shown nothing.
        fields: as `edit_protocol` takes them, without terms.

    Raises:
        PreviewOutdated: it would change something else than was shown.
        Refused: nobody has voted yet, or nothing would change.
        ValidationError: a value the model refuses, or no reason why.
    """
    lock_membership(access, Right.PROTOCOL, amends=True)
    if not anybody_voted(access):
        raise Refused("Nobody has voted yet: edit the protocol, that needs no new version.")
    lock_protocol(access)
    amendment = plan_amendment(access, **fields)
    if token is not None and token != amendment.token:
        raise PreviewOutdated(
            "What this amendment changes is not what you were shown any more. Nothing was saved."
        )
    if not amendment.differences:
        raise Refused("This amendment changes nothing, so nothing was saved.")
    now = timezone.now()
    old, new = amendment.old, amendment.new
    new.why = why.strip()
    new.full_clean(exclude=["review", "started_at_sequence", "ended_at_sequence"])
    changed = change_items(access, old, new, now)
    _take_over(access, amendment, fields)
    if "reasons" in fields:
        _change_reasons(access, fields["reasons"], now)
    follow_up(access, new, now)
    _log(access, amendment, changed)
    access.__dict__.pop("protocol", None)
    return new


def check_reasons(access: ReviewAccess, reasons: Iterable[Reason]) -> None:
    """A code means what it meant when it was given.

    Raises:
        ValidationError: a reason that stands on a vote or a decision has other words, or a code
            that is retired belongs to another reason.
    """
    known = {reason.code: reason for reason in access.scope(ExclusionReason)}
    given = _given(access)
    problems = []
    for reason in reasons:
        meant = known.get(reason.code)
        if meant is None or meant.label == reason.label:
            continue
        if meant.retired_at:
            problems.append(
                f"{reason.code} was “{meant.label}”, which is retired: give another code to "
                f"“{reason.label}”."
            )
        elif meant.pk in given:
            problems.append(
                f"{reason.code} “{meant.label}” was given, so its words stay: to retire it, take "
                f"out its line, and give another code to “{reason.label}”."
            )
    if problems:
        raise ValidationError(problems)


def _next_version(old: Protocol, changed: dict[str, Any]) -> Protocol:
    kept = model_to_dict(old, exclude=["id", "review", "why", "ended_at_sequence"])
    return Protocol(review_id=old.review_id, **{**kept, **changed, "number": old.number + 1})


def _as_json(value: Any) -> Any:
    """A field as `snapshot` has it."""
    if isinstance(value, list):
        return [_row(one) for one in value]
    return value


def _row(one: Any) -> dict[str, str]:
    if isinstance(one, Entry):
        return {"text": one.text, "hint": one.hint}
    if isinstance(one, Reason):
        return {"code": one.code, "label": one.label, "hint": one.hint}
    return dict(one)


def _take_over(access: ReviewAccess, amendment: Amendment, fields: dict[str, Any]) -> None:
    """The new version is in force from the entry of the log that comes next, with its criteria."""
    old, new = amendment.old, amendment.new
    old.ended_at_sequence = new.started_at_sequence = next_sequence(access)
    old.save(update_fields=["ended_at_sequence"])
    new.save(force_insert=True)
    Criterion.objects.bulk_create(
        Criterion(protocol=new, **model_to_dict(row, exclude=["id", "protocol"]))
        for row in old.criteria.all()
    )
    for kind in Criterion.Kind.values:
        if kind in fields:
            replace_criteria(new, kind, fields[kind])


def _change_reasons(access: ReviewAccess, reasons: Iterable[Reason], now: datetime) -> None:
    """These are in use, in this order; the others are retired and stay where they were given."""
    wanted = list(reasons)
    known = {reason.code: reason for reason in access.scope(ExclusionReason)}
    codes = [reason.code for reason in wanted]
    unused = access.scope(ExclusionReason).in_use()
    unused.exclude(code__in=codes).update(retired_at=now)
    free = max((reason.position for reason in known.values()), default=0) + len(wanted) + 1
    for offset, reason in enumerate(wanted):
        row = known.get(reason.code)
        if row:  # out of the way, since no two in use may have one position
            access.scope(ExclusionReason).filter(pk=row.pk).update(position=free + offset)
    for position, reason in enumerate(wanted, start=1):
        row = known.get(reason.code) or ExclusionReason(review=access.review, code=reason.code)
        if (row.label, row.hint) != (reason.label, reason.hint):
            row.is_proposal = False
        row.label, row.hint = reason.label, reason.hint
        row.position, row.retired_at = position, None
        row.save()


def _given(access: ReviewAccess) -> set[int]:
    """The reasons that stand on a vote, a proposal or a resolution, by primary key."""
    given: set[int] = set()
    for model in (Vote, FurtherReason, Proposal, Resolution):
        rows = access.scope(model).filter(reason__isnull=False).order_by()
        given.update(rows.values_list("reason", flat=True).distinct())
    return given


def _log(access: ReviewAccess, amendment: Amendment, changed: Sequence[StageChange]) -> None:
    before, after = amendment.before, amendment.after
    parts = [name for name in after if after[name] != before[name]]
    numbers = {change.stage.value: change.numbers for change in changed if change.numbers}
    write_log(
        access,
        "protocol.amended",
        before={name: before[name] for name in parts},
        after={
            **{name: after[name] for name in parts},
            "version": amendment.new.number,
            **({"changed": numbers} if numbers else {}),
        },
        why=amendment.new.why,
    )
