"""Published values are texts, so that they are compared to the digits their source prints."""

from math import isclose, sqrt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reporting.agreement.coefficients import (
    ALL_ALIKE,
    NO_SPREAD,
    NOBODY_USED_IT,
    NOTHING,
    ONE_CATEGORY,
    ONE_ITEM,
    Estimate,
    Weights,
    chance_agreement,
    cohen_kappa,
    fleiss_kappa,
    gwet_ac1,
    null_standard_error,
    pabak,
    percent_agreement,
    specific_agreement,
)
from reporting.agreement.summary import SCREENING, summary
from reporting.agreement.tables import Table

COEFFICIENTS = {
    "po": percent_agreement,
    "kappa": cohen_kappa,
    "linear": lambda table: cohen_kappa(table, Weights.LINEAR),
    "quadratic": lambda table: cohen_kappa(table, Weights.QUADRATIC),
    "pabak": pabak,
    "ac1": gwet_ac1,
}
ABSTRACTORS = ((13, 0, 0), (0, 20, 7), (0, 4, 56))  # kgwet/irrCAC, cont3x3abstractors
SKIN = ((10, 4, 1, 0), (5, 10, 12, 2), (2, 4, 12, 5), (0, 2, 6, 13))  # SAS/STAT FREQ, Agreement
RADIOLOGISTS = ((21, 12, 0, 0), (4, 17, 1, 0), (3, 9, 15, 2), (0, 0, 0, 1))  # Stata [R] kappa
FLEISS = ((75, 1, 4), (5, 4, 1), (0, 0, 10))  # Fleiss 1981, page 213
WIKIPEDIA = ((20, 5), (10, 15))  # Wikipedia, Cohen's kappa
BALANCED = ((40, 9), (6, 45))  # Feinstein & Cicchetti 1990, doi:10.1016/0895-4356(90)90158-L
SKEWED = ((80, 10), (5, 5))  # the same
EXTREME = ((118, 5), (2, 0))  # Gwet 2002 and 2008
BIAS_A = ((45, 15), (25, 15))  # Wikipedia: the same agreement, other margins
BIAS_B = ((25, 35), (5, 35))
SIX_RATERS = (  # kgwet/irrCAC, distrib.6raters: 15 patients, 5 diagnoses
    (0, 0, 0, 6, 0),
    (0, 3, 0, 0, 3),
    (0, 1, 4, 0, 1),
    (0, 0, 0, 0, 6),
    (0, 3, 0, 3, 0),
    (2, 0, 4, 0, 0),
    (0, 0, 4, 0, 2),
    (2, 0, 3, 1, 0),
    (2, 0, 0, 4, 0),
    (0, 0, 0, 0, 6),
    (1, 0, 0, 5, 0),
    (1, 1, 0, 4, 0),
    (0, 3, 3, 0, 0),
    (1, 0, 0, 5, 0),
    (0, 2, 0, 3, 1),
)


def table(counts) -> Table:
    return Table(tuple("abcdefgh"[: len(counts)]), tuple(map(tuple, counts)))


def votes(both, only_first, only_second, neither) -> Table:
    return Table(SCREENING, ((both, only_first), (only_second, neither)))


def one_by_one(rated: Table) -> list[list[int]]:
    """Each item on its own, as `fleiss_kappa` wants them."""
    size = range(len(rated.categories))
    return [
        [(k == i) + (k == j) for k in size]
        for i in size
        for j in size
        for _ in range(rated.counts[i][j])
    ]


def printed(number: float, like: str) -> str:
    return f"{number:.{len(like.partition('.')[2])}f}"


SIZES, COUNTS = st.integers(2, 4), st.integers(0, 60)


@st.composite
def tables(draw, sizes=SIZES, counts=COUNTS):
    size = draw(sizes)
    row = st.lists(counts, min_size=size, max_size=size)
    made = table(draw(st.lists(row, min_size=size, max_size=size)))
    assume(made.n)
    return made


SQUARES = tables(sizes=st.just(2))


