"""From pairs to clusters: what is merged, and what a person is asked.

Pairs are merged the surest first. No cluster comes to hold two records that a person told apart,
or two that a veto parts, by whatever way through others.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import product
from operator import attrgetter

from screening.duplicates.compare import Comparison, compare
from screening.duplicates.decide import REASONS, Decision, Verdict, veto_on
from screening.duplicates.normalise import Id, Normalised

IN_CLUSTER = "cluster:"
"""Before the name of a veto between other records of the two clusters."""


def in_words(reason: str) -> str:
    """The words for the user of a pattern or of a reason to ask."""
    name = reason.removeprefix(IN_CLUSTER)
    return REASONS[name] if name == reason else f"between their other copies: {REASONS[name]}"


Pair = tuple[Id, Id]

_content = attrgetter(*(f.name for f in fields(Normalised) if f.compare and f.name != "id"))


@dataclass(frozen=True, slots=True)
class Merge:
    """Two records of one report; `pattern` names why, `comparison` has the measures."""

    pair: Pair
    pattern: str
    score: float
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Question:
    """Two records that a person should look at; `reason` names why they were not merged."""

    pair: Pair
    reason: str
    score: float
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Found:
    """The merges, the surest first, and one question for each two clusters, the likeliest first.

    The merges of a cluster link its records as a tree: one merge less than records.
    """

    merges: list[Merge]
    questions: list[Question]


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair with its measures and what they decide."""

    pair: Pair
    comparison: Comparison
    decision: Decision

    @property
    def surest_first(self) -> tuple[float, Pair]:
        return -self.decision.score, self.pair


class Clusters:
    """Which records are together, starting from what is merged already."""

    def __init__(self, merged: Iterable[Pair], different: Iterable[Pair]) -> None:
        self._members: dict[Id, list[Id]] = {}
        self._told_apart: defaultdict[Id, set[Id]] = defaultdict(set)
        for one, other in different:
            self._told_apart[one].add(other)
            self._told_apart[other].add(one)
        for pair in merged:
            self.join(*pair)

    def of(self, record: Id) -> list[Id]:
        """The records of its cluster, itself among them."""
        return self._members.get(record, [record])

    def are_joined(self, one: Id, other: Id) -> bool:
        return one == other or self.of(one) is self.of(other)

    def were_told_apart(self, one: Id, other: Id) -> bool:
        """A person said so of two records of the two clusters."""
        if not self._told_apart:
            return False
        others = set(self.of(other))
        return any(not others.isdisjoint(self._told_apart[record]) for record in self.of(one))

    def join(self, one: Id, other: Id) -> None:
        if not self.are_joined(one, other):
            joined = self.of(one) + self.of(other)
            self._members.update(dict.fromkeys(joined, joined))


def gather(
    judged: Collection[Judged],
    records: Sequence[Normalised],
    *,
    repeated: Collection[str] = frozenset(),
    merged: Iterable[Pair] = (),
    different: Iterable[Pair] = (),
) -> Found:
    """Merge what is to be merged and ask about the rest.

    Args:
        judged: the pairs that are to be merged or asked.
        records: all that the pairs, `merged` and the clusters of both name.
        repeated: the letters of repeated titles.
        merged: pairs that were merged before.
        different: pairs that a person told apart.
    """
    clusters = Clusters(merged, different)
    parting = _Parting({record.id: record for record in records}, repeated)
    merges, open_questions = [], []
    for item in sorted(judged, key=lambda item: item.surest_first):
        if item.decision.verdict is Verdict.ASK:
            open_questions.append(_question(item, item.decision.reason))
        elif not (clusters.are_joined(*item.pair) or clusters.were_told_apart(*item.pair)):
            veto = parting.between(clusters, item.pair)
            if veto:
                open_questions.append(_question(item, IN_CLUSTER + veto))
            else:
                clusters.join(*item.pair)
                merges.append(
                    Merge(item.pair, item.decision.reason, item.decision.score, item.comparison)
                )
    return Found(merges, _one_of_each_two(open_questions, clusters))


def _question(item: Judged, reason: str) -> Question:
    return Question(item.pair, reason, item.decision.score, item.comparison)


def _one_of_each_two(questions: Iterable[Question], clusters: Clusters) -> list[Question]:
    """The first question about each two clusters; none within one, none that was answered."""
    kept: dict[frozenset[Id], Question] = {}
    for question in questions:
        one, other = question.pair
        if not (clusters.are_joined(one, other) or clusters.were_told_apart(one, other)):
            two = frozenset((clusters.of(one)[0], clusters.of(other)[0]))
            kept.setdefault(two, question)
    return list(kept.values())


class _Parting:
    """Finds the veto that keeps two clusters apart."""

    def __init__(self, records: dict[Id, Normalised], repeated: Collection[str]) -> None:
        self._records = records
        self._repeated = repeated

    def between(self, clusters: Clusters, pair: Pair) -> str:
        """The name of a veto between records of two clusters whose pair has none, or ""."""
        one, other = (clusters.of(record) for record in pair)
        if len(one) == len(other) == 1:
            return ""
        for first, second in product(self._distinct(one), self._distinct(other)):
            veto = veto_on(compare(first, second, repeated=self._repeated))
            if veto and veto.parts_clusters:
                return veto.name
        return ""

    def _distinct(self, members: Iterable[Id]) -> Collection[Normalised]:
        """One of each that are alike in everything: some libraries have hundreds of one record."""
        records = (self._records[member] for member in sorted(members))
        return {_content(record): record for record in records}.values()
