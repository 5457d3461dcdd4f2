"""The flow diagram and the agreement of a review of 100,000 records with two votes each.

Cold is after an action: what was counted before is not asked for again.
"""

from uuid import uuid4

import psycopg2

from tests.benchmarks.figures import Figure, times
from tests.benchmarks.screen import Client
from tests.benchmarks.site import Site

COLD, WARM = 12, 60


def run(site: Site) -> list[Figure]:
    review = site.review(100_000, voted=1)
    _vacuum(site)
    with site.running():
        client = Client(site, "reviewer1@example.org")
        page = f"/reviews/{review}/report/"
        cold, warm, apart = [], [], []
        client.get(f"/reviews/{review}/")
        for number in range(1, COLD + 1):
            _change(client, review, number)
            cold.append(_get(client, page))
            apart.append(_get(client, f"{page}agreement/"))
            # Two processes answer, and each keeps what it made.
            _get(client, page)
            warm += [_get(client, page) for _ in range(WARM // COLD)]
    return [
        *times("the flow diagram, cold", cold, p95_at_most=300),
        *times("the flow diagram, warm", warm, p95_at_most=50),
        *times("agreement of the pair, loaded after the page, cold", apart),
    ]


def _vacuum(site: Site) -> None:
    """As PostgreSQL does by itself within a minute or so, unless it is told not to."""
    url = site.environment["DATABASE_URL"]
    if url.startswith("postgres"):
        connection = psycopg2.connect(url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        connection.close()


def _get(client: Client, address: str) -> float:
    answer = client.get(address)
    if answer.status != 200:
        raise RuntimeError(f"{address}: {answer.status}")
    return answer.seconds


def _change(client: Client, review: int, number: int) -> None:
    said = {"box": "duplicates", "number": str(number), "why": "Removed before the import."}
    answer = client.post(
        f"/reviews/{review}/adjustments/", {**said, "source": "", "request_key": uuid4().hex}
    )
    if answer.status != 303:
        raise RuntimeError(f"an adjustment was not taken: {answer.status}")
