"""The one next step of one person in a review, by their rights and how things stand. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from reporting.words import ORDINALS, about, counted, waits
from screening.rules import Stage

MANY = 20
"""Possible duplicates that are worth being decided about while others screen."""

# What is screened at a stage.
NOUNS = {Stage.TITLE_ABSTRACT: "record", Stage.FULL_TEXT: "full text"}


@dataclass(frozen=True, slots=True)
class AtStage:
    """How a stage stands, for one person.

    Args:
        mine: items that wait for this person's vote.
        seconds_each: what the person took for a vote of late; None when not known.
        is_shared: more people screen than an item needs.
        to_confirm, to_discuss, to_adjudicate: conflicts the person can act on, and how.
        conflicts: all that are open.
        left: what other active reviewers still have to do, by name.
        missing: active reviewers short of the votes that an item needs.
        unsettled: items with all their votes, the last of which can still be taken back.
    """

    mine: int = 0
    seconds_each: float | None = None
    is_shared: bool = False
    to_confirm: int = 0
    to_discuss: int = 0
    to_adjudicate: int = 0
    conflicts: int = 0
    left: tuple[tuple[str, int], ...] = ()
    missing: int = 0
    unsettled: int = 0
    included: int = 0
    excluded: int = 0

    @property
    def finished(self) -> int:
        return self.included + self.excluded


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides the next step.

    Args:
        gets_reports: whether the person is asked to get the full texts.
        to_get: reports of which nobody said anything yet.
        asked_for: reports that somebody was asked for, and that are not here yet.
        not_retrieved: reports that cannot be had; nobody screens them.
        questions: likely duplicates that this person may decide about.
        is_untouched: nobody has voted on anything.
    """

    may_import: bool = False
    may_invite: bool = False
    may_vote: bool = False
    gets_reports: bool = False
    reads_only: bool = False
    sources: int = 0
    records: int = 0
    reviewers: int = 0
    invited: int = 0
    title_abstract: AtStage = AtStage()
    full_text: AtStage = AtStage()
    to_get: int = 0
    asked_for: int = 0
    not_retrieved: int = 0
    questions: int = 0
    is_untouched: bool = False

    def at(self, stage: Stage) -> AtStage:
        return self.full_text if stage is Stage.FULL_TEXT else self.title_abstract

    def first(self, asked: Callable[[AtStage], object]) -> Stage | None:
        """The first stage of which this is so."""
        return next((stage for stage in Stage if asked(self.at(stage))), None)


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next, or what is waited for.

    Args:
        kind: `do`, `waiting` or `done`.
        page: the name of the address the button leads to.
        stage: which of the pages of that name, where each stage has one.
    """

    kind: str
    title: str
    text: str
    label: str
    page: str
    stage: Stage = Stage.TITLE_ABSTRACT


def next_step(now: Situation) -> Step:
    """Own work first, then what unblocks others, then what is waited for."""
    return (
        _search(now)
        or (_decide_about_duplicates(now) if now.is_untouched else None)
        or _vote(now)
        or _resolve(now)
        or (_decide_about_duplicates(now) if now.questions >= MANY else None)
        or _invite(now)
        or _get_reports(now)
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


def _decide_about_duplicates(now: Situation) -> Step | None:
    if not now.questions:
        return None
    before = "Before screening begins, so" if now.is_untouched else "So"
    return Step(
        "do",
        f"{waits(now.questions, 'possible duplicate')} for your decision",
        f"{before} that nobody screens one report twice. What was certain is merged already.",
        "Decide",
        "duplicates",
    )


def _vote(now: Situation) -> Step | None:
    stage = now.first(lambda at: at.mine)
    if stage is None:
        return None
    mine, seconds_each = now.at(stage).mine, now.at(stage).seconds_each
    pace, label = "", "Screen"
    if seconds_each is not None:
        pace = f" At your pace of the last days that is {about(mine * seconds_each)}."
        label = "Continue screening"
    shared = ""
    if now.at(stage).is_shared:
        shared = " You share them with the other reviewers, so you may not see all."
    return Step(
        "do",
        f"{waits(mine, NOUNS[stage])} for your vote",
        f"{stage.words.capitalize()}.{pace}{shared}",
        label,
        "queue",
        stage,
    )


def _resolve(now: Situation) -> Step | None:
    return _answer(now) or _adjudicate(now) or _discuss(now)


def _answer(now: Situation) -> Step | None:
    stage = now.first(lambda at: at.to_confirm)
    if stage is None:
        return None
    return Step(
        "do",
        f"{waits(now.at(stage).to_confirm, 'proposal')} for your answer",
        f"{stage.words.capitalize()}. Somebody proposed how a conflict should end. Confirm it, "
        "or decline with a sentence.",
        "Answer",
        "conflicts",
        stage,
    )


def _adjudicate(now: Situation) -> Step | None:
    stage = now.first(lambda at: at.to_adjudicate)
    if stage is None:
        return None
    return Step(
        "do",
        f"{waits(now.at(stage).to_adjudicate, 'conflict')} for your decision",
        f"{stage.words.capitalize()}. The voters disagree; you did not vote and decide between "
        "them.",
        "Decide",
        "conflicts",
        stage,
    )


def _discuss(now: Situation) -> Step | None:
    stage = now.first(lambda at: at.to_discuss)
    if stage is None:
        return None
    return Step(
        "do",
        f"{counted(now.at(stage).to_discuss, 'conflict')} to discuss",
        f"{stage.words.capitalize()}. The voters disagree. Propose a decision; it stands once the "
        "other voters confirm it.",
        "Discuss",
        "conflicts",
        stage,
    )


def _invite(now: Situation) -> Step | None:
    stage = now.first(lambda at: at.missing)
    if stage is None or not now.may_invite:
        return None
    nth, needed = ORDINALS[now.reviewers + 1], now.reviewers + now.at(stage).missing
    if now.invited:
        return Step(
            "waiting",
            f"The {nth} reviewer has not answered yet",
            f"{counted(now.invited, 'invitation')} open. {NOUNS[stage].capitalize()}s are "
            f"finished by {needed} reviewers who cannot see each other.",
            "See the team",
            "team",
        )
    return Step(
        "do",
        "Invite a reviewer" if now.reviewers == 0 else f"Invite a {nth} reviewer",
        f"A {NOUNS[stage]} is finished with {counted(needed, 'vote')}, and there "
        f"{'is' if now.reviewers == 1 else 'are'} "
        f"{counted(now.reviewers, 'reviewer')} in the team.",
        "Invite somebody",
        "team",
    )


def _get_reports(now: Situation) -> Step | None:
    if not now.to_get or not now.gets_reports:
        return None
    return Step(
        "do",
        f"{_are(now.to_get, 'report')} still to be got",
        "Their records are included on title and abstract. Say of each report whether it is here, "
        "was asked for, or cannot be retrieved.",
        "See the full texts",
        "full_texts",
        Stage.FULL_TEXT,
    )


def _read_along(now: Situation) -> Step | None:
    if not now.reads_only:
        return None
    seen = [
        f"{counted(at.finished, f'finished {NOUNS[stage]}')}, {at.included:,} of them included"
        for stage in Stage
        if (at := now.at(stage)).finished or stage is Stage.TITLE_ABSTRACT
    ]
    return Step(
        "waiting",
        "You read along; nothing waits for you",
        f"You see what is settled: {', and '.join(seen)}.",
        "See the files",
        "files",
    )


def _wait(now: Situation) -> Step | None:
    done = "You are done for now. " if now.may_vote else ""
    return (
        _wait_for_others(now, done)
        or _wait_for_a_reviewer(now, done)
        or _wait_for_resolutions(now, done)
        or _wait_for_reports(now, done)
        or _wait_for_the_last(now)
    )


def _wait_for_others(now: Situation, done: str) -> Step | None:
    stage = now.first(lambda at: at.left)
    if stage is None:
        return None
    left, noun = now.at(stage).left, NOUNS[stage]
    if len(left) > 1:
        title = f"{counted(len(left), 'reviewer')} still have {noun}s to screen"
    else:
        name, number = left[0]
        who = "Your partner" if now.may_vote else name
        title = f"{who} still has {counted(number, noun)} to screen"
    return Step(
        "waiting",
        title,
        f"{done}Conflicts appear as soon as {noun}s have all their votes.",
        "See the files",
        "files",
    )


def _wait_for_a_reviewer(now: Situation, done: str) -> Step | None:
    if now.first(lambda at: at.missing) is None:
        return None
    return Step(
        "waiting",
        f"A {ORDINALS[now.reviewers + 1]} reviewer is missing",
        f"{done}The lead of the review can invite somebody.",
        "See the team",
        "team",
    )


def _wait_for_resolutions(now: Situation, done: str) -> Step | None:
    stage = now.first(lambda at: at.conflicts)
    if stage is None:
        return None
    number = sum(now.at(each).conflicts for each in Stage)
    return Step(
        "waiting",
        f"{_are(number, 'conflict')} with others",
        f"{done}It is for others to resolve what the voters disagree on.",
        "See the conflicts",
        "conflicts",
        stage,
    )


def _wait_for_reports(now: Situation, done: str) -> Step | None:
    if not (now.to_get or now.asked_for):
        return None
    if now.to_get:
        title = f"{_are(now.to_get, 'report')} still to be got"
    else:
        title = f"{_are(now.asked_for, 'report')} asked for and not here yet"
    return Step(
        "waiting",
        title,
        f"{done}A librarian or the lead gets the full texts; what is here can be screened.",
        "See the full texts",
        "full_texts",
        Stage.FULL_TEXT,
    )


def _are(number: int, noun: str) -> str:
    return f"{counted(number, noun)} {'is' if number == 1 else 'are'}"


def _wait_for_the_last(now: Situation) -> Step | None:
    stage = now.first(lambda at: at.unsettled)
    if stage is None:
        return None
    return Step(
        "waiting",
        f"The last {NOUNS[stage]}s are settling",
        "They can still be taken back for some seconds. Then this page tells the result.",
        "Look again",
        "overview",
    )


def _finished(now: Situation) -> Step:
    """Both stages are at their end; also where title and abstract left nothing to read."""
    reports = now.full_text
    if not (reports.finished or now.not_retrieved):
        text = f"{counted(now.title_abstract.excluded, 'record')} excluded and none included."
    else:
        lost = f", {now.not_retrieved:,} not retrieved" if now.not_retrieved else ""
        text = (
            f"{counted(reports.included, 'full text')} included, {reports.excluded:,} excluded"
            f"{lost}, and no conflict left open."
        )
    return Step("done", "Screening is finished", text, "Take the files", "files")
