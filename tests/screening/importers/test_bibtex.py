import re

import bibtexparser
import pytest
from bibtexparser.model import Block, DuplicateBlockKeyBlock, DuplicateFieldKeyBlock, Entry
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pylatexenc.latex2text import LatexNodes2Text

from screening.importers import bibtex, inspect, read
from screening.importers.base import ParsedRecord, Problem
from screening.importers.bibtex.blocks import LONGEST
from screening.importers.bibtex.people import people
from tests.screening.importers.conftest import DATA
from tests.screening.importers.mutated import ENCODINGS, check_every_entry_is_given, mutated
from tests.screening.importers.test_corpus import CORPUS, ROWS

CORPUS_ROWS = [row for row in ROWS if row["format"] == bibtex.NAME]
OWN = sorted(DATA.glob("*.bib"))
FRAGMENTS = [
    *(b"{", b"}", b'"', b",", b"=", b"#", b"\\", b"$", b"@", b"(", b")", b"\n", b"\r", b" and "),
    *(b"\n@article{a,\n", b"} @article{b,", b"@string{c = c # c}\n", b"\n@comment{", b"\n@misc("),
    *(b"\n@article\n{a,\n", b"\n@article", b"\n@comment\r\n\t{"),
    *(
        b"\ntitle = {",
        b", title = {",
        b"\xef\xbb\xbf",
        b"\xe9",
        b"\x00",
        b"\xff\xfe",
        b"}}}}",
        b"{{{{",
    ),
]


def read_all(path, encoding="utf-8"):
    counted = bibtex.count(path, encoding)
    found = list(bibtex.read(path, encoding))
    assert len(found) == counted.found
    return counted, found


def read_only(written, content):
    """The one record of a file with this text."""
    _, (record,) = read_all(written(content.encode()))
    assert isinstance(record, ParsedRecord)
    return record


def test_a_record_of_zotero_gives_every_field_without_latex(own):
    counted, found = read_all(own("zotero.bib"))

    assert counted.warnings == ()
    assert found[0] == ParsedRecord(
        position=1,
        line=7,
        title="Synthetic effects of β-inventin on Danio Rerio in H<sub>2</sub>O at 37°C",
        abstract="This first paragraph of an invented abstract is long enough to be one, and ends "
        "with a stop.\nThe second one says that p < 0.05, that 5% of US$7 were lost, and that "
        "“quotes” — and dashes – are kept.",  # noqa: RUF001
        authors=(
            "Exempli, Anna-María",
            "Örtlich, Łukasz",
            "Synthetic Trials Group",
            "van der Probe, Jan",
        ),
        year=2021,
        journal="Journal of Synthetic Tests",
        volume="12",
        issue="3",
        pages="101-109",
        doi="10.9999/(sici)1000-0001(20210301)1:1<1::aid-syn1>3.0.co;2-1",
        pmid="90100001",
        language="English",
        keywords=("synthetic data", "invented images", "SYN1 < SYN2"),
        url="https://example.org/a_b~c",
        kind="article",
    )


def test_a_key_or_a_field_that_stands_twice_loses_nothing(own):
    _, found = read_all(own("zotero.bib"))

    assert found[1] == ParsedRecord(
        position=2,
        line=26,
        title='The "synthetic" book: Archive of Invention',
        authors=("Gratia, Åse", "Probe Jr., John"),
        year=1999,
        kind="book",
    )


def test_names_without_a_comma_and_numbers_without_braces_are_read(own):
    _, found = read_all(own("zotero.bib"))

    assert found[2] == ParsedRecord(
        position=3,
        line=34,
        title="Conference paper on α-testing with n = 5 and costs of $5 to $10",  # noqa: RUF001
        authors=("Sample, Ada B.", "van Muster, Ludwig"),
        year=2018,
        journal="Proceedings of Invention",
        pages="e77",
        pmid="90100003",
        pmcid="PMC9100003",
        kind="inproceedings",
    )


