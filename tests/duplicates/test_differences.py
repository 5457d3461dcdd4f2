"""What differs between two records is marked, and nothing is left out of either."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.duplicates import LIKELY, likeliness
from screening.duplicates.differences import LABELS, Verdict, compared, marked_words

EMPTY = dict.fromkeys(LABELS, "")
TEXTS = st.text(alphabet="ab \n\t-—.éé<i>2", max_size=60)


def row(name, first, second):
    (found,) = compared({**EMPTY, name: first}, {**EMPTY, name: second})
    return found


def marked(stretches):
    return [one.text for one in stretches if one.is_marked]


def test_words_that_the_other_lacks_are_marked_in_both():
    found = row(
        "abstract", "We used 400 images of three centres.", "We used 40 images of three hospitals."
    )

    assert found.verdict is Verdict.OTHER
    assert marked(found.first) == ["400", "centres."]
    assert marked(found.second) == ["40", "hospitals."]


def test_words_beside_each_other_are_marked_as_one():
    found = row("title", "Images of dense breasts in women", "Images in women")
    assert (marked(found.first), marked(found.second)) == (["of dense breasts"], [])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Synthetic Images: a review", "Synthetic images \N{EN DASH} a review."),
        ("TGF-β₁ in mice", "TGF-beta1 in mice"),
        ("Effect of CO<sub>2</sub>", "Effect of CO2."),
        ("Étude des images", "Etude des images"),
    ],
)
def test_case_accents_and_signs_are_no_difference(first, second):
    assert row("title", first, second).verdict is Verdict.ALIKE


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ("12", "12", Verdict.SAME),
        ("12", "13", Verdict.OTHER),
        ("12", "", Verdict.FIRST_ONLY),
        ("", "12", Verdict.SECOND_ONLY),
    ],
)
def test_a_short_field_differs_as_a_whole(first, second, verdict):
    found = row("volume", first, second)
    assert found.verdict is verdict
    assert marked(found.first) + marked(found.second) == []


def test_a_field_that_neither_has_is_not_shown():
    assert compared(EMPTY, EMPTY) == []


@given(TEXTS, TEXTS)
def test_nothing_is_left_out_and_what_is_not_marked_is_in_both(first, second):
    one, other = marked_words(first, second)

    assert " ".join(part.text for part in one).split() == first.split()
    assert " ".join(part.text for part in other).split() == second.split()
    assert not marked(marked_words(first, first)[0])


def test_texts_beyond_all_measure_are_shown_unmarked():
    first, second = "a b " * 10_000, "b a " * 10_000
    assert [len(side) for side in marked_words(first, second)] == [1, 1]


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (1.0, "almost certainly the same"),
        (0.7, "very likely the same"),
        (LIKELY, "perhaps the same"),
        (LIKELY - 0.01, "probably different"),
        (0.0, "probably different"),
    ],
)
def test_a_score_is_said_in_words(points, words):
    assert likeliness(points) == words
