"""Damaged and hostile XML: a sentence or a problem, quickly, and never more memory than one entry."""

import tempfile
import tracemalloc
from pathlib import Path
from time import process_time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from screening.importers import endnote_xml, fields, pubmed_xml, xml_stream, zotero_rdf
from screening.importers.base import Cut, ParsedRecord, Problem, UnreadableFile
from screening.importers.decoding import encoding_by_mark
from tests.screening.importers.conftest import DATA

FORMATS = {
    "pubmed_set.xml": pubmed_xml,
    "pubmed_citations.xml": pubmed_xml,
    "endnote.xml": endnote_xml,
    "zotero.rdf": zotero_rdf,
}
SECONDS = 20
"""Of a processor, however busy the machine is. Far above what any of these takes, far below what a growth with the square would."""
MEGABYTES = 120

RECORD = b"<record><titles><title>%s</title></titles></record>"
GOOD = RECORD % b"Synthetic"


def library(*records, before=b""):
    return before + b"<xml><records>" + b"\n".join(records) + b"</records></xml>"


def read_all(path, form=endnote_xml, encoding="utf-8"):
    counted = form.count(path, encoding)
    found = list(form.read(path, encoding))
    assert [entry.position for entry in found] == list(range(1, counted.found + 1))
    return counted, found


def measured(path, form=endnote_xml):
    """What is found, with limits on time and memory."""
    tracemalloc.start()
    begun = process_time()
    counted, found = read_all(path, form)
    assert process_time() - begun < SECONDS
    assert tracemalloc.get_traced_memory()[1] < MEGABYTES * 1_000_000
    tracemalloc.stop()
    return counted, found


BILLION_LAUGHS = (
    b'<!DOCTYPE xml [<!ENTITY lol "lol">'
    + b"".join(
        b'<!ENTITY lol%d "%s">'
        % (level, (b"&lol%d;" % (level - 1) if level > 1 else b"&lol;") * 10)
        for level in range(1, 10)
    )
    + b"]>\n"
)


def test_a_bomb_of_entities_stays_the_name_of_one(written):
    counted, found = measured(written(library(RECORD % b"Boom: &lol9;", before=BILLION_LAUGHS)))

    assert found == [ParsedRecord(1, 2, "Boom: &lol9;")]
    assert counted.warnings == (
        "The file declares entities of its own (first at line 1). They are not expanded: where a "
        "text uses one, its name stands, as in &name;.",
    )


def test_one_long_entity_used_often_stays_its_name(written):
    bomb = b'<!DOCTYPE xml [<!ENTITY a "%s">]>' % (b"a" * 100_000)

    _, found = measured(written(library(RECORD % (b"&a;" * 100_000), before=bomb)))

    assert found[0].title.startswith("&a;&a;")
    assert len(found[0].title) == fields.TITLE


