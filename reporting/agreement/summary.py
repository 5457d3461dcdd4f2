"""Includes and excludes of two reviewers from every side, and a word on prevalence. Pure."""

from dataclasses import dataclass
from fractions import Fraction

from reporting.agreement.coefficients import (
    Estimate,
    cohen_kappa,
    gwet_ac1,
    pabak,
    percent_agreement,
    specific_agreement,
)
from reporting.agreement.tables import Table
from screening.rules import Decision

SCREENING = (Decision.INCLUDE, Decision.EXCLUDE)

# When the sentence on prevalence is said. No source has a limit; these two are ours.
FEW = Fraction(1, 4)
LOWERED = Fraction(1, 10)


@dataclass(frozen=True, slots=True)
class Summary:
    """Two reviewers' includes and excludes, from every side.

    Args:
        prevalence_index: `|a-d|/n`: 0 where includes and excludes are equally many, 1 where there
            is only one of them. None without records.
        bias_index: `|b-c|/n`: how much more one of the two includes than the other.
        prevalence: a sentence for readers; empty where the figures give no cause for it.
    """

    table: Table
    raw: Estimate
    kappa: Estimate
    pabak: Estimate
    ac1: Estimate
    positive: Estimate
    negative: Estimate
    prevalence_index: float | None
    bias_index: float | None
    prevalence: str


def summary(table: Table) -> Summary:
    """All coefficients of a table of includes and excludes.

    Raises:
        ValueError: other categories than include and exclude, or in another order.
    """
    if table.categories != SCREENING:
        raise ValueError("a summary is of include and exclude, in this order")
    (a, b), (c, d) = table.counts
    return Summary(
        table=table,
        raw=percent_agreement(table),
        kappa=cohen_kappa(table),
        pabak=pabak(table),
        ac1=gwet_ac1(table),
        positive=specific_agreement(table, Decision.INCLUDE),
        negative=specific_agreement(table, Decision.EXCLUDE),
        prevalence_index=abs(a - d) / table.n if table.n else None,
        bias_index=abs(b - c) / table.n if table.n else None,
        prevalence=_prevalence(table),
    )


def _prevalence(table: Table) -> str:
    """That one decision is rare and lowers kappa, said only where both are so.

    Kappa depends on PABAK, the prevalence index and the bias index alone:
    `kappa = (PABAK - PI^2 + BI^2) / (1 - PI^2 + BI^2)`. With PI = 0 this is what kappa would be if
    includes and excludes were equally many, with as much agreement and as much bias. The sentence
    is said where the rarer decision has at most `FEW` of the votes and kappa is lower by at least
    `LOWERED`. Agreement on the rarer decision is then the telling figure.

    Source: Byrt, Bishop & Carlin 1993, doi:10.1016/0895-4356(93)90018-V (the identity);
    Cicchetti & Feinstein 1990, doi:10.1016/0895-4356(90)90159-M (the remedy).
    """
    (a, b), (c, d) = table.counts
    n = table.n
    if not n or n in (a, d):
        return ""
    adjusted = 2 * Fraction(a + d, n) - 1
    prevalence, bias = Fraction(a - d, n) ** 2, Fraction(b - c, n) ** 2
    kappa = (adjusted - prevalence + bias) / (1 - prevalence + bias)
    balanced = (adjusted + bias) / (1 + bias)
    rare = Fraction(2 * min(a, d) + b + c, 2 * n)
    if rare > FEW or balanced - kappa < LOWERED:
        return ""
    done, agreement = ("included", "Positive") if a < d else ("excluded", "Negative")
    told = Fraction(2 * min(a, d), 2 * min(a, d) + b + c)
    return (
        f"Few records are {done} ({_percent(rare)} of the votes), which lowers kappa: with as much"
        f" agreement it would be {float(balanced):.2f} if includes and excludes were equally many."
        f" {agreement} agreement ({float(told):.2f}) tells more."
    )


def _percent(share: Fraction) -> str:
    return f"{float(share):.0%}" if share >= Fraction(1, 100) else "less than 1%"
