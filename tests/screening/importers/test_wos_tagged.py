import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screening.importers import wos_tagged
from screening.importers.base import ParsedRecord, Problem
from tests.screening.importers.conftest import DATA
from tests.screening.importers.mutated import ENCODINGS, check_every_entry_is_given, mutated
from tests.screening.importers.test_corpus import CORPUS, ROWS

CORPUS_ROWS = [row for row in ROWS if row["format"] == wos_tagged.NAME]
FRAGMENTS = [
    *(
        b"PT J\n",
        b"\nPT J",
        b"ER\n",
        b"\nER\n",
        b"EF",
        b"FN x\n",
        b"VR 1.0\n",
        b"\n",
        b"\r",
        b"\n\n",
    ),
    *(
        b"TI ",
        b"\nTI title\n",
        b"\nAU",
        b"   ",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\x00",
        b"\xe9",
        b"ER x",
    ),
]


def read_all(path, encoding="utf-8"):
    counted = wos_tagged.count(path, encoding)
    found = list(wos_tagged.read(path, encoding))
    assert len(found) == counted.found
    return counted, found


def test_a_record_gives_every_field(own):
    counted, found = read_all(own("web_of_science.txt"))

    assert counted.warnings == ()
    assert found[0] == ParsedRecord(
        position=1,
        line=3,
        title="Synthetic record one with a title that goes on behind three blanks",
        abstract="Background. The first paragraph of an invented abstract.\n"
        "Methods. The second one.",
        authors=("Sample, Ada B.", "Muster, Max"),
        year=2019,
        journal="JOURNAL OF SYNTHETIC TESTS",
        volume="656",
        issue="2",
        pages="598-607",
        doi="10.9999/syn.2019.001",
        pmid="90400001",
        language="English",
        keywords=("Synthetic data", "Invented images", "TESTS OF READERS"),
        kind="Article",
    )


def test_without_full_names_year_pages_and_type_the_next_best_is_taken(own):
    _, found = read_all(own("web_of_science.txt"))

    assert found[1] == ParsedRecord(
        position=2,
        line=31,
        title="Synthetic record two",
        authors=("Muster, M",),
        year=2020,
        journal="Series of Invention",
        pages="77",
        kind="S",
    )


def test_an_entry_without_title_is_a_problem_with_place_and_text(own):
    _, found = read_all(own("web_of_science.txt"))

    assert found[2] == Problem(
        position=3,
        line=39,
        message="This entry has no title (TI).",
        remedy="Look the entry up at its source and write its title into the file, "
        "then import the file again.",
        raw="PT B\nGP IEEE\nBE Gratia, A\nBP 7\nEP 7\nER",
    )


def test_every_damage_is_named_with_its_line(own):
    counted, found = read_all(own("web_of_science_damaged.ciw"))

    assert [(entry.line, entry.title, entry.year) for entry in found] == [
        (4, "Synthetic record one lacks its end", 2001),
        (9, "Synthetic record two has it", 2002),
        (14, "Synthetic record three lacks its beginning", 2003),
        (19, "Synthetic record four is where the file was cut", None),
    ]
    assert counted.warnings == (
        "1 entry (first: line 14) without a PT line, read as far as it goes.",
        "2 entries (first: line 4) without an ER line, read up to the next entry.",
        "1 line (first: line 5) with neither a tag nor an indent: taken as more of the field "
        "before.",
        "1 line (first: line 3) outside the entries held no field and stayed unread.",
        "The file ends at line 21 without an EF line, so entries may be missing: compare their "
        "number with the search.",
    )


@pytest.mark.parametrize("line_end", [b"\r\n", b"\r"])
def test_every_line_end_gives_the_same_records(own, written, line_end):
    content = own("web_of_science.txt").read_bytes()
    path = written(b"\xef\xbb\xbf" + content.replace(b"\n", line_end))

    assert read_all(path, "utf-8-sig")[1] == read_all(own("web_of_science.txt"))[1]


@pytest.mark.parametrize(
    ("head", "is_ours"),
    [
        (b"FN Clarivate\nVR 1.0\nPT J\nAU A\n", True),
        (b"\r\n\r\nPT J\r\nAU A\r\n", True),
        (b"PT\tAU\tTI\nJ\tA\tB\n", False),
        (b"FN Clarivate\nVR 1.0\n", False),
        (b"TY  - JOUR\nAB  - x\nPT J\n", False),
        (b"", False),
    ],
)
def test_the_format_is_told_by_its_first_lines(head, is_ours):
    assert wos_tagged.looks_like(head) == is_ours


@pytest.mark.parametrize("path", sorted(DATA.iterdir()), ids=lambda path: path.name)
def test_only_our_own_files_of_the_format_look_like_it(path):
    head = path.read_bytes().removeprefix(b"\xef\xbb\xbf")

    assert wos_tagged.looks_like(head) == (
        path.name in {"web_of_science.txt", "web_of_science_damaged.ciw"}
    )


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["web_of_science.txt", "web_of_science_damaged.ciw"]).flatmap(
        lambda name: mutated((DATA / name).read_bytes(), FRAGMENTS)
    ),
    st.sampled_from(ENCODINGS),
)
def test_no_bytes_break_the_reader_and_no_entry_is_dropped(content, encoding):
    check_every_entry_is_given(wos_tagged, content, encoding)


@pytest.mark.skipif(not ROWS, reason="no corpus of real exports at ../shared/corpus")
@pytest.mark.parametrize("row", CORPUS_ROWS, ids=lambda row: row["file"])
def test_every_entry_of_a_real_export_is_read(row):
    path = CORPUS / row["file"]

    counted, found = read_all(path)

    assert wos_tagged.looks_like(path.read_bytes()[:65_536])
    assert [type(entry) for entry in found] == [ParsedRecord] * int(row["expected_records"])
    assert all(entry.authors and entry.year and entry.journal for entry in found)
    if row["note"].startswith("NASTY"):
        assert "line 2070" in " ".join(counted.warnings)
