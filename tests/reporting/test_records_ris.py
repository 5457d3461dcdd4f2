"""Records as RIS: what is exported, our own importer reads back as it was."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporting.exports.ris import entry, ris_lines
from screening.importers import ParsedRecord, inspect, read
from screening.importers.tables import text as table_format
from screening.models import Record

DATA = Path(__file__).parents[1] / "data"
# The one needs a person to say which column is which, the other is a log of votes.
NO_RECORDS = {"table_unknown.csv", "rayyan_log.csv"}
# One look-alike at least of every format that is read.
LOOK_ALIKES = sorted(
    path
    for path in DATA.rglob("*")
    if path.suffix and path.suffix != ".yaml" and path.name not in NO_RECORDS
)
EXAMPLE = Path(__file__).parents[2] / "screening/templates_data/example_records.nbib"
FACTS = [
    "title",
    "abstract",
    "year",
    "journal",
    "volume",
    "issue",
    "pages",
    "doi",
    "pmid",
    "pmcid",
    "language",
    "url",
    "kind",
    "authors",
    "keywords",
]


def stored(parsed: ParsedRecord, number: int) -> Record:
    """As an import keeps it."""
    facts = {name: getattr(parsed, name) for name in FACTS}
    lists = {name: "\n".join(facts[name]) for name in ("authors", "keywords")}
    return Record(number=number, **facts | lists)


def facts_of(record: Record) -> dict[str, object]:
    return {name: getattr(record, name) for name in FACTS}


def read_file(path: Path) -> list[Record]:
    found = [one for one in read(path, inspect(path)) if isinstance(one, ParsedRecord)]
    return [stored(parsed, number) for number, parsed in enumerate(found, start=1)]


def read_back(records: list[Record], folder: Path) -> list[Record]:
    path = folder / "ours"
    path.write_bytes(b"".join(ris_lines(records)))
    return read_file(path)


@pytest.mark.parametrize("path", [*LOOK_ALIKES, EXAMPLE], ids=lambda path: path.name)
def test_what_every_database_gave_is_read_back_from_our_file(path, tmp_path):
    records = read_file(path)

    again = read_back(records, tmp_path)

    assert [facts_of(one) for one in again] == [facts_of(one) for one in records]


TEXT = st.text(
    st.sampled_from("aB zé&;-.:(¶文<>\"'\u200b")
    | st.characters(codec="utf-8", exclude_characters="\0"),
    max_size=40,
).map(lambda text: " ".join(text.split()))
LINES = st.lists(
    st.one_of(
        TEXT,
        st.sampled_from(["TI - x", "ER -", "TY - JOUR", "IL- 6", "1.", "Database: x", "AB - y"]),
        TEXT.map(lambda text: text * 3),
    ).filter(bool),
    max_size=4,
    unique=True,
)


@given(title=TEXT.filter(bool), abstract=LINES, pages=TEXT, kind=TEXT, keywords=LINES)
def test_any_text_is_read_back(tmp_path_factory, title, abstract, pages, kind, keywords):
    folder = tmp_path_factory.getbasetemp()
    typed = Record(
        number=1,
        title=title,
        abstract="\n".join(abstract),
        pages=pages,
        kind=kind,
        keywords="\n".join(keywords),
    )
    # What an import can have stored: whatever it made of this text the first time.
    records = read_back([typed], folder)

    assert [facts_of(one) for one in read_back(records, folder)] == [
        facts_of(one) for one in records
    ]


ANYTHING = TEXT | st.sampled_from(
    ["-", "--", "…", "a-", "-b", "1-2-3", "7-7", "PMID: 1", "10.9999/a%252b", "R&amp;amp;D"]
)
COLUMNS = {
    "Title": TEXT.map(lambda text: f"{text} title"),
    # No further line may look like RIS here: then the table would be taken for that.
    "Abstract": st.lists(TEXT.map(lambda text: f". {text} ."), max_size=4).map("\n".join),
    "Authors": st.lists(ANYTHING | st.sampled_from(["Anon", "A & B", "et al"]), max_size=3).map(
        "; ".join
    ),
    "Year": st.sampled_from(["", "1000", "2021", "2100", "n.d."]),
    "Journal": ANYTHING,
    "Volume": ANYTHING,
    "Issue": ANYTHING,
    "Pages": ANYTHING,
    "DOI": TEXT.map(lambda text: f"10.9999/{text}") | ANYTHING,
    "PMID": st.sampled_from(["", "1", "99999999", "0"]),
    "PMCID": st.sampled_from(["", "PMC1", "pmc123456789"]),
    "Language": ANYTHING,
    "Keywords": st.lists(ANYTHING, max_size=4).map(";".join),
    "URL": ANYTHING | TEXT.map(lambda text: f"https://example.org/{text}"),
    "Document Type": ANYTHING | st.sampled_from(["JOUR", "GEN", "TY", "Book; JOUR", "ER"]),
}


@settings(max_examples=200, deadline=None)
@given(cells=st.fixed_dictionaries(COLUMNS))
def test_whatever_a_table_gave_is_read_back_from_our_file(tmp_path_factory, cells):
    """A table gives any text to any field, as no other format does."""
    folder = tmp_path_factory.getbasetemp()
    text = StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerows(
        [cells.keys(), cells.values(), ["Another title", *[""] * (len(cells) - 2), "x"]]
    )
    path = folder / "table"
    path.write_bytes(text.getvalue().encode())
    given_by_table = list(table_format.read(path, "utf-8"))
    records = [stored(one, 1) for one in given_by_table if isinstance(one, ParsedRecord)]

    again = read_back(records, folder)

    assert [facts_of(one) for one in again] == [facts_of(one) for one in records]


def test_an_abstract_with_paragraphs_and_with_lines_that_look_like_fields(tmp_path):
    abstracts = [
        "BACKGROUND: Short.\nMETHODS: We did this and that to many people over a long time.",
        "First line.\nTI - not a title\nER -",
        "A long line without an end of its sentence, which an exporter would have wrapped\nso",
        "Database: of images.\n1.",
    ]
    records = [Record(number=1, title="x", abstract=abstract) for abstract in abstracts]

    assert [one.abstract for one in read_back(records, tmp_path)] == abstracts


def test_other_programs_find_a_type_they_know():
    article = Record(number=7, title="A", journal="J", kind="Journal Article; Review", pmid="123")

    lines = entry(article).split("\r\n")

    assert lines[0] == "TY  - JOUR"
    assert "M3  - Journal Article; Review" in lines
    assert "AN  - PMID: 123" in lines
    assert lines[-3:] == ["ER  - ", "", ""]


def test_a_file_of_no_records_is_empty():
    assert b"".join(ris_lines([])) == b""