@pytest.mark.parametrize(
    ("counts", "name", "value", "se"),
    [
        (ABSTRACTORS, "po", "0.89", "0.03128898"),
        (ABSTRACTORS, "kappa", "0.7964094", "0.05891072"),
        (ABSTRACTORS, "ac1", "0.8493305", "0.04321747"),
        (ABSTRACTORS, "pabak", "0.835", "0.04693346"),
        (SKIN, "kappa", "0.3449", "0.0724"),
        (SKIN, "linear", "0.5082", "0.0655"),
        (RADIOLOGISTS, "po", "0.6353", None),
        (RADIOLOGISTS, "kappa", "0.4728", None),
        (FLEISS, "kappa", "0.68", None),
        (WIKIPEDIA, "kappa", "0.4", None),
        (BALANCED, "po", "0.85", None),
        (BALANCED, "kappa", "0.7", None),
        (SKEWED, "po", "0.85", None),
        (SKEWED, "kappa", "0.32", None),
        (EXTREME, "kappa", "-0.0234", None),
        (EXTREME, "ac1", "0.9408", None),
        (BIAS_A, "kappa", "0.1304", None),
        (BIAS_B, "kappa", "0.2593", None),
    ],
)
def test_published_values_come_out(counts, name, value, se):
    found = COEFFICIENTS[name](table(counts))

    assert printed(found.value, value) == value
    assert se is None or printed(found.se, se) == se


@pytest.mark.parametrize(
    ("name", "low", "high"), [("kappa", "0.2030", "0.4868"), ("linear", "0.3798", "0.6366")]
)
def test_published_intervals_come_out(name, low, high):
    found = COEFFICIENTS[name](table(SKIN)).interval

    assert (printed(found[0], low), printed(found[1], high)) == (low, high)


def test_the_published_test_of_no_agreement_comes_out():
    rated = table(RADIOLOGISTS)
    se = null_standard_error(rated)

    assert printed(chance_agreement(rated), "0.3082") == "0.3082"
    assert printed(se, "0.0694") == "0.0694"
    assert printed(cohen_kappa(rated).value / se, "6.81") == "6.81"


# statistics.yaml, "recomputed": by an independent script, to the digits it gives.
@pytest.mark.parametrize(
    ("counts", "name", "figures"),
    [
        (ABSTRACTORS, "kappa", "0.796409 0.058911 0.6809 0.9119"),
        (ABSTRACTORS, "pabak", "0.8350 0.046933"),
        (ABSTRACTORS, "ac1", "0.849331 0.043217"),
        (SKIN, "kappa", "0.344875 0.072397 0.2030 0.4868"),
        (SKIN, "linear", "0.508160 0.065508 0.3798 0.6366"),
        (SKIN, "quadratic", "0.660723 0.061643 0.5399 0.7815"),
        (SKIN, "pabak", "0.348485 0.071049"),
        (SKIN, "ac1", "0.351073 0.070328"),
        (RADIOLOGISTS, "kappa", "0.472789 0.072715 0.3303 0.6153"),
        (RADIOLOGISTS, "pabak", "0.513725 0.069613"),
        (RADIOLOGISTS, "ac1", "0.529198 0.067482"),
        (FLEISS, "kappa", "0.676471 0.087703 0.5046 0.8484"),
        (FLEISS, "pabak", "0.8350 0.046933"),
        (FLEISS, "ac1", "0.867570 0.03923"),
        (WIKIPEDIA, "kappa", "0.4000 0.126996 0.1511 0.6489"),
        (WIKIPEDIA, "pabak", "0.4000 0.129615"),
        (WIKIPEDIA, "ac1", "0.405941 0.130152"),
        (BALANCED, "kappa", "0.699519 0.071394 0.5596 0.8394"),
        (BALANCED, "pabak", "0.7000 0.071414"),
        (BALANCED, "ac1", "0.700748 0.071352"),
        (SKEWED, "kappa", "0.318182 0.133457 0.0566 0.5798"),
        (SKEWED, "pabak", "0.7000 0.071414"),
        (SKEWED, "ac1", "0.8080 0.052129"),
        (EXTREME, "kappa", "-0.023392 0.012287 -0.0475 0.0007"),
        (EXTREME, "pabak", "0.8880 0.04113"),
        (EXTREME, "ac1", "0.940776 0.022965"),
        (BIAS_A, "kappa", "0.130435 0.098662 -0.0629 0.3238"),
        (BIAS_A, "pabak", "0.2000 0.09798"),
        (BIAS_A, "ac1", "0.266055 0.103401"),
        (BIAS_B, "kappa", "0.259259 0.07716 0.1080 0.4105"),
        (BIAS_B, "pabak", "0.2000 0.09798"),
        (BIAS_B, "ac1", "0.207921 0.099017"),
    ],
)
def test_values_of_an_independent_script_come_out(counts, name, figures):
    found = COEFFICIENTS[name](table(counts))

    numbers = (found.value, found.se, *found.interval)
    expected = figures.split()
    assert list(map(printed, numbers, expected)) == expected


