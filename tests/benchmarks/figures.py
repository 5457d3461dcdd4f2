"""What a benchmark found, beside what is required."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. `at_most` or `at_least` is the bar it has to clear, if there is one."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def bar(self) -> str:
        if self.at_most is not None:
            return f"at most {self.at_most:g}"
        return f"at least {self.at_least:g}" if self.at_least is not None else ""

    @property
    def verdict(self) -> str:
        if self.at_most is not None:
            return "met" if self.value <= self.at_most else "MISSED"
        if self.at_least is not None:
            return "met" if self.value >= self.at_least else "MISSED"
        return ""


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    return sorted(values)[max(0, round(len(values) * share) - 1)]


def times(name: str, seconds: Sequence[float], *, p95_at_most: float | None = None) -> list[Figure]:
    """Median and 95th percentile in milliseconds."""
    return [
        Figure(f"{name}, median", statistics.median(seconds) * 1000, "ms"),
        Figure(f"{name}, p95", percentile(seconds, 0.95) * 1000, "ms", at_most=p95_at_most),
    ]


def table(figures: Sequence[Figure]) -> str:
    """A table in Markdown."""
    rows = [
        f"| {one.name} | {_short(one.value)} {one.unit} | {one.bar} | {one.verdict} |"
        for one in figures
    ]
    return "\n".join(["| What | Measured | Required | |", "|---|--:|--:|---|", *rows])


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
