"""Rayyan's customizations_log.csv: a row for every step of everybody.

Its columns are created_at, user_id, user_email (not in older files), article_id, key, value. The
key `included` has the values 1, 0 and -1 for include, maybe and exclude; `"__EXR__reason"` and
`"label"`, with the quotation marks, are set with 1; `deleted` takes any of them back.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from screening.importers.tables.wording import whole
from screening.importers.votes.base import Decision, ForeignVote, ForeignVotes, Taken
from screening.importers.votes.rows import Entry, entries

LOG = "customizations_log"

_DECISIONS = {"1": Decision.INCLUDE, "0": Decision.MAYBE, "-1": Decision.EXCLUDE}
_REASON = "__EXR__"
_SET, _TAKEN_BACK = "1", frozenset({"deleted", ""})


@dataclass(slots=True)
class History:
    """The votes of one person on one article in their order, and what they marked it with."""

    votes: list[ForeignVote] = field(default_factory=list)
    reasons: dict[str, None] = field(default_factory=dict)
    labels: dict[str, None] = field(default_factory=dict)

    @property
    def current(self) -> ForeignVote | None:
        """The vote that counts, if there is one."""
        return self.votes[-1] if self.votes and not self.votes[-1].superseded else None

    def cast(self, vote: ForeignVote) -> None:
        self.withdraw()
        self.votes.append(vote)

    def withdraw(self) -> None:
        """The vote so far counts no longer; it keeps the reasons it had."""
        if self.current:
            self.votes[-1] = replace(self.marked(), superseded=True)

    def marked(self, note: str = "") -> ForeignVote:
        """The last vote with what the person has marked the article with by now."""
        reasons, labels = tuple(self.reasons), tuple(self.labels)
        return replace(self.votes[-1], reasons=reasons, labels=labels, note=note)


Histories = dict[str, dict[str, History]]
"""By the key of the article and by the person."""


def read_log(text: str, positions: Mapping[str, int], found: ForeignVotes) -> Histories:
    """What everybody did with every article, oldest first; rows that are no step are problems.

    `positions` are those of the articles' file by their keys.

    Raises: UnreadableFile when headings are missing.
    """
    histories: Histories = defaultdict(lambda: defaultdict(History))
    rows = entries(text, "article_id", "key", "value")
    for time, row in sorted(map(_timed, rows), key=_order):
        found.take(LOG, _step(row, time, positions, histories, found))
    return histories


def _timed(row: Entry) -> tuple[datetime | None, Entry]:
    try:
        time = datetime.fromisoformat(row.cells.get("created_at", "").strip())
    except ValueError:
        return None, row
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC), row


def _order(timed: tuple[datetime | None, Entry]) -> tuple[bool, datetime, int]:
    """By time, and within one moment as in the file; what has no time comes first."""
    time, row = timed
    return time is not None, time or datetime.min.replace(tzinfo=UTC), row.position


def _step(
    row: Entry,
    time: datetime | None,
    positions: Mapping[str, int],
    histories: Histories,
    found: ForeignVotes,
) -> Taken:
    key = whole(row.cells["article_id"].strip())
    person = row.cells.get("user_email", "").strip() or row.cells.get("user_id", "").strip()
    step, value = row.cells["key"].strip(), whole(row.cells["value"].strip()).casefold()
    if complaint := _complaint(row, key, person, positions):
        found.refuse(LOG, row.line, complaint, row.raw)
        return Taken.PROBLEM
    history = histories[key][person]
    if step == "included":
        if value in _TAKEN_BACK:
            history.withdraw()
            return Taken.WITHDRAWAL
        if value in _DECISIONS:
            decision = _DECISIONS[value]
            if history.current and history.current.decision is decision:
                return Taken.REPEAT
            history.cast(
                ForeignVote(
                    positions[key], key, person, decision, cast_at=time, file=LOG, line=row.line
                )
            )
            return Taken.VOTE
    elif (mark := _mark(step)) and (value == _SET or value in _TAKEN_BACK):
        is_reason = mark.startswith(_REASON)
        marks = history.reasons if is_reason else history.labels
        name = mark.removeprefix(_REASON).strip()
        if value == _SET:
            marks[name] = None
        else:
            marks.pop(name, None)
        return Taken.REASON if is_reason else Taken.LABEL
    found.refuse(LOG, row.line, f"The step {step} = {value} is not known.", row.raw)
    return Taken.PROBLEM


def _complaint(row: Entry, key: str, person: str, positions: Mapping[str, int]) -> str:
    """What is wrong with the row itself, or ""."""
    if not row.is_whole:
        return "This row has more cells than the log has headings."
    if not person:
        return "This row does not say who it is of."
    if key not in positions:
        return f"No article has the number {key}."
    return ""


def _mark(step: str) -> str:
    """The reason or label of a key, which stands between quotation marks; or ""."""
    if len(step) > 2 and step.startswith('"') and step.endswith('"'):
        return step[1:-1].replace('""', '"').strip()
    return step if step.startswith(_REASON) else ""