@pytest.mark.parametrize(
    ("counts", "pe", "null"),
    [
        (ABSTRACTORS, "0.4597", "0.076006"),
        (SKIN, "0.254132", "0.061185"),
        (RADIOLOGISTS, "0.308235", "0.069375"),
        (FLEISS, "0.6600", "0.076187"),
        (WIKIPEDIA, "0.5000", "0.138564"),
        (BALANCED, "0.5008", "0.099819"),
        (SKEWED, "0.7800", "0.097383"),
        (EXTREME, "0.94528", "0.080381"),
        (BIAS_A, "0.5400", "0.097608"),
        (BIAS_B, "0.4600", "0.083148"),
    ],
)
def test_agreement_by_chance_of_an_independent_script_comes_out(counts, pe, null):
    assert printed(chance_agreement(table(counts)), pe) == pe
    assert printed(null_standard_error(table(counts)), null) == null


@pytest.mark.parametrize(
    ("weights", "pe", "null"),
    [(Weights.LINEAR, "0.614928", "0.073897"), (Weights.QUADRATIC, "0.761823", "0.106495")],
)
def test_near_misses_count_for_something_when_weighted(weights, pe, null):
    assert printed(chance_agreement(table(SKIN), weights), pe) == pe
    assert printed(null_standard_error(table(SKIN), weights), null) == null


def test_six_raters_agree_as_published():
    found = fleiss_kappa(SIX_RATERS)

    assert printed(found.value, "0.4139265") == "0.4139265"
    assert printed(found.se, "0.08119291") == "0.08119291"


def test_of_two_raters_the_kappa_of_fleiss_is_scotts_pi():
    found = fleiss_kappa(one_by_one(table(ABSTRACTORS)))

    assert printed(found.value, "0.7962397") == "0.7962397"  # irrCAC, scott2.table


def test_pairs_of_answers_make_a_table():
    pairs = {("include", "include"): 3, ("include", "exclude"): 1, ("exclude", "exclude"): 6}

    made = Table.of(pairs, SCREENING)

    assert made == votes(3, 1, 0, 6)
    assert made.swapped == votes(3, 0, 1, 6)
    assert (made.n, made.agreed, made.first, made.second) == (10, 9, (4, 6), (3, 7))
    with pytest.raises(ValueError, match="not among the categories: maybe"):
        Table.of({("maybe", "include"): 1}, SCREENING)


@pytest.mark.parametrize(
    ("categories", "counts", "message"),
    [
        ((), (), "every category is named once"),
        (("a", "a"), ((1, 0), (0, 1)), "every category is named once"),
        (("a", "b"), ((1, 0),), "2 categories need 2 rows of 2 counts"),
        (("a", "b"), ((1, 0), (0,)), "2 categories need 2 rows of 2 counts"),
        (("a", "b"), ((1, 0), (0, -1)), "a count below zero"),
    ],
)
def test_a_table_that_is_none_is_refused(categories, counts, message):
    with pytest.raises(ValueError, match=message):
        Table(categories, counts)


@pytest.mark.parametrize("name", COEFFICIENTS)
def test_without_items_there_is_a_reason_and_no_number(name):
    assert COEFFICIENTS[name](table([[0, 0], [0, 0]])) == Estimate(None, reason=NOTHING)


def test_without_items_nothing_else_is_a_number_either():
    nothing = votes(0, 0, 0, 0)
    told = summary(nothing)

    assert chance_agreement(nothing) is None
    assert null_standard_error(nothing) is None
    assert told.positive == told.negative == Estimate(None, reason=NOTHING)
    assert (told.prevalence_index, told.bias_index, told.prevalence) == (None, None, "")
    assert fleiss_kappa([]) == Estimate(None, reason=NOTHING)


@pytest.mark.parametrize("name", [name for name in COEFFICIENTS if name != "po"])
def test_a_single_category_leaves_a_reason_and_no_number(name):
    assert COEFFICIENTS[name](table([[7]])) == Estimate(None, reason=ONE_CATEGORY)


def test_a_single_category_is_agreed_on_by_chance():
    assert percent_agreement(table([[7]])).value == 1
    assert chance_agreement(table([[7]])) == 1
    assert null_standard_error(table([[7]])) is None
    assert fleiss_kappa([[2], [2]]) == Estimate(None, reason=ONE_CATEGORY)


def test_two_who_exclude_everything_have_no_kappa_but_agree():
    told = summary(votes(0, 0, 0, 60))

    assert told.kappa == Estimate(None, reason=ALL_ALIKE)
    assert null_standard_error(told.table) is None
    assert fleiss_kappa(one_by_one(told.table)) == Estimate(None, reason=ALL_ALIKE)
    assert told.positive == Estimate(None, reason=NOBODY_USED_IT)
    assert (told.raw.value, told.pabak.value, told.negative.value) == (1, 1, 1)
    assert told.ac1 == Estimate(1, 0, reason=NO_SPREAD)
    assert told.prevalence == ""


