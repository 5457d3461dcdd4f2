"""What files do to readers: encodings, line ends, sizes, and files that are something else."""

import hashlib
import tracemalloc

import pytest

from screening.importers import Inspection, ParsedRecord, Problem, UnreadableFile, inspect, read
from screening.importers.decoding import LONGEST_LINE

RECORD = "TY  - JOUR\nTI  - Synthetic ångström\nAB  - One\u2028line\x0cof text\nER  - \n"
AGAIN = "export the search again as RIS or PubMed (nbib) and import that file"


def read_all(path):
    inspection = inspect(path)
    found = list(read(path, inspection))
    assert len(found) == inspection.found
    return inspection, found


def refusal(path):
    with pytest.raises(UnreadableFile) as refused:
        inspect(path)
    return str(refused.value)


def test_an_inspection_measures_the_bytes(written):
    content = RECORD.encode()

    assert inspect(written(content)) == Inspection(
        format="ris",
        encoding="utf-8",
        found=1,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        warnings=(),
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_every_line_end_gives_the_same_records(written, end):
    path = written((RECORD * 3).replace("\n", end).encode())

    _, found = read_all(path)

    assert [(r.line, r.title, r.abstract) for r in found] == [
        (line, "Synthetic ångström", "One line of text") for line in (1, 5, 9)
    ]


def test_line_ends_may_be_mixed_in_one_file(written):
    path = written(b"TY  - JOUR\r\nTI  - Synthetic\rPY  - 2001\nVO  - 1\r\r\nER  - \r\n")

    _, found = read_all(path)

    assert found == [ParsedRecord(position=1, line=1, title="Synthetic", year=2001, kind="JOUR")]


@pytest.mark.parametrize("size", range(65_520, 65_550))
def test_a_line_end_on_the_edge_of_a_piece_is_one_line_end(written, size):
    head = b"TY  - JOUR\r\nTI  - Synthetic\r\nN1  - "
    second = b"TY  - JOUR\r\nTI  - Synthetic\r\nPY  - 2002\r\n"
    path = written(head + b"x" * (size - len(head)) + b"\r\nPY  - 2001\r\nER  - \r\n" + second)

    _, found = read_all(path)

    assert [(r.line, r.year) for r in found] == [(1, 2001), (6, 2002)]


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("cp1252", "cp1252")],
)
def test_every_encoding_gives_the_same_letters(written, encoding, told):
    path = written(RECORD.replace("\u2028", " ").encode(encoding))

    inspection, found = read_all(path)

    assert inspection.encoding == told
    assert [(r.title, r.abstract) for r in found] == [("Synthetic ångström", "One line of text")]


def test_big_endian_utf_16_is_read(written):
    path = written(b"\xfe\xff" + RECORD.encode("utf-16-be"))

    inspection, found = read_all(path)

    assert (inspection.encoding, found[0].title) == ("utf-16", "Synthetic ångström")


def test_text_that_is_not_utf_8_is_read_as_windows_1252_and_told_with_its_line(written):
    path = written(b"TY  - JOUR\nTI  - Synthetic \x93caf\xe9\x94 \x81\nER  - \n")

    inspection, found = read_all(path)

    assert found[0].title == "Synthetic “café” \x81"
    assert inspection.warnings == (
        "The file is not valid UTF-8 (first at line 2): the lines concerned were read as "
        "Windows-1252. Check the accented letters.",
    )


def test_one_wrong_byte_does_not_spoil_the_letters_of_other_lines(written):
    path = written(
        "TY  - JOUR\nTI  - Synthetic Größe\nAU  - Müller\n".encode() + b"T2  - Caf\xe9\n"
    )

    inspection, found = read_all(path)

    assert (found[0].title, found[0].authors) == ("Synthetic Größe", ("Müller",))
    assert (found[0].journal, inspection.encoding) == ("Café", "cp1252")


def test_a_character_cut_in_two_at_the_end_is_told(written):
    path = written("TY  - JOUR\nTI  - Synthetic café".encode()[:-1])

    inspection, found = read_all(path)

    assert found[0].title == "Synthetic cafÃ"
    assert inspection.warnings[0].startswith("The file is not valid UTF-8 (first at line 2)")


def test_half_characters_do_not_reach_a_record(written):
    lone = b"TY  - JOUR\nTI  - Synthetic \xed\xa0\x80 half\nER  - \n"

    _, found = read_all(written(lone))

    found[0].title.encode()


