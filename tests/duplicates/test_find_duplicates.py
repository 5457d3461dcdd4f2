"""The command that finds the duplicates of a table."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.duplicates.records import TITLE

ROOT = Path(__file__).parents[2]
HEADER = "record_id,title,author,year,journal,volume,number,pages,doi,pmid,abstract,type,isbn,url"


def table(path, *rows):
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, HEADER.split(","))
        writer.writeheader()
        writer.writerows(rows)
    return path


def row(number, **known):
    by = {"author": "Harrow, E. and Okafor, U.", "year": "2014", "journal": "Coastal Medicine"}
    return {"record_id": number, "title": TITLE, **by, **known}


@pytest.fixture
def records(tmp_path):
    return table(
        tmp_path / "records.csv",
        row("c", volume="31", pages="114-21"),
        row("a", volume="31", pages="114-121"),
        row("b", volume="31", pages="214-219"),
    )


def read(path):
    return path.read_text("utf-8").splitlines()


def test_clusters_and_questions_are_written_and_counted(records, tmp_path, capsys):
    clusters, queue = tmp_path / "clusters.csv", tmp_path / "queue.csv"

    call_command("find_duplicates", records, clusters=clusters, queue=queue)

    told = json.loads(capsys.readouterr().out)
    assert told.pop("seconds") >= 0
    assert told == {"records": 3, "clusters": 2, "merged": 1, "questions": 1}
    assert read(clusters) == ["record_id,cluster_id", "c,a", "a,a", "b,b"]
    header, question = read(queue)
    assert header == "id_1,id_2,score,reason"
    assert question.split(",")[:2] + question.split(",")[3:] == ["a", "b", "pages"]


def test_without_files_to_write_only_the_counts_are_told(records, tmp_path, capsys):
    call_command("find_duplicates", records)

    assert json.loads(capsys.readouterr().out)["merged"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["records.csv"]


def test_a_table_without_records_has_no_duplicates(tmp_path, capsys):
    call_command("find_duplicates", table(tmp_path / "none.csv"))

    told = json.loads(capsys.readouterr().out)
    assert (told["records"], told["clusters"], told["questions"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"title,year\nSleep,2014\n", "{} has no column record_id."),
        (b"", "{} has no column record_id and no column title."),
        (b"record_id,title\n1,A\n1,B\n", "{} has two records with the record_id 1."),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_in_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "records.csv"
    path.write_bytes(content)

    with pytest.raises(CommandError) as refusal:
        call_command("find_duplicates", path)

    assert str(refusal.value) == sentence.format(path)


def test_a_table_that_is_not_utf_8_is_refused(tmp_path):
    path = tmp_path / "records.csv"
    path.write_bytes(b"record_id,title\n1,\xe9\xff\n")

    with pytest.raises(CommandError, match=r"is not a CSV file in UTF-8: .*\.$"):
        call_command("find_duplicates", path)


def test_a_file_that_is_not_there_is_told_in_one_sentence_and_exit_code_1(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "find_duplicates", str(tmp_path / "none.csv")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{tmp_path}/none.csv cannot be opened: No such file or directory.\n"


def test_the_seed_of_hashes_changes_nothing(tmp_path):
    rows = [
        row(f"r{n}", title=f"Sleep of {n // 3} keepers in winter", pages=str(n % 2 * 100 + 14))
        for n in range(60)
    ]
    records = table(tmp_path / "records.csv", *rows)
    outcomes = set()
    for seed in "01":
        clusters, queue = tmp_path / f"clusters{seed}.csv", tmp_path / f"queue{seed}.csv"
        subprocess.run(
            [
                *(sys.executable, "manage.py", "find_duplicates", records),
                *("--clusters", clusters, "--queue", queue),
            ],
            cwd=ROOT,
            check=True,
            capture_output=True,
            timeout=60,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        outcomes.add((clusters.read_bytes(), queue.read_bytes()))

    assert len(outcomes) == 1
