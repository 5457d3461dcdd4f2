"""`manage.py verify` over 100,000 records with two votes each."""

from tests.benchmarks.figures import Figure
from tests.benchmarks.site import Site


def run(site: Site) -> list[Figure]:
    review = site.review(100_000, voted=1)
    _, peak = site.measure("verify", "--review", str(review))
    return [
        Figure("verify, 100,000 items and 200,000 votes", peak.seconds, "s", at_most=20),
        Figure("its largest memory", peak.megabytes, "MB"),
    ]
