"""Numbers in addresses: whatever somebody types there, no database is asked for nonsense."""

import pytest

from screening.pages import number_in


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("42", 42),
        ("007", 7),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        ("", None),
        ("-1", None),
        ("+1", None),
        ("1.5", None),
        ("1e3", None),
        ("1_000", None),
        (" 1", None),
        ("²", None),
        ("٣", None),
        ("1\x00", None),
    ],
)
def test_only_plain_digits_are_a_number(text, number):
    assert number_in(text) == number
