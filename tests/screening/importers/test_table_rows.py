"""Rows and cells of tables in text, whatever the bytes."""

import csv
import io
import tempfile
from pathlib import Path
from time import process_time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from screening.importers import ParsedRecord, Problem, UnreadableFile
from screening.importers.tables import text
from screening.importers.tables.cells import LONGEST_VALUE, Grammar, Lines
from screening.importers.tables.counting import counted_rows
from tests.screening.importers.conftest import DATA

DELIMITERS = st.sampled_from([",", ";", "\t", "|"])
MARKS = ['"', '""', '"""', '","', '"\n"', "=", ",", ";", "\t", "|", "\n", "\r\n", "\r"]
WORDS = ["a", "é", " ", "\ufeff", "\u2028", "\x0c", "\x00", "sep=;", "Title", "Title,Authors\n"]
PIECES = st.sampled_from([*MARKS, *WORDS, "TI\tUI\tAU\tAB\n"])
ANY_TEXT = st.lists(PIECES, max_size=60).map("".join)


def cells(content: str, delimiter: str = ",") -> list[list[str]]:
    return [row.cells for row in Grammar(delimiter).rows(Lines([content.split("\n")]))]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a,b,", [["a", "b", ""]]),
        ('"a, b",c', [["a, b", "c"]]),
        ('"a ""b""",c', [['a "b"', "c"]]),
        ('a, "b, c" ,d', [["a", "b, c", "d"]]),
        ('"a\nb","c\n\nd"\ne', [["a\nb", "c\n\nd"], ["e"]]),
        ('="0012",=1', [["0012", "=1"]]),
        ('a 5" tube,b', [['a 5" tube', "b"]]),
        ('"a "b, c" d",e', [['a "b, c" d', "e"]]),
        ('"a" b,c', [['"a" b', "c"]]),
        ('"a,b\nc,d', [['"a', "b"], ["c", "d"]]),
        ('"a,b\n"c","d"', [['"a', "b"], ["c", "d"]]),
        ('a,"b\n"c" d\ne,f', [["a", '"b'], ['"c" d'], ["e", "f"]]),
    ],
)
def test_quotation_marks_are_read_as_they_were_meant(content, expected):
    assert cells(content) == expected


