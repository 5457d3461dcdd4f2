import pytest

from screening.importers import ParsedRecord, Problem, inspect, read


def read_all(path):
    inspection = inspect(path)
    found = list(read(path, inspection))
    assert len(found) == inspection.found
    return inspection, found


def values(found, *names):
    return [tuple(getattr(record, name) for name in names) for record in found]


def test_ovid_numbers_its_records_and_links_between_them(own):
    inspection, found = read_all(own("ovid.ris"))

    assert found[0] == ParsedRecord(
        position=1,
        line=2,
        title="Synthetic Ovid record one.",
        abstract="A synthetic abstract in N2.",
        authors=("Ovidia, Anna", "Metamorph, Ben"),
        year=2022,
        journal="Journal of Synthetic Tests",
        volume="5",
        issue="2",
        pages="41-46",
        doi="10.9999/syn.ovid.1",
        pmid="94000001",
        keywords=("*Synthetic Data", "Humans"),
        url="http://ovid.example.org/?AN=94000001",
        kind="JOUR",
    )
    assert inspection.warnings == ()


def test_a_number_of_another_database_is_no_pmid(own):
    _, found = read_all(own("ovid.ris"))

    assert found[1].pmid == ""


def test_cochrane_writes_two_spaces_after_the_dash_and_a_preamble_before_each_record(own):
    inspection, found = read_all(own("cochrane.ris"))

    assert values(found, "line", "title", "pages", "pmid", "doi", "kind") == [
        (4, "Synthetic trial one", "1279\u20101297", "95000001", "10.9999/syn.cochrane.1", "JOUR"),
        (24, "Synthetic trial two, without DOI", "", "", "", "JOUR"),
        (32, "Synthetic trial three", "", "", "", "JOUR"),
    ]
    assert inspection.warnings == (
        "2 entries (first: line 4) without an ER line, read up to the next entry.",
    )


def test_the_preamble_of_the_next_record_does_not_run_into_an_abstract_without_er(own):
    _, found = read_all(own("cochrane.ris"))

    assert found[1].abstract == ("Synthetic abstract two, of a record that lacks its ER\nline")


def test_ebsco_keeps_the_doi_in_l3_or_in_a_note(own):
    _, found = read_all(own("ebsco.ris"))

    assert values(found, "year", "doi") == [
        (2024, "10.9999/syn.ebsco.1"),
        (2010, "10.9999/syn.ebsco.2"),
        (None, ""),
    ]


def test_a_second_abstract_field_is_a_further_paragraph(own):
    _, found = read_all(own("ebsco.ris"))

    assert found[0].abstract == (
        "A synthetic abstract.\nCopyright of Synthetic Journal of Tests is nobody's property."
    )


def test_abstracts_in_several_languages_are_kept_once_each(own):
    _, found = read_all(own("lilacs.ris"))

    record = found[0]
    assert record.abstract == "RESUMEN Texto sintético.\nABSTRACT Synthetic text."
    assert (record.title, record.language) == ("Un registro sintético", "es; pt")
    assert record.keywords == ("Síntesis", "Humanos")
    assert (record.pages, record.pmid) == ("", "")


def test_headings_and_paragraphs_of_an_abstract_stay_and_wrapped_lines_are_joined(own):
    _, found = read_all(own("proquest.ris"))

    assert found[0].abstract == (
        "Background\n"
        "Half of this synthetic abstract stands on lines of its own, one heading to a line, "
        "and this one is long.\n"
        "Methods\n"
        "A line that was wrapped by the exporter because it is longer than sixty characters "
        "goes on here."
    )


def test_proquest_has_its_doi_in_a_link_and_one_page(own):
    _, found = read_all(own("proquest.ris"))

    assert values(found, "year", "pages", "doi", "pmid") == [
        (2018, "S406", "10.9999/syn.proquest.1", "")
    ]


