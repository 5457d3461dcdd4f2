"""Each pattern merges a pair that no other would."""

import pytest

from screening.duplicates import in_words
from screening.duplicates.compare import compare
from screening.duplicates.decide import REASONS, RELATED, UNSURE, Verdict, decide
from screening.duplicates.patterns import PATTERNS
from screening.duplicates.vetoes import VETOES
from tests.duplicates.records import ABSTRACT, AUTHORS, PLACE, TITLE, record

JOURNAL = PLACE["journal"]
ONLY = {
    "page-range": (
        {"authors": AUTHORS, **PLACE},
        {"authors": AUTHORS, **PLACE, "title": "Armreife und Schlaf bei Leuchtturmwärtern"},
    ),
    "same-pmid": ({"pmid": "90000001"}, {"pmid": "90000001"}),
    "same-doi": ({"doi": "10.9999/coast.7"}, {"doi": "10.9999/coast.7"}),
    "same-address": (
        {"authors": AUTHORS, "url": "https://coast.example/issues/31/7"},
        {"authors": AUTHORS, "url": "http://www.coast.example/issues/31/7/"},
    ),
    "title-author-page": (
        {"authors": AUTHORS, "pages": "114"},
        {"authors": AUTHORS, "pages": "114-121"},
    ),
    "title-journal-volume-page": (
        {"journal": JOURNAL, "volume": "31", "pages": "114"},
        {"journal": JOURNAL, "volume": "31", "pages": "114-121"},
    ),
    "title-journal-volume-range": (
        {"authors": ("Copper Sleep Group",), **PLACE},
        {"authors": AUTHORS, **PLACE},
    ),
    "title-author-volume-overlap": (
        {"authors": AUTHORS, **PLACE, "doi": "10.9999/coast.7"},
        {"authors": AUTHORS, **PLACE, "doi": "10.9999/online.3", "pages": "112-121"},
    ),
    "title-journal-issue": (
        {"journal": JOURNAL, "volume": "31", "issue": "2"},
        {"journal": "J Coastal Med", "volume": "31", "issue": "2"},
    ),
    "like-title-author-place": (
        {"authors": AUTHORS, "volume": "31", "pages": "114"},
        {
            "authors": AUTHORS,
            "volume": "31",
            "pages": "114",
            "title": "Copper bracelet and sleep of lighthouse-keepers: a crossover comparison",
        },
    ),
    "part-of-title-author-page": (
        {"authors": AUTHORS, "pages": "114"},
        {"authors": AUTHORS, "pages": "114", "title": TITLE.split(":")[0]},
    ),
    "title-authors-journal-year": (
        {"authors": AUTHORS, "journal": JOURNAL, "year": 2014},
        {"authors": AUTHORS, "journal": JOURNAL, "year": 2014},
    ),
    "title-author-journal-volume": (
        {"authors": AUTHORS, "journal": JOURNAL, "volume": "31"},
        {"authors": AUTHORS, "journal": JOURNAL, "volume": "31"},
    ),
    "title-author-abstract": (
        {"authors": AUTHORS, "year": 2014, "abstract": ABSTRACT},
        {"authors": AUTHORS, "year": 2014, "abstract": ABSTRACT.replace("Background: ", "")},
    ),
}


def test_every_pattern_has_a_pair_of_its_own():
    assert [pattern.name for pattern in PATTERNS] == list(ONLY)


@pytest.mark.parametrize("name", ONLY)
def test_a_pattern_merges_a_pair_that_no_other_would(name):
    one, other = ONLY[name]

    pair = compare(record(1, **one), record(2, **other))

    assert [pattern.name for pattern in PATTERNS if pattern.holds(pair)] == [name]
    assert decide(pair).verdict is Verdict.MERGE
    assert decide(pair).reason == name


@pytest.mark.parametrize("name", ONLY)
def test_no_pattern_merges_what_has_another_title(name):
    one, other = ONLY[name]
    other = {**other, "title": "Tides, gulls and the price of rope in northern harbours"}
    if name == "page-range":
        other["pages"] = "130-139"

    pair = compare(record(1, **one), record(2, **other))

    assert decide(pair).verdict is not Verdict.MERGE


def test_every_reason_has_its_own_words():
    others = (UNSURE, RELATED)

    assert len(set(REASONS.values())) == len(REASONS)
    assert list(REASONS) == [*(rule.name for rule in (*PATTERNS, *VETOES)), *others]
    assert in_words("pmid") == "the PMIDs differ"
    assert in_words("cluster:pmid") == "between their other copies: the PMIDs differ"
