"""The log in words: what is shown of it, numbered as shown, a sentence for each action."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from screening.access import ReviewAccess
from screening.models import LogEntry

PAGE_SIZE = 50

# What somebody did, with words of the entry in braces; what an entry lacks reads as "…".
SENTENCES = {
    "adjustment.added": "added to the flow diagram: {number}, {box}",
    "adjustment.ended": "took out of the flow diagram: {number}, {box}",
    "conflict.confirmed": "confirmed the proposal to {decision} record {record}",
    "conflict.declined": "declined the proposal on record {record}",
    "conflict.proposed": "proposed to {decision} record {record}, on which the voters disagree",
    "conflict.referred": "sent the conflict on record {record} to adjudication",
    "conflict.resolved": "resolved the conflict on record {record} by {mode}: {decision}",
    "conflict.withdrawn": "withdrew the proposal on record {record}",
    "import.compared": "compared {file} ({source}) with all records: {duplicates} duplicates, "
    "{duplicate_questions} to look at",
    "import.committed": "imported {read} records from {file} ({source})",
    "import.discarded": "discarded the file {file}, of which nothing was imported",
    "import.undone": "undid the import of {file}: its {records} records are gone",
    "invitation.sent": "invited {email} as {roles}",
    "invitation.withdrawn": "withdrew the invitation of {email}",
    "item.reopened": "reopened record {record}: round {round}",
    "member.joined": "joined the review as {roles}",
    "member.removed": "removed {name} from the review",
    "member.roles_changed": "changed the roles of {name} to {roles}",
    "record.merged": "merged record {record} into record {duplicate_of}",
    "record.separated": "separated record {record} from record {duplicate_of}",
    "record.told_apart": "said that records {record} and {other} are different reports",
    "record.told_apart_no_more": "took back that records {record} and {other} are different",
    "report.retrieval": "said of the report of record {record}: {state}",
    "protocol.amended": "amended the protocol: version {version}",
    "protocol.edited": "edited the protocol",
    "review.created": "created the review",
    "search.described": "described the search as a whole",
    "source.added": "added the source {name}",
    "source.edited": "edited the source {name}",
    "source.removed": "removed the source {name}",
    "terms.changed": "changed the highlighted terms",
    "vote.cast": "voted {vote} on record {record}",
    "vote.changed": "changed the vote on record {record} to {vote}",
    "vote.returned": "gave record {record} back to the queue, without the vote of {name}",
    "vote.taken_back": "took back the vote on record {record}",
    "votes.imported": "took over {votes} votes out of {file}, on {stage}",
}

STAGES = {"title_abstract": "title and abstract", "full_text": "full text"}

# Digests leave the server through `manage.py verify` alone; slots and bundles mean nothing to people.
LEFT_OUT = {"bundle", "digest", "hash", "sha256", "slot", "vote_log_sha256"}


class _Known(dict[str, Any]):
    """The words of an entry, forgiving what it lacks."""

    def __missing__(self, key: str) -> str:
        return "…"


@dataclass(frozen=True, slots=True)
class Detail:
    """One value of an entry, as it was and as it is."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as shown, with its number among those shown."""

    number: int
    entry: LogEntry

    @property
    def what(self) -> str:
        return sentence(self.entry.action, self.entry.before, self.entry.after)

    @property
    def details(self) -> list[Detail]:
        return list(_details(self.entry.before, self.entry.after))


@dataclass(frozen=True, slots=True)
class LogPage:
    """Up to fifty lines, newest first.

    Args:
        shown: how many entries this person may see.
        hidden_items: records with entries about votes that are left out.
        newer, older: what `?after=` says for the pages beside this one; None where there is none,
            and 0 for the first page.
    """

    lines: list[Line]
    shown: int
    hidden_items: int
    newer: int | None
    older: int | None


def log_page(access: ReviewAccess, after: int | None = None) -> LogPage:
    """The entries numbered below `after`, or the newest.

    Numbers count what is shown, so that neither they nor the address tell of what is hidden.
    """
    visible = access.scope(LogEntry).visible_to(access)
    shown = visible.count()
    first = shown if after is None else min(shown, max(after - 1, 0))
    start = shown - first
    entries = visible.select_related("actor").order_by("-sequence")
    lines = [
        Line(first - place, entry) for place, entry in enumerate(entries[start : start + PAGE_SIZE])
    ]
    newer = None
    if start:
        newer = first + PAGE_SIZE + 1 if start > PAGE_SIZE else 0
    older = lines[-1].number if lines and lines[-1].number > 1 else None
    return LogPage(lines, shown, hidden_items(access), newer, older)


def hidden_items(access: ReviewAccess) -> int:
    """How many items have entries that this person may not see yet."""
    entries = access.scope(LogEntry).order_by()
    of_items = Count("item", distinct=True)
    seen = entries.visible_to(access).aggregate(n=of_items)["n"]
    return entries.aggregate(n=of_items)["n"] - seen


def sentence(action: str, before: Any, after: Any) -> str:
    """What was done, as a sentence without its subject; an unknown action as its code."""
    words = _Known()
    for side in (before, after):
        if isinstance(side, Mapping):
            words.update({key: _text(value) for key, value in side.items()})
    return SENTENCES.get(action, action).format_map(words)


def _details(before: Any, after: Any) -> Iterator[Detail]:
    """In the order of the alphabet: PostgreSQL keeps no other."""
    old, new = _as_mapping(before), _as_mapping(after)
    for key in sorted({*old, *new}):
        if key not in LEFT_OUT:
            label = key.replace("_", " ").capitalize()
            yield Detail(label, _text(old.get(key)), _text(new.get(key)))


def _as_mapping(value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    return value if isinstance(value, Mapping) else {"value": value}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        separator = "; " if any(isinstance(part, Mapping) for part in value) else ", "
        return separator.join(_text(part) for part in value)
    if isinstance(value, Mapping):
        said = {key: _text(part) for key, part in value.items() if key not in LEFT_OUT}
        return ", ".join(f"{key}: {text}" for key, text in sorted(said.items()) if text)
    return STAGES.get(str(value), str(value))
