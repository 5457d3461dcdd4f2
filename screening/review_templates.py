"""Built-in templates of reviews: what somebody set out to do, and which of it is our proposal."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from screening import outline

FOLDER = Path(__file__).parent / "templates_data"


@dataclass(frozen=True, slots=True)
class ReviewTemplate:
    """One file of `templates_data`, in the shapes of our models' fields.

    Args:
        protocol: fields of Protocol.
        criteria, reasons, terms, sources: fields of one row each, in order.
    """

    id: str
    title: str
    protocol: dict[str, Any]
    criteria: list[dict[str, Any]]
    reasons: list[dict[str, Any]]
    terms: list[dict[str, str]]
    sources: list[dict[str, Any]]


@cache
def review_templates() -> dict[str, ReviewTemplate]:
    """Every built-in template by its id."""
    found = (_read(path) for path in sorted(FOLDER.glob("*.yaml")))
    return {template.id: template for template in found}


def _read(path: Path) -> ReviewTemplate:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return ReviewTemplate(
        id=data["id"],
        title=data["title"],
        protocol={
            "question": data["question"].strip(),
            "framework": _framework(data),
            "registration": "{register} {id}".format(**data["registration"]),
            "template_note": data["provenance"].strip(),
            "quorum_title_abstract": data["quorum"]["title_abstract"],
            "quorum_full_text": data["quorum"]["full_text"],
            "maybe_policy": data["maybe_policy"],
            "resolution_mode": data["resolution_mode"],
        },
        criteria=[
            {"kind": row["kind"], **_worded(row, "text"), "is_proposal": row["proposal"]}
            for row in data["criteria"]
        ],
        reasons=[
            {"code": row["code"], **_worded(row, "label"), "is_proposal": row["proposal"]}
            for row in data["exclusion_reasons"]
        ],
        terms=[{"text": row["text"], "side": row["side"]} for row in data["highlight_terms"]],
        sources=[_source(row) for row in data["source_proposals"]],
    )


def _framework(data: dict[str, Any]) -> list[dict[str, str]]:
    rows = [_worded(row, "label", "text") for row in data["framework"]]
    if data["objectives"]:
        objectives = outline.entry("Objectives", "\n".join(data["objectives"]))
        rows.append({"label": objectives.text, "text": objectives.hint})
    return rows


def _worded(row: dict[str, Any], text: str, hint: str = "hint") -> dict[str, str]:
    """Both texts as the form would give them back, so that a proposal stays one when saved."""
    entry = outline.entry(row[text], row.get(hint) or "")
    return {text: entry.text, hint: entry.hint}


def _source(row: dict[str, Any]) -> dict[str, Any]:
    dates = {
        name: date.fromisoformat(str(row[name]))
        for name in _given(row, "coverage_from", "coverage_to")
    }
    texts = {
        name: row[name].strip()
        for name in _given(row, "name", "platform", "kind", "limits", "search_string")
    }
    return {**texts, **dates, "is_proposal": row["proposal"]}


def _given(row: dict[str, Any], *names: str) -> Iterable[str]:
    return (name for name in names if row.get(name))
