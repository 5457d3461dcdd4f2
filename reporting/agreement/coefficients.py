"""How far raters agree, in numbers. Pure.

Sums are fractions until the last step, so that "agreement by chance is 1" and "the variance is 0"
are facts and no matter of rounding. Standard errors treat the items as a random sample. Intervals
are 95 % ones; published ones may rest on t in place of the normal and then differ in the third
digit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import product
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

from reporting.agreement.tables import Table

Z = NormalDist().inv_cdf(0.975)  # 1.96

NOTHING = "There is nothing that both decided on."
ONE_CATEGORY = "There is only one category to choose from."
ALL_ALIKE = (
    "Both used one and the same category throughout: chance alone would give full agreement."
)
NOBODY_USED_IT = "Neither used this category."
NO_SPREAD = "The standard error of this table is zero, so it gives no interval."
ONE_ITEM = "One item gives no standard error."


@dataclass(frozen=True, slots=True)
class Estimate:
    """A coefficient, or why there is none.

    Args:
        value: None where it is undefined.
        se: standard error; None where there is none.
        interval: 95 %, low and high, within the bounds of the coefficient.
        reason: a sentence on what is missing; empty if nothing is.
    """

    value: float | None
    se: float | None = None
    interval: tuple[float, float] | None = None
    reason: str = ""


class Weights(StrEnum):
    """How much it counts as agreement when two answers differ. Only ordered ones may be weighted.

    Linear: `1 - |i-j|/(k-1)`. Quadratic: `1 - (i-j)^2/(k-1)^2`.
    """

    NONE = "none"
    LINEAR = "linear"
    QUADRATIC = "quadratic"

    def of(self, i: int, j: int, size: int) -> Fraction:
        if self is Weights.NONE:
            return Fraction(i == j)
        return 1 - Fraction(abs(i - j), size - 1) ** (1 if self is Weights.LINEAR else 2)


def percent_agreement(table: Table) -> Estimate:
    """The share of items on which both agree, 0 to 1.

    `po = sum(p_ii)`, `se = sqrt(po(1-po)/n)`. The interval is Wilson's, which stays within 0 and 1
    and has a width where everybody agrees.

    Source: Wilson 1927, doi:10.1080/01621459.1927.10502953.
    """
    if not table.n:
        return Estimate(None, reason=NOTHING)
    po, se, interval = _raw(table)
    return Estimate(po, se, interval)


def chance_agreement(table: Table, weights: Weights = Weights.NONE) -> float | None:
    """What kappa takes for agreement by chance: `pe = sum(w_ij r_i c_j)`. None without items."""
    if not table.n:
        return None
    if len(table.categories) == 1:
        return 1.0
    return float(_expected(_cells(table, weights)))


def cohen_kappa(table: Table, weights: Weights = Weights.NONE) -> Estimate:
    """Agreement beyond what the raters' own use of the categories would give by chance.

    `kappa = (po-pe)/(1-pe)`, with `po = sum(w_ij p_ij)`. With `wr_i = sum_j c_j w_ij` and
    `wc_j = sum_i r_i w_ij`, the squared standard error is
    `[sum p_ij (w_ij - (wr_i+wc_j)(1-kappa))^2 - (kappa - pe(1-kappa))^2] / (n (1-pe)^2)`.
    Undefined when both use one and the same category throughout.

    Source: Cohen 1960, doi:10.1177/001316446002000104; weighted: Cohen 1968,
    doi:10.1037/h0026256; standard error: Fleiss, Cohen & Everitt 1969, doi:10.1037/h0028106.
    """
    if reason := _without_choice(table):
        return Estimate(None, reason=reason)
    cells = _cells(table, weights)
    po, pe = _observed(cells), _expected(cells)
    if pe == 1:
        return Estimate(None, reason=ALL_ALIKE)
    kappa = (po - pe) / (1 - pe)
    spread = sum(cell.share * (cell.weight - cell.lean * (1 - kappa)) ** 2 for cell in cells)
    spread -= (kappa - pe * (1 - kappa)) ** 2
    return _estimate(kappa, spread / (table.n * (1 - pe) ** 2))


def null_standard_error(table: Table, weights: Weights = Weights.NONE) -> float | None:
    """The standard error of kappa if it were 0: for testing that, and for no interval.

    `sqrt([sum r_i c_j (w_ij - (wr_i+wc_j))^2 - pe^2] / (n (1-pe)^2))`. None where kappa has none.

    Source: Fleiss, Cohen & Everitt 1969, doi:10.1037/h0028106.
    """
    if _without_choice(table):
        return None
    cells = _cells(table, weights)
    pe = _expected(cells)
    if pe == 1:
        return None
    spread = sum(cell.chance * (cell.weight - cell.lean) ** 2 for cell in cells) - pe**2
    return sqrt(spread / (table.n * (1 - pe) ** 2))


def pabak(table: Table) -> Estimate:
    """Kappa as it would be if all k categories were used equally often by both.

    `(k po - 1)/(k-1)`, which is `2po - 1` for two categories; `se = k/(k-1) sqrt(po(1-po)/n)`.
    For more than two it is the coefficient of Brennan and Prediger. It says what percent agreement
    says, on another scale; so does its interval.

    Source: Byrt, Bishop & Carlin 1993, doi:10.1016/0895-4356(93)90018-V; Brennan & Prediger 1981,
    doi:10.1177/001316448104100307.
    """
    if reason := _without_choice(table):
        return Estimate(None, reason=reason)
    k = len(table.categories)
    po, se, ends = _raw(table)
    low, high = ((k * end - 1) / (k - 1) for end in ends)
    return Estimate((k * po - 1) / (k - 1), se * k / (k - 1), (low, high))


def gwet_ac1(table: Table) -> Estimate:
    """Agreement beyond chance, where chance is small when one category is rare.

    With `pi_i = (r_i+c_i)/2`: `pe = sum(pi_i (1-pi_i))/(k-1)`, `ac1 = (po-pe)/(1-pe)`, and the
    squared standard error is `[sum p_ij (I(i=j) - 2(1-ac1)(1-(pi_i+pi_j)/2)/(k-1))^2
    - (po - 2(1-ac1)pe)^2] / (n (1-pe)^2)`.

    Source: Gwet 2008, doi:10.1348/000711006X126600.
    """
    if reason := _without_choice(table):
        return Estimate(None, reason=reason)
    n, others = table.n, len(table.categories) - 1
    used = [Fraction(a + b, 2 * n) for a, b in zip(table.first, table.second, strict=True)]
    po = Fraction(table.agreed, n)
    pe = Fraction(sum(pi * (1 - pi) for pi in used)) / others
    ac1 = (po - pe) / (1 - pe)
    spread = -((po - 2 * (1 - ac1) * pe) ** 2)
    for (i, row), j in product(enumerate(table.counts), range(len(used))):
        rarity = (1 - (used[i] + used[j]) / 2) / others
        spread += Fraction(row[j], n) * ((i == j) - 2 * (1 - ac1) * rarity) ** 2
    return _estimate(ac1, spread / (n * (1 - pe) ** 2))


def specific_agreement(table: Table, category: str) -> Estimate:
    """How far both mean the same items by one category, 0 to 1.

    Twice the items both put there, through how often each of them used it:
    `2 n_ii/(n_i. + n_.i)`. Of two categories, these are positive agreement, `2a/(2a+b+c)`, and
    negative agreement, `2d/(2d+b+c)`. Without a standard error.

    Source: Cicchetti & Feinstein 1990, doi:10.1016/0895-4356(90)90159-M.

    Raises:
        ValueError: no such category.
    """
    i = table.categories.index(category)
    used = table.first[i] + table.second[i]
    if not used:
        return Estimate(None, reason=NOBODY_USED_IT if table.n else NOTHING)
    return Estimate(2 * table.counts[i][i] / used)


def fleiss_kappa(ratings: Sequence[Sequence[int]]) -> Estimate:
    """Agreement of any number of raters, who need not be the same from item to item.

    With r_ik raters for category k, r_i in all, and `pi_k` the mean of r_ik/r_i:
    `pa = mean of sum_k r_ik (r_ik-1) / (r_i (r_i-1))`, `pe = sum(pi_k^2)`,
    `kappa = (pa-pe)/(1-pe)`. With two raters it is Scott's pi. The standard error is Gwet's, which
    does not take the raters for independent: the spread of
    `(pa_i-pe)/(1-pe) - 2(1-kappa)(pe_i-pe)/(1-pe)` over the items, `pe_i = sum(pi_k r_ik/r_i)`.

    Args:
        ratings: `ratings[i][k]` raters put item i in category k; two raters or more for each item.

    Source: Fleiss 1971, doi:10.1037/h0031619; Gwet 2008, doi:10.1348/000711006X126600.

    Raises:
        ValueError: an item that fewer than two rated.
    """
    if not ratings:
        return Estimate(None, reason=NOTHING)
    n, raters = len(ratings), [sum(row) for row in ratings]
    if min(raters) < 2:
        raise ValueError("an item that fewer than two rated")
    shares = [
        [Fraction(votes, of) for votes in row] for row, of in zip(ratings, raters, strict=True)
    ]
    used = [sum(column) / n for column in zip(*shares, strict=True)]
    agreed = [
        Fraction(sum(votes * (votes - 1) for votes in row), of * (of - 1))
        for row, of in zip(ratings, raters, strict=True)
    ]
    pa, pe = sum(agreed) / n, sum(pi**2 for pi in used)
    if pe == 1:
        return Estimate(None, reason=ONE_CATEGORY if len(used) == 1 else ALL_ALIKE)
    kappa = (pa - pe) / (1 - pe)
    if n == 1:
        return Estimate(float(kappa), reason=ONE_ITEM)
    spread = Fraction(0)
    for row, pa_i in zip(shares, agreed, strict=True):
        pe_i = sum(pi * share for pi, share in zip(used, row, strict=True))
        spread += ((pa_i - pe - 2 * (1 - kappa) * (pe_i - pe)) / (1 - pe) - kappa) ** 2
    return _estimate(kappa, spread / (n * (n - 1)))


class _Cell(NamedTuple):
    """One cell of a table, as shares of 1.

    Args:
        share: `p_ij`, of the items.
        weight: `w_ij`, how much of an agreement it is.
        chance: `r_i c_j`, the share by chance.
        lean: `wr_i + wc_j`, how much its row and its column agree by chance.
    """

    share: Fraction
    weight: Fraction
    chance: Fraction
    lean: Fraction


def _cells(table: Table, weights: Weights) -> list[_Cell]:
    n, size = table.n, len(table.categories)
    rows = [Fraction(count, n) for count in table.first]
    columns = [Fraction(count, n) for count in table.second]
    weight = [[weights.of(i, j, size) for j in range(size)] for i in range(size)]
    by_row = [sum(columns[j] * weight[i][j] for j in range(size)) for i in range(size)]
    by_column = [sum(rows[i] * weight[i][j] for i in range(size)) for j in range(size)]
    return [
        _Cell(
            share=Fraction(table.counts[i][j], n),
            weight=weight[i][j],
            chance=rows[i] * columns[j],
            lean=Fraction(by_row[i] + by_column[j]),
        )
        for i, j in product(range(size), repeat=2)
    ]


def _observed(cells: list[_Cell]) -> Fraction:
    return Fraction(sum(cell.weight * cell.share for cell in cells))


def _expected(cells: list[_Cell]) -> Fraction:
    return Fraction(sum(cell.weight * cell.chance for cell in cells))


def _raw(table: Table) -> tuple[float, float, tuple[float, float]]:
    """Percent agreement, its standard error and Wilson's interval; of a table with items."""
    n = table.n
    po = table.agreed / n
    middle = (po + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z * sqrt(po * (1 - po) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    ends = max(0.0, min(po, middle - half)), min(1.0, max(po, middle + half))
    return po, sqrt(po * (1 - po) / n), ends


def _without_choice(table: Table) -> str:
    """Why no coefficient that corrects for chance can be had, or nothing."""
    if not table.n:
        return NOTHING
    return ONE_CATEGORY if len(table.categories) == 1 else ""


def _estimate(value: Fraction, variance: Fraction) -> Estimate:
    """With `value +- 1.96 se`, cut off at -1 and 1."""
    if not variance:
        return Estimate(float(value), 0.0, reason=NO_SPREAD)
    se = sqrt(variance)
    interval = max(-1.0, float(value) - Z * se), min(1.0, float(value) + Z * se)
    return Estimate(float(value), se, interval)
