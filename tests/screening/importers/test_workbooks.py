"""Workbooks, written by the tests themselves."""

import datetime
import io
import re
import tempfile
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screening.importers import Problem, UnreadableFile
from screening.importers.tables import NeedsColumns, archive, workbook

HEADINGS = ["Title", "Authors", "Year", "Date", "Volume", "PMID", "Abstract"]
ROW = [
    "Synthetic",
    "Roe J; Doe A",
    2019.0,
    datetime.datetime(2019, 5, 1),
    7,
    90000001.0,
    "a_x000D_\nb",
]


def book(*sheets: list[list[object]]) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for rows in sheets:
        sheet = made.create_sheet()
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        return {name: source.read(name) for name in source.namelist()}


def packed(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return stream.getvalue()


def changed(content: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """The same workbook with other bytes in one of its parts."""
    parts = parts_of(content)
    assert old in parts[name]
    return packed(parts | {name: parts[name].replace(old, new)})


def as_excel_saves(content: bytes) -> bytes:
    """The same workbook with its texts in a table of their own, as Excel keeps them."""
    parts = parts_of(content)
    texts: list[bytes] = []

    def number(cell: re.Match[bytes]) -> bytes:
        texts.append(b"<si>" + cell[1] + b"</si>")
        return b't="s"><v>%d</v>' % (len(texts) - 1)

    for name in [name for name in parts if name.startswith("xl/worksheets/")]:
        parts[name] = re.sub(rb't="inlineStr"><is>(.*?)</is>', number, parts[name], flags=re.DOTALL)
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts["xl/sharedStrings.xml"] = b'<sst xmlns="%s">%s</sst>' % (main, b"".join(texts))
    override = (
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-'
        b'officedocument.spreadsheetml.sharedStrings+xml" /></Types>'
    )
    types = parts["[Content_Types].xml"]
    return packed(parts | {"[Content_Types].xml": types.replace(b"</Types>", override)})


def refusal(path: Path) -> str:
    messages = set()
    for door in (workbook.count, workbook.headings_of, lambda *args: list(workbook.read(*args))):
        with pytest.raises(UnreadableFile) as refused:
            door(path, "")
        messages.add(str(refused.value))
    (message,) = messages
    return message


@pytest.mark.parametrize("saved", [bytes, as_excel_saves], ids=["in the sheet", "in a table"])
def test_values_are_read_as_a_text_would_have_them(written, saved):
    path = written(saved(book([HEADINGS, ROW])))

    assert workbook.count(path, "").found == 1
    (record,) = workbook.read(path, "")

    assert workbook.looks_like(path.read_bytes()[: 1 << 16])
    assert (record.line, record.title, record.authors) == (2, "Synthetic", ("Roe, J", "Doe, A"))
    assert (record.year, record.volume, record.pmid) == (2019, "7", "90000001")
    assert record.abstract == "a\nb"


def test_a_date_gives_its_year_and_a_formula_its_stored_value(written):
    content = book([["Title", "Date"], ["=A1", datetime.datetime(2018, 2, 3)], ["x", "y"]])
    path = written(changed(content, "xl/worksheets/sheet1.xml", b"<v />", b"<v>12</v>"))

    found = [(record.title, record.year) for record in workbook.read(path, "")]

    assert found == [("12", 2018), ("x", None)]


def test_the_first_sheet_with_known_headings_is_read_below_its_preamble(written):
    preamble = [["SEARCH QUERY", "synthetic"], [None], ["---"]]
    path = written(book([], [["About", "this file"]], [*preamble, HEADINGS, ROW, [None], ROW]))

    assert workbook.count(path, "").found == 2
    assert [entry.line for entry in workbook.read(path, "")] == [5, 7]


def test_blank_rows_are_none_and_a_row_without_a_title_is_a_problem(written):
    path = written(book([HEADINGS, ["  ", None], [None, "Roe J"], ["Only a title"]]))

    problem, record = workbook.read(path, "")

    assert workbook.count(path, "").found == 2
    assert problem == Problem(
        1,
        3,
        "This row has no title.",
        "Look the entry up at its source and write its title into the table, then import the "
        "file again.",
        "\tRoe J",
    )
    assert record.title == "Only a title"


def test_a_size_that_the_sheet_states_wrongly_loses_no_row(written):
    content = book([HEADINGS, ROW, ROW])
    path = written(changed(content, "xl/worksheets/sheet1.xml", b"A1:G3", b"A1:A1"))

    assert (workbook.count(path, "").found, len(list(workbook.read(path, "")))) == (2, 2)


def test_unknown_headings_ask_for_columns_and_a_person_may_say_them(written):
    path = written(book([["Benennung", "Wer"], ["Synthetische Studie", "Roe, A."]]))

    with pytest.raises(NeedsColumns) as needs:
        workbook.count(path, "")
    (record,) = workbook.read_with(path, "", {"Benennung": "title", "Wer": "authors"})

    assert needs.value.headings == workbook.headings_of(path, "") == ["Benennung", "Wer"]
    assert workbook.first_rows(path, "", 5) == [["Synthetische Studie", "Roe, A."]]
    assert workbook.count_rows(path, "").found == 1
    assert (record.title, record.authors) == ("Synthetische Studie", ("Roe, A.",))


def test_an_old_and_a_locked_workbook_are_told_apart(written):
    old = archive.OLD_OFFICE + b"\0" * 504
    assert workbook.looks_like(old)

    assert refusal(written(old)).startswith("This is an old Excel (.xls)")
    locked = old + "EncryptedPackage".encode("utf-16-le")
    assert refusal(written(locked)).startswith("This workbook is protected by a password")


def test_half_a_workbook_and_changed_bytes_are_refused(written):
    content = book([HEADINGS, ROW])
    middle = len(content) // 2

    assert refusal(written(content[:middle])).startswith("This workbook is damaged")
    spoilt = content[:300] + b"\xff" * 40 + content[340:]
    assert refusal(written(spoilt)).startswith("This workbook is damaged")


def test_a_workbook_of_empty_sheets_is_refused(written):
    assert refusal(written(book([], [[None]]))).startswith("No sheet of this workbook holds")


@pytest.mark.parametrize("limit", ["LARGEST_ROWS", "LARGEST_TEXTS", "LARGEST_OTHER"])
def test_a_workbook_that_unpacks_to_too_much_is_not_opened(written, monkeypatch, limit):
    monkeypatch.setattr(archive, limit, 100)

    assert refusal(written(as_excel_saves(book([HEADINGS, ROW])))).startswith(
        "Unpacked, a part of this workbook"
    )


@pytest.mark.parametrize(
    ("number", "words"),
    [(b'r="1"', "are not in their order"), (b'r="9999999999"', "beyond line 1,048,576")],
)
def test_rows_with_impossible_numbers_are_refused(written, number, words):
    content = book([HEADINGS, ROW])
    path = written(changed(content, "xl/worksheets/sheet1.xml", b'<row r="2"', b"<row " + number))

    with pytest.raises(UnreadableFile, match=words):
        workbook.count(path, "")


def test_entities_are_not_expanded(written):
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><sst'
    content = changed(as_excel_saves(book([HEADINGS, ROW])), "xl/sharedStrings.xml", b"<sst", bomb)

    assert refusal(written(content)).startswith("The parts of this workbook contradict")


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_no_change_within_its_parts_raises_anything_but_a_refusal(data):
    saved = as_excel_saves(book([HEADINGS, ROW, ROW]))
    parts = {name: bytearray(content) for name, content in parts_of(saved).items()}
    for _ in range(data.draw(st.integers(1, 3))):
        part = parts[data.draw(st.sampled_from(sorted(parts)))]
        place = data.draw(st.integers(0, len(part)))
        piece = data.draw(st.sampled_from([b"<", b"", b"9", b'"', b"x", b"</row>", b"\xff", b" "]))
        part[place : place + data.draw(st.integers(0, 20))] = piece
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(packed({name: bytes(content) for name, content in parts.items()}))
        try:
            found = workbook.count(path, "").found
            entries = list(workbook.read(path, ""))
        except UnreadableFile:
            return
    assert [entry.position for entry in entries] == list(range(1, found + 1))
