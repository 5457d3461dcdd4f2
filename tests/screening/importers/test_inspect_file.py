"""The command that tells scripts what a file holds."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

ROOT = Path(__file__).parents[3]


def run(*arguments) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "inspect_file", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_file_is_told_in_json(own, capsys):
    call_command("inspect_file", own("no_title.ris"))

    assert json.loads(capsys.readouterr().out) == {
        "format": "ris",
        "encoding": "utf-8",
        "found": 4,
        "read": 2,
        "problems": 2,
    }


def test_records_are_written_as_csv_with_lists_joined(own, tmp_path):
    out = tmp_path / "records.csv"

    call_command("inspect_file", own("pubmed.nbib"), records=out)

    with out.open(encoding="utf-8", newline="") as stream:
        header, *rows = list(csv.reader(stream))
    assert ",".join(header) == (
        "position,line,title,abstract,authors,year,journal,volume,issue,pages,doi,pmid,pmcid,"
        "language,keywords,url,kind"
    )
    assert [row[0] for row in rows] == ["1", "2", "3"]
    assert rows[1] == [
        *("2", "42", "Synthetischer Datensatz zwei.", "", "Mustermann E", "1999", "Synth Arch"),
        *("", "", "", "10.9999/syn.1999.002", "90000002", "", "ger", "", "", "Journal Article"),
    ]
    assert rows[0][4] == "Exempli, Anna B; Gratia, Åse"


def test_the_command_needs_no_database_and_prints_one_object(own):
    done = run(own("ovid.ris"))

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["read"] == 2


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be opened: No such file or directory."),
        (b"", "check that the download is complete."),
        (b"%PDF-1.7", "export the search again as RIS or PubMed (nbib) and import that file."),
    ],
    ids=["missing", "empty", "pdf"],
)
def test_an_error_is_one_sentence_and_exit_code_1(tmp_path, content, sentence):
    path = tmp_path / "upload"
    if content is not None:
        path.write_bytes(content)

    done = run(path)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith(f"{sentence}\n")
    assert done.stderr.count("\n") == 1


def test_a_directory_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(CommandError) as refusal:
        call_command("inspect_file", tmp_path)

    assert str(refusal.value) == f"{tmp_path} cannot be opened: Is a directory."


def test_a_place_that_cannot_be_written_is_refused_in_one_sentence(own, tmp_path):
    out = tmp_path / "nowhere" / "records.csv"

    with pytest.raises(CommandError) as refusal:
        call_command("inspect_file", own("ovid.ris"), records=out)

    assert str(refusal.value) == f"{out} cannot be opened: No such file or directory."


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Error: the following arguments are required: FILE\n"),
        (["a.ris", "--record"], "Error: argument --records: expected one argument\n"),
    ],
)
def test_wrong_arguments_too_are_one_sentence_and_exit_code_1(arguments, sentence):
    done = run(*arguments)

    assert (done.returncode, done.stdout, done.stderr) == (1, "", sentence)
