"""Ten reviewers vote at once, without a pause, on 100,000 records."""

import time
from concurrent.futures import ThreadPoolExecutor

from tests.benchmarks.figures import Figure, times
from tests.benchmarks.screen import Client, Screen
from tests.benchmarks.site import Site

REVIEWERS = 10
SECONDS = 20


def run(site: Site) -> list[Figure]:
    review = site.review(100_000, REVIEWERS)
    with site.running(), ThreadPoolExecutor(REVIEWERS) as people:
        screens = [
            Screen(Client(site, f"reviewer{n + 1}@example.org"), review) for n in range(REVIEWERS)
        ]
        list(people.map(Screen.load, screens))
        began = time.perf_counter()
        until = began + SECONDS
        of_each = people.map(lambda screen: _vote_until(screen, until), screens)
        seconds = [one for some in of_each for one in some]
        lasted = time.perf_counter() - began
    statuses = [status for screen in screens for status in screen.statuses]
    stored = statuses.count(200)
    return [
        Figure("votes stored in a second, 10 reviewers", stored / lasted, "", at_least=100),
        *times("a vote, 10 reviewers at once", seconds, p95_at_most=150),
        Figure("answers of 500 and above", sum(one >= 500 for one in statuses), "", at_most=0),
        Figure(
            "votes refused, since others were quicker",
            100 * statuses.count(409) / len(statuses),
            "%",
        ),
    ]


def _vote_until(screen: Screen, until: float) -> list[float]:
    seconds = []
    number = 0
    while time.perf_counter() < until:
        answer = screen.vote("include" if number % 9 == 0 else "exclude")
        if answer is None:
            screen.load()
            continue
        seconds.append(answer.seconds)
        number += 1
    return seconds