def test_half_characters_in_utf_16_are_replaced_and_told(written):
    text = "TY  - JOUR\nTI  - Synthetic ".encode("utf-16")
    path = written(text + b"\x00\xd8" + " half\nER  - \n".encode("utf-16-le"))

    inspection, found = read_all(path)

    assert found[0].title == "Synthetic \ufffd half"
    assert inspection.warnings == (
        "The UTF-16 text is damaged (first at line 2): characters that could not be read "
        "stand as \ufffd.",
    )


def test_files_that_were_put_together_may_have_a_byte_order_mark_in_their_middle(written):
    path = written(RECORD.encode("utf-8-sig") * 2)

    _, found = read_all(path)

    assert [r.title for r in found] == ["Synthetic ångström", "Synthetic ångström"]


def test_blank_lines_and_words_before_the_first_entry_do_not_hide_it(written):
    path = written(b"\n\r\n  \nSaved from a web page\n\n" + RECORD.encode())

    inspection, found = read_all(path)

    assert [r.line for r in found] == [6]
    assert inspection.warnings == (
        "1 line (first: line 4) outside the entries held no field and stayed unread.",
    )


def test_trailing_spaces_and_tabs_are_no_text(written):
    path = written(b"TY  - JOUR  \nTI  - Synthetic\t \nPY  - 2001 \nER  - \t\n")

    _, found = read_all(path)

    assert found == [ParsedRecord(position=1, line=1, title="Synthetic", year=2001, kind="JOUR")]


def test_a_line_of_a_megabyte_is_cut_where_its_field_ends(written):
    path = written(
        b"TY  - JOUR\nAB  - "
        + b"long " * 200_000
        + b"\nTI  - Synthetic\nER  - \n"
        + RECORD.encode()
    )

    _, found = read_all(path)

    assert (len(found[0].abstract), found[0].abstract[-6:]) == (100_000, " long…")
    assert [r.title for r in found] == ["Synthetic", "Synthetic ångström"]


def test_a_title_of_two_megabytes_is_cut_and_the_record_kept(written):
    path = written(b"TY  - JOUR\nTI  - " + b"x" * 2_000_000 + b"\nER  - \n")

    _, found = read_all(path)

    assert found[0].title == "x" * 4_999 + "…"


