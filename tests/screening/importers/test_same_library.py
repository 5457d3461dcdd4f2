"""The same library in several formats gives the same records.

Our own look-alikes agree in every field. Real exports do not: their programs shorten, translate
and leave out. What differs is declared below with its number and its reason, so that a difference
of ours shows, and so does one that has gone.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import pytest

from screening.importers import ParsedRecord, inspect, read
from tests.screening.importers.conftest import DATA
from tests.screening.importers.test_corpus import CORPUS, ROWS

FIELDS = [field.name for field in fields(ParsedRecord) if field.name not in ("position", "line")]
OURS = sorted((DATA.parent / "same_library").glob("three_records.*"))
EXPECTED = [
    ParsedRecord(
        position=1,
        line=0,
        title="Synthetic library: one page, and β-testing in mice",
        abstract="An invented abstract, whose p < 0.05 says nothing.",
        authors=("Exempli, Anna B.", "Gratia, Åse"),
        year=2021,
        journal="Journal of Synthetic Tests",
        volume="12",
        issue="3",
        pages="334",
        doi="10.9999/syn.lib.1",
        pmid="90700001",
        language="English",
        keywords=("Invented images", "synthetic data"),
    ),
    ParsedRecord(
        position=2,
        line=0,
        title="Synthetic library: the number of an article",
        authors=("Muster, Max",),
        year=2022,
        journal="Journal of Synthetic Tests",
        volume="7",
        pages="e700",
        doi="10.9999/syn.lib.2",
        pmid="90700002",
        language="English",
    ),
    ParsedRecord(
        position=3,
        line=0,
        title="Synthetic library: nobody wrote it",
        year=1999,
        journal="Archive of Invention",
        pages="12-15",
        pmid="90700003",
        language="English",
    ),
]


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name.removeprefix("three_records."))
def test_our_own_library_is_the_same_in_every_format(path):
    found = list(read(path, inspect(path)))

    # Lines and types are in the words of the format, and Web of Science has no place for a PMCID.
    assert [replace(record, line=0, kind="", pmcid="") for record in found] == EXPECTED
    if path.suffix != ".ciw":
        assert [record.pmcid for record in found] == ["PMC9700001", "", ""]


def plain(text: str) -> str:
    """Letters and digits alone, without marks above them and capitals."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(sign for sign in decomposed if sign.isalnum())


def without_point(title: str) -> str:
    return title.removesuffix(".")


def with_initials(authors: tuple[str, ...]) -> tuple[str, ...]:
    """ "Exempli, Anna B." as "exempli ab"."""
    people = (name.partition(",") for name in authors)
    return tuple(
        f"{plain(family)} {''.join(plain(part[:1]) for part in re.split(r'[ .-]+', given))}"
        if not given.strip().isupper()
        else f"{plain(family)} {plain(given)}"
        for family, _, given in people
    )


def first_family_name(authors: tuple[str, ...]) -> str:
    return plain(authors[0].partition(",")[0]) if authors else ""


def without_capitals(words: tuple[str, ...]) -> list[str]:
    return [word.casefold() for word in words]


def number(record: ParsedRecord) -> str:
    return record.pmid


def title(record: ParsedRecord) -> str:
    return plain(record.title)


@dataclass(frozen=True)
class Other:
    """Why a field differs in the exports, in how many records, and how it is compared yet."""

    why: str
    records: int = 0
    alike: Callable[[object], object] = lambda value: value


@dataclass(frozen=True)
class Same:
    """Two exports, how many records they share by `key`, and the fields that differ."""

    one: str
    other: str
    records: int
    key: Callable[[ParsedRecord], str]
    differences: dict[str, Other]

    def __str__(self) -> str:
        return f"{self.one}-{self.other}"


NO_COLUMN = "the one export has no place for it"
OWN_WORDS = "each program calls types of publications by its own words"
ENDNOTE_TITLE = "EndNote takes off the point at the end of PubMed's titles"
INITIALS = "given names are shortened to initials, two at most"
SHORT_JOURNAL = "the one export has the abbreviation alone"
SHORTENED = {
    "title": Other(ENDNOTE_TITLE, 0, without_point),
    "authors": Other(INITIALS, 2, with_initials),
}


