import csv
import io
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.cells import cell, csv_lines, guard, unguard

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
RISKY = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "'", "''"]),
    st.sampled_from([*"=+-@\t\r\n\0＝＋－＠", ""]),  # noqa: RUF001
    TEXTS,
)


@given(TEXTS | RISKY)
def test_every_text_comes_back(text):
    assert unguard(guard(text)) == text


@given(TEXTS | RISKY)
def test_no_cell_begins_as_a_formula(text):
    assert guard(text)[:1] not in set("=+-@\t\r\n\0＝＋－＠")  # noqa: RUF001


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("-5 °C", "'-5 °C"),
        ("＝1", "'＝1"),  # noqa: RUF001
        ("'=1", "''=1"),
        ("'Tis a title", "'Tis a title"),
        ("Title = answer", "Title = answer"),
        ("", ""),
    ],
)
def test_only_what_could_be_a_formula_is_changed(text, guarded):
    assert guard(text) == guarded


def test_numbers_stay_numbers():
    assert [cell(-5), cell(0), cell(-0.5)] == [-5, 0, -0.5]


def test_times_are_told_in_utc():
    noon_in_tokyo = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=9)))

    assert cell(noon_in_tokyo) == "2026-03-01T03:00:00.000000Z"
    assert cell(datetime(2026, 3, 1, tzinfo=UTC)) == "2026-03-01T00:00:00.000000Z"
    assert cell(date(2026, 3, 1)) == "2026-03-01"


def test_yes_and_no_and_nothing():
    assert [cell(True), cell(False), cell(None)] == ["true", "false", ""]


@given(st.lists(st.tuples(TEXTS | RISKY, st.integers()), max_size=20))
def test_a_file_is_read_back_as_it_was_written(rows):
    file = b"".join(csv_lines(rows)).decode()

    read = list(csv.reader(io.StringIO(file, newline="")))

    assert [(unguard(text), int(number)) for text, number in read] == rows


def test_long_files_come_in_pieces():
    pieces = list(csv_lines((number,) for number in range(1_200)))

    assert [piece.count(b"\r\n") for piece in pieces] == [500, 500, 200]
