"""100,000 records with duplicates: parsed, stored and de-duplicated while five people screen.

Two files, as of two databases: three quarters of the records, and a quarter that are copies of
some of them in another spelling.
"""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.benchmarks.figures import Figure, times
from tests.benchmarks.screen import Client, Screen
from tests.benchmarks.site import Peak, Site
from tests.benchmarks.synthetic import write_copies, write_ris

REVIEWERS = 5


def run(site: Site) -> list[Figure]:
    small, _ = _import(site, site.review(1), 10_000)
    large, missed = _import(site, site.review(1), 100_000)
    site.manage("verify")
    return [
        Figure("10,000 records stored and de-duplicated", small.seconds, "s"),
        Figure("100,000 records stored and de-duplicated", large.seconds, "s", at_most=60),
        Figure("largest memory meanwhile", large.megabytes, "MB", at_most=1_000),
        Figure("growth of the time from 10,000 to 100,000", large.seconds / small.seconds, "x"),
        Figure("copies that were neither merged nor asked", missed, ""),
        *_transactions("a transaction of it", large),
        *_while_people_screen(site),
    ]


def _import(site: Site, review: int, records: int) -> tuple[Peak, int]:
    first, second, copies = _files(site, records)
    peaks = []
    for path in (first, second):
        output, peak = site.measure("import_file", str(review), str(path))
        peaks.append(peak)
    counted = json.loads(output)
    found = counted["duplicates"] + counted["duplicate_questions"]
    whole = Peak(
        sum(peak.seconds for peak in peaks),
        max(peak.megabytes for peak in peaks),
        [one for peak in peaks for one in peak.transactions],
    )
    return whole, copies - found


def _files(site: Site, records: int) -> tuple[Path, Path, int]:
    first = site.folder / f"first_{records}.ris"
    second = site.folder / f"second_{records}.ris"
    write_ris(first, records * 3 // 4)
    return first, second, write_copies(second, first, 1 / 3)


def _while_people_screen(site: Site) -> list[Figure]:
    review = site.review(20_000, REVIEWERS)
    with site.running(), ThreadPoolExecutor(REVIEWERS + 1) as people:
        screens = [
            Screen(Client(site, f"reviewer{n + 1}@example.org"), review) for n in range(REVIEWERS)
        ]
        list(people.map(Screen.load, screens))
        importing = people.submit(_import, site, review, 100_000)
        voting = [people.submit(_vote_while, importing, screen) for screen in screens]
        seconds = [one for some in voting for one in some.result()]
        meanwhile, _ = importing.result()
    statuses = [status for screen in screens for status in screen.statuses]
    return [
        *times("a vote meanwhile, one a second each", seconds, p95_at_most=250),
        Figure("the longest of them", max(seconds) * 1000, "ms"),
        *_transactions("a transaction of the import meanwhile", meanwhile),
        Figure("answers of 500 and above", sum(one >= 500 for one in statuses), "", at_most=0),
    ]


def _transactions(name: str, peak: Peak) -> list[Figure]:
    return [
        *times(name, peak.transactions),
        Figure("the longest of them", max(peak.transactions) * 1000, "ms", at_most=50),
    ]


def _vote_while(importing, screen: Screen) -> list[float]:
    seconds = []
    while not importing.done():
        answer = screen.vote("exclude")
        if answer is None:
            screen.load()
        else:
            seconds.append(answer.seconds)
        time.sleep(1)
    return seconds