LIBRARIES = [
    Same(
        "bluelight.ris",
        "bluelight_endnote20.xml",
        102,
        number,
        {
            "journal": Other(SHORT_JOURNAL, 86),
            "kind": Other(OWN_WORDS, 102),
        },
    ),
    Same(
        "bluelight_pubmed.nbib",
        "bluelight_endnote20.xml",
        80,
        number,
        SHORTENED
        | {
            "journal": Other(SHORT_JOURNAL, 8),
            "pages": Other("EndNote's capitals; it took no number of an article", 1, str.casefold),
            "language": Other("EndNote writes two languages behind one another", 1),
            "keywords": Other("EndNote's capitals", 0, without_capitals),
            "kind": Other("EndNote has one type where PubMed has several", 58),
        },
    ),
    Same(
        "bluelight_pubmed.nbib",
        "bluelight.ris",
        80,
        number,
        SHORTENED
        | {
            "journal": Other(SHORT_JOURNAL, 79),
            "pages": Other("EndNote's capitals; it took no number of an article", 1, str.casefold),
            "language": Other("EndNote writes two languages behind one another", 1),
            "keywords": Other("EndNote's capitals", 0, without_capitals),
            "kind": Other(OWN_WORDS, 80),
        },
    ),
    Same(
        "bluelight_pubmed.nbib",
        "spidercite_endnote.xml",
        8,
        number,
        SHORTENED
        | {
            "authors": Other(INITIALS, 1, with_initials),
            "journal": Other(SHORT_JOURNAL, 8),
            "keywords": Other("MeSH renamed a heading between the exports", 1, without_capitals),
            "kind": Other("EndNote has one type where PubMed has several", 8),
        },
    ),
    Same(
        "pubmed_named_ris.ris",
        "pubmed_summary.csv",
        10,
        number,
        SHORTENED
        | {
            "authors": Other(INITIALS, 1, with_initials),
            "abstract": Other(NO_COLUMN, 10),
            "journal": Other(SHORT_JOURNAL, 9),
            "language": Other(NO_COLUMN, 10),
            "keywords": Other(NO_COLUMN, 10),
            "kind": Other(NO_COLUMN, 10),
        },
    ),
    Same(
        "zotero_cocker.csv",
        "zotero_cocker.bib",
        627,
        title,
        {
            "title": Other("capitals, marks and the point at the end", 0, plain),
            "abstract": Other("Web of Science adds rights, misreads signs or has none", 238, plain),
            "authors": Other(
                "names of two words, misread or without their marks", 20, first_family_name
            ),
            "year": Other("no year while ahead of print", 2),
            "journal": Other("Web of Science has names of its own", 305, plain),
            "volume": Other("supplements are told otherwise", 11),
            "issue": Other("the one database has no issue, or a zero before it", 15),
            "pages": Other("last pages are often missing, as are numbers of articles", 86),
            "doi": Other("the one database has none, or an older one of the publisher's", 18),
            "pmid": Other(NO_COLUMN, 627),
            "pmcid": Other(NO_COLUMN, 144),
            "language": Other("eng is English", 0, lambda language: language[:3].casefold()),
            "keywords": Other("MeSH is PubMed's alone", 625),
            "kind": Other(OWN_WORDS, 627),
        },
    ),
    Same("embase_preamble.csv", "embase_preamble.xlsx", 10, title, {}),
    Same("embase_preamble.csv", "embase_semicolon_excel.csv", 10, title, {}),
    Same(
        "embase_preamble.csv",
        "rayyan_export.csv",
        10,
        title,
        {
            "journal": Other(SHORT_JOURNAL, 9),
            "issue": Other("Rayyan keeps the number alone", 1),
            "pages": Other("Rayyan took no number of an article from RIS", 1),
            "pmid": Other("no number in the RIS that went into Rayyan", 10),
            "keywords": Other("Embase's RIS has no substances", 10),
            "url": Other("Embase's RIS has an address of its own before the DOI's", 10),
            "kind": Other(NO_COLUMN, 10),
        },
    ),
    Same(
        "embase_preamble.csv",
        "covidence_export.csv",
        8,
        title,
        {
            "issue": Other("Covidence took addresses of authors for an issue", 1),
            "pages": Other("Covidence took no number of an article from RIS", 1),
            "pmid": Other("no number in the RIS that went into Covidence", 8),
            "language": Other(NO_COLUMN, 8),
            "keywords": Other(NO_COLUMN, 8),
            "url": Other(NO_COLUMN, 8),
            "kind": Other(NO_COLUMN, 8),
        },
    ),
    Same(
        "embase_preamble.csv",
        "eppi_reviewer.ris",
        10,
        title,
        {
            "authors": Other("EPPI-Reviewer tears a name of two words apart", 10, with_initials),
            "pages": Other("EPPI-Reviewer took no number of an article from RIS", 1),
            "pmid": Other("no number in the RIS that went into EPPI-Reviewer", 10),
            "language": Other("EPPI-Reviewer gives none", 10),
            "keywords": Other("EPPI-Reviewer adds its own, and Embase's RIS has no substances", 10),
            "url": Other("Embase's RIS has an address of its own before the DOI's", 10),
            "kind": Other(OWN_WORDS, 10),
        },
    ),
    Same(
        "cochrane_central.csv",
        "cochrane_refman.ris",
        3,
        number,
        {"kind": Other(OWN_WORDS, 3)},
    ),
    Same(
        "pubmed_restoration.nbib",
        "wos_restoration.ciw",
        25,
        number,
        {
            "title": Other("a Greek letter is lost, and the point at the end", 1, plain),
            "abstract": Other("Web of Science adds rights and spells signs out", 7, plain),
            "authors": Other("points behind initials; names of two words", 4, with_initials),
            "year": Other("ahead of print in the one, printed in the other", 1),
            "journal": Other("Web of Science has names of its own", 11, plain),
            "pmcid": Other(NO_COLUMN, 5),
            "language": Other(NO_COLUMN, 25),
            "keywords": Other("each has its own keywords beside the authors'", 23),
            "kind": Other(OWN_WORDS, 25),
        },
    ),
]


def load(name: str) -> list[ParsedRecord]:
    path = CORPUS / "files" / name
    return [entry for entry in read(path, inspect(path)) if isinstance(entry, ParsedRecord)]


def by_key(records: list[ParsedRecord], key: Callable[[ParsedRecord], str]) -> dict:
    """The records whose key is theirs alone."""
    times = Counter(map(key, records))
    return {key(record): record for record in records if times[key(record)] == 1 and key(record)}


@pytest.mark.skipif(not ROWS, reason="no corpus of real exports at ../shared/corpus")
@pytest.mark.parametrize("same", LIBRARIES, ids=str)
def test_a_real_library_differs_only_where_its_exports_do(same):
    one, other = by_key(load(same.one), same.key), by_key(load(same.other), same.key)
    shared = one.keys() & other.keys()

    differing = Counter()
    for key in shared:
        for field in FIELDS:
            alike = same.differences[field].alike if field in same.differences else lambda v: v
            values = [alike(getattr(record, field)) for record in (one[key], other[key])]
            differing[field] += values[0] != values[1]

    assert len(shared) == same.records
    assert +differing == {f: d.records for f, d in same.differences.items() if d.records}
