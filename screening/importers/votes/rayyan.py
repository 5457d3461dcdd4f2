"""Rayyan's export: articles.csv, and customizations_log.csv with who did what and when.

The notes of the articles tell how everybody voted in the end, by name; the log tells every step,
by address. Where there is a log, it is believed, and the notes add who is missing in it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from screening.importers.tables.wording import whole
from screening.importers.tagged import RAW_LIMIT
from screening.importers.votes import rayyan_notes
from screening.importers.votes.base import Decision, ForeignVote, ForeignVotes, Remark, Taken
from screening.importers.votes.rayyan_log import Histories, History, read_log
from screening.importers.votes.rows import entries, headings

ARTICLES = "articles"

_PREFIX = "rayyan-"


@dataclass(frozen=True, slots=True)
class _Article:
    position: int
    key: str
    line: int
    raw: str
    notes: rayyan_notes.Notes


def is_articles(text: str) -> bool:
    """Whether these are the articles of Rayyan, by their headings."""
    return {"key", "title", "notes"} <= set(headings(text))


def is_log(text: str) -> bool:
    """Whether this is the log of Rayyan, by its headings."""
    return {"article_id", "key", "value"} <= set(headings(text))


def read(articles: str, log: str = "") -> ForeignVotes:
    """The votes of both files, joined to the entries of the articles by their position.

    Raises: UnreadableFile when headings are missing.
    """
    found = ForeignVotes()
    by_key = _articles(articles, found)
    positions = {key: article.position for key, article in by_key.items()}
    histories = read_log(log, positions, found) if log.strip() else {}
    found.names = _names(by_key, histories)
    for article in by_key.values():
        steps = histories.get(article.key, {})
        _add_steps(article, steps, found)
        _add_notes(article, steps, found)
    found.votes.sort(key=lambda vote: vote.position)
    return found


def _articles(text: str, found: ForeignVotes) -> dict[str, _Article]:
    """The articles by the numbers that the log has for them."""
    by_key: dict[str, _Article] = {}
    for row in entries(text, "key", "title", "notes"):
        key = whole(row.cells["key"].strip().removeprefix(_PREFIX))
        complaint = ""
        if not row.is_whole:
            complaint = "This row has more cells than the table has headings."
        elif not key or key in by_key:
            complaint = (
                f"The number of this article is {f'given twice: {key}' if key else 'empty'}."
            )
        if complaint:
            found.refuse(ARTICLES, row.line, complaint, row.raw)
            found.take(ARTICLES, Taken.PROBLEM)
            continue
        notes = rayyan_notes.read(row.cells["notes"])
        by_key[key] = _Article(row.position, key, row.line, row.raw[:RAW_LIMIT], notes)
        if notes.not_understood:
            found.refuse(ARTICLES, row.line, "Some of Rayyan's notes are not understood.", row.raw)
        is_problem = notes.not_understood and not notes.decisions
        kind = Taken.PROBLEM if is_problem else Taken.VOTE if notes.decisions else Taken.NO_VOTE
        found.take(ARTICLES, kind)
    return by_key


def _names(articles: dict[str, _Article], histories: Histories) -> dict[str, str]:
    """By address, the one name whose votes are the same on every article that both have."""
    same: Counter[tuple[str, str]] = Counter()
    differing: set[tuple[str, str]] = set()
    for key, steps in histories.items():
        for address, history in steps.items():
            for name, decision in articles[key].notes.decisions.items():
                if history.current and history.current.decision is decision:
                    same[address, name] += 1
                elif history.current:
                    differing.add((address, name))
    alike = [pair for pair in same if pair not in differing]
    addresses, names = Counter(a for a, _ in alike), Counter(n for _, n in alike)
    return {a: n for a, n in alike if addresses[a] == 1 and names[n] == 1}


def _add_steps(article: _Article, steps: dict[str, History], found: ForeignVotes) -> None:
    """What the log has: every vote; marks of people without a vote are remarks."""
    for address, history in steps.items():
        found.votes.extend(history.votes[:-1])
        if history.current:
            note = article.notes.notes.get(found.names.get(address, ""), "")
            found.votes.append(history.marked(note))
        else:
            found.votes.extend(history.votes[-1:])
            if history.reasons or history.labels:
                found.remarks.append(
                    Remark(
                        article.position,
                        article.key,
                        address,
                        tuple(history.reasons),
                        tuple(history.labels),
                    )
                )


def _add_notes(article: _Article, steps: dict[str, History], found: ForeignVotes) -> None:
    """What the notes have beyond the log: people, reasons and labels that it does not know."""
    notes = article.notes
    missing = dict(_missing(article, steps, found))
    excluding = [name for name, decision in missing.items() if decision is Decision.EXCLUDE]
    known = {mark for one in steps.values() for mark in (*one.reasons, *one.labels)}
    reasons = tuple(reason for reason in notes.reasons if reason not in known)
    labels = tuple(label for label in notes.labels if label not in known)
    # Whose a reason is, is only clear where one person excluded.
    own = len(excluding) == 1 and not any(
        one.current and one.current.decision is Decision.EXCLUDE for one in steps.values()
    )
    for name, decision in missing.items():
        found.votes.append(
            ForeignVote(
                position=article.position,
                record_key=article.key,
                person=name,
                decision=decision,
                reasons=reasons if own and name in excluding else (),
                note=notes.notes.get(name, ""),
                file=ARTICLES,
                line=article.line,
            )
        )
    if labels or (reasons and not own):
        left = () if own else reasons
        found.remarks.append(Remark(article.position, article.key, "", left, labels))
    voted = missing.keys() | {found.names.get(address, "") for address in steps}
    for name, note in notes.notes.items():
        if name not in voted:
            found.remarks.append(Remark(article.position, article.key, name, note=note))


def _missing(
    article: _Article, steps: dict[str, History], found: ForeignVotes
) -> Iterator[tuple[str, Decision]]:
    """Votes of the notes that no vote of the log stands for; what contradicts it is a problem."""
    addresses = {name: address for address, name in found.names.items()}
    in_log = Counter(
        one.current.decision
        for address, one in steps.items()
        if one.current and address not in found.names
    )
    for name, decision in article.notes.decisions.items():
        address = addresses.get(name)
        if address is not None:
            history = steps.get(address)
            if history is None or not history.votes:
                yield address, decision
            elif history.current is None:
                found.refuse(
                    ARTICLES,
                    article.line,
                    f"{name} has a vote here and took it back in the log, which is believed.",
                    article.raw,
                )
        elif in_log[decision] > 0:
            in_log[decision] -= 1
        elif in_log.total() > 0:
            found.refuse(
                ARTICLES,
                article.line,
                f"The vote of {name} is none that the log has; the log is believed.",
                article.raw,
            )
        else:
            yield name, decision
