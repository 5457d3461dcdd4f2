"""agreement.csv: one row per stage and pair."""

from collections.abc import Iterator
from typing import Any

from reporting.agreement.coefficients import Estimate
from reporting.agreement.counting import PairAgreement, agreement
from reporting.kept import kept
from screening.access import Reader
from screening.rules import Stage

WITH_INTERVAL = ("raw_agreement", "kappa", "pabak", "ac1")
COLUMNS = (
    "stage",
    "reviewer_a",
    "reviewer_b",
    "n",
    "both_include",
    "only_a_includes",
    "only_b_includes",
    "both_exclude",
    *(f"{name}{part}" for name in WITH_INTERVAL for part in ("", "_se", "_low", "_high")),
    "positive_agreement",
    "negative_agreement",
    "prevalence_index",
    "bias_index",
    "reasons_n",
    "reasons_raw_agreement",
    "reasons_kappa",
    "reasons_kappa_se",
    "reasons_kappa_low",
    "reasons_kappa_high",
    "left_out",
    "remarks",
)


def rows(access: Reader) -> Iterator[tuple[Any, ...]]:
    """The header and every pair with an item in common; coefficients that do not exist are empty."""
    yield COLUMNS
    for pair in pairs(access):
        yield _row(pair)


def visible(access: Reader) -> int:
    return len(pairs(access))


def hidden(access: Reader) -> int:
    """Open conflicts that are not counted in, once for each pair; see `left_out`."""
    return sum(pair.left_out for pair in pairs(access))


def pairs(access: Reader) -> list[PairAgreement]:
    """Of both stages. Which conflicts are left out depends on the person, not on rights alone."""
    now = access.now()
    viewer = "" if access.sees_everything else str(access.user.pk)
    return kept(
        access,
        "agreement",
        lambda: [pair for stage in Stage for pair in agreement(access, stage, now)],
        now=now,
        viewer=viewer,
    )


def _row(pair: PairAgreement) -> tuple[Any, ...]:
    one, reasons = pair.summary, pair.reasons
    (a, b), (c, d) = one.table.counts
    undefined = [
        f"{name.replace('_', ' ')}: {estimate.reason}"
        for name, estimate in zip(WITH_INTERVAL, _estimates(pair), strict=True)
        if estimate.value is None
    ]
    return (
        pair.stage.value,
        pair.first,
        pair.second,
        one.table.n,
        a,
        b,
        c,
        d,
        *(cell for estimate in _estimates(pair) for cell in _cells(estimate)),
        one.positive.value,
        one.negative.value,
        one.prevalence_index,
        one.bias_index,
        reasons.table.n if reasons else 0,
        reasons.raw.value if reasons else None,
        *(_cells(reasons.kappa) if reasons else (None,) * 4),
        pair.left_out,
        " ".join([*undefined, one.prevalence]).strip(),
    )


def _estimates(pair: PairAgreement) -> tuple[Estimate, ...]:
    one = pair.summary
    return one.raw, one.kappa, one.pabak, one.ac1


def _cells(estimate: Estimate) -> tuple[float | None, ...]:
    low, high = estimate.interval or (None, None)
    return estimate.value, estimate.se, low, high