def test_scopus_has_pmid_article_number_and_escaped_doi_and_cites_others(own):
    _, found = read_all(own("scopus.ris"))

    assert values(found, "journal", "pages", "doi", "pmid") == [
        ("Synthetic Nature", "8753945", "10.9999/syn.scopus.1", "96000001")
    ]


def test_web_of_science_indents_paragraphs_by_three(own):
    _, found = read_all(own("web_of_science.ris"))

    assert found[0].abstract == (
        "Background\n"
        "Methodology/Principal Findings: synthetic findings that begin with three blanks.\n"
        "Conclusions/Significance: none."
    )
    assert values(found, "pages", "pmid") == [("e12292", ""), ("", "97000002")]


def test_endnote_writes_a_keyword_to_a_line_even_one_that_looks_like_a_tag(own):
    _, found = read_all(own("endnote.ris"))

    assert found == [
        ParsedRecord(
            position=1,
            line=2,
            title="Synthetic EndNote record",
            abstract="Synthetic abstract.",
            authors=("Note, End", "Library, E. N."),
            year=2016,
            journal="Synth J",
            volume="20",
            pages="211-6",
            doi="10.9999/syn.endnote.1",
            pmid="98000001",
            pmcid="PMC9800001",
            language="eng",
            keywords=(
                "Synthetic Inflammation",
                "NF-kappa B/metabolism",
                "IL- 6",
                "Humans",
            ),
            url="https://www.ncbi.nlm.nih.gov/pmc/articles/PMC9800001/",
            kind="JOUR",
        )
    ]


def test_books_may_have_a_book_title_and_editors_only(own):
    _, found = read_all(own("jstor.ris"))

    assert values(found, "title", "authors", "journal", "pages", "year", "kind") == [
        ("Synthetic chapter", ("Chapwriter, Phoebe",), "Synthetic book", "125-354", 2019, "CHAP"),
        (
            "Synthetic book with editors only",
            ("Editor, Davide",),
            "Synthetic book with editors only",
            "",
            1987,
            "BOOK",
        ),
    ]


def test_wrong_spaces_around_the_dash_do_not_hide_a_field(own):
    _, found = read_all(own("misspaced.ris"))

    assert values(found, "title", "year") == [
        ("Synthetic record with one space", 2001),
        ("Synthetic record indented by one", 2002),
        ("Synthetic record with many spaces", 2003),
        ("Synthetic record without a space before the dash", 2004),
        ("Synthetic record of a wrapped abstract", 2005),
    ]
    assert values(found[:1], "authors", "abstract") == [
        (("Space, One",), "No space after the dash")
    ]


def test_words_at_the_beginning_of_a_wrapped_line_are_no_tags(own):
    _, found = read_all(own("misspaced.ris"))

    assert found[4].abstract == (
        "The abstract mentions\nAD - a common disease - and\nER - positive tumours, then\n"
        "NF-kappa at the beginning of lines."
    )


def test_a_missing_er_loses_no_record_and_is_told(own):
    inspection, found = read_all(own("missing_er.ris"))

    assert values(found, "line", "title", "abstract") == [
        (1, "First synthetic record, without its ER line", ""),
        (5, "Second synthetic record", "Its abstract is the last field\nand goes on"),
        (11, "Third synthetic record, at the end of the file", ""),
    ]
    assert inspection.warnings == (
        "3 entries (first: line 1) without an ER line, read up to the next entry.",
    )


def test_a_missing_ty_loses_no_record_and_what_stands_outside_is_told(own):
    inspection, found = read_all(own("without_ty.ris"))

    assert values(found, "line", "title", "kind") == [
        (3, "Synthetic record whose TY line was lost", ""),
        (7, "Synthetic record with TY", "JOUR"),
        (11, "Another synthetic record without TY", ""),
    ]
    assert inspection.warnings == (
        "2 entries (first: line 3) without a TY line, read as far as it goes.",
        "1 line (first: line 1) outside the entries held no field and stayed unread.",
    )


