"""`python -m tests.benchmarks [NAME ...] [--postgres | --both]`: measure, beside what is required.

Names: votes, storm, refused, import, duplicates, find, verify, files, paint, page, prisma,
records; all without one.
Each makes its own database and web server and removes them. PostgreSQL is looked for at
BENCH_POSTGRES, by default postgres://postgres@127.0.0.1:5432, where databases are created and
dropped.
"""

import argparse
import platform
import sys
from pathlib import Path

import psutil

from tests.benchmarks import (
    duplicates,
    files,
    finding,
    importing,
    page,
    paint,
    prisma,
    records,
    refused,
    storm,
    verifying,
    votes,
)
from tests.benchmarks.figures import table
from tests.benchmarks.site import fresh_site

BENCHMARKS = {
    "votes": votes.run,
    "storm": storm.run,
    "refused": refused.run,
    "import": importing.run,
    "duplicates": duplicates.run,
    "find": finding.run,
    "verify": verifying.run,
    "files": files.run,
    "paint": paint.run,
    "page": page.run,
    "prisma": prisma.run,
    "records": records.run,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.benchmarks")
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], metavar="NAME")
    database = parser.add_mutually_exclusive_group()
    database.add_argument("--postgres", action="store_true", help="on PostgreSQL, not SQLite")
    database.add_argument("--both", action="store_true", help="on one after the other")
    chosen = parser.parse_args()
    vendors = ["postgresql"] if chosen.postgres else ["sqlite"]
    if chosen.both:
        vendors.append("postgresql")
    _say(_machine())
    missed = False
    for name in chosen.names or BENCHMARKS:
        for vendor in vendors:
            with fresh_site(vendor) as site:
                figures = BENCHMARKS[name](site)
            missed |= any(figure.verdict == "MISSED" for figure in figures)
            _say(f"\n### {name}, {vendor}\n\n{table(figures)}")
    return int(missed)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    load = psutil.getloadavg()[0]
    return (
        f"{psutil.cpu_count()} cores of {model}, {memory:.0f} GB, "
        f"Python {platform.python_version()}, load before the start {load:.1f}"
    )


if __name__ == "__main__":
    sys.exit(main())