def test_keys_of_scopus_with_a_blank_without_a_comma_or_empty_hide_no_field(own):
    counted, found = read_all(own("scopus.bib"), "utf-8-sig")

    assert counted.warnings == ()
    assert found == [
        ParsedRecord(
            position=1,
            line=4,
            title="Synthetic record with a key that has a blank",
            abstract="An invented abstract about ~5% of cases with braces.",
            authors=("Sample, Ada B.", "Muster, Max"),
            year=2022,
            journal="Journal of Synthetic Tests",
            volume="58",
            issue="2",
            pages="223-257",
            doi="10.9999/syn.2022.001",
            pmid="90200001",
            keywords=("Invented", "Images", "Synthetic"),
            url="https://www.example.com/record.uri?eid=2-s2.0-1&doi=10.9999%2fsyn.2022.001"
            "&partnerID=40",
            kind="Article",
        ),
        ParsedRecord(
            position=2,
            line=22,
            title="Synthetic record without a comma behind its key",
            authors=("Muster, Max",),
            year=2021,
            journal="Lecture Notes in Invention",
            pages="796200",
            kind="Conference paper",
        ),
        ParsedRecord(
            position=3,
            line=31,
            title="Synthetic record with an empty key",
            year=2020,
            kind="ARTICLE",
        ),
    ]


def test_values_that_web_of_science_wrapped_are_one_line_again(own):
    _, found = read_all(own("web_of_science.bib"))

    assert found == [
        ParsedRecord(
            position=1,
            line=2,
            title="Synthetic record whose title is wrapped by the exporter at some eighty "
            "characters",
            abstract="The invented abstract is wrapped at eighty characters, and a line ends. "
            "Where a sentence ends, too, the paragraph goes on [as it should].",
            authors=("Sample, Ada B.", "Muster, Max"),
            year=2020,
            journal="JOURNAL OF SYNTHETIC TESTS",
            volume="8",
            issue="1",
            pages="17-25",
            doi="10.9999/syn.2020.001",
            language="English",
            keywords=("synthetic data", "invented images", "TESTS"),
            kind="Article",
        ),
        ParsedRecord(
            position=2,
            line=25,
            title="Synthetic chapter",
            authors=("Muster, Max",),
            year=2019,
            journal="BOOK OF SYNTHETIC TESTS",
            pages="12",
            kind="Article; Book Chapter",
        ),
    ]


def test_raw_quotation_marks_and_unfilled_values_of_ebsco_do_no_harm(own):
    counted, found = read_all(own("ebsco.bib"))

    assert counted.warnings == ()
    assert found == [
        ParsedRecord(
            position=1,
            line=1,
            title='The "synthetic" record',
            abstract='An invented abstract with "raw" quotation marks, "even before a comma", and '
            "R&D.",
            authors=("Muster, Max", "Sample, Ada B."),
            year=2021,
            journal="Marine Science & Invention",
            volume="42",
            pages="170-176",
            keywords=("SYNTHETIC data", "INVENTION (Psychology)"),
            url="https://example.org/linkprocessor/plink?id=1",
            kind="article",
        ),
        ParsedRecord(
            position=2,
            line=15,
            title="Synthetic record with a variable that was not filled",
            year=2024,
            kind="misc",
        ),
    ]


def test_latin_1_and_names_in_braces_of_ieee_are_read(own):
    _, found = read_all(own("ieee_latin1.bib"), "cp1252")

    assert found == [
        ParsedRecord(
            position=1,
            line=1,
            title="Synthetic record in Latin-1: naïve",
            authors=("Muster-Männ, J.", "Arbeitsgruppe Prüfung"),
            year=2012,
            journal="2012 Synthetic Conference",
            pages="231-240",
            keywords=("invention", "tests"),
            kind="INPROCEEDINGS",
        )
    ]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_the_brace_of_an_entry_may_stand_on_the_next_line(written, line_end):
    text = (
        "@comment\n{synthetic}\n@article\n  {a,\n title = {Synthetic one},\n abstract = {Write to"
        "\n@synthetic\nor not}\n}\n@Article \n{b, title = {Synthetic two}}\n"
    )
    path = written(text.replace("\n", line_end).encode())

    inspection = inspect(path)
    found = list(read(path, inspection))

    assert (inspection.format, inspection.found, inspection.warnings) == ("bibtex", 2, ())
    assert [(entry.line, entry.title) for entry in found] == [
        (3, "Synthetic one"),
        (10, "Synthetic two"),
    ]
    assert found[0].abstract == "Write to\n@synthetic\nor not"


def test_a_damaged_entry_is_read_as_far_as_it_goes_and_takes_nothing_of_its_neighbours(own):
    counted, found = read_all(own("damaged.bib"))

    assert counted.warnings == (
        "4 entries (first: line 1) with braces that do not balance, read as far as it goes: "
        "compare with the source.",
    )
    assert [
        (entry.line, entry.title, entry.year) for entry in found if isinstance(entry, ParsedRecord)
    ] == [
        (1, "Synthetic record one, whose abstract has no end", 2001),
        (7, "Synthetic record two has a brace too many", 2002),
        (14, "Synthetic record four ends too early", 2004),
        (18, "Synthetic record five", 2005),
        (18, "Synthetic record six on the same line", 2006),
        (20, "Synthetic record seven", 2007),
    ]
    assert [found[place].abstract for place in (0, 6)] == [
        "An invented abstract without its brace",
        "The file was cut of",
    ]
    assert found[3].authors == ("Muster, Max",)


