"""What two states of a protocol differ in, in words: the list of amendments (PRISMA 2020, 24c)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from screening.models import ResolutionMode
from screening.rules import MaybePolicy

LABELS = {
    "question": "Question",
    "framework": "Parts of the question",
    "registration": "Registration",
    "include": "Include when all hold",
    "exclude": "Exclude",
    "reasons": "Reasons to exclude a full text",
    "quorum_title_abstract": "Votes at title and abstract",
    "maybe_policy": "A maybe, at title and abstract",
    "quorum_full_text": "Votes at full text",
    "reasons_must_agree": "Excluding without a common reason is a conflict",
    "resolution_mode": "How conflicts are resolved",
    "names_shown_in_conflicts": "Names are shown in open conflicts",
}
IN_WORDS = {
    "maybe_policy": {
        MaybePolicy.INCLUDE: "counts as an include",
        MaybePolicy.DISCUSS: "makes a conflict",
        MaybePolicy.OFF: "is not offered",
    },
    "resolution_mode": dict(ResolutionMode.choices),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed in one part of the protocol.

    Args:
        gone, new: entries that are not there any more, and that were not there before; of a part
            that is no list, all it said and says.
        is_reordered: what is in both stands in another order.
    """

    label: str
    gone: tuple[str, ...]
    new: tuple[str, ...]
    is_reordered: bool = False


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """One for each part that differs, in the order of the page; others need not be given."""
    return [
        _difference(name, label, before.get(name), after.get(name))
        for name, label in LABELS.items()
        if before.get(name) != after.get(name)
    ]


def _difference(name: str, label: str, before: Any, after: Any) -> Difference:
    old, new = _lines(name, before), _lines(name, after)
    kept = [line for line in old if line in new]
    return Difference(
        label,
        tuple(line for line in old if line not in new),
        tuple(line for line in new if line not in old),
        is_reordered=kept != [line for line in new if line in old],
    )


def _lines(name: str, value: Any) -> list[str]:
    if isinstance(value, list):
        return [_line(row) for row in value]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if name in IN_WORDS:
        return [IN_WORDS[name].get(value, str(value))]
    return [str(value)] if value else []


def _line(row: Mapping[str, str]) -> str:
    """An entry of a list on one line: its code, its words, and the guidance below it."""
    if "label" in row and "text" in row:
        return f"{row['label']}: {row['text']}"
    words = row.get("text") or " ".join(filter(None, [row.get("code"), row.get("label")]))
    return f"{words} ({row['hint']})" if row.get("hint") else words
