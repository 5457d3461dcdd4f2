"""One reviewer votes: how long a vote and the next record take, and how that grows."""

import statistics

from tests.benchmarks.figures import Figure, times
from tests.benchmarks.screen import Client, Screen
from tests.benchmarks.site import Site

VOTES = 300
PLAIN = 60


def run(site: Site) -> list[Figure]:
    """Votes on small and large reviews take turns, so that noise falls on all alike."""
    small = site.review(1_000)
    large = site.review(100_000)
    apart = site.review(100_000, voted=0.9, voters=1)
    with site.running():
        first, second = (Client(site, f"reviewer{n}@example.org") for n in (1, 2))
        screens = {
            "1,000 records": Screen(first, small),
            "100,000 records": Screen(first, large),
            "100,000 records, I am 90 % ahead": Screen(first, apart),
            "100,000 records, the other is 90 % ahead": Screen(second, apart),
        }
        fetched = _vote_in_turns(screens)
        loads = {
            name: [screen.load().seconds for _ in range(20)] for name, screen in screens.items()
        }
        plain = _vote_plainly(screens)
    return [
        *(
            figure
            for name, seconds in fetched.items()
            for figure in times(f"vote and next record, {name}", seconds, p95_at_most=50)
        ),
        *_growths(fetched),
        *(
            figure
            for name, seconds in loads.items()
            for figure in times(f"opening the page, {name}", seconds)
        ),
        *(
            figure
            for name, seconds in plain.items()
            for figure in times(f"without script: page, then vote, {name}", seconds)
        ),
    ]


def _vote_in_turns(screens: dict[str, Screen]) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {name: [] for name in screens}
    for screen in screens.values():
        screen.load()
        for _ in range(5):
            screen.vote("exclude")
    for number in range(VOTES):
        for name, screen in screens.items():
            answer = screen.vote("include" if number % 9 == 0 else "exclude")
            if answer is None or answer.status != 200:
                raise RuntimeError(f"vote {number} of {name} was not stored")
            seconds[name].append(answer.seconds)
    return seconds


def _vote_plainly(screens: dict[str, Screen]) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {name: [] for name in screens}
    for _ in range(PLAIN):
        for name, screen in screens.items():
            answers = screen.vote_plainly("exclude")
            if answers is None or answers[1].status != 303:
                raise RuntimeError(f"a plain vote of {name} was not stored")
            seconds[name].append(sum(answer.seconds for answer in answers))
    return seconds


def _growths(seconds: dict[str, list[float]]) -> list[Figure]:
    base, *others = seconds
    return [
        Figure(
            f"growth of the median from {base}, {name}",
            statistics.median(seconds[name]) / statistics.median(seconds[base]),
            "x",
            at_most=1.5,
        )
        for name in others
    ]