def test_an_entry_without_title_is_a_problem_with_place_and_text(own):
    _, found = read_all(own("damaged.bib"))

    assert found[2] == Problem(
        position=3,
        line=12,
        message="This entry has no title (title or booktitle).",
        remedy="Look the entry up at its source and write its title into the file, "
        "then import the file again.",
        raw="@article{three, year = {2003}, journal = {Journal of Synthetic Tests}}\n",
    )


@pytest.mark.parametrize("line_end", [b"\r\n", b"\r"])
@pytest.mark.parametrize("name", ["zotero.bib", "web_of_science.bib", "damaged.bib"])
def test_every_line_end_gives_the_same_records(own, written, name, line_end):
    path = written(b"\xef\xbb\xbf" + own(name).read_bytes().replace(b"\n", line_end))

    assert read_all(path, "utf-8-sig")[1] == read_all(own(name))[1]


def test_macros_that_double_without_end_stay_small(written):
    doubling = "\n".join(f"@string{{m{n + 1} = m{n} # m{n}}}" for n in range(60))

    record = read_only(written, f"@string{{m0 = {{ab}}}}\n{doubling}\n@misc{{a, title = m60}}\n")

    # The name of a macro stands where there is no room for its text, so no power of two remains.
    assert set(record.title) - {"…"} == {"m", "5"}


def test_a_repeated_macro_gives_a_title_that_is_cut(written):
    repeated = " # ".join(["m"] * 3_000)

    record = read_only(
        written, f"@string{{m = {{{'x' * 90_000}}}}}\n@misc{{a, title = {repeated}}}\n"
    )

    assert (len(record.title), record.title[-1], record.cuts) == (5_000, "…", 1)


def test_an_entry_without_bounds_is_cut_and_named(written):
    path = written(b"@misc{a,\n title = {Synthetic},\n note = {" + b"x\n" * LONGEST + b"}}\n")

    counted, (record,) = read_all(path)

    assert record.title == "Synthetic"
    assert counted.warnings == (
        "1 entry (first: line 1) longer than 4,000,000 characters: the rest was left out.",
    )


def test_comments_preambles_and_macros_are_no_entries(written):
    path = written(
        b"@comment{jabref-meta: x}\n@preamble{ {x} }\n@string{a = {b}}\n% @misc{no, title = {x}}\n"
        b"@Comment{@misc{commented, title = {x}}}\n"
    )

    assert read_all(path)[0].found == 0


def test_markup_of_publishers_goes_and_references_are_decoded_once(written):
    record = read_only(
        written,
        "@misc{a, title = {A &amp;lt; B of <i>E. coli</i>},\n"
        "abstract = {<jats:p>One</jats:p><jats:p>Two &lt; three</jats:p>}}",
    )

    assert (record.title, record.abstract) == ("A &lt; B of <i>E. coli</i>", "One\nTwo < three")


def test_a_number_is_a_pmid_only_where_the_entry_says_so(written):
    path = written(
        b"@misc{a, title = {a}, eprint = {123}, eprinttype = {pubmed}}\n"
        b"@misc{b, title = {b}, eprint = {123}, eprinttype = {arxiv}, note = {123}}\n"
        b"@misc{c, title = {c}, url = {https://pubmed.ncbi.nlm.nih.gov/124/}}\n"
    )

    assert [record.pmid for record in read_all(path)[1]] == ["123", "", "124"]


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("Muster, Max and Sample, Ada", ["Muster, Max", "Sample, Ada"]),
        ("Max Muster AND Ada B. Sample", ["Muster, Max", "Sample, Ada B."]),
        ("Muster M and Sample AB", ["Muster, M", "Sample, AB"]),
        ("Ludwig van der Probe", ["van der Probe, Ludwig"]),
        ("van der Probe, Ludwig", ["van der Probe, Ludwig"]),
        ("Muster, Jr, Max", ["Muster, Max, Jr"]),
        ("{Max and Sons}", ["Max and Sons"]),
        ("Synthetic Trials Group and others", ["Synthetic Trials Group"]),
        ("J. {Muster-Sample}", ["Muster-Sample, J."]),
        (r"{\"O}rtlich, A. and {\'E}mile {\"O}rtlich", ["Örtlich, A.", "Örtlich, Émile"]),
        ("Muster, Max; Sample, Ada", ["Muster, Max", "Sample, Ada"]),
        ("Plato", ["Plato"]),
        (" and  and ", []),
    ],
)
def test_names_become_family_name_and_given_names(field, names):
    assert people(field) == names


