import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from screening.importers import endnote_tagged
from screening.importers.base import ParsedRecord, Problem
from tests.screening.importers.conftest import DATA
from tests.screening.importers.mutated import ENCODINGS, check_every_entry_is_given, mutated
from tests.screening.importers.test_corpus import CORPUS, ROWS

CORPUS_ROWS = [row for row in ROWS if row["format"] == endnote_tagged.NAME]
OWN = "endnote_tagged.enw"
FRAGMENTS = [
    *(b"%0 Book\n", b"\n%0 Book\n", b"\n\n%T x\n", b"%T ", b"\n%A ", b"\n\n%A a\n", b"%X ", b"%"),
    *(
        b"\n",
        b"\n\n",
        b"\r",
        b"% x",
        b"\n%\xc3\xa9 x",
        b"\xef\xbb\xbf",
        b"\xe9",
        b"\x00",
        b"\n\t\n",
    ),
]


def read_all(path, encoding="utf-8"):
    counted = endnote_tagged.count(path, encoding)
    found = list(endnote_tagged.read(path, encoding))
    assert len(found) == counted.found
    return counted, found


def titles(found):
    return [(entry.line, getattr(entry, "title", None)) for entry in found]


def test_a_record_gives_every_field(own):
    counted, found = read_all(own(OWN))

    assert counted.warnings == ()
    assert found[0] == ParsedRecord(
        position=1,
        line=1,
        title="Synthetic record one of the tagged format",
        abstract="The first paragraph of an invented abstract ends here.\n"
        "100 % of its second paragraph stands behind a blank line.",
        authors=("Muster, Max", "Sample, Ada B.", "Synthetic Trials Group"),
        year=2021,
        journal="Journal of Synthetic Tests",
        volume="12",
        issue="3",
        pages="101-109",
        doi="10.9999/syn.2021.001",
        pmid="90300001",
        pmcid="PMC9300001",
        language="English",
        keywords=("synthetic data", "invented images", "tests"),
        url="https://example.org/one",
        kind="Journal Article",
    )


def test_an_entry_may_begin_with_its_type_its_title_or_an_author(own):
    _, found = read_all(own(OWN))

    assert titles(found) == [
        (1, "Synthetic record one of the tagged format"),
        (27, "Synthetic record two begins with its title"),
        (35, None),
        (39, "Synthetic record four begins with its author"),
        (43, "Synthetic record five"),
        (45, "Synthetic record six without a blank line before it"),
    ]


def test_a_type_behind_the_title_belongs_to_the_same_entry(own):
    _, found = read_all(own(OWN))

    assert [getattr(entry, "kind", None) for entry in found] == [
        "Journal Article",
        "Conference Proceedings",
        None,
        "",
        "Journal Article",
        "Working paper",
    ]


def test_editors_the_other_date_and_the_address_stand_in_where_fields_are_missing(own):
    _, found = read_all(own(OWN))

    assert found[1] == ParsedRecord(
        position=2,
        line=27,
        title="Synthetic record two begins with its title",
        authors=("Gratia, Åse",),
        year=2017,
        journal="Proceedings of Invention",
        doi="10.9999/syn.2017.002",
        url="https://doi.org/10.9999/syn.2017.002",
        kind="Conference Proceedings",
    )


def test_an_accession_number_is_a_pmid_only_where_the_file_says_so(written):
    path = written(b"%T Synthetic one\n%M 123\n\n%T Synthetic two\n%M 124\n%~ MEDLINE\n")

    _, found = read_all(path)

    assert [entry.pmid for entry in found] == ["", "124"]


def test_an_entry_without_title_is_a_problem_with_place_and_text(own):
    _, found = read_all(own(OWN))

    assert found[2] == Problem(
        position=3,
        line=35,
        message="This entry has no title (%T).",
        remedy="Look the entry up at its source and write its title into the file, "
        "then import the file again.",
        raw="%A Muster, Max\n%J Journal without a title\n%D 2016\n",
    )


def test_lines_before_the_first_entry_are_named(written):
    counted, found = read_all(written(b"An invented preamble\n\n%T Synthetic record\n"))

    assert titles(found) == [(3, "Synthetic record")]
    assert counted.warnings == (
        "1 line (first: line 1) before the first entry held no field and stayed unread.",
    )


@pytest.mark.parametrize("line_end", [b"\r\n", b"\r"])
def test_every_line_end_gives_the_same_records(own, written, line_end):
    path = written(b"\xef\xbb\xbf" + own(OWN).read_bytes().replace(b"\n", line_end))

    assert read_all(path, "utf-8-sig")[1] == read_all(own(OWN))[1]


@pytest.mark.parametrize(
    ("head", "is_ours"),
    [
        (b"%0 Journal Article\n%T x\n", True),
        (b"\r\n%A x\r\n%T y\r\n", True),
        (b"%PDF-1.4\n%T x\n", False),
        (b"% a comment\n%T x\n@article{a,\n", False),
        (b"%A without a title\n", False),
        (b"", False),
    ],
)
def test_the_format_is_told_by_its_first_lines(head, is_ours):
    assert endnote_tagged.looks_like(head) == is_ours


@pytest.mark.parametrize("path", sorted(DATA.iterdir()), ids=lambda path: path.name)
def test_only_our_own_file_of_the_format_looks_like_it(path):
    head = path.read_bytes().removeprefix(b"\xef\xbb\xbf")

    assert endnote_tagged.looks_like(head) == (path.name == OWN)


@settings(max_examples=200, deadline=None)
@given(mutated((DATA / OWN).read_bytes(), FRAGMENTS), st.sampled_from(ENCODINGS))
@example(b"%\xc3\xa9 x\n%T a\n\n%0 b\n%A c\n\n%A d\n\n\n%T e", "utf-8")
def test_no_bytes_break_the_reader_and_no_entry_is_dropped(content, encoding):
    check_every_entry_is_given(endnote_tagged, content, encoding)


@pytest.mark.skipif(not ROWS, reason="no corpus of real exports at ../shared/corpus")
@pytest.mark.parametrize("row", CORPUS_ROWS, ids=lambda row: row["file"])
def test_every_entry_of_a_real_export_is_read(row):
    path = CORPUS / row["file"]

    _, found = read_all(path)

    assert endnote_tagged.looks_like(path.read_bytes()[:65_536])
    assert [type(entry) for entry in found] == [ParsedRecord] * int(row["expected_records"])
    assert all(entry.year and entry.journal and entry.url for entry in found)


def test_a_number_of_embase_is_no_pmid_though_it_has_medline_in_it_too(written):
    entry = b"%0 Journal Article\n%T A synthetic title\n%~ Embase and MEDLINE\n%M 12345678\n"
    path = written(entry)

    [record] = endnote_tagged.read(path, "utf-8")

    assert record.pmid == ""
    path.write_bytes(entry.replace(b"Embase and MEDLINE", b"MEDLINE"))
    [record] = endnote_tagged.read(path, "utf-8")
    assert record.pmid == "12345678"
