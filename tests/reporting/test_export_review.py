"""Everything out in one zip for the host: complete where pages hide, of one moment, or not there."""

import csv
import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from zipfile import ZipFile

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from reporting.cells import unguard
from reporting.exports import FILES
from reporting.package.archive import Archive
from screening.actions.amendments import amend_protocol
from screening.actions.rounds import reopen
from screening.actions.voting import Ballot, cast_vote
from screening.files import raw_file
from screening.models import LogEntry, LogHead, Record, Resolution, Role, ScreeningItem, Vote
from screening.rules import Decision, Outcome, Stage
from tests.clock import time_passes
from tests.conftest import join
from tests.factories import ItemFactory, ReviewFactory
from tests.worlds import NO, TA, YES, World, whole_review

FT = Stage.FULL_TEXT
ROOT = Path(__file__).parents[2]


@dataclass
class Package:
    files: dict[str, bytes]
    told: dict

    def text(self, name: str) -> str:
        return self.files[name].decode()

    def rows(self, name: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.text(f"{name}.csv"), newline="")))


@pytest.fixture
def export(tmp_path, capsys):
    """`export(review)`: what the command wrote into the zip, and what it printed."""

    def run(review, name: str = "out.zip") -> Package:
        capsys.readouterr()
        call_command("export_review", str(review.pk), str(tmp_path / name))
        with ZipFile(tmp_path / name) as zipped:
            assert zipped.testzip() is None
            files = {entry: zipped.read(entry) for entry in zipped.namelist()}
        return Package(files, json.loads(capsys.readouterr().out))

    return run


@pytest.fixture
def world(db, tmp_path, settings) -> World:
    """With a report that both excluded a moment ago, and a record in its second round."""
    settings.MEDIA_ROOT = tmp_path / "kept"
    world = whole_review(tmp_path)
    world.vote("Alice", "both, not settled", NO, note="not for anybody yet")
    included = world.records["agreed to include"]
    for name, codes in (("Alice", ("E2", "E3")), ("Bob", ("E3",))):
        ballot = Ballot(NO, reasons=codes, note=f"{name} read it")
        cast_vote(world.access(name), included, ballot, stage=FT)
    reopen(world.access("Dora"), world.records["adjudicated"], stage=TA, why="A wrong abstract.")
    world.vote("Bob", "adjudicated", YES, note="second round")
    return world


def people_of(world: World) -> dict[int, str]:
    return dict(world.review.memberships.values_list("user", "name"))


# --- complete -----------------------------------------------------------------------------------


def test_every_vote_is_there_also_those_hidden_from_everybody(client, world, export):
    client.force_login(world.people["Dora"].user)
    web = client.get(f"/reviews/{world.review.pk}/export/votes_long.csv")
    seen = b"".join(web.streaming_content).decode()

    rows = export(world.review).rows("votes_long")

    people = people_of(world)
    assert sorted(
        (
            r["record_id"],
            r["stage"],
            r["round"],
            r["reviewer"],
            r["vote"],
            r["note"],
            r["cast_at"] != "",
        )
        for r in rows
    ) == sorted(
        (
            str(v.item.record.number),
            v.item.stage,
            str(v.item.round),
            people[v.reviewer_id],
            v.decision,
            v.note,
            True,
        )
        for v in Vote.objects.select_related("item__record")
    )
    for note in ("not for anybody yet", "Alice read it", "second round", "Bob on a record: adj"):
        assert note not in seen
        assert any(row["note"].startswith(note) for row in rows)
    assert int(web["X-Rows-Hidden"]) > 0


def test_reasons_of_a_report_excluded_a_moment_ago_are_there(world, export):
    package = export(world.review)

    number = str(world.records["agreed to include"].number)
    (report,) = package.rows("excluded_full_text")
    assert (report["report_id"], report["reason"], report["all_reasons"]) == (number, "E3", "E2|E3")
    given = {
        row["reviewer"]: row["all_reasons"]
        for row in package.rows("votes_long")
        if row["stage"] == FT
    }
    assert given == {"Alice": "E2|E3", "Bob": "E3"}


def test_records_have_their_true_outcomes_and_votes(world, export):
    rows = {row["record_id"]: row for row in export(world.review).rows("records_wide")}

    for item in ScreeningItem.objects.at(TA).filter(closed_at__isnull=True):
        row = rows[str(item.record.number)]
        assert row["ta_outcome"] == item.outcome
        for vote in item.votes.current().select_related("reviewer"):
            assert row[f"vote_ta_{vote.reviewer.name}"] == vote.decision
    assert "hidden" not in {cell for row in rows.values() for cell in row.values()}


