"""Exports of Rayyan and Covidence with as many votes as wanted; all of it is invented."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from screening.access import ReviewAccess
from screening.actions.importing import preview_import
from screening.actions.storing import commit_import
from screening.foreign_votes import Program, contents_of
from screening.models import Import, Membership, Source
from tests.factories import SourceFactory

SAID = {"+": "Included", "-": "Excluded", "?": "Maybe"}
VALUES = {"+": "1", "-": "-1", "?": "0"}


@dataclass(frozen=True)
class Article:
    """What the notes say of an article: by name a sign of `SAID`."""

    votes: Mapping[str, str] = field(default_factory=dict)
    reasons: str = ""
    labels: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    doi: str = ""

    @property
    def cell(self) -> str:
        said = ", ".join(f'"{name}"=>"{SAID[sign]}"' for name, sign in self.votes.items())
        notes = ", ".join(f'"{name}"=>["{note}"]' for name, note in self.notes.items())
        parts = [
            f"RAYYAN-INCLUSION: {{{said}}}" if said else "",
            f"RAYYAN-LABELS: {self.labels}" if self.labels else "",
            f"RAYYAN-EXCLUSION-REASONS: {self.reasons}" if self.reasons else "",
            f"USER-NOTES: {{{notes}}}" if notes else "",
        ]
        return " | ".join(filter(None, parts))


def rayyan(articles: Iterable[Article]) -> str:
    rows = [
        [f"rayyan-{n}", f"Invented article {n} of {'abcdefgh'[n % 8]}", article.doi, article.cell]
        for n, article in enumerate(articles, start=1)
    ]
    return _csv(["key", "title", "doi", "notes"], rows)


def rayyan_log(steps: Iterable[tuple[str, str, int, str]]) -> str:
    """Steps are a time, an address, the number of an article, and a sign."""
    rows = [
        [at, "1", who, number, "included", VALUES.get(sign, sign)]
        for at, who, number, sign in steps
    ]
    return _csv(["created_at", "user_id", "user_email", "article_id", "key", "value"], rows)


def covidence(reasons: Iterable[str]) -> str:
    """A list of as many references as there are reasons; an empty one has none."""
    rows = [
        [f"Invented reference {n}", f"#{n}", f"Exclusion reason: {reason}; " if reason else "", ""]
        for n, reason in enumerate(reasons, start=1)
    ]
    return _csv(["Title", "Covidence #", "Notes", "Tags"], rows)


def imported(
    access: ReviewAccess,
    folder: Path,
    text: str,
    *,
    name: str = "articles.csv",
    source: Source | None = None,
) -> Import:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    source = source or SourceFactory(review=access.review, name="Rayyan")
    return commit_import(access, preview_import(access, source, path, name))


def votes_of(access: ReviewAccess, import_: Import, said_list: str = ""):
    program = Program.COVIDENCE if said_list else Program.RAYYAN
    return contents_of(access, import_, program, said_list).votes


def members(**people: ReviewAccess) -> dict[str, list[Membership]]:
    return {name: [access.membership] for name, access in people.items()}


def _csv(head: list[str], rows: list[list[object]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([head, *rows])
    return out.getvalue()
