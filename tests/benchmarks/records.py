"""The page of records over 100,000 of them, over HTTP, with words, filters and boxes."""

import re
from itertools import cycle, islice

from tests.benchmarks.figures import Figure, times
from tests.benchmarks.screen import Client
from tests.benchmarks.site import Site

RECORDS = 100_000
ROUNDS = 10
WORD = re.compile(r"[a-z]{4,}")
KINDS = {
    "all records": "",
    "page in the middle": "after=50000",
    "a word": "q={word}",
    "two words": "q={word}+{other}",
    "three letters": "q={word:.3}",
    "one letter": "q={word:.1}",
    "no such word": "q={word}zzz",
    "a number": "q=%2399000",
    "unseen": "outcome=unseen",
    "partial": "outcome=partial",
    "excluded": "stage=title-abstract&outcome=excluded",
    "excluded, middle": "stage=title-abstract&outcome=excluded&after=50000",
    "included at either stage": "outcome=included",
    "reports": "stage=full-text",
    "in conflict": "conflict=yes",
    "a word, excluded": "q={word}&stage=title-abstract&outcome=excluded",
    "a word, in conflict": "q={word}&conflict=yes",
    "source": "source={source}",
    "box: identified": "box=identified",
    "box: screened": "box=records_screened",
    "box: excluded": "box=records_excluded",
    "box: pending": "box=pending_title_abstract",
    "box: sought": "box=dbr_sought_reports",
    "box: in conflict": "box=ta_conflict",
    "box: screened, a word": "box=records_screened&q={word}",
}


def run(site: Site) -> list[Figure]:
    review = site.review(RECORDS, voted=0.5)
    # As PostgreSQL does by itself after so many rows, a minute later.
    site.manage("shell", "-c", "from screening import bulk; bulk.count_rows()")
    seconds: dict[str, list[float]] = {name: [] for name in KINDS}
    with site.running():
        client = Client(site, "reviewer1@example.org")
        page = f"/reviews/{review}/records/"
        first = client.get(page).text
        source = re.findall(r'<option value="(\d+)"', first)[-1]
        words = WORD.findall(" ".join(re.findall(r">\d+\. ([^<]+)</a>", first)).lower())
        for word, other in islice(zip(cycle(words), cycle(words[7:])), ROUNDS):
            for name, query in KINDS.items():
                asked = query.format(word=word, other=other, source=source)
                answer = client.get(f"{page}?{asked}")
                if answer.status != 200:
                    raise RuntimeError(f"{asked}: {answer.status}")
                seconds[name].append(answer.seconds)
        one = re.findall(rf'href="({page}\d+/)"', first)
        of_one = [client.get(address).seconds for address in one]
        files = [client.get(f"/reviews/{review}/records.{kind}") for kind in ("csv", "ris")]
    every = [one for some in seconds.values() for one in some]
    return [
        *times("all questions", every, p95_at_most=100),
        *(
            figure
            for name, some in seconds.items()
            for figure in times(name, some, p95_at_most=100)
        ),
        *times("timeline of a record", of_one, p95_at_most=100),
        *(
            Figure(f"all {RECORDS:,} records as {kind}", file.seconds, "s")
            for kind, file in zip(("CSV", "RIS"), files, strict=True)
        ),
    ]