def test_a_line_longer_than_any_field_is_left_out_beyond_that_and_told(written):
    long = "é" * (LONGEST_LINE // 2 + 100_000)
    path = written(f"TY  - JOUR\nTI  - {long}\nPY  - 2001\nER  - \n".encode())

    inspection, found = read_all(path)

    assert (found[0].title, found[0].year) == ("é" * 4_999 + "…", 2001)
    assert inspection.warnings == (
        "Line 2 is longer than 4,000,000 bytes: the rest of it was left out.",
    )


def test_every_field_is_capped(written):
    tags = ("TI", "AB", "JF", "VL", "IS", "SP", "DO", "LA", "UR")
    lines = [f"{tag}  - " + "10.9999/" * (tag == "DO") + "x" * 150_000 for tag in tags]
    lines += [f"AU  - Author {number}, Of Many" for number in range(2_000)]
    lines += ["KW  - " + "k" * 600, "ER  - "]
    path = written("\n".join(["TY  - " + "T" * 600, *lines]).encode())

    _, found = read_all(path)

    record = found[0]
    expected = {
        "title": 5_000,
        "abstract": 100_000,
        "journal": 2_000,
        "volume": 500,
        "issue": 500,
        "pages": 500,
        "doi": 500,
        "language": 500,
        "url": 2_000,
        "kind": 500,
    }
    assert {name: len(getattr(record, name)) for name in expected} == expected
    assert sum(map(len, record.authors)) <= 20_001
    assert record.authors[-1] == "…"
    assert [len(word) for word in record.keywords] == [500]


def test_the_raw_text_of_a_problem_is_capped(written):
    path = written(b"TY  - JOUR\n" + b"AB  - text\n" * 100_000)

    _, found = read_all(path)

    assert isinstance(found[0], Problem)
    assert found[0].raw == ("TY  - JOUR\n" + "AB  - text\n" * 100_000)[:2_000]


def test_memory_does_not_grow_with_the_file(written):
    filler = b"TY  - JOUR\nTI  - Synthetic\nAB  - " + b"word " * 300 + b"\nER  - \n"

    def peak(copies: int) -> int:
        path = written(filler * copies)
        tracemalloc.start()
        read_count = sum(1 for _ in read(path, inspect(path)))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert read_count == copies
        return most

    assert peak(4_000) < 1.2 * peak(1_000)


def test_memory_does_not_grow_with_one_endless_entry(written):
    def peak(copies: int) -> int:
        path = written(b"TY  - JOUR\nTI  - Synthetic\n" + b"KW  - word\nand more\n" * copies)
        tracemalloc.start()
        read_count = sum(1 for _ in read(path, inspect(path)))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert read_count == 1
        return most

    assert peak(80_000) < 1.2 * peak(20_000)


def test_a_nul_byte_is_refused_with_its_line(written):
    assert refusal(written(b"TY  - JOUR\r\nTI  - Synthetic\r\nAB  - \0\r\n")) == (
        "Line 3 holds a NUL byte, which no text has, so the file is damaged, binary, or UTF-16 "
        f"without its mark: {AGAIN}, or save it as UTF-8 first."
    )


def test_an_empty_file_is_refused(written):
    assert refusal(written(b"")) == (
        "The file is empty (0 bytes): export the search again and check that the download is "
        "complete."
    )


@pytest.mark.parametrize("content", [b"\n\n  \r\n", b"\xef\xbb\xbf", "\n".encode("utf-16")])
def test_a_blank_file_is_refused(written, content):
    assert refusal(written(content)) == (
        "The file holds only blank lines: check at the source that the search found something, "
        "then export and import it again."
    )


def test_text_without_entries_is_refused_with_its_place(written):
    assert refusal(written(b"\n\nDear colleagues,\nplease find attached\n")) == (
        "From line 3 on no line begins an entry, nor are there rows under headings, so the format "
        f"is not known: {AGAIN}."
    )


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"PK\x03\x04rest", "a ZIP archive or an Office document such as .docx"),
        (b"%PDF-1.7", "a PDF"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"\xd0\xcf\x11\xe0", "an old Office document such as .xls or .doc"),
        (b"{\\rtf1\nTY  - JOUR\n", "a Rich Text document"),
        (b"\x89PNG\r\n", "an image"),
    ],
)
def test_a_binary_file_is_refused_by_name(written, content, kind):
    assert refusal(written(content)) == (
        f"From its first bytes this is {kind}, not a text file: {AGAIN}."
    )


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<!DOCTYPE html><html>", "a web page"),
        (
            b"<?xml version='1.0'?><other/>",
            "an XML file of another kind than PubMed's, EndNote's or Zotero's",
        ),
        (b'[{"title": "Synthetic"}]', "a JSON file"),
        (b"1. Synth J. 2020.\n\nSynthetic.\n\nPMID: 1\n", "PubMed's summary or abstract text"),
    ],
)
def test_a_text_of_another_format_is_refused_by_name(written, content, kind):
    assert refusal(written(content)) == (
        f"From line 1 on this looks like {kind}, which cannot be imported: {AGAIN}."
    )


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"TY  - JOUR\nTI  - Synthetic\nER  - \nPMID- 1\nTI  - Synthetic\n", 4),
        (b"PMID- 1\nTI  - Synthetic\n\nTY  - JOUR\nTI  - Synthetic\nER  - \n", 4),
    ],
)
def test_two_formats_in_one_file_are_refused_with_the_place_to_divide_it(written, content, line):
    assert refusal(written(content)) == (
        f"The file begins in one format, but from line {line} on it holds entries of another "
        "(RIS and PubMed are mixed): divide it there and import the two parts one after the other."
    )


def test_a_missing_file_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        inspect(tmp_path / "nowhere")


# --- Values that are cut ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "cuts"),
    [
        (f"TI  - {'t' * 5_000}\nVL  - 12…\n", 0),
        (f"TI  - {'t' * 5_001}\n", 1),
        (f"TI  - T\nJO  - {'j ' * 1_500}\nSP  - {'1' * 400}\nEP  - {'2' * 400}\n", 2),
        (f"TI  - T\nAU  - {'a' * 501}\nAU  - {'b' * 501}\nLA  - {'l' * 501}\n", 2),
        ("TI  - T\n" + "".join(f"KW  - {n}{'k' * 400}\n" for n in range(51)), 1),
        (f"TI  - T\nAB  - {'a' * 60_000}\nAB  - {'b' * 60_000}\n", 1),
        (f"TI  - T\nUR  - https://example.org/{'u' * 2_000} https://example.org\n", 1),
    ],
)
def test_a_record_counts_its_values_that_were_cut(written, content, cuts):
    path = written(f"TY  - JOUR\n{content}ER  - \n".encode())

    (record,) = read(path, inspect(path))

    assert record.cuts == cuts