def test_names_stand_where_pages_have_letters(world, export):
    package = export(world.review)

    assert {row["reviewer"] for row in package.rows("votes_long")} == {"Alice", "Bob"}
    number = str(world.records["open conflict"].number)
    told = {
        r["reviewer"]: r["vote"] for r in package.rows("votes_long") if r["record_id"] == number
    }
    assert told == {"Alice": "include", "Bob": "exclude"}


def test_resolutions_of_a_reopened_record_are_there(client, world, export):
    client.force_login(world.people["Dora"].user)
    web = client.get(f"/reviews/{world.review.pk}/export/resolutions.csv")
    reopened = world.records["adjudicated"].number

    rows = export(world.review).rows("resolutions")

    assert f"\r\n{reopened},".encode() not in b"".join(web.streaming_content)
    assert [row["record_id"] for row in rows].count(str(reopened)) == 1
    assert len(rows) == Resolution.objects.count()


def test_agreement_leaves_nothing_out(world, export):
    """Every first round with two votes counts: settled or not, in conflict, or reopened since."""
    rounds = ScreeningItem.objects.filter(round=1, completed_at__isnull=False)

    rows = {row["stage"]: row for row in export(world.review).rows("agreement")}

    assert {stage: int(row["n"]) for stage, row in rows.items()} == {
        stage: rounds.at(stage).count() for stage in Stage
    }
    assert {row["left_out"] for row in rows.values()} == {"0"}


def test_the_files_of_one_zip_tell_the_same(world, export):
    package = export(world.review)

    # A duplicate is not screened: it has no outcome.
    outcomes = [row["ta_outcome"] for row in package.rows("records_wide") if row["ta_outcome"]]
    flow = {row["data"]: row["n"] for row in package.rows("prisma_flow")}
    assert flow["records_screened"] == str(len(outcomes))
    assert flow["records_excluded"] == str(outcomes.count(Outcome.EXCLUDED))
    assert flow["dbr_excluded"].endswith(", 1")
    assert package.told["rows"]["votes_long.csv"] == len(package.rows("votes_long"))
    assert set(package.told["rows"]) == {*(f"{name}.csv" for name in FILES), "imports.csv"}


def test_what_is_kept_for_pages_is_not_taken_for_the_host_nor_the_other_way(client, world, export):
    """Results are cached by rights and log; the host's must not meet those of the lead."""
    client.force_login(world.people["Dora"].user)
    paths = [
        f"/reviews/{world.review.pk}/export/{name}.csv" for name in ("agreement", "prisma_flow")
    ]
    time_passes(timedelta(hours=1))

    def web() -> list[bytes]:
        return [b"".join(client.get(path).streaming_content) for path in paths]

    before = web()
    rows = export(world.review).rows("agreement")

    assert web() == before
    assert rows != list(csv.DictReader(io.StringIO(before[0].decode(), newline="")))


def test_nothing_of_another_review_is_in_it(world, export):
    other = ReviewFactory(title="Quite another review")
    item = ItemFactory(review=other, record__title="Elsewhere")
    mallory = join(other, "Mallory", Role.REVIEWER)
    cast_vote(mallory, item.record, Ballot(YES, note="Elsewhere"), stage=TA)

    package = export(world.review)

    assert [name for name, data in package.files.items() if b"Elsewhere" in data] == []
    assert package.rows("votes_long")


# --- what else is in it -------------------------------------------------------------------------


def test_the_files_as_imported_are_there_with_their_digests(world, export):
    package = export(world.review)

    rows = package.rows("imports")
    assert [(row["file_name"], row["state"]) for row in rows] == [
        ("all.ris", "committed"),
        ("more.ris", "previewed"),
        ("scopus.ris", "previewed"),
        ("mine.ris", "previewed"),
    ]
    for row in rows:
        held = package.files[row["file"]]
        assert hashlib.sha256(held).hexdigest() == row["sha256"]
        assert row["is_as_uploaded"] == "true"


