"""Whatever the bytes: a refusal in words or every entry given, and every line accounted for."""

import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from screening.importers import (
    Inspection,
    ParsedRecord,
    Problem,
    UnreadableFile,
    endnote_tagged,
    inspect,
    medline,
    read,
    ris,
)
from screening.importers.bibtex.blocks import blocks
from screening.importers.decoding import text_lines
from screening.importers.tagged import entries
from tests.screening.importers.conftest import DATA
from tests.screening.importers.mutated import mutated

PROFILES = {"ris": ris.PROFILE, "nbib": medline.PROFILE}
TAGGED = {
    "ris": re.compile(r"\ufeff?(?!ER|EF)[A-Z][A-Z0-9]  -(?: |\t|\Z)"),
    "nbib": re.compile(r"\ufeff?(?=.{4}-(?: |\t|\Z))[A-Z][A-Z0-9]{1,3} *-"),
}
FRAGMENTS = [
    *(b"TY  - JOUR", b"TY  - ", b"TY  -", b"TY - JOUR", b" TY  -  JOUR", b"TY-JOUR", b"TY-1"),
    *(b"ER  - ", b"ER  -", b"ER - ", b" ER-", b"ER  - more", b"EF  - ", b"ER"),
    *(b"TI  - Synthetic", b"T1  - Synthetic", b"TI - Synthetic", b"TI  -", b"AB  - text", b"KW-"),
    *(b"AU  - Some, Body", b"DO  - 10.9999/x", b"PY  - 2001", b"Y1  - 99999999", b"UR  - http://"),
    *(b"PMID- 1", b"PMID-2", b"PMID - 3", b" PMID- 4", b"PMID- ", b"PMID- x", b"PMID"),
    *(b"OWN - NLM", b"PMC - PMC1", b"OWN- NLM", b"STAT- x", b"FAU - A, B", b"      goes on"),
    *(b"      ", b"   ", b"\t", b"more text", b"1. ", b"Record #1 of 2", b"Provider: x"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xe9", b"\xc3\xa9", b"\xed\xa0\x80", b"\x85"),
    *(b"\xe2\x80\xa8", b"\x0c", b"\x1c", b"\x00", b"-", b" ", b"A", b" " * 70),
]
LINE_ENDS = st.sampled_from([b"\n", b"\r\n", b"\r", b"\n\n", b"\r\r\n", b""])
TAGGED_BYTES = st.lists(st.tuples(st.sampled_from(FRAGMENTS), LINE_ENDS), max_size=40).map(
    lambda pieces: b"".join(part for piece in pieces for part in piece)
)
ANY_BYTES = st.one_of(
    TAGGED_BYTES,
    st.binary(max_size=400),
    st.tuples(TAGGED_BYTES, st.binary(max_size=40), TAGGED_BYTES).map(b"".join),
    TAGGED_BYTES.map(lambda data: data.decode("latin-1").encode("utf-16")),
)


def inspected(path: Path) -> Inspection | str:
    """What the inspection says, be it a refusal."""
    try:
        return inspect(path)
    except UnreadableFile as refusal:
        return str(refusal)


def check(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(content)
        inspection = inspected(path)
        if isinstance(inspection, str):
            assert inspection.endswith(".")
            return
        found = list(read(path, inspection))
        accounted(path, inspection)
    assert [entry.position for entry in found] == list(range(1, inspection.found + 1))
    for entry in found:
        assert isinstance(entry, (ParsedRecord, Problem))
        repr(entry).encode()


def accounted(path: Path, inspection: Inspection) -> None:
    """Entries do not overlap, and between them stands no tagged line."""
    lines = [line for block in text_lines(path, inspection.encoding) for line in block]
    outside = set(range(1, len(lines) + 1))
    before = 0
    for entry in entries(text_lines(path, inspection.encoding), PROFILES[inspection.format]):
        assert before < entry.line <= entry.end <= len(lines)
        outside -= set(range(entry.line, entry.end + 1))
        before = entry.end
    tagged = TAGGED[inspection.format]
    assert [number for number in sorted(outside) if tagged.match(lines[number - 1])] == []


@settings(max_examples=400, deadline=None)
@given(ANY_BYTES)
@example(b"TY  - JOUR\nTI  - a\nER  - \nTI  - b\nER  - more\nEF  - \n")
@example(b"PMC - PMC1\nPMID- 1\nPMC - PMC2\n\nOWN - NLM\nOWN - NLM\nPMID- 2\nPMID- 3")
@example(b"\xef\xbb\xbfTY  - JOUR\r\xef\xbb\xbfTY  - JOUR\xe9\r\n\xef\xbb\xbfER  - ")
def test_no_bytes_break_a_reader_and_no_entry_is_dropped(content):
    check(content)


@pytest.mark.parametrize(
    "path", sorted([*DATA.glob("*.ris"), *DATA.glob("*.nbib")]), ids=lambda path: path.name
)
def test_every_line_of_our_own_files_is_accounted_for(path):
    check(path.read_bytes())


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(
                st.sampled_from(["TI", "AB", "AU", "KW", "T2", "PY", "DO", "N1", "UR", "AN"]),
                st.lists(st.sampled_from(["alpha", "beta 2", "x - y", "", "é"]), max_size=3),
            ),
            max_size=6,
        ),
        max_size=5,
    ),
    st.booleans(),
)
def test_what_is_written_in_a_field_is_what_the_tokenizer_gives(content, with_end):
    lines = []
    for fields in content:
        lines.append("TY  - JOUR")
        for tag, (first, *further) in ((tag, parts or [""]) for tag, parts in fields):
            lines += [f"{tag}  - {first}", *further]
        lines += ["ER  - "] * with_end

    found = list(entries([lines], ris.PROFILE))

    assert len(found) == len(content)
    for entry, fields in zip(found, content, strict=True):
        given_text = " ".join(part for _, parts in fields for part in parts).split()
        kept = [value for slot, values in entry.fields.items() if slot != "TY" for value in values]
        assert sorted(" ".join(kept).split()) == sorted(given_text)


