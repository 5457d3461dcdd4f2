"""How likely a pair is a duplicate, for the order of questions; no merge depends on it.

A logistic model with measures in steps. The weights are those of a regression on pairs of
records that were labelled by hand; a measure that is missing in one record counts nothing.
"""

import math
from collections.abc import Sequence

from screening.duplicates.compare import Agreement, Clash, Comparison

CONSTANT = -4.084

# From this value on, this weight; the first step that fits counts.
Steps = Sequence[tuple[float, float]]
TITLE: Steps = (
    (99.9, 3.839),
    (97, 2.071),
    (93, 1.579),
    (87, 0.854),
    (75, 0.375),
    (60, 0),
    (0, -2.12),
)
AUTHORS: Steps = ((0.95, 1.764), (0.6, 0.599), (0.3, -1.278), (0, -2.083))
JOURNAL: Steps = ((0.85, 1.305), (0.6, -0.91), (0.35, -0.803), (0, -1.767))
ABSTRACT: Steps = ((90, 1.027), (55, 0), (0, -0.118))
YEARS_APART: Steps = ((4, -1.085), (2, -1.244), (1, -0.689), (0, 1.678))

CLASH = {Clash.ONE_SIDE: -0.733, Clash.BOTH_SIDES: -1.616}
FIRST_AUTHOR = {Agreement.SAME: 0.036, Agreement.OTHER: -1.034}
VOLUME = {Agreement.SAME: -0.025, Agreement.OTHER: -2.757}
ISSUE = {Agreement.SAME: 0.546, Agreement.OTHER: -2.71}
PAGES = {Agreement.SAME: 0.801, Agreement.PARTLY: -0.339, Agreement.OTHER: -1.122}
DOI = {Agreement.SAME: 0.921, Agreement.OTHER: -2.276}
TITLE_WITHIN = 1.458
VOLUME_AND_PAGE = 0.919
ONE_IS_NOTICE = 0.242
ONE_IS_FROM_MEETING = -1.017
GENERIC = -4.149
REPEATED = -0.513


LIKELY = 0.2
"""Below it, two records are probably different."""
PHRASES = (
    (0.9, "almost certainly the same"),
    (0.7, "very likely the same"),
    (0.4, "likely the same"),
    (LIKELY, "perhaps the same"),
    (0.0, "probably different"),
)


def likeliness(points: float) -> str:
    """A score in words."""
    return next(phrase for least, phrase in PHRASES if points >= least)


def score(pair: Comparison) -> float:
    """The probability that both records are of one report, from 0 to 1."""
    return _probability(_weights(pair))


def best_score(pair: Comparison) -> float:
    """The score of a pair that was compared briefly, if its abstracts turn out to be the same."""
    return _probability((*_weights(pair), ABSTRACT[0][1]))


def _weights(pair: Comparison) -> Sequence[float]:
    return (
        CONSTANT,
        _step(TITLE, pair.title),
        _step(AUTHORS, pair.authors),
        _step(JOURNAL, pair.journal),
        _step(ABSTRACT, pair.abstract),
        _step(YEARS_APART, pair.years_apart),
        CLASH.get(pair.title_clash, 0.0),
        FIRST_AUTHOR.get(pair.first_author, 0.0),
        VOLUME.get(pair.volume, 0.0),
        ISSUE.get(pair.issue, 0.0),
        PAGES.get(pair.pages, 0.0),
        DOI.get(pair.doi, 0.0),
        TITLE_WITHIN * pair.title_within,
        VOLUME_AND_PAGE * pair.same_place,
        ONE_IS_NOTICE * pair.one_is_notice,
        ONE_IS_FROM_MEETING * pair.one_is_from_meeting,
        GENERIC * pair.title_is_generic,
        REPEATED * pair.title_is_repeated,
    )


def _probability(weights: Sequence[float]) -> float:
    return 1 / (1 + math.exp(-math.fsum(weights)))


def _step(steps: Steps, value: float | None) -> float:
    if value is None:
        return 0.0
    return next(weight for least, weight in steps if value >= least)