@pytest.mark.parametrize(
    ("head", "is_ours"),
    [
        (b"Scopus\nEXPORT DATE: 1 May\n\n@ARTICLE{a,\n", True),
        (b"\r\n@article{ WOS:1,\r\n", True),
        (b"% a comment\r@string(a = {b})\r", True),
        (b"TY  - JOUR\nAB  - x\n@article{a,\n", False),
        (b'{"a": "b",\n@article{a,\n', False),
        (b"%0 Book\n%X x\n@article{a,\n", False),
        (b"write to a@b.org or @author\n", False),
        (b"", False),
    ],
)
def test_the_format_is_told_by_its_first_lines(head, is_ours):
    assert bibtex.looks_like(head) == is_ours


@pytest.mark.parametrize("path", sorted(DATA.iterdir()), ids=lambda path: path.name)
def test_only_our_own_files_of_the_format_look_like_it(path):
    head = path.read_bytes().removeprefix(b"\xef\xbb\xbf")

    assert bibtex.looks_like(head) == (path.suffix == ".bib")


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(OWN).flatmap(lambda path: mutated(path.read_bytes(), FRAGMENTS)),
    st.sampled_from(ENCODINGS),
)
@example(b"\xef\xbb\xbf@a{b}@c{d,}\n\t@ e (f\n} \xef\xbb\xbf@g{h,i=", "utf-8")
def test_no_bytes_break_the_reader_and_no_entry_is_dropped(content, encoding):
    check_every_entry_is_given(bibtex, content, encoding)


def rescued(block: Block) -> Entry | None:
    """The entry of a block; bibtexparser puts one with a repeated key or field aside."""
    if isinstance(block, DuplicateBlockKeyBlock | DuplicateFieldKeyBlock):
        return rescued(block.ignore_error_block)
    return block if isinstance(block, Entry) else None


def letters(title: str) -> str:
    """What is left of a title when two readers may differ in marks, scripts and braces."""
    return re.sub(r"</?su[bp]>|[\W_]", "", title)


def plain(value: str) -> str:
    """A value of a rescued block still has its braces."""
    if value.startswith("{") and value.endswith("}"):
        value = value[1:-1]
    return LatexNodes2Text().latex_to_text(value)


def by_bibtexparser(text: str) -> list[tuple[str, str, int]]:
    """Letters of the title, year, and number of authors of every entry."""
    return [
        (letters(values["title"]), values["year"], len(re.split(r"\s+and\s+", values["author"])))
        for entry in map(rescued, bibtexparser.parse_string(text).blocks)
        if entry is not None
        for values in [{field.key.lower(): plain(field.value) for field in entry.fields}]
    ]


@pytest.mark.parametrize("name", ["web_of_science.bib", "well_formed.bib", "ieee_latin1.bib"])
def test_we_read_what_bibtexparser_reads(own, name):
    encoding = "cp1252" if name == "ieee_latin1.bib" else "utf-8"
    text = own(name).read_text(encoding)

    _, found = read_all(own(name), encoding)

    ours = [(letters(entry.title), str(entry.year), len(entry.authors)) for entry in found]
    assert ours == by_bibtexparser(text)


@pytest.mark.skipif(not ROWS, reason="no corpus of real exports at ../shared/corpus")
@pytest.mark.parametrize("row", CORPUS_ROWS, ids=lambda row: row["file"])
def test_every_entry_of_a_real_export_is_read(row):
    path = CORPUS / row["file"]
    encoding = row["encoding"] if row["encoding"].startswith("utf") else "cp1252"

    counted, found = read_all(path, encoding)

    assert bibtex.looks_like(path.read_bytes()[:65_536].removeprefix(b"\xef\xbb\xbf"))
    assert counted.warnings == ()
    assert [type(entry) for entry in found] == [ParsedRecord] * int(row["expected_records"])
    nobody = path.read_bytes().count(b"author = {{[Anonymous]}}")
    assert sum(not entry.authors for entry in found) == nobody
    assert not any(re.search(r"[{}\\]", entry.title) for entry in found)
