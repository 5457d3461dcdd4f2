"""Agreement as the page shows it: per stage, each pair with its table and coefficients."""

from dataclasses import dataclass
from itertools import groupby

from reporting.agreement.coefficients import Estimate
from reporting.agreement.counting import PairAgreement, ReasonAgreement
from reporting.agreement.csv import pairs
from screening.access import ReviewAccess
from screening.rules import Stage


@dataclass(frozen=True, slots=True)
class Line:
    """One coefficient: `0.79`, `0.68 to 0.91`, or why there is none."""

    name: str
    value: str
    interval: str
    remark: str


@dataclass(frozen=True, slots=True)
class ShownPair:
    pair: PairAgreement

    @property
    def n(self) -> int:
        return self.pair.summary.table.n

    @property
    def counts(self) -> tuple[tuple[int, ...], ...]:
        return self.pair.summary.table.counts

    @property
    def lines(self) -> list[Line]:
        one = self.pair.summary
        return [
            _line("Raw agreement", one.raw, is_share=True),
            _line("Cohen's kappa", one.kappa),
            _line("PABAK", one.pabak),
            _line("Gwet's AC1", one.ac1),
            _line("Positive agreement", one.positive),
            _line("Negative agreement", one.negative),
        ]

    @property
    def prevalence(self) -> str:
        return self.pair.summary.prevalence

    @property
    def reasons(self) -> ReasonAgreement | None:
        return self.pair.reasons

    @property
    def reason_lines(self) -> list[Line]:
        reasons = self.pair.reasons
        if reasons is None:
            return []
        return [
            _line("Raw agreement on the first reason", reasons.raw, is_share=True),
            _line("Cohen's kappa", reasons.kappa),
            _line("Gwet's AC1", reasons.ac1),
        ]


@dataclass(frozen=True, slots=True)
class ShownStage:
    stage: Stage
    pairs: list[ShownPair]

    @property
    def words(self) -> str:
        return self.stage.words


def stages_of(access: ReviewAccess) -> list[ShownStage]:
    """Stages at which a pair has something in common, in their order."""
    return [
        ShownStage(stage, [ShownPair(pair) for pair in of_stage])
        for stage, of_stage in groupby(pairs(access), key=lambda pair: pair.stage)
    ]


def _line(name: str, estimate: Estimate, *, is_share: bool = False) -> Line:
    def text(number: float) -> str:
        return f"{number:.1%}" if is_share else f"{number:.2f}"

    if estimate.value is None:
        return Line(name, "none", "", estimate.reason)
    interval = " to ".join(map(text, estimate.interval)) if estimate.interval else ""
    return Line(name, text(estimate.value), interval, estimate.reason)
