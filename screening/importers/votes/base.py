"""What is read of votes that were cast elsewhere."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Decision(StrEnum):
    INCLUDE = "include"
    EXCLUDE = "exclude"
    MAYBE = "maybe"


class Taken(StrEnum):
    """What a row was taken for; the numbers of all of these add up to the rows of a file."""

    VOTE = "vote"
    REPEAT = "repeat"
    WITHDRAWAL = "withdrawal"
    REASON = "reason"
    LABEL = "label"
    NO_VOTE = "no_vote"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class ForeignVote:
    """A vote as its file gives it.

    `position` counts the entries of the records' file from 1, as its import does; 0 when there
    is no such file. `record_key` is the program's own name for the record. `person` is a name or
    an address as in the file, "" for what a team agreed on. `stage` is title_abstract, full_text
    or "" where the file does not say. `superseded` votes were changed or withdrawn later.
    `file` and `line` are where it stands.
    """

    position: int
    record_key: str
    person: str
    decision: Decision
    stage: str = ""
    reasons: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    note: str = ""
    cast_at: datetime | None = None
    superseded: bool = False
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Remark:
    """What is said of a record, and whose vote it belongs to is not."""

    position: int
    record_key: str
    person: str = ""
    reasons: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row, or a part of it, that is not understood; `raw` is at most 2,000 characters.

    The message names no decision: it is shown to people who may not know one yet.
    """

    file: str
    line: int
    message: str
    raw: str


@dataclass(slots=True)
class ForeignVotes:
    """All that is read of one export.

    `rows` of every file, by its name, and what they were `taken` for: the same numbers in sum.
    `names` are pairs of an address in a log and the name that the records' file has for the
    same person, where the votes leave no doubt.
    """

    votes: list[ForeignVote] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    rows: Counter[str] = field(default_factory=Counter)
    taken: dict[str, Counter[Taken]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def take(self, file: str, taken: Taken) -> None:
        """Account for a row."""
        self.rows[file] += 1
        self.taken.setdefault(file, Counter())[taken] += 1

    def refuse(self, file: str, line: int, message: str, raw: str) -> None:
        """Say that something is not understood."""
        self.problems.append(RowProblem(file, line, message, raw[:2_000]))
