"""100,000 records of RIS from a file into the review, from the shell.

They are compared with each other as well, so that the bars are those of `duplicates`; before there
was a search for duplicates they were 20 s (25 on PostgreSQL) and 600 MB.
"""

from tests.benchmarks.figures import Figure
from tests.benchmarks.site import Site
from tests.benchmarks.synthetic import write_ris

RECORDS = 100_000


def run(site: Site) -> list[Figure]:
    review = site.review(1)
    path = site.folder / "hundred_thousand.ris"
    write_ris(path, RECORDS)
    _, peak = site.measure("import_file", str(review), str(path))
    site.manage("verify", "--review", str(review))
    return [
        Figure("size of the file", path.stat().st_size / 2**20, "MB"),
        Figure("100,000 RIS records stored", peak.seconds, "s", at_most=60),
        Figure("largest memory meanwhile", peak.megabytes, "MB", at_most=1_000),
    ]
