"""The one next step of one person in a review, by their rights and how things stand. Pure."""

from dataclasses import dataclass

from reporting.words import ORDINALS, about, counted


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides the next step.

    Args:
        mine: items that wait for this person's vote.
        seconds_each: what the person took for a vote of late; None when not known.
        to_confirm, to_discuss, to_adjudicate: conflicts the person can act on, and how.
        left: what other active reviewers still have to do, by name.
        missing: active reviewers short of the votes a record needs.
        unsettled: items with all their votes, the last of which can still be taken back.
    """

    may_import: bool = False
    may_invite: bool = False
    may_vote: bool = False
    reads_only: bool = False
    is_shared: bool = False
    sources: int = 0
    records: int = 0
    mine: int = 0
    seconds_each: float | None = None
    to_confirm: int = 0
    to_discuss: int = 0
    to_adjudicate: int = 0
    conflicts: int = 0
    left: tuple[tuple[str, int], ...] = ()
    reviewers: int = 0
    missing: int = 0
    invited: int = 0
    unsettled: int = 0
    finished: int = 0
    included: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next, or what is waited for.

    Args:
        kind: `do`, `waiting` or `done`.
        page: the name of the address the button leads to.
    """

    kind: str
    title: str
    text: str
    label: str
    page: str


def next_step(now: Situation) -> Step:
    """Own work first, then what unblocks others, then what is waited for."""
    return (
        _search(now)
        or _vote(now)
        or _resolve(now)
        or _invite(now)
        or _read_along(now)
        or _wait(now)
        or _finished(now)
    )


def _search(now: Situation) -> Step | None:
    if now.records:
        return None
    if not now.may_import:
        return Step(
            "waiting",
            "There are no records yet",
            "The lead or a librarian brings in what the search found; your work begins then.",
            "See the protocol",
            "protocol",
        )
    if not now.sources:
        return Step(
            "do",
            "Describe the first search",
            "A source is one search in one database: where, when, and with which words. "
            "Its records follow as a file.",
            "Add a source",
            "sources",
        )
    return Step(
        "do",
        "Import what the search found",
        f"{counted(now.sources, 'source')} described, and no records yet. "
        "Nothing is stored before you have seen a preview.",
        "Import a file",
        "import_file",
    )


def _vote(now: Situation) -> Step | None:
    if not now.mine:
        return None
    pace = ""
    if now.seconds_each is not None:
        pace = f" At your pace of the last days that is {about(now.mine * now.seconds_each)}."
    shared = " You share them with the other reviewers, so you may not see all." * now.is_shared
    verb = "waits" if now.mine == 1 else "wait"
    return Step(
        "do",
        f"{counted(now.mine, 'record')} {verb} for your vote",
        f"Title and abstract.{pace}{shared}",
        "Continue screening" if now.seconds_each is not None else "Screen",
        "queue",
    )


def _resolve(now: Situation) -> Step | None:
    if now.to_confirm:
        verb = "waits" if now.to_confirm == 1 else "wait"
        return Step(
            "do",
            f"{counted(now.to_confirm, 'proposal')} {verb} for your answer",
            "Somebody proposed how a conflict should end. Confirm it, or decline with a sentence.",
            "Answer",
            "conflicts",
        )
    if now.to_adjudicate:
        verb = "waits" if now.to_adjudicate == 1 else "wait"
        return Step(
            "do",
            f"{counted(now.to_adjudicate, 'conflict')} {verb} for your decision",
            "The voters disagree; you did not vote and decide between them.",
            "Decide",
            "conflicts",
        )
    if now.to_discuss:
        return Step(
            "do",
            f"{counted(now.to_discuss, 'conflict')} to discuss",
            "The voters disagree. Propose a decision; it stands once the other voters confirm it.",
            "Discuss",
            "conflicts",
        )
    return None


def _invite(now: Situation) -> Step | None:
    if not now.missing or not now.may_invite:
        return None
    nth = ORDINALS[now.reviewers + 1]
    if now.invited:
        return Step(
            "waiting",
            f"The {nth} reviewer has not answered yet",
            f"{counted(now.invited, 'invitation')} open. Records are finished by "
            f"{now.reviewers + now.missing} reviewers who cannot see each other.",
            "See the team",
            "team",
        )
    return Step(
        "do",
        "Invite a reviewer" if now.reviewers == 0 else f"Invite a {nth} reviewer",
        f"A record is finished with {counted(now.reviewers + now.missing, 'vote')}, and there "
        f"{'is' if now.reviewers == 1 else 'are'} "
        f"{counted(now.reviewers, 'reviewer')} in the team.",
        "Invite somebody",
        "team",
    )


def _read_along(now: Situation) -> Step | None:
    if not now.reads_only:
        return None
    return Step(
        "waiting",
        "You read along; nothing waits for you",
        f"You see what is settled: {counted(now.finished, 'finished record')}, "
        f"{now.included:,} of them included.",
        "See the files",
        "files",
    )


def _wait(now: Situation) -> Step | None:
    done = "You are done for now. " if now.may_vote else ""
    return (
        _wait_for_others(now, done)
        or _wait_for_a_reviewer(now, done)
        or _wait_for_resolutions(now, done)
        or _wait_for_the_last(now)
    )


def _wait_for_others(now: Situation, done: str) -> Step | None:
    if not now.left:
        return None
    name, left = now.left[0]
    if len(now.left) > 1:
        title = f"{counted(len(now.left), 'reviewer')} still have records to screen"
    else:
        who = "Your partner" if now.may_vote else name
        title = f"{who} still has {counted(left, 'record')} to screen"
    return Step(
        "waiting",
        title,
        f"{done}Conflicts appear as soon as records have all their votes.",
        "See the files",
        "files",
    )


def _wait_for_a_reviewer(now: Situation, done: str) -> Step | None:
    if not now.missing:
        return None
    return Step(
        "waiting",
        f"A {ORDINALS[now.reviewers + 1]} reviewer is missing",
        f"{done}The lead of the review can invite somebody.",
        "See the team",
        "team",
    )


def _wait_for_resolutions(now: Situation, done: str) -> Step | None:
    if not now.conflicts:
        return None
    verb = "is" if now.conflicts == 1 else "are"
    return Step(
        "waiting",
        f"{counted(now.conflicts, 'conflict')} {verb} with others",
        f"{done}It is for others to resolve what the voters disagree on.",
        "See the conflicts",
        "conflicts",
    )


def _wait_for_the_last(now: Situation) -> Step | None:
    if not now.unsettled:
        return None
    return Step(
        "waiting",
        "The last records are settling",
        "They can still be taken back for some seconds. Then this page tells the result.",
        "Look again",
        "overview",
    )


def _finished(now: Situation) -> Step:
    return Step(
        "done",
        "Screening on title and abstract is finished",
        f"{counted(now.included, 'record')} included, {now.finished - now.included:,} excluded, "
        "and no conflict left open.",
        "Take the files",
        "files",
    )
