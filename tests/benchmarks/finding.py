"""The finder over 100,000 records: words common and rare, pages, filters; and what its index costs.

It is asked in a process of its own, without a web server: `measured` is run there.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import cycle, islice

from tests.benchmarks.figures import Figure, times
from tests.benchmarks.site import ROOT, Site

RECORDS = 100_000
ROUNDS = 5


def run(site: Site) -> list[Figure]:
    review = site.review(RECORDS, voted=0.5)
    _, peak = site.measure("rebuild_index", "--review", str(review))
    code = f"from tests.benchmarks.finding import measured; measured({review})"
    asked = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**site.environment, "DJANGO_SETTINGS_MODULE": "config.settings"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    answer = json.loads(asked.stdout)
    return [
        *(
            figure
            for name, seconds in answer["seconds"].items()
            for figure in times(name, seconds, p95_at_most=100)
        ),
        Figure("index made anew", peak.seconds, "s"),
        Figure("memory of that", peak.megabytes, "MB"),
        Figure("size of the index", answer["bytes"] / 2**20, "MB"),
    ]


def measured(review_pk: int) -> None:
    """Print, as JSON, the seconds of every question by kind, and the size of the index."""
    import django  # noqa: PLC0415 -- in its own process only

    django.setup()
    from screening import bulk  # noqa: PLC0415
    from screening.access import access_for  # noqa: PLC0415
    from screening.finding.folding import Question, parse  # noqa: PLC0415
    from screening.finding.search import find  # noqa: PLC0415
    from screening.models import Record, Review, ScreeningItem  # noqa: PLC0415
    from screening.rules import Outcome, Stage  # noqa: PLC0415

    bulk.count_rows()  # as PostgreSQL does by itself after so many votes, a minute later
    lead = Review.objects.get(pk=review_pk).created_by
    access = access_for(lead, review_pk)
    common, rare = _words(access.scope(Record))
    doi = access.scope(Record).exclude(doi="").order_by("-number").values_list("doi", flat=True)[0]
    settled = access.scope(ScreeningItem).at(Stage.TITLE_ABSTRACT).settled()
    excluded = settled.filter(outcome=Outcome.EXCLUDED)
    conflicts = settled.in_conflict()

    def ask(question: Question, **filters: object) -> int | None:
        found = find(access, question, **filters)  # type: ignore[arg-type]
        list(found.records(access))
        return found.after

    def second_page(typed: str) -> None:
        question = parse(typed)
        ask(question, after=ask(question) or 0)

    kinds: dict[str, Callable[[str, str], object]] = {
        "a common word": lambda often, seldom: ask(parse(often)),
        "a rare word": lambda often, seldom: ask(parse(seldom)),
        "two common words": lambda often, seldom: ask(parse(f"{often} {common[0]}")),
        "a common and a rare word": lambda often, seldom: ask(parse(f"{seldom} {often}")),
        "two rare words": lambda often, seldom: ask(parse(f"{seldom} {rare[0]}")),
        "one letter": lambda often, seldom: ask(parse(often[0])),
        "a rare word and one letter": lambda often, seldom: ask(parse(f"{seldom} {often[0]}")),
        "a rare word and three letters": lambda often, seldom: ask(parse(f"{seldom} {often[:3]}")),
        "no such word": lambda often, seldom: ask(parse(f"{seldom}zzz")),
        "first and second page": lambda often, seldom: second_page(often),
        "page at the end": lambda often, seldom: ask(parse(often), after=RECORDS - 100),
        "a DOI": lambda often, seldom: ask(parse(doi)),
        "no question, excluded": lambda often, seldom: ask(parse(""), among=excluded),
        "no question, conflicts": lambda often, seldom: ask(parse(""), among=conflicts),
        "a common word, excluded": lambda often, seldom: ask(parse(often), among=excluded),
        "a rare word, excluded": lambda often, seldom: ask(parse(seldom), among=excluded),
        "a common word, conflicts": lambda often, seldom: ask(parse(often), among=conflicts),
    }
    seconds = {name: [] for name in kinds}
    for often, seldom in islice(zip(cycle(common), rare), ROUNDS * len(common)):
        for name, kind in kinds.items():
            began = time.perf_counter()
            kind(often, seldom)
            seconds[name].append(time.perf_counter() - began)
    seconds = {"all questions": [one for some in seconds.values() for one in some], **seconds}
    sys.stdout.write(json.dumps({"seconds": seconds, "bytes": _size()}))


def _words(records) -> tuple[list[str], list[str]]:
    """Some of the most frequent words of the review, and words that few records have."""
    from collections import Counter  # noqa: PLC0415

    from screening.finding.folding import words_in  # noqa: PLC0415

    counts = Counter(
        word
        for text in records.order_by("number").values_list("abstract", flat=True)[:4_000]
        for word in words_in(text)
    )
    by_count = [word for word, _ in counts.most_common() if len(word) > 2]
    return by_count[:10], [word for word in by_count if counts[word] == 1][: ROUNDS * 10]


def _size() -> int:
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_total_relation_size('screening_indexentry')")
            return cursor.fetchone()[0]
        cursor.execute("SELECT sum(length(word) + length(places) + 8) FROM screening_indexentry")
        return cursor.fetchone()[0]
