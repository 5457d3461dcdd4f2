"""Records as RIS: what is exported, our own importer reads back as it was."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.exports.ris import entry, ris_lines
from screening.importers import ParsedRecord, inspect, read
from screening.models import Record

CORPUS = sorted(
    path
    for path in (Path(__file__).parents[1] / "data").rglob("*")
    if path.suffix in {".ris", ".nbib"}
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


@pytest.mark.parametrize("path", [*CORPUS, EXAMPLE], ids=lambda path: path.name)
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