def test_every_file_has_its_digest_and_a_sentence(world, export):
    package = export(world.review)

    sums = dict(line.split("  ")[::-1] for line in package.text("SHA256SUMS").splitlines())
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in package.files.items()}
    assert sums == {name: one for name, one in digests.items() if name != "SHA256SUMS"}
    readme = package.text("README.txt").splitlines()
    assert [name for name in package.files if name != "README.txt" and name not in readme] == []


def test_a_file_that_was_lost_is_told_and_the_rest_is_written(world, export, tmp_path, capsys):
    raw_file(world.review.pk, world.committed.sha256).write_bytes(b"other bytes")
    raw_file(world.review.pk, world.previewed.sha256).unlink()

    with pytest.raises(
        CommandError, match=r"imports/01-all.ris, imports/02-more.ris in it are not"
    ):
        export(world.review)

    assert json.loads(capsys.readouterr().out)["not_as_uploaded"] == [
        "imports/01-all.ris",
        "imports/02-more.ris",
    ]
    with ZipFile(tmp_path / "out.zip") as zipped:
        told = list(csv.DictReader(io.StringIO(zipped.read("imports.csv").decode(), newline="")))
    assert [row["is_as_uploaded"] for row in told] == ["false", "false", "true", "true"]


def test_ris_holds_all_records_and_those_included(world, export):
    ballot = Ballot(YES)
    record = world.records["discussed"]
    for name in ("Alice", "Bob"):
        cast_vote(world.access(name), record, ballot, stage=FT)

    package = export(world.review)

    def titles(name: str) -> list[str]:
        return re.findall(r"^TI  - (.*)\r$", package.text(name), re.MULTILINE)

    everything = Record.objects.imported().order_by("number")
    assert titles("records.ris") == list(everything.values_list("title", flat=True))
    assert titles("included.ris") == [record.title]


def test_the_protocol_is_there_for_machines_and_for_people(world, export):
    package = export(world.review)

    told = json.loads(package.text("protocol.json"))
    protocol = world.review.protocols.get()
    (version,) = told["versions"]
    assert version["question"] == protocol.question
    assert len(version["criteria"]) == protocol.criteria.count()
    assert [one["code"] for one in told["exclusion_reasons"]] == list(
        world.review.exclusion_reasons.order_by("position").values_list("code", flat=True)
    )
    text = package.text("protocol.txt")
    for criterion in protocol.criteria.all():
        assert criterion.text in text
        said = f"{criterion.get_kind_display()}: {criterion.text}"
        assert (said in text) == criterion.is_proposal, "what nobody published is called a proposal"


def test_amendments_are_told_with_what_they_changed_and_why(world, export):
    before = world.review.protocols.get().question
    amend_protocol(world.access("Dora"), why="It was too wide.", question="Only of the lung?")

    package = export(world.review)

    first, second = json.loads(package.text("protocol.json"))["versions"]
    assert (first["question"], second["question"]) == (before, "Only of the lung?")
    assert (first["ended_at"], second["why"]) == (second["started_at"], "It was too wide.")
    _, _, amendment = package.text("protocol.txt").partition("Amendment: version 2")
    for words in (", Dora", "It was too wide.", f"no longer: {before}", "now: Only of the lung?"):
        assert words in amendment


# --- the log ------------------------------------------------------------------------------------


def chain_of(rows: list[dict[str, str]]) -> str:
    """The last digest, computed from log.csv alone; every one is what the file says."""
    digest = ""
    for row in rows:
        entry = {
            "action": row["action"],
            "actor": int(row["actor"]),
            "after": json.loads(unguard(row["after"]) or "null"),
            "at": row["at"],
            "before": json.loads(unguard(row["before"]) or "null"),
            "sequence": int(row["sequence"]),
            "why": unguard(row["why"]),
        }
        said = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(f"{digest}\n{said}".encode()).hexdigest()
        assert digest == row["digest"], f"entry {row['sequence']}"
    return digest


def test_the_chain_of_the_log_follows_from_the_file(world, export):
    why = "=SUM(1)\r\n“quoted”, 'and' with a ＝ before"  # noqa: RUF001 -- a full-width sign
    reopen(world.access("Dora"), world.records["agreed to exclude"], stage=TA, why=why)

    rows = export(world.review).rows("log")

    assert len(rows) == LogEntry.objects.filter(review=world.review).count()
    assert unguard(rows[-1]["why"]) == why
    assert chain_of(rows) == LogHead.objects.get(review=world.review).digest
    numbers = dict(world.review.memberships.values_list("number", "name"))
    assert all(numbers[int(row["actor"])] == row["who"] for row in rows)