EVERY_FORMAT = sorted((DATA.parent / "same_library").glob("three_records.*"))
SIGNS = [
    b"\n",
    b"\r",
    b'"',
    b"<",
    b">",
    b"&",
    b"{",
    b"}",
    b"@",
    b"%",
    b",",
    b"\xff",
    b"\x00",
    b"\n\n",
]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(EVERY_FORMAT).flatmap(
        lambda path: mutated(path.read_bytes(), [*SIGNS, *FRAGMENTS])
    )
)
def test_a_damaged_file_of_any_format_is_refused_in_words_or_gives_every_entry(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(content)
        inspection = inspected(path)
        if isinstance(inspection, str):
            assert inspection.endswith(".")
            return
        found = list(read(path, inspection))
    assert [entry.position for entry in found] == list(range(1, inspection.found + 1))


LINES = st.lists(
    st.sampled_from(
        [
            *(
                "@article{a,",
                "@article",
                "{b,",
                " {",
                "title = {x}",
                "}",
                "} @misc{c, year=1}",
                "@",
            ),
            *(
                "@comment",
                "%T title",
                "%0 Book",
                "%A Some, Body",
                "%X text",
                "",
                " ",
                "% 5",
                "x @a{y",
            ),
            *("\ufeff@book{d,", "\ufeff%T x", "%Z"),
        ]
    )
    | st.text(st.characters(exclude_characters="\r\n"), max_size=6),
    max_size=25,
)


@settings(max_examples=300, deadline=None)
@given(LINES)
def test_the_blocks_of_bibtex_hold_every_line_from_the_first_on(lines):
    found = [line for block in blocks([lines]) for line in block.lines]

    kept = "".join(found).replace("\n", "")
    assert "".join(lines).endswith(kept)
    begin = len("".join(lines)) - len(kept)
    before = [line for place, line in enumerate(lines) if len("".join(lines[: place + 1])) <= begin]
    assert list(blocks([before])) == []


@settings(max_examples=300, deadline=None)
@given(LINES)
def test_the_entries_of_endnote_hold_every_line_from_the_first_on(lines):
    found = list(endnote_tagged.entries([lines]))

    ends = [found[0].line - 1 if found else len(lines), *(entry.end for entry in found)]
    assert [entry.line for entry in found] == [end + 1 for end in ends[:-1]]
    assert ends[-1] == len(lines)
    assert list(endnote_tagged.entries([lines[: ends[0]]])) == []
