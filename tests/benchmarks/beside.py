"""Duplicates of one table, found by us and by bib-dedupe in the same run.

    python -m tests.benchmarks.beside RECORDS.csv --python PYTHON [--cpu N]

PYTHON is an interpreter that has bib-dedupe; it needs pandas and more, and is not a dependency. The
table has the columns of `manage.py find_duplicates`.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.figures import Figure, table
from tests.benchmarks.site import ROOT

THEIRS = """
import sys, time
import pandas as pd
from bib_dedupe.bib_dedupe import block, cluster, match, prep
if __name__ == "__main__":
    records = pd.read_csv(sys.argv[1], dtype=str, keep_default_na=False)
    records = records.rename(columns={"record_id": "ID", "type": "ENTRYTYPE"})
    if not (records.get("ENTRYTYPE", pd.Series([""])) != "").all():
        records["ENTRYTYPE"] = "article"
    began = time.perf_counter()
    cpu = int(sys.argv[2])
    matched = match(block(prep(records, verbosity_level=0, cpu=cpu), verbosity_level=0, cpu=cpu),
                    verbosity_level=0, cpu=cpu)
    cluster(matched, verbosity_level=0)
    print(time.perf_counter() - began)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", type=Path)
    parser.add_argument("--python", required=True, help="an interpreter that has bib-dedupe")
    parser.add_argument("--cpu", type=int, default=-1, help="processes of bib-dedupe; -1 for all")
    chosen = parser.parse_args()
    ours, ours_wall = _ours(chosen.records)
    theirs = _theirs(chosen.records, chosen.python, chosen.cpu)
    figures = [
        Figure("Parallax, as it says itself", ours, "s"),
        Figure("Parallax, with start of the command", ours_wall, "s"),
        Figure("bib-dedupe, without its start", theirs, "s"),
        Figure("times as fast", theirs / ours, "x", at_least=10),
    ]
    sys.stdout.write(table(figures) + "\n")
    return int(any(figure.verdict == "MISSED" for figure in figures))


def _ours(path: Path) -> tuple[float, float]:
    environment = {**os.environ, "PARALLAX_PROFILE": "local"}
    with TemporaryDirectory() as folder:
        command = [sys.executable, "manage.py", "find_duplicates", str(path.resolve())]
        command += ["--clusters", f"{folder}/clusters.csv", "--queue", f"{folder}/queue.csv"]
        began = time.perf_counter()
        said = subprocess.run(
            command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
        )
        wall = time.perf_counter() - began
    return json.loads(said.stdout)["seconds"], wall


def _theirs(path: Path, python: str, cpu: int) -> float:
    with TemporaryDirectory() as folder:
        script = Path(folder) / "theirs.py"
        script.write_text(THEIRS)
        said = subprocess.run(
            [python, str(script), str(path.resolve()), str(cpu)],
            check=True,
            capture_output=True,
            text=True,
        )
    return float(said.stdout.splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())