def test_no_external_entity_is_fetched(written, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("classified")
    declared = f'<!DOCTYPE xml [<!ENTITY x SYSTEM "{secret.as_uri()}">]>\n'.encode()

    _, found = read_all(written(library(RECORD % b"Read: &x;", before=declared)))

    assert found == [ParsedRecord(1, 2, "Read: &x;")]


def test_a_document_type_within_an_entry_is_damage(written):
    inside = GOOD.replace(b"<titles>", b'<!DOCTYPE x [<!ENTITY a "b">]><titles>')

    _, found = read_all(written(library(inside, GOOD)))

    assert [type(entry) for entry in found] == [Problem, ParsedRecord]
    assert "is damaged" in found[0].message


def test_a_hundred_thousand_levels_are_a_problem_and_the_next_entry_is_read(written):
    deep = RECORD % (b"<a>" * 100_000 + b"</a>" * 100_000)

    _, found = measured(written(library(deep, GOOD)))

    assert [type(entry) for entry in found] == [Problem, ParsedRecord]
    assert found[0].message == (
        "This entry, from line 1 on, has elements in each other, more than 100 deep."
    )


def test_too_many_elements_are_a_problem(written):
    _, found = measured(written(library(RECORD % (b"<a/>" * 300_000), GOOD)))

    assert [type(entry) for entry in found] == [Problem, ParsedRecord]
    assert found[0].message == "This entry, from line 1 on, holds more than 200,000 elements."


def test_a_title_of_two_megabytes_is_cut(written):
    _, found = measured(written(library(RECORD % (b"long " * 400_000))))

    assert type(found[0].title) is Cut
    assert len(found[0].title) <= fields.TITLE


def test_an_entry_longer_than_any_may_be_is_a_problem_and_the_next_is_read(written):
    _, found = measured(written(library(RECORD % (b"long " * 4_000_000), GOOD)))

    assert [type(entry) for entry in found] == [Problem, ParsedRecord]
    assert found[0].message == "This entry, from line 1 on, is longer than 4,000,000 bytes."
    assert len(found[0].raw) <= 2_000


@pytest.mark.parametrize(
    "attack",
    [
        b'<record a="' + b"x" * 10_000_000,
        b"<record " + b'a ="" ' * 1_000_000,
        b"<record " + b" ".join(b'a%d=""' % number for number in range(300_000)) + b">",
        b"<record>" + b"<!--" * 2_000_000,
        b"<record>" + b"<!---->" * 300_000,
        b"<record>" + b"<![CDATA[" * 400_000,
        b"<record>" + b"&" * 2_000_000,
        b"<record>" + b"<record" * 1_000_000,
        b"<record" + b" " * 5_000_000,
        b"<record>" + b"\r" * 5_000_000,
    ],
    ids=lambda attack: attack[:24].decode(),
)
def test_what_never_ends_is_read_quickly(written, attack):
    counted, found = measured(written(b"<xml><records>" + GOOD + attack))

    assert [type(entry) for entry in found] == [ParsedRecord, Problem]
    assert any("ends without </xml>" in warning for warning in counted.warnings)


def test_many_damaged_entries_are_read_in_linear_time(written):
    counted, found = measured(written(library(*[b"<record>&"] * 20_000)))

    assert (counted.found, len(found)) == (20_000, 20_000)
    assert {type(entry) for entry in found} == {Problem}


@pytest.mark.parametrize(
    "attack",
    [
        b"<z:itemType>" * 30_000,
        b"<bib:Journal rdf:about=" * 30_000,
        b"<a>" * 1_000_000 + b"<z:itemType>book</z:itemType>",
    ],
    ids=lambda attack: attack[:24].decode(),
)
def test_hostile_rdf_is_read_quickly(written, attack):
    item = b"<a><z:itemType>book</z:itemType><dc:title>Synthetic</dc:title></a>"

    _, found = measured(written(b"<rdf:RDF>" + item + attack), zotero_rdf)

    assert found[0] == ParsedRecord(1, 1, "Synthetic", kind="book")
    assert all(isinstance(entry, Problem) for entry in found[1:])


def test_of_a_file_that_was_cut_off_all_is_read_that_is_whole(written):
    content = library(GOOD, GOOD, GOOD)

    counted, found = read_all(written(content[:-60]))

    assert found[:2] == [ParsedRecord(1, 1, "Synthetic"), ParsedRecord(2, 2, "Synthetic")]
    assert found[2] == Problem(
        position=3,
        line=3,
        message="This entry, from line 3 on, has no end: the file is damaged or was cut off there.",
        remedy="Export this entry again at its source, or correct the file there, then import the "
        "file again.",
        raw="<record><title",
    )
    assert counted.warnings == (
        "The file ends without </xml>, so it was cut off or damaged: entries after the last one, "
        "which begins at line 3, may be missing.",
    )


def test_a_file_cut_off_between_two_entries_gives_a_warning(written):
    counted, found = read_all(written(b"<xml><records>\n" + GOOD + b"\n" + GOOD))

    assert [type(entry) for entry in found] == [ParsedRecord, ParsedRecord]
    assert counted.warnings == (
        "The file ends without </xml>, so it was cut off or damaged: entries after the last one, "
        "which begins at line 3, may be missing.",
    )


@pytest.mark.parametrize("name", FORMATS)
def test_wherever_a_file_is_cut_off_nothing_before_the_cut_is_lost(own, written, name):
    whole = own(name).read_bytes()
    form = FORMATS[name]
    _, expected = read_all(own(name), form)

    for end in range(len(whole) // 2, len(whole) - 20, 97):
        path = written(whole[:end])
        counted, found = read_all(path, form)

        assert "was cut off or damaged" in counted.warnings[-1]
        assert [entry.line for entry in found] == [entry.line for entry in expected[: len(found)]]
        # Of a journal that an item refers to, the cut may have taken the rest.
        if form is not zotero_rdf:
            assert found[:-1] == expected[: len(found) - 1]


def test_damage_within_an_entry_names_where_and_leaves_the_others_alone(written):
    damaged = b"<record><titles>\n<title>Synthetic</titles></record>"

    counted, found = read_all(written(library(GOOD, damaged, GOOD)))

    assert [type(entry) for entry in found] == [ParsedRecord, Problem, ParsedRecord]
    assert (found[1].line, found[1].message) == (
        2,
        "This entry, from line 2 on, is damaged (mismatched tag) at line 3.",
    )
    assert counted.warnings == ()


def test_control_characters_and_nul_bytes_are_left_out_with_a_warning(written):
    counted, found = read_all(written(library(GOOD, RECORD % b"Syn\x00the\x0btic&#0;&#x1F; title")))

    assert found[1].title == "Synthetic title"
    assert counted.warnings == (
        "Control characters, which XML does not allow, were left out (first at line 2).",
    )


@pytest.mark.parametrize(
    ("written_as", "read_as"),
    [
        ("R&D &amp; more", "R&D & more"),
        ("caf&eacute;&nbsp;&AMP; &LT;b", "café & <b"),
        ("&#xD800;&#xFFFE;&#1114112;&#99999999;&#x41;&#66;", "&#99999999;AB"),
        ("<![CDATA[A & B <i>]]> & C", "A & B <i> & C"),
        ("&amp;lt;", "&lt;"),
    ],
)
def test_references_are_decoded_once_and_none_costs_an_entry(written, written_as, read_as):
    _, found = read_all(written(library(RECORD % written_as.encode())))

    assert found == [ParsedRecord(1, 1, read_as)]


def test_entries_within_comments_and_cdata_sections_are_none(written):
    hidden = b"<!-- " + GOOD + b" --><![CDATA[" + GOOD + b"]]>"

    counted, found = read_all(written(library(hidden, GOOD, hidden)))

    assert (counted.found, [entry.line for entry in found]) == (1, [2])


def test_a_comment_without_end_gives_a_warning_that_names_its_line(written):
    counted, found = read_all(written(library(GOOD, b"<!-- " + GOOD)))

    assert len(found) == 1
    assert counted.warnings[0] == (
        "A comment or CDATA section that begins at line 2 has no end: what follows it was not read."
    )


def test_bytes_that_are_not_utf_8_are_read_as_windows_1252(written):
    content = library(RECORD % "Zürich".encode("cp1252"), RECORD % "Zürich".encode())

    _, found = read_all(written(content), encoding="cp1252")

    assert [entry.title for entry in found] == ["Zürich", "Zürich"]


@pytest.mark.parametrize("declared", [b"ISO-8859-1", b"UTF-16", b"windows-1251", b"nonsense"])
def test_what_the_declaration_says_of_the_encoding_does_not_decide(written, declared):
    before = b'<?xml version="1.0" encoding="%s"?>' % declared

    counted, found = read_all(written(library(RECORD % "Zürich".encode(), before=before)))

    assert found == [ParsedRecord(1, 1, "Zürich")]
    assert counted.warnings == ()


def test_a_declared_encoding_that_is_not_read_gives_a_warning(written):
    before = b'<?xml version="1.0" encoding="windows-1251"?>'
    content = library(RECORD % "Синтез".encode("cp1251"), before=before)

    counted, _ = read_all(written(content), encoding="cp1252")

    assert counted.warnings == (
        "Line 1 says that the file is in windows-1251, but it was read as Windows-1252: check the "
        "accented letters, or save the file as UTF-8 and import that.",
    )


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_lines_are_counted_whatever_ends_them(written, end):
    content = library(*[RECORD % b"Synthetic"] * 5_000).replace(b"\n", end)

    _, found = read_all(written(content))

    assert [entry.line for entry in found] == list(range(1, 5_001))


@pytest.mark.parametrize("size", [1, 2, 7, 400, 401])
@pytest.mark.parametrize("name", FORMATS)
def test_entries_are_the_same_wherever_the_pieces_of_a_file_end(own, monkeypatch, name, size):
    form = FORMATS[name]
    expected = read_all(own(name), form)

    monkeypatch.setattr("screening.importers.decoding.CHUNK", size)
    # The root is looked for in the first piece, which has 64 kB in truth.
    monkeypatch.setattr(
        "screening.importers.xml_counting.beginning", lambda path, encoding: path.read_bytes()
    )

    assert read_all(own(name), form) == expected


def test_memory_does_not_grow_with_the_file(written):
    small, large = (library(*[RECORD % (b"Synthetic " * 50)] * number) for number in (300, 6_000))

    def most(content):
        path = written(content)
        tracemalloc.start()
        for _ in endnote_xml.read(path, "utf-8"):
            pass
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    assert most(large) < 2 * most(small)


MUTATIONS = st.lists(
    st.tuples(
        st.integers(0, 20_000),
        st.integers(0, 30),
        st.one_of(
            st.binary(max_size=4),
            st.sampled_from(
                [
                    *(b"<", b">", b"&", b"</", b"/>", b'"', b"<!--", b"-->", b"<![CDATA[", b"]]>"),
                    *(b"<record>", b"</record>", b"<PubmedArticle>", b"<MedlineCitation ", b"\r"),
                    *(
                        b"<z:itemType>book<",
                        b"<z:itemType>note</z:itemType>",
                        b"<z:itemType",
                        b"\0",
                    ),
                    *(
                        b"<!DOCTYPE a [",
                        b"&#xD;",
                        b"&#55555;",
                        b"\xe9",
                        b"\xef\xbb\xbf",
                        b"\xff\xfe",
                    ),
                    b'<bib:Journal rdf:about="urn:issn:0000-0001">',
                ]
            ),
        ),
    ),
    max_size=8,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(FORMATS)), MUTATIONS)
@example("zotero.rdf", [(1_000, 0, b"<z:itemType><z:itemType>")])
@example("zotero.rdf", [(800, 0, b"<dcterms:hasPart><z:itemType>x</z:itemType></dcterms:hasPart>")])
@example("endnote.xml", [(200, 0, b"<!--<record>")])
def test_no_mutated_bytes_break_a_reader_and_no_entry_is_dropped(name, mutations):
    content = (DATA / name).read_bytes()
    for place, length, new in mutations:
        place %= len(content) + 1
        content = content[:place] + new + content[place + length :]

    check(content, FORMATS[name])


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([pubmed_xml, endnote_xml, zotero_rdf]))
def test_no_bytes_at_all_break_a_reader(content, form):
    check(content, form)


def check(content, form):
    encoding = encoding_by_mark(content) or ("utf-8" if is_utf_8(content) else "cp1252")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(content)
        found = list(form.read(path, encoding))
        number = counted(form, path, encoding)
    assert [entry.position for entry in found] == list(range(1, number + 1))
    for entry in found:
        assert isinstance(entry, (ParsedRecord, Problem))
        repr(entry).encode()


def counted(form, path, encoding):
    try:
        return form.count(path, encoding).found
    except UnreadableFile:
        return 0


def is_utf_8(content):
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_the_patterns_of_the_formats_need_no_more_bytes_than_are_looked_at():
    spaces = b" " * 99
    longest = b"<z:itemType" + spaces + b">" + spaces + b"attachment" + spaces + b"<"

    assert len(longest) < xml_stream.LONGEST_MARK