def test_another_title_field_will_do_but_none_is_a_problem(own):
    _, found = read_all(own("no_title.ris"))

    remedy = (
        "Look the entry up at its source and write its title into the file, "
        "then import the file again."
    )
    message = "This entry has no title (TI or T1)."
    assert found == [
        ParsedRecord(position=1, line=1, title="Synthetic record with an empty TI", kind="JOUR"),
        Problem(
            2,
            5,
            message,
            remedy,
            "TY  - JOUR\nAU  - Ohne, Titel\nAB  - A synthetic entry without a title.\nER  - ",
        ),
        Problem(3, 9, message, remedy, "TY  - JOUR\nER  - "),
        ParsedRecord(position=4, line=11, title="Synthetic short title", kind="JOUR"),
    ]


def test_double_and_unknown_tags_and_several_authors_in_one_field(own):
    _, found = read_all(own("generic.ris"))

    assert found[0] == ParsedRecord(
        position=1,
        line=1,
        title="First of two TI fields of a synthetic record",
        authors=("First, Author", "Second, Author", "Third, Author", "Garc&iacute;a, Fourth"),
        year=2023,
        journal="Synth J",
        pages="10-19",
        doi="10.9999/(sici)1234-5678(19980815)17:15<1661::aid-syn968>3.0.co;2-2",
        pmid="99000001",
        keywords=("alpha; beta",),
        url="https://pubmed.ncbi.nlm.nih.gov/99000001/",
        kind="JOUR",
    )


def test_years_lie_between_1000_and_2100_and_a_doi_is_one(own):
    _, found = read_all(own("generic.ris"))

    assert values(found[1:], "year", "doi", "pmid") == [
        (2100, "10.9999/syn.address.1", "99000002"),
        (None, "", ""),
    ]


@pytest.mark.parametrize(
    ("written_as", "expected"),
    [
        ("10.9999/ABC.", "10.9999/abc"),
        ("https://doi.org/10.9999/abc", "10.9999/abc"),
        ("http://dx.doi.org/10.9999/abc", "10.9999/abc"),
        ("DOI:10.9999/abc", "10.9999/abc"),
        ("doi: 10.9999/abc;", "10.9999/abc"),
        ("10.9999/s0022(82)90515", "10.9999/s0022(82)90515"),
        ("(10.9999/abc)", "10.9999/abc"),
        ("10.9999/a(b)", "10.9999/a(b)"),
        ("10.9999%2Fabc", "10.9999/abc"),
        ("10.9999/a&lt;b", "10.9999/a<b"),
        ("10.9999.1/abc [doi]", "10.9999.1/abc"),
        ("none", ""),
        ("10.99/abc", ""),
    ],
)
def test_a_doi_is_lower_case_without_resolver_and_final_punctuation(written, written_as, expected):
    path = written(f"TY  - JOUR\nTI  - Synthetic\nDO  - {written_as}\nER  - \n".encode())

    _, found = read_all(path)

    assert values(found, "doi") == [(expected,)]


@pytest.mark.parametrize(
    ("line", "pmid"),
    [
        ("DB  - PubMed\nAN  - 12345678", "12345678"),
        ("DB  - MEDLINE\nID  - 12345678", "12345678"),
        ("DB  - Ovid MEDLINE(R)\nID  - 131", ""),
        ("DB  - Embase, MEDLINE\nAN  - 12345678", ""),
        ("DB  - PTSDpubs\nAN  - 12345678", ""),
        ("AN  - PMID: 12345678", "12345678"),
        ("AN  - 12345678", ""),
        ("UR  - https://www.ncbi.nlm.nih.gov/pubmed/12345678", "12345678"),
        ("DB  - Scopus\nC2  - 12345678", "12345678"),
        ("C2  - 12345678", ""),
        ("N1  - Retraction in: Synth J. 2023. PMID: 12345678", ""),
    ],
)
def test_a_number_is_a_pmid_only_where_the_file_says_so(written, line, pmid):
    path = written(f"TY  - JOUR\nTI  - Synthetic\n{line}\nER  - \n".encode())

    _, found = read_all(path)

    assert values(found, "pmid") == [(pmid,)]
