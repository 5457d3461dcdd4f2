"""Eight reviewers finish 2,000 records that need two votes each: how many votes come too late."""

import time
from concurrent.futures import ThreadPoolExecutor

from tests.benchmarks.figures import Figure
from tests.benchmarks.screen import Client, Screen
from tests.benchmarks.site import Site

REVIEWERS = 8
RECORDS = 2_000
WAIT = 0.2
GIVE_UP_AFTER = 600


def run(site: Site) -> list[Figure]:
    return [
        *_measured(site, "as the page sends them", _by_script),
        *_measured(site, "by plain forms", _plainly),
    ]


def _measured(site: Site, how: str, work) -> list[Figure]:
    review = site.review(RECORDS, REVIEWERS)
    with site.running(), ThreadPoolExecutor(REVIEWERS) as people:
        screens = [
            Screen(Client(site, f"reviewer{n + 1}@example.org"), review) for n in range(REVIEWERS)
        ]
        done = _Done(screens)
        began = time.perf_counter()
        list(people.map(lambda screen: work(screen, done), screens))
        lasted = time.perf_counter() - began
    statuses = [status for screen in screens for status in screen.statuses]
    stored = done.stored
    refused = statuses.count(409)
    site.manage("verify", "--review", str(review))
    return [
        Figure(f"votes stored, {how}", stored, "", at_least=RECORDS * 2),
        Figure(f"votes refused, {how}", 100 * refused / len(statuses), "%", at_most=2),
        Figure(f"other answers, {how}", len(statuses) - stored - refused, "", at_most=0),
        Figure(f"from the first vote to the last, {how}", lasted, "s"),
    ]


class _Done:
    """Whether all votes are in; a reviewer who has no record looks again until then."""

    def __init__(self, screens: list[Screen]) -> None:
        self.screens = screens
        self.until = time.monotonic() + GIVE_UP_AFTER

    @property
    def stored(self) -> int:
        return sum(
            screen.statuses.count(200) + screen.statuses.count(303) for screen in self.screens
        )

    def __bool__(self) -> bool:
        return self.stored >= RECORDS * 2 or time.monotonic() > self.until


def _by_script(screen: Screen, done: _Done) -> None:
    screen.load()
    while not done:
        if screen.vote("exclude") is None:
            time.sleep(WAIT)
            screen.load()


def _plainly(screen: Screen, done: _Done) -> None:
    while not done:
        if screen.vote_plainly("exclude") is None:
            time.sleep(WAIT)
