from datetime import timedelta

import pytest

from reporting.words import about, age, counted, spelled, waits


def test_nouns_follow_their_numbers():
    assert [counted(n, "record") for n in (0, 1, 2, 5_700)] == [
        "0 records",
        "1 record",
        "2 records",
        "5,700 records",
    ]


def test_verbs_follow_their_numbers():
    assert [waits(1, "full text"), waits(12, "full text")] == [
        "1 full text waits",
        "12 full texts wait",
    ]


def test_small_numbers_are_spelled():
    assert [spelled(0), spelled(3), spelled(10), spelled(11)] == ["no", "three", "ten", "11"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (20, "less than a minute"),
        (61, "about a minute"),
        (300, "about five minutes"),
        (38 * 60, "about 40 minutes"),
        (57 * 60, "about an hour"),
        (540 * 33, "about five hours"),
        (20 * 3_600, "about 20 hours"),
    ],
)
def test_lengths_of_work_are_rough(seconds, words):
    assert about(seconds) == words


def test_ages_are_told_in_days():
    assert age(timedelta(hours=23)) == "less than a day"
    assert age(timedelta(days=1, hours=5)) == "1 day"
    assert age(timedelta(days=3)) == "3 days"
