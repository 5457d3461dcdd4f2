"""The protocol with all its versions: as JSON for machines, and as text for people."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.forms.models import model_to_dict

from screening.actions.protocol import snapshot
from screening.amended import amendments_of
from screening.host import HostAccess
from screening.models import Criterion, ExclusionReason, HighlightTerm, LogEntry, Protocol
from screening.protocol_words import differences

PROPOSAL = "What the review this template comes from did not publish, and is proposed instead:"


def as_json(access: HostAccess) -> bytes:
    """Every version with its criteria, every reason there is or was, and the terms.

    Times are those of the log's entries that a version began and ended with.
    """
    told = {
        "review": access.review.title,
        "versions": [_version(access, one) for one in _versions(access)],
        "exclusion_reasons": list(
            access.scope(ExclusionReason)
            .order_by("position", "pk")
            .values("code", "position", "label", "hint", "is_proposal", "retired_at")
        ),
        "highlight_terms": list(
            access.scope(HighlightTerm).order_by("text").values("text", "side")
        ),
    }
    text = json.dumps(told, ensure_ascii=False, indent=2, default=lambda at: at.isoformat())
    return f"{text}\n".encode()


def as_text(access: HostAccess) -> bytes:
    return "\n".join(_lines(access)).encode()


def _lines(access: HostAccess) -> Iterator[str]:
    protocol = access.protocol
    yield from _heading(f"{access.review.title}: the protocol, version {protocol.number}", "=")
    for part in differences({}, snapshot(access, protocol)):
        yield from _heading(part.label, "-")
        yield from _listed(part.new or ("nothing",))
    if protocol.template_note:
        yield from _heading("About the template", "-")
        yield from (*protocol.template_note.splitlines(), "")
    if proposals := _proposals(access):
        yield from _heading("Proposals", "-")
        yield from (PROPOSAL, "")
        yield from _listed(proposals)
    for amended in reversed(amendments_of(access)):
        yield from _heading(f"Amendment: version {amended.number}", "-")
        yield from (f"{amended.at:%Y-%m-%d %H:%M} UTC, {amended.by}", "")
        yield from (*amended.why.splitlines(), "")
        for part in amended.differences:
            yield f"{part.label}:"
            yield from _listed((f"no longer: {line}" for line in part.gone), end=False)
            yield from _listed((f"now: {line}" for line in part.new), end=False)
            yield from _listed(["in another order"] if part.is_reordered else [], end=False)
            yield ""


def _heading(words: str, rule: str) -> tuple[str, ...]:
    return (words, rule * len(words), "")


def _listed(entries: Iterable[str], *, end: bool = True) -> Iterator[str]:
    for entry in entries:
        first, *others = entry.splitlines() or [""]
        yield f"- {first}"
        yield from (f"  {line}" for line in others)
    if end:
        yield ""


def _proposals(access: HostAccess) -> list[str]:
    """Criteria and reasons that nobody has made their own yet."""
    criteria = access.protocol.criteria.filter(is_proposal=True)
    reasons = access.scope(ExclusionReason).in_use().filter(is_proposal=True).order_by("position")
    return [
        *(f"{one.get_kind_display()}: {one.text}" for one in criteria),
        *(f"Reason to exclude: {one.code} {one.label}" for one in reasons),
    ]


def _versions(access: HostAccess) -> Iterable[Protocol]:
    return access.scope(Protocol).order_by("number").prefetch_related("criteria")


def _version(access: HostAccess, version: Protocol) -> dict[str, Any]:
    bounds = (version.started_at_sequence, version.ended_at_sequence)
    entries = access.scope(LogEntry).filter(sequence__in=[one for one in bounds if one])
    times = dict(entries.values_list("sequence", "at"))
    return {
        **model_to_dict(version, exclude=["id", "review"]),
        "started_at": times.get(bounds[0]),
        "ended_at": times.get(bounds[1]),
        "criteria": [_criterion(one) for one in version.criteria.all()],
    }


def _criterion(criterion: Criterion) -> dict[str, Any]:
    return model_to_dict(criterion, exclude=["id", "protocol"])
