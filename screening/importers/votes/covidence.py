"""Covidence's lists of references: included, excluded, irrelevant, each a file of its own.

A list says what a team decided in the end, never who voted how; and which list it is stands in
the name of the file alone (review_1_excluded_csv_20240101.csv), so the caller says it. Only a
row whose notes give an exclusion reason says itself that it was excluded at full text.
"""

import re
from dataclasses import dataclass

from screening.importers.votes.base import Decision, ForeignVote, ForeignVotes, Remark, Taken
from screening.importers.votes.rows import Entry, entries, headings

REFERENCES = "references"

_NUMBER = "covidence #"
_REASON = re.compile(r"(?:\A|[;\n])\s*exclusion reason:\s*([^;\n]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Listed:
    """What it means that a reference is in a list."""

    stage: str
    decision: Decision


LISTS = {
    "included": Listed("full_text", Decision.INCLUDE),
    "excluded": Listed("full_text", Decision.EXCLUDE),
    "irrelevant": Listed("title_abstract", Decision.EXCLUDE),
    "select": Listed("title_abstract", Decision.INCLUDE),
}
"""The lists by the words in the names of their files; `select` waits for its full text."""


def is_list(text: str) -> bool:
    """Whether this is a list of references out of Covidence, by its headings."""
    return {"title", _NUMBER} <= set(headings(text))


def list_in_name(name: str) -> Listed | None:
    """The list that the name of a file says it is."""
    return LISTS.get(name_of_list(name))


def name_of_list(name: str) -> str:
    """The key in LISTS of the list that the name of a file says it is, or ""."""
    match = re.search(r"review_\d+_([a-z]+)_", name.casefold())
    return match[1] if match and match[1] in LISTS else ""


def read(text: str, listed: Listed | None = None) -> ForeignVotes:
    """What was decided on every reference of the list; without one, what the rows say themselves.

    Raises: UnreadableFile when headings are missing.
    """
    found = ForeignVotes()
    seen: set[str] = set()
    for row in entries(text, "title", _NUMBER):
        found.take(REFERENCES, _reference(row, listed, seen, found))
    return found


def _reference(row: Entry, listed: Listed | None, seen: set[str], found: ForeignVotes) -> Taken:
    key = row.cells[_NUMBER].strip().removeprefix("#")
    notes = row.cells.get("notes", "").strip()
    reasons = tuple(dict.fromkeys(" ".join(reason.split()) for reason in _REASON.findall(notes)))
    tags = tuple(filter(None, (tag.strip() for tag in row.cells.get("tags", "").split(";"))))
    complaint = _complaint(row, key, seen, reasons, listed)
    seen.add(key)
    if complaint:
        found.refuse(REFERENCES, row.line, complaint, row.raw)
        return Taken.PROBLEM
    note = " ".join(_REASON.sub("", notes).split()).strip("; ")
    means = LISTS["excluded"] if reasons else listed
    if means is None:
        if tags or note:
            found.remarks.append(Remark(row.position, key, labels=tags, note=note))
        return Taken.NO_VOTE
    found.votes.append(
        ForeignVote(
            position=row.position,
            record_key=key,
            person="",
            decision=means.decision,
            stage=means.stage,
            reasons=reasons,
            labels=tags,
            note=note,
            file=REFERENCES,
            line=row.line,
        )
    )
    return Taken.VOTE


def _complaint(
    row: Entry, key: str, seen: set[str], reasons: tuple[str, ...], listed: Listed | None
) -> str:
    """What is wrong with the row, or ""."""
    if not row.is_whole:
        return "This row has more cells than the table has headings."
    if not key:
        return "This row has no Covidence number."
    if key in seen:
        return f"The Covidence number {key} is given twice."
    if reasons and listed not in (None, LISTS["excluded"]):
        return "This row has an exclusion reason, and the list is not the excluded one."
    return ""
