"""What a browser fetches for the screening page, in bytes over the wire."""

import re

from tests.benchmarks.figures import Figure
from tests.benchmarks.screen import Client, Screen
from tests.benchmarks.site import Site

ASSET = re.compile(r'(?:src|href)="(/static/[^"]+)"')


def run(site: Site) -> list[Figure]:
    review = site.review(1_000)
    with site.running():
        client = Client(site, "reviewer1@example.org")
        address = Screen(client, review).address
        page = client.get(address, **{"Accept-Encoding": "br, gzip"})
        assets = ASSET.findall(client.get(address).text)
        kinds = {
            kind: [client.get(path, **{"Accept-Encoding": kind}) for path in assets]
            for kind in ("br", "gzip")
        }
    html = len(page.body) / 1000
    encoding = page.headers.get("Content-Encoding", "not compressed")
    return [
        Figure(f"the page itself, four records on it ({encoding})", html, "kB"),
        *(
            Figure(f"its {len(answers)} static files, {kind}", _kilobytes(answers), "kB")
            for kind, answers in kinds.items()
        ),
        *(
            Figure(
                f"all together, first visit, {kind}",
                html + _kilobytes(answers),
                "kB",
                at_most=40,
            )
            for kind, answers in kinds.items()
        ),
    ]


def _kilobytes(answers: list) -> float:
    return sum(len(answer.body) for answer in answers) / 1000
