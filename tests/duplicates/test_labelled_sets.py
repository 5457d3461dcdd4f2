"""Sets that people labelled, read in place where they lie beside the project."""

import importlib.util
from pathlib import Path

import pytest

from screening.duplicates import find_duplicates, normalise, without_counters
from screening.management.commands.find_duplicates import clusters_of, described, description

SHARED = Path(__file__).parents[2].parent / "shared" / "dedup"
SETS = ("copper", "diabetes", "digital_work", "is_jais")

pytestmark = pytest.mark.skipif(
    not (SHARED / "data").is_dir(), reason="no labelled sets at ../shared/dedup/data"
)


def module(name):
    specification = importlib.util.spec_from_file_location(name, SHARED / f"{name}.py")
    loaded = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(loaded)
    return loaded


def figures(name):
    """Wrong merges, missed copies, those still missed when every question is answered, questions."""
    evaluate = module("evaluate")
    gold = evaluate.load(SHARED / "data" / f"{name}.gold.csv")
    records = described(SHARED / "data" / f"{name}.records.csv")
    normalised = without_counters([normalise(record) for record in records])
    found = find_duplicates(normalised)
    clusters = dict(clusters_of(normalised, found))
    questions = [question.pair for question in found.questions]
    merged = evaluate.metrics(gold, clusters)
    answered = evaluate.with_queue(gold, clusters, questions)
    return merged["FP"], merged["FN"], answered["FN"], len(questions)


def test_merges_and_questions_are_at_least_as_good_as_they_were():
    wrong, missed, missed_after_answers, questions = map(
        sum, zip(*(figures(name) for name in SETS), strict=True)
    )

    assert wrong <= 1
    assert missed <= 15
    assert missed_after_answers <= 3
    assert questions <= 68


def test_hard_pairs_end_as_their_author_expects():
    allowed = {
        "yes": {"merged"},
        "no": {"asked", "apart"},
        "q": {"merged", "asked"},
    }
    wrong = []
    for name, *pair, expected in module("hard_cases").C:
        found = find_duplicates(
            [normalise(description({**row, "record_id": str(n)})) for n, row in enumerate(pair)]
        )
        outcome = "merged" if found.merges else "asked" if found.questions else "apart"
        if outcome not in allowed[expected]:
            wrong.append((name, outcome))

    assert wrong == []
