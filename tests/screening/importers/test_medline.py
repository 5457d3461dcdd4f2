import pytest

from screening.importers import ParsedRecord, Problem, inspect, read


def read_all(path):
    inspection = inspect(path)
    found = list(read(path, inspection))
    assert len(found) == inspection.found
    return inspection, found


def test_a_pubmed_record_gives_every_field(own):
    _, found = read_all(own("pubmed.nbib"))

    assert found[0] == ParsedRecord(
        position=1,
        line=2,
        title="Synthetic record one: invented images for a test of tagged files, "
        "with a title that goes on.",
        abstract="BACKGROUND: This abstract is synthetic. METHODS: Its second sentence continues "
        "on an indented line - with a dash in it. TI - is not a title here, because the line is "
        "indented. CONCLUSIONS: None.",
        authors=("Exempli, Anna B", "Gratia, Åse"),
        year=2023,
        journal="Journal of synthetic tests",
        volume="12",
        issue="3 Pt 1",
        pages="101-9",
        doi="10.9999/syn.2023.001",
        pmid="90000001",
        pmcid="PMC9000001",
        language="eng; fre",
        keywords=("Humans", "*Image Processing, Computer-Assisted", "synthetic data"),
        kind="Journal Article; Review",
    )


def test_records_need_no_blank_line_between_them(own):
    _, found = read_all(own("pubmed.nbib"))

    assert [(entry.position, entry.line) for entry in found] == [(1, 2), (2, 42), (3, 54), (4, 61)]


def test_a_title_that_is_not_available_gives_way_to_the_original_one(own):
    _, found = read_all(own("pubmed.nbib"))

    assert found[1] == ParsedRecord(
        position=2,
        line=42,
        title="Synthetischer Datensatz zwei.",
        authors=("Mustermann E",),
        year=1999,
        journal="Synth Arch",
        doi="10.9999/syn.1999.002",
        pmid="90000002",
        language="ger",
        kind="Journal Article",
    )


def test_a_book_has_its_own_title_field_and_a_group_for_author(own):
    _, found = read_all(own("pubmed.nbib"))

    book = found[2]
    assert (book.title, book.authors, book.year) == (
        "Synthetic book three",
        ("Synthetic Consortium",),
        2021,
    )


def test_an_entry_without_title_is_a_problem_with_place_text_and_remedy(own):
    _, found = read_all(own("pubmed.nbib"))

    assert found[3] == Problem(
        position=4,
        line=61,
        message="This entry has no title (TI).",
        remedy="Look the entry up at its source and write its title into the file, "
        "then import the file again.",
        raw="PMID- 90000004\nOWN - NLM\nAB  - A synthetic entry without any title.",
    )


def test_entries_may_begin_with_their_pmc_line(own):
    _, found = read_all(own("pmc_first.nbib"))

    assert [(entry.pmcid, entry.pmid, entry.year) for entry in found] == [
        ("PMC9100001", "91000001", 2020),
        ("PMC9100002", "", 2021),
        ("PMC9100003", "91000003", 2022),
    ]


def test_an_entry_without_pmid_is_not_mixed_with_its_neighbours(own):
    inspection, found = read_all(own("without_pmid.nbib"))

    assert isinstance(found[0], Problem)
    assert [(entry.line, entry.pmid) for entry in found[1:]] == [
        (3, "92000001"),
        (7, ""),
        (10, "92000003"),
    ]
    assert inspection.warnings == (
        "2 entries (first: line 1) without a PMID line, read as far as it goes.",
    )


def test_wrong_spaces_around_the_dash_do_not_hide_a_field(own):
    _, found = read_all(own("misspaced.nbib"))

    assert found == [
        ParsedRecord(
            position=1,
            line=1,
            title="Synthetic record with wrong spaces",
            abstract="Synthetic abstract that continues without any indentation.",
            authors=("Spatium, Una",),
            year=2018,
            pmid="93000001",
        ),
        ParsedRecord(
            position=2,
            line=7,
            title="Second synthetic record with wrong spaces",
            journal="Journal of spaces",
            pmid="93000002",
        ),
    ]


@pytest.mark.parametrize(
    ("lines", "pages"),
    [
        ("LID - e80092", "e80092"),
        ("LID - 103640 [pii]\nLID - 10.9999/syn.103640 [doi]", "103640"),
        ("LID - S0000-0001(23)00001-X [pii]", ""),
        ("LID - 0272989915622643 [pii]", ""),
        ("AID - 80092 [pii]", ""),
        ("PG  - 12-5\nLID - e80092", "12-5"),
        ("PG  - 7-7", "7"),
    ],
)
def test_the_number_of_an_article_stands_for_pages_where_there_are_none(written, lines, pages):
    _, (record,) = read_all(written(f"PMID- 1\nTI  - Synthetic\n{lines}\n".encode()))

    assert record.pages == pages