def test_two_who_always_agree_get_an_interval_only_where_it_says_something():
    told = summary(votes(5, 0, 0, 15))

    assert told.kappa == Estimate(1, 0, reason=NO_SPREAD)
    assert told.raw.value == told.raw.interval[1] == 1
    assert printed(told.raw.interval[0], "0.839") == "0.839"  # n / (n + 1.96^2)


def test_one_who_excludes_everything_agrees_by_chance_only():
    told = summary(votes(0, 0, 12, 88))

    assert told.kappa == Estimate(0, 0, reason=NO_SPREAD)
    assert (told.positive.value, told.prevalence_index, told.bias_index) == (0, 0.88, 0.12)


def test_one_item_of_three_raters_has_no_standard_error():
    found = fleiss_kappa([[2, 1]])

    assert (found.se, found.interval, found.reason) == (None, None, ONE_ITEM)
    assert printed(found.value, "-0.5000") == "-0.5000"  # (1/3 - 5/9) / (4/9)


def test_an_item_with_one_rater_has_nothing_to_agree_with():
    with pytest.raises(ValueError, match="an item that fewer than two rated"):
        fleiss_kappa([[2, 0], [1, 0]])


def test_a_summary_shows_includes_and_excludes_from_every_side():
    told = summary(votes(5, 5, 10, 80))

    assert printed(told.raw.value, "0.85") == "0.85"
    assert printed(told.kappa.value, "0.32") == "0.32"
    assert printed(told.pabak.value, "0.70") == "0.70"
    assert printed(told.ac1.value, "0.808") == "0.808"
    assert (told.positive.value, told.negative.value) == (10 / 25, 160 / 175)
    assert (told.prevalence_index, told.bias_index) == (0.75, 0.05)


@pytest.mark.parametrize("categories", [("exclude", "include"), ("yes", "no")])
def test_a_summary_is_of_includes_first(categories):
    with pytest.raises(ValueError, match="include and exclude, in this order"):
        summary(Table(categories, ((1, 0), (0, 1))))


def test_rare_includes_that_lower_kappa_are_told():
    assert summary(votes(5, 5, 10, 80)).prevalence == (
        "Few records are included (12% of the votes), which lowers kappa: with as much agreement"
        " it would be 0.70 if includes and excludes were equally many."
        " Positive agreement (0.40) tells more."
    )


def test_rare_excludes_that_lower_kappa_are_told():
    assert summary(votes(80, 5, 10, 5)).prevalence == (
        "Few records are excluded (12% of the votes), which lowers kappa: with as much agreement"
        " it would be 0.70 if includes and excludes were equally many."
        " Negative agreement (0.40) tells more."
    )


def test_that_one_includes_more_than_the_other_is_left_as_it_is():
    told = summary(votes(5, 0, 25, 70))

    assert told.pabak.value == 0.5
    assert "it would be 0.53 if" in told.prevalence  # (0.5 + 0.25^2) / (1 + 0.25^2)


def test_a_handful_of_includes_is_less_than_one_percent():
    assert "(less than 1% of the votes)" in summary(votes(2, 2, 2, 994)).prevalence


@pytest.mark.parametrize(
    "counts",
    [
        (40, 9, 6, 45),  # as many includes as excludes
        (8, 20, 20, 52),  # fewer includes, but not few
        (20, 30, 10, 40),  # kappa is low because they disagree
        (10, 0, 0, 90),  # few includes, all agreed on
        (50, 1, 1, 948),  # few includes, kappa is 0.98
    ],
)
def test_nothing_is_told_where_rare_includes_lower_nothing(counts):
    assert summary(votes(*counts)).prevalence == ""


@given(SQUARES)
def test_kappa_follows_from_pabak_prevalence_and_bias(rated):
    assume(cohen_kappa(rated).value is not None)
    (a, b), (c, d) = rated.counts
    told = summary(votes(a, b, c, d))
    prevalence, bias = told.prevalence_index**2, told.bias_index**2

    expected = (told.pabak.value - prevalence + bias) / (1 - prevalence + bias)

    assert isclose(told.kappa.value, expected, abs_tol=1e-9)


@given(tables())
def test_the_raters_may_change_places(rated):
    for coefficient in COEFFICIENTS.values():
        assert coefficient(rated.swapped) == coefficient(rated)
    for category in rated.categories:
        assert specific_agreement(rated.swapped, category) == specific_agreement(rated, category)