@pytest.mark.parametrize("tampered", [False, True])
def test_the_readme_says_how_to_check_the_chain(world, export, tmp_path, tampered):
    package = export(world.review)
    log = package.text("log.csv")
    if tampered:
        log = log.replace('""vote"":""include""', '""vote"":""exclude""', 1)
        assert log != package.text("log.csv")
    (tmp_path / "log.csv").write_bytes(log.encode())
    _, _, said = package.text("README.txt").partition("WHETHER THE LOG WAS CHANGED")
    lines = [line[4:] for line in said.splitlines() if line.startswith("    ") or not line]

    done = subprocess.run(
        [sys.executable, "-I", "-c", "\n".join(lines)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    head = LogHead.objects.get(review=world.review).digest
    assert head in package.text("README.txt")
    if tampered:
        assert done.returncode == 1
        assert "was changed" in done.stderr
    else:
        assert (done.returncode, done.stdout.strip()) == (
            0,
            f"The chain holds; its last digest is {head}",
        ), done.stderr


# --- whole or absent ----------------------------------------------------------------------------


def test_nothing_is_overwritten(world, export, tmp_path):
    (tmp_path / "out.zip").write_text("mine")

    with pytest.raises(CommandError, match="is there already; nothing was written"):
        export(world.review)

    assert (tmp_path / "out.zip").read_text() == "mine"


@pytest.mark.parametrize(
    ("review", "out", "sentence"),
    [
        ("999", "out.zip", "There is no review 999."),
        ("{}", "no/folder/out.zip", "There is no folder"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(world, tmp_path, review, out, sentence):
    with pytest.raises(CommandError, match=re.escape(sentence)):
        call_command("export_review", review.format(world.review.pk), str(tmp_path / out))

    assert not list(tmp_path.rglob("*out.zip*"))


def test_an_error_on_the_way_leaves_nothing(world, export, tmp_path, monkeypatch):
    monkeypatch.setattr("reporting.package.readme.text", lambda *args: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        export(world.review)

    assert not list(tmp_path.glob("*out.zip*"))


def test_only_its_owner_may_read_the_zip(world, export, tmp_path):
    export(world.review)

    assert (tmp_path / "out.zip").stat().st_mode & 0o777 == 0o600


def test_all_files_are_of_one_moment_while_others_vote(
    with_triggers, tmp_path, settings, export, monkeypatch
):
    settings.MEDIA_ROOT = tmp_path / "kept"
    world = whole_review(tmp_path)
    add, late = Archive.add, []

    def vote() -> None:
        try:
            world.vote("Alice", "unseen", Decision.MAYBE, note="while it was written")
        finally:
            connection.close()

    def add_and_be_late(archive: Archive, name: str, blocks) -> object:
        added = add(archive, name, blocks)
        if not late:
            with ThreadPoolExecutor(1) as pool:
                late.append(pool.submit(vote).result())
        return added

    monkeypatch.setattr(Archive, "add", add_and_be_late)
    package = export(world.review)

    assert Vote.objects.filter(note="while it was written").exists()
    assert chain_of(package.rows("log")) in package.text("README.txt")
    assert [name for name, held in package.files.items() if b"while it was written" in held] == []
    assert len(package.rows("log")) == package.told["log_entries"]
    assert LogHead.objects.get(review=world.review).sequence == package.told["log_entries"] + 1


def database() -> str:
    """The address of the database of the tests."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


def test_an_export_that_is_killed_leaves_no_zip(with_triggers, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "kept"
    world = whole_review(tmp_path)
    kept = raw_file(world.review.pk, world.committed.sha256)
    kept.unlink()
    os.mkfifo(kept)  # nobody writes into it: the export waits here, with half of it written
    environment = os.environ | {
        "DATABASE_URL": database(),
        "PARALLAX_PROFILE": "local",
        "PARALLAX_FILES": str(tmp_path / "kept"),
    }
    command = [
        sys.executable,
        "manage.py",
        "export_review",
        str(world.review.pk),
        str(tmp_path / "out.zip"),
    ]

    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 30
        while not list(tmp_path.glob(".out.zip.*.unfinished")):
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(1)
        assert process.poll() is None, process.stderr.read()
        process.send_signal(signal.SIGKILL)

    assert not (tmp_path / "out.zip").exists()