@given(
    st.lists(
        st.lists(st.text(st.sampled_from('ab ,;"\n='), max_size=8), min_size=2, max_size=4),
        min_size=1,
        max_size=6,
    ),
    DELIMITERS,
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_what_another_program_wrote_is_read_cell_by_cell(table, delimiter, quoting):
    written = io.StringIO()
    # Of a cell that is not quoted, blanks before a mark would be a matter of taste.
    table = [[cell.strip(" =") for cell in row] for row in table]
    csv.writer(written, delimiter=delimiter, quoting=quoting, lineterminator="\n").writerows(table)

    assert cells(written.getvalue().removesuffix("\n"), delimiter) == table


@given(ANY_TEXT, DELIMITERS, st.integers(1, 4))
def test_two_ways_of_finding_rows_find_the_same(content, delimiter, first):
    lines = content.split("\n")
    reader = Lines([lines])
    reader.skip(first - 1)
    rows = list(Grammar(delimiter).rows(reader))
    below = [
        row
        for row in rows[1:]
        if row.raw.strip(' \t\r\n\f\v\xa0\ufeff"' + delimiter) and row.raw != rows[0].raw
    ]

    counted = counted_rows([lines], delimiter, quoted=True, heading_line=first, width=3)

    assert counted.rows == len(below)
    assert counted.short == sum(len(row.cells) < 3 for row in below)
    assert counted.first_short == next((r.line for r in below if len(r.cells) < 3), 0)


def check(content: bytes, encoding: str) -> None:
    """A refusal in words, or as many entries as were counted."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(content)
        try:
            counted = text.count(path, encoding)
            found = list(text.read(path, encoding))
        except UnreadableFile:
            return
    assert [entry.position for entry in found] == list(range(1, counted.found + 1))
    for entry in found:
        assert isinstance(entry, (ParsedRecord, Problem))
        repr(entry).encode()


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(DATA.glob("table_*"))),
    st.lists(st.tuples(st.integers(0, 1200), st.binary(max_size=6)), max_size=6),
    st.integers(0, 1200),
)
def test_no_change_of_bytes_breaks_the_reader_or_loses_a_row(path, changes, cut):
    content = bytearray(path.read_bytes())
    for place, piece in changes:
        content[place : place + len(piece)] = piece
    content = bytes(content[: len(content) - cut] if cut < len(content) // 2 else content)

    check(content, "cp1252")


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=300), ANY_TEXT.map(str.encode)), st.booleans())
@example(b"Title,Authors\n\xff\x00,x\n", False)
def test_no_bytes_break_the_reader(content, with_headings):
    start = b"Title,Authors,Year\n" if with_headings else b""

    check(start + content, "cp1252")
    text.looks_like(content)


def test_damage_is_told_with_its_line_and_the_rest_is_read():
    path = DATA / "table_damaged.csv"

    counted = text.count(path, "utf-8")
    found = list(text.read(path, "utf-8"))

    assert counted.found == len(found)
    assert counted.warnings == (
        "2 quotation marks open a value and nothing closes it (first: line 4): the row was read "
        "up to the end of its line. Look at the records and problems from there.",
        "4 rows have fewer cells than the table has headings (first: line 10): the cells that "
        "are missing were taken as empty.",
    )
    assert [(e.line, e.title, e.year) for e in found if isinstance(e, ParsedRecord)] == [
        (3, "Synthetic record that is whole", 2001),
        (4, '"Synthetic title that never closes its mark', 2002),
        (5, "Next synthetic record", 2003),
        (9, 'Synthetic "inner" marks', 2006),
        (10, "Synthetic row that ends early", None),
        (14, "its title", 2008),
    ]
    assert [(e.line, e.message) for e in found if isinstance(e, Problem)] == [
        (
            7,
            "This row has 5 cells, more than the 4 headings of the table: its values may stand in "
            "the wrong columns.",
        ),
        (8, "This row has no title."),
        (11, "This row has one value only, so it may be a remark or a part of another row."),
        (13, "This row has one value only, so it may be a remark or a part of another row."),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_delimiter_line_end_and_encoding_gives_the_same_records(
    written, delimiter, end, encoding
):
    rows = [["Title", "Authors", "Year"], ["Größe", '"Roe, A"', "2001"], ["Zweite", "Doe", "2002"]]
    content = end.join(delimiter.join(row) for row in rows)
    path = written(content.encode(encoding))

    found = [(r.line, r.title, r.authors, r.year) for r in text.read(path, encoding)]

    assert found == [(2, "Größe", ("Roe, A",), 2001), (3, "Zweite", ("Doe",), 2002)]


def test_a_value_longer_than_the_csv_module_allows_is_read_to_the_cap(written):
    path = written(b'Title,Abstract\nSynthetic,"' + b"word, " * 60_000 + b'"\nNext,x\n')

    found = list(text.read(path, "utf-8"))

    assert [(r.title, len(r.abstract), r.cuts) for r in found] == [
        ("Synthetic", 100_000, 1),
        ("Next", 1, 0),
    ]


def test_a_mark_that_never_closes_does_not_swallow_the_file(written):
    rows = (b"Synthetic title," + b"word " * 200 + b"\n") * 4_500
    path = written(b'Title,Abstract\n"Synthetic,word\n' + rows)

    counted = text.count(path, "utf-8")

    assert len(rows) > LONGEST_VALUE
    assert (counted.found, len(list(text.read(path, "utf-8")))) == (4_501, 4_501)
    assert "(first: line 2)" in counted.warnings[0]


@pytest.mark.parametrize(
    "line", [b'"\n', b'""\n', b'"a"b\n', b'""",\n', b'a,"\n', b'"a\n"b\n', b"\n"]
)
def test_the_time_for_marks_grows_with_the_file_only(written, line):
    path = written(b"Title,Authors\nx,y\n" + line * 60_000)
    begun = process_time()

    counted = text.count(path, "utf-8").found

    assert sum(1 for _ in text.read(path, "utf-8")) == counted
    assert process_time() - begun < 20


@pytest.mark.parametrize(
    "content",
    [
        "Dear colleagues,\nplease find the title, abstract and authors below.\n",
        "One sentence, two parts\nAnother sentence, two parts\n",
        "TY  - JOUR\nTI  - Title, Authors\nER  - \n",
        "PMID- 1\nTI  - Title, Authors, Year\n",
        "@article{a,\n  title = {x},\n  year = 2001\n}\n",
        "%0 Journal Article\n%T Title, Authors\n",
        "<records><title>a</title>,<authors/></records>\n<a>,b\n",
        '{"title": "a", "authors": "b"}\n{"title": "c", "authors": "d"}\n',
        '[{"title": "a"},\n {"title": "b"}]\n',
        "FN Clarivate Analytics Web of Science\nVR 1.0\nPT J\nTI Title\n",
        "",
        "\n\n",
        "Title\nOne column only\n",
    ],
)
def test_what_is_no_table_does_not_look_like_one(content, written):
    assert not text.looks_like(content.encode())
    with pytest.raises(UnreadableFile) as refused:
        text.count(written(content.encode()), "utf-8")
    assert str(refused.value).startswith("From line 1 on no row of headings was found")


def test_headings_may_stand_below_twenty_rows_of_other_things(written):
    preamble = "".join(f"Remark {number}\n" for number in range(20))
    path = written(f"{preamble}Title,Authors\nSynthetic,Roe A\n".encode())

    assert [(r.line, r.title) for r in text.read(path, "utf-8")] == [(22, "Synthetic")]


def test_repeated_headings_of_files_put_together_are_no_records(written):
    table = "Title,Authors\nSynthetic,Roe A\n".encode("utf-8-sig")

    assert [r.line for r in text.read(written(table * 2), "utf-8-sig")] == [2, 4]