@given(tables(counts=st.integers(0, 5)))
def test_the_kappa_of_fleiss_knows_no_first_and_second_rater(rated):
    assert fleiss_kappa(one_by_one(rated.swapped)) == fleiss_kappa(one_by_one(rated))


@given(tables())
def test_the_order_of_unweighted_categories_does_not_matter(rated):
    turned = table([row[::-1] for row in rated.counts[::-1]])

    for coefficient in COEFFICIENTS.values():
        assert coefficient(turned) == coefficient(rated)


@given(tables(sizes=st.integers(1, 4), counts=st.integers(0, 5)))
def test_every_coefficient_keeps_its_bounds_or_has_a_reason(rated):
    found = {name: coefficient(rated) for name, coefficient in COEFFICIENTS.items()}
    found["fleiss"] = fleiss_kappa(one_by_one(rated))
    found["a"] = specific_agreement(rated, "a")

    for name, estimate in found.items():
        lowest = 0 if name in ("po", "a") else -1
        if estimate.value is None:
            assert estimate.reason
            assert (estimate.se, estimate.interval) == (None, None)
            continue
        assert lowest <= estimate.value <= 1
        if estimate.interval:
            low, high = estimate.interval
            assert lowest <= low <= estimate.value <= high <= 1
            assert estimate.se >= 0


@given(st.integers(1, 500), st.integers(1, 500))
def test_full_agreement_on_two_categories_is_a_kappa_of_one(both, neither):
    for name, coefficient in COEFFICIENTS.items():
        assert coefficient(votes(both, 0, 0, neither)).value == 1, name


@given(SQUARES)
def test_pabak_is_percent_agreement_on_another_scale(rated):
    adjusted, raw = pabak(rated), percent_agreement(rated)

    assert isclose(adjusted.value, 2 * raw.value - 1, abs_tol=1e-12)
    assert isclose(adjusted.se, 2 * raw.se, abs_tol=1e-12)


@given(SQUARES)
def test_two_categories_have_nothing_to_weight(rated):
    assert cohen_kappa(rated, Weights.LINEAR) == cohen_kappa(rated)
    assert cohen_kappa(rated, Weights.QUADRATIC) == cohen_kappa(rated)


@given(tables(), st.integers(2, 9))
def test_more_of_the_same_narrows_the_interval_only(rated, times):
    more = table([[count * times for count in row] for row in rated.counts])

    for coefficient in COEFFICIENTS.values():
        once, often = coefficient(rated), coefficient(more)
        assert often.value == once.value
        assert once.se is None or isclose(often.se, once.se / sqrt(times), abs_tol=1e-12)


@given(tables(counts=st.integers(1, 60)))
def test_standard_errors_are_those_of_the_delta_method(rated):
    """By numerical derivatives of plain formulas, which share nothing with the code but meaning."""
    size = len(rated.categories)
    linear = [[1 - abs(i - j) / (size - 1) for j in range(size)] for i in range(size)]
    none = [[float(i == j) for j in range(size)] for i in range(size)]

    for name, plain in (
        ("kappa", lambda p: plain_kappa(p, none)),
        ("linear", lambda p: plain_kappa(p, linear)),
        ("ac1", plain_ac1),
    ):
        se = COEFFICIENTS[name](rated).se
        assert isclose(se**2, variance(rated, plain), rel_tol=1e-4, abs_tol=1e-8)


def plain_kappa(p, w):
    size = range(len(p))
    rows, columns = [sum(row) for row in p], [sum(column) for column in zip(*p, strict=True)]
    observed = sum(w[i][j] * p[i][j] for i in size for j in size)
    expected = sum(w[i][j] * rows[i] * columns[j] for i in size for j in size)
    return (observed - expected) / (1 - expected)


def plain_ac1(p):
    size = range(len(p))
    used = [(sum(p[i]) + sum(row[i] for row in p)) / 2 for i in size]
    expected = sum(pi * (1 - pi) for pi in used) / (len(p) - 1)
    return (sum(p[i][i] for i in size) - expected) / (1 - expected)


def variance(rated, plain):
    """The variance of a function of shares, if the items are a random sample."""
    shares = [[count / rated.n for count in row] for row in rated.counts]
    slopes, step = [], 1e-6
    for row in shares:
        for j, share in enumerate(row):
            row[j] = share + step
            above = plain(shares)
            row[j] = share - step
            slopes.append((share, (above - plain(shares)) / (2 * step)))
            row[j] = share
    mean = sum(share * slope for share, slope in slopes)
    return (sum(share * slope**2 for share, slope in slopes) - mean**2) / rated.n
