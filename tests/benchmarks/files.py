"""`votes_long.csv` of 200,000 votes, streamed by the web server to one person."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from tests.benchmarks.figures import Figure
from tests.benchmarks.screen import Answer, Client
from tests.benchmarks.site import Site

RECORDS, FEW = 100_000, 50_000
EVERY = 0.05  # seconds between two looks at the memory


def run(site: Site) -> list[Figure]:
    review, small = (site.review(records, voted=1) for records in (RECORDS, FEW))
    with site.running():
        client = Client(site, "reviewer1@example.org")
        with _largest_memory() as little:
            for _ in range(8):  # by both processes
                few = _download(client, small)
        with _largest_memory() as much:
            many = _download(client, review)
    votes = few.body.count(b"\r\n") - 1
    return [
        Figure("votes_long.csv, rows", many.body.count(b"\r\n") - 1, "", at_least=2 * RECORDS),
        Figure("... from asking to its last byte", many.seconds, "s", at_most=20),
        Figure("... megabytes", len(many.body) / 1e6, "MB"),
        Figure("... the web server's largest memory", much[0], "MB"),
        Figure(
            f"... more than for {votes:,} votes",
            much[0] - little[0],
            "MB",
            at_most=40,
        ),
    ]


def _download(client: Client, review: int) -> Answer:
    answer = client.get(f"/reviews/{review}/export/votes_long.csv")
    if answer.status != 200:
        raise RuntimeError(f"votes_long.csv: {answer.status}")
    return answer


@contextmanager
def _largest_memory() -> Iterator[list[float]]:
    """The most that all processes of the server held at once in the meantime, in megabytes."""
    found, is_over = [0.0], threading.Event()

    def look() -> None:
        while True:
            processes = psutil.Process().children(recursive=True)
            held = sum(process.memory_info().rss for process in processes)
            found[0] = max(found[0], held / 2**20)
            if is_over.wait(EVERY):
                break

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield found
    finally:
        is_over.set()
        looking.join()
