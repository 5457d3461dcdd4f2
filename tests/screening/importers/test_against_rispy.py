"""Our reader of RIS beside rispy, field by field; every difference is listed here with its reason."""

import re
from collections import Counter
from pathlib import Path

import pytest
import rispy

from screening.importers import Problem, inspect, read
from tests.screening.importers.conftest import DATA
from tests.screening.importers.test_corpus import CORPUS, TAGGED

FILES = sorted(DATA.glob("*.ris")) + [
    CORPUS / row["file"] for row in TAGGED if row["format"] == "ris"
]

SEVERAL_ABSTRACTS = "rispy keeps the first of several AB fields, we keep all of them"
DOI_ELSEWHERE = "rispy knows a DOI in DO only, we look into L2, L3, links and notes"
DOI_ENDS = "rispy keeps the punctuation after a DOI"
ONE_PAGE = "a range from a page to itself is that page"
ARTICLE_NUMBER = "without SP the article number in C7 stands for the pages"
SEMICOLONS = "several names in one AU field are several authors to us, AU and A1 in file order"
COMPACT_DATE = "we take the year from DA when PY and Y1 have none, also from 20230316"
LAST_PAGE = "rispy does not know LP"
BOOK_TITLE = "rispy does not know BT"

DIFFERENCES = {
    "ebsco.ris": {"abstract": (1, SEVERAL_ABSTRACTS), "doi": (2, DOI_ELSEWHERE)},
    "generic.ris": {
        "authors": (1, SEMICOLONS),
        "year": (1, COMPACT_DATE),
        "pages": (1, LAST_PAGE),
        "doi": (2, f"{DOI_ELSEWHERE}; {DOI_ENDS}"),
    },
    "jstor.ris": {"title": (1, BOOK_TITLE), "journal": (1, BOOK_TITLE)},
    "lilacs.ris": {"abstract": (1, SEVERAL_ABSTRACTS)},
    "proquest.ris": {"doi": (1, DOI_ELSEWHERE)},
    "scopus.ris": {"pages": (1, ARTICLE_NUMBER), "doi": (1, DOI_ELSEWHERE)},
    "web_of_science.ris": {"pages": (1, ARTICLE_NUMBER)},
    "corpus/rayyan_ris_issue992.txt": {"pages": (4, ONE_PAGE)},
    "corpus/lilacs.ris": {"abstract": (3, SEVERAL_ABSTRACTS)},
    "corpus/scielo.ris": {"abstract": (15, SEVERAL_ABSTRACTS)},
    "corpus/cinahl_ebsco.ris": {"abstract": (9, SEVERAL_ABSTRACTS), "doi": (9, DOI_ELSEWHERE)},
    "corpus/scopus_bom.ris": {"pages": (8, ARTICLE_NUMBER)},
    "corpus/wos_bom.ris": {"pages": (5, ARTICLE_NUMBER)},
    "corpus/wos_ufeff.ris": {"pages": (1, ARTICLE_NUMBER)},
    "corpus/scopus_large.ris": {"pages": (10, ARTICLE_NUMBER)},
    "corpus/eric_ebsco_cr_only.txt": {"doi": (37, DOI_ELSEWHERE)},
}

# Entries that rispy and we find, where rispy loses or mixes some: those files are not compared.
BEYOND_RISPY = {
    "cochrane.ris": (1, 3, "rispy runs entries without ER into the next"),
    "missing_er.ris": (0, 3, "rispy runs entries without ER into the next"),
    "misspaced.ris": (1, 5, "rispy knows tags with exactly two spaces before the dash"),
    "without_ty.ris": (1, 3, "rispy passes over entries without TY"),
}


def fold(value: object) -> str:
    return " ".join(str(value or "").split())


def first(entry: dict, *names: str) -> str:
    return next((fold(entry[name]) for name in names if fold(entry.get(name))), "")


def by_rispy(entry: dict) -> dict[str, object]:
    year = re.search(r"\d{4}", first(entry, "year", "publication_year", "date"))
    start, end = first(entry, "start_page"), first(entry, "end_page")
    is_range = not start or not end or start == end or re.search(r"[-\u2010]", start)
    doi = re.search(r"10\.\d{4,}/\S+", first(entry, "doi"))
    people = entry.get("authors", []) + entry.get("first_authors", [])
    editors = ("secondary_authors", "tertiary_authors", "subsidiary_authors")
    return {
        "title": first(entry, "title", "primary_title", "short_title"),
        "abstract": first(entry, "abstract", "notes_abstract"),
        "authors": [fold(name) for name in people]
        or [fold(name) for role in editors for name in entry.get(role, [])],
        "year": int(year[0]) if year else None,
        "journal": first(
            entry,
            "alternate_title3",
            "secondary_title",
            "journal_name",
            "alternate_title2",
            "alternate_title1",
        ),
        "volume": first(entry, "volume"),
        "issue": first(entry, "number"),
        "pages": start or end if is_range else f"{start}-{end}",
        "doi": doi[0].lower() if doi else "",
    }


def by_us(record) -> dict[str, object]:
    if isinstance(record, Problem):
        return {"title": ""}
    return {
        "title": record.title,
        "abstract": fold(record.abstract),
        "authors": list(record.authors),
        "year": record.year,
        "journal": record.journal,
        "volume": record.volume,
        "issue": record.issue,
        "pages": record.pages,
        "doi": record.doi,
    }


def rispy_reads(path: Path) -> list[dict]:
    """rispy loses entries after a mark and at bare CR, so it gets text without them."""
    text = path.read_bytes().decode("utf-8-sig")
    return rispy.loads(re.sub(r"\r\n?", "\n", text))


def label(path: Path) -> str:
    return path.name if path.parent == DATA else f"corpus/{path.name}"


@pytest.mark.parametrize("path", FILES, ids=label)
def test_we_read_what_rispy_reads(path):
    expected = rispy_reads(path)
    ours = list(read(path, inspect(path)))

    if label(path) in BEYOND_RISPY:
        assert (len(expected), len(ours)) == BEYOND_RISPY[label(path)][:2]
        return
    differing = Counter(
        field
        for entry, record in zip(expected, ours, strict=True)
        for field, value in by_us(record).items()
        if by_rispy(entry)[field] != value
    )
    declared = DIFFERENCES.get(label(path), {})
    assert differing == {field: count for field, (count, _) in declared.items()}


@pytest.mark.parametrize("path", FILES, ids=label)
def test_every_pmid_we_give_stands_in_a_field_that_rispy_read(path):
    if label(path) in BEYOND_RISPY:
        return
    for entry, record in zip(rispy_reads(path), read(path, inspect(path)), strict=True):
        places = [
            entry.get(name, "")
            for name in ("accession_number", "id", "custom2", "custom3", "urls", "notes")
        ]
        assert isinstance(record, Problem) or record.pmid in str(places)


def test_a_difference_is_only_declared_for_a_file_that_is_compared():
    own = {name for name in {*DIFFERENCES, *BEYOND_RISPY} if not name.startswith("corpus/")}

    assert own <= {path.name for path in FILES if path.parent == DATA}
