"""The votes in the file of an import: whether there are any, whose, and what was not understood.

The file is kept as it was uploaded and read whenever somebody looks. What is shown of it are
numbers of votes by person, never which way they go: whoever looks may be a voter.
"""

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain
from pathlib import Path

from screening import files
from screening.access import ReviewAccess
from screening.actions.importing import FileIsGone, kept_file
from screening.importers import UnreadableFile
from screening.importers.decoding import encoding_by_mark, text_lines
from screening.importers.tables import text as table
from screening.importers.votes import ForeignVote, ForeignVotes, RowProblem, covidence, rayyan
from screening.importers.votes.covidence import LISTS
from screening.models import Import, ImportState

PROBLEMS_SHOWN = 50
WENT_ON = "went_on"
"""A list of full texts, read for what it says of title and abstract: included, all of them."""


class Program(StrEnum):
    RAYYAN = "Rayyan"
    COVIDENCE = "Covidence"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the file names, how many votes of theirs it has, and under which other name.

    `earlier` are votes that they changed or took back later.
    """

    name: str
    votes: int
    earlier: int
    also: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds, in numbers; `reasons` in their own words, and in no order of votes."""

    program: Program
    found: ForeignVotes

    @property
    def votes(self) -> list[ForeignVote]:
        """Those that counted in the end."""
        return [vote for vote in self.found.votes if not vote.superseded]

    @property
    def rows(self) -> list[tuple[str, int]]:
        """How many rows each file has."""
        return list(self.found.rows.items())

    @property
    def earlier(self) -> int:
        return len(self.found.votes) - len(self.votes)

    @property
    def remarks(self) -> int:
        return len(self.found.remarks)

    @property
    def persons(self) -> list[Person]:
        votes = Counter(vote.person for vote in self.votes)
        all_votes = Counter(vote.person for vote in self.found.votes)
        return [
            Person(name, votes[name], all_votes[name] - votes[name], self.found.names.get(name, ""))
            for name in sorted(all_votes, key=str.casefold)
        ]

    @property
    def reasons(self) -> list[str]:
        return sorted({reason for vote in self.votes for reason in vote.reasons}, key=str.casefold)

    @property
    def problems(self) -> list[RowProblem]:
        return self.found.problems[:PROBLEMS_SHOWN]

    @property
    def more_problems(self) -> int:
        return max(0, len(self.found.problems) - PROBLEMS_SHOWN)


def program_of(access: ReviewAccess, import_: Import) -> Program | None:
    """The program whose votes the file of the import may hold; None where it holds none.

    Read is no more than its beginning.
    """
    path = files.raw_file(access.review.pk, import_.sha256)
    if import_.format != table.NAME or import_.state != ImportState.COMMITTED or not path.is_file():
        return None
    head = "\n".join(next(text_lines(path, import_.encoding), []))
    if rayyan.is_articles(head):
        return Program.RAYYAN
    return Program.COVIDENCE if covidence.is_list(head) else None


def contents_of(
    access: ReviewAccess, import_: Import, program: Program, said_list: str = ""
) -> Contents:
    """All that the file tells of votes, with the log beside it where there is one.

    Args:
        said_list: of Covidence, which list it is: a key of `LISTS` or WENT_ON.

    Raises:
        FileIsGone: the file is not where it was kept.
        UnreadableFile: one of its columns is missing.
    """
    text = _text(kept_file(access, import_), import_.encoding)
    if program is Program.RAYYAN:
        return Contents(program, rayyan.read(text, _log(access, import_)))
    if said_list != WENT_ON:
        return Contents(program, covidence.read(text, LISTS.get(said_list)))
    found = covidence.read(text, LISTS["excluded"])
    included = LISTS["select"]
    found.votes = [
        replace(vote, decision=included.decision, stage=included.stage, reasons=(), note="")
        for vote in found.votes
    ]
    return Contents(program, found)


def refuse_unless_log(path: Path) -> None:
    """Nothing happens when the file is a log of Rayyan.

    Raises:
        UnreadableFile: it is none.
    """
    head = "\n".join(next(text_lines(path, _encoding(path)), []))
    if not rayyan.is_log(head):
        raise UnreadableFile(
            "This is not the log of Rayyan: in its export it is called customizations_log.csv."
        )


def _log(access: ReviewAccess, import_: Import) -> str:
    if not import_.vote_log_sha256:
        return ""
    path = files.raw_file(access.review.pk, import_.vote_log_sha256)
    if not path.is_file():
        raise FileIsGone(
            f"The server does not find the log that was given with {import_.file_name}. "
            "Give it once more."
        )
    return _text(path, _encoding(path))


def _encoding(path: Path) -> str:
    with path.open("rb") as stream:
        return encoding_by_mark(stream.read(4)) or "utf-8"


def _text(path: Path, encoding: str) -> str:
    # PostgreSQL keeps no NUL.
    lines = chain.from_iterable(text_lines(path, encoding))
    return "\n".join(lines).replace("\0", "")
