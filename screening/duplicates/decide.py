"""What becomes of a pair: it is merged, a person is asked, or it is left apart."""

from dataclasses import dataclass
from enum import StrEnum

from screening.duplicates.compare import Clash, Comparison
from screening.duplicates.patterns import PATTERNS, Pattern, same_page_range
from screening.duplicates.score import best_score, score
from screening.duplicates.vetoes import VETOES, Veto, doi_of_many, notice_and_paper

ASK = 0.1
"""Score from which on a person is asked."""
ASK_WITH_SAME_NUMBER = 0.02
"""The same where a DOI, a PMID or an address agrees."""
MERGE = 0.05
"""Score below which a pattern alone is not enough to merge."""


class Verdict(StrEnum):
    MERGE = "merge"
    ASK = "ask"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on a pair; `reason` names the pattern it is merged by or why it is asked."""

    verdict: Verdict
    score: float
    reason: str = ""


UNSURE = "unsure"
RELATED = "related-report"
REASONS = {
    **{pattern.name: pattern.words for pattern in PATTERNS},
    **{veto.name: veto.words for veto in VETOES},
    UNSURE: "alike, but not enough agrees",
    RELATED: "same title and author in another place: perhaps reports of one study",
}
"""The words for the user, by the name of a pattern or of a reason to ask."""


def decide(pair: Comparison) -> Decision:
    """Whether two records are merged, and by which pattern; whether a person is asked, and why."""
    points = score(pair)
    if not _may_be_one(pair, points):
        return Decision(Verdict.APART, points)
    veto = veto_on(pair)
    pattern = None if veto or points < MERGE else pattern_of(pair)
    if pattern:
        return Decision(Verdict.MERGE, points, pattern.name)
    return Decision(Verdict.ASK, points, veto.name if veto else _why(points))


def may_be_one(pair: Comparison) -> bool:
    """Whether a pair that was compared briefly may be more than left apart."""
    return _may_be_one(pair, best_score(pair))


def veto_on(pair: Comparison) -> Veto | None:
    """The first that forbids to merge the pair, or None.

    What fills the same pages is one paper under whatever title.
    """
    if not notice_and_paper(pair) and same_page_range(pair):
        return None
    return next((veto for veto in VETOES if veto.holds(pair)), None)


def pattern_of(pair: Comparison) -> Pattern | None:
    """The first that is enough to merge the pair, or None."""
    return next((pattern for pattern in PATTERNS if pattern.holds(pair)), None)


def _may_be_one(pair: Comparison, points: float) -> bool:
    if points >= ASK:
        return True
    if pair.title_clash is Clash.BOTH_SIDES:
        return False
    if points >= ASK_WITH_SAME_NUMBER and pair.same_number:
        return not doi_of_many(pair)
    return _may_be_of_one_study(pair)


def _may_be_of_one_study(pair: Comparison) -> bool:
    common = pair.title_is_repeated or pair.title_is_generic
    return pair.title >= 95 and pair.same_person and not common


def _why(points: float) -> str:
    return UNSURE if points >= ASK else RELATED
