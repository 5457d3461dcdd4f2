import csv
import io
import re
from collections import defaultdict
from datetime import date

import pytest
from django.utils import timezone

from reporting.cells import unguard
from reporting.exports import FILES
from reporting.log import log_page
from screening.actions import conflicts as settle
from screening.actions.log import write_log
from screening.actions.merging import merge_records
from screening.actions.retrieval import say_of_report
from screening.actions.rounds import reopen
from screening.actions.voting import take_back_vote
from screening.conflicts import panel_of
from screening.matching.plan import Evidence
from screening.models import (
    LogEntry,
    ResolutionMode,
    RetrievalState,
    Role,
    ScreeningItem,
    Source,
)
from screening.rules import Decision, Stage, counted_reason, outcome
from tests.clock import complete_since
from tests.conftest import join
from tests.factories import ImportFactory, ItemFactory, RecordFactory, SourceFactory

STAGE = Stage.TITLE_ABSTRACT
# Files that are empty where nothing happened yet.
OF_ROWS = ("votes_long", "records_wide", "resolutions", "excluded_full_text", "searches")


@pytest.fixture
def download(client):
    """`download(alice, "votes_long")`: the answer, with its rows as dicts in `.rows`."""

    def get(access, name: str):
        client.force_login(access.user)
        answer = client.get(f"/reviews/{access.review.pk}/export/{name}.csv")
        assert answer.status_code == 200
        answer.body = text = b"".join(answer.streaming_content).decode("utf-8")
        answer.rows = list(csv.DictReader(io.StringIO(text, newline="")))
        return answer

    return get


def columns(rows, *names: str) -> list[tuple[str, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def test_votes_long_has_its_columns_and_a_row_for_each_vote(
    download, alice, review, screened, vote, no_undo
):
    review.title = "=Review"
    review.save()
    record = RecordFactory(review=review, doi="10.1000/x", pmid="42")
    vote(ItemFactory(review=review, record=record), alice, "+", note="-clear", seconds=31)

    answer = download(alice, "votes_long")

    assert answer.body.split("\r\n")[0] == (
        "review,record_id,report_id,study_id,doi,pmid,stage,round,reviewer,vote,reason,"
        "all_reasons,tags,note,cast_at,seconds,rank,protocol_version,is_pilot,superseded_at,"
        "imported_from"
    )
    (row,) = answer.rows
    cast_at = row.pop("cast_at")
    assert row == {
        "review": "'=Review",
        "record_id": "1",
        "report_id": "",
        "study_id": "",
        "doi": "10.1000/x",
        "pmid": "42",
        "stage": "title_abstract",
        "round": "1",
        "reviewer": "Alice",
        "vote": "include",
        "reason": "",
        "all_reasons": "",
        "tags": "",
        "note": "'-clear",
        "seconds": "31",
        "rank": "1",
        "protocol_version": "1",
        "is_pilot": "false",
        "superseded_at": "",
        "imported_from": "",
    }
    assert cast_at.startswith(timezone.now().strftime("%Y-%m-%dT"))
    assert cast_at.endswith("Z")


def test_files_are_attachments_that_say_how_much_is_hidden(download, alice, bob, screened):
    screened("+.")
    screened("++")

    answer = download(bob, "votes_long")

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == (
        f'attachment; filename="review-{alice.review.title.split()[1]}-votes_long.csv"'
    )
    assert answer["X-Rows-Hidden"] == "2"
    assert columns(answer.rows, "record_id", "reviewer") == [("2", "Bob")]
    assert answer.streaming


def test_a_title_that_is_no_file_name_is_left_out(download, alice, review):
    review.title = '../\r\n"日本"'
    review.save()

    answer = download(alice, "searches")

    assert answer["Content-Disposition"] == 'attachment; filename="review-searches.csv"'


def test_there_is_no_other_file(client, alice):
    client.force_login(alice.user)

    assert client.get(f"/reviews/{alice.review.pk}/export/secrets.csv").status_code == 404


def test_changed_votes_are_kept_with_the_time_of_the_change(
    download, alice, screened, vote, no_undo
):
    item = screened("..")
    vote(item, alice, "+")
    vote(item, alice, "-")

    rows = download(alice, "votes_long").rows

    assert columns(rows, "vote") == [("include",), ("exclude",)]
    assert rows[0]["superseded_at"] == rows[1]["cast_at"]
    assert rows[1]["superseded_at"] == ""


def test_observers_see_settled_votes_only(download, olive, screened, settings):
    screened("++")
    screened("+.")

    before = download(olive, "votes_long")
    settings.UNDO_SECONDS = 0
    after = download(olive, "votes_long")

    assert (before.rows, before["X-Rows-Hidden"]) == ([], "3")
    assert columns(after.rows, "record_id", "reviewer", "vote") == [
        ("1", "Alice", "include"),
        ("1", "Bob", "include"),
    ]
    assert after["X-Rows-Hidden"] == "1"


def test_open_conflicts_are_between_a_and_b_as_on_their_page(
    download, alice, bob, carol, screened, vote, no_undo, settings
):
    settings.UNDO_SECONDS = 10
    items = []
    for _ in range(6):
        item = screened("..")
        vote(item, alice, "-", note="Alice's first", seconds=5)
        vote(item, alice, "+", note="Alice's", seconds=6)
        vote(item, bob, "-", note="Bob's", seconds=7)
        items.append(item)
    settings.UNDO_SECONDS = 0

    rows = download(carol, "votes_long").rows

    for item in items:
        panel = panel_of(carol, ScreeningItem.objects.get(pk=item.pk))
        mine = [row for row in rows if row["record_id"] == str(item.record.number)]
        current = [row for row in mine if not row["superseded_at"]]
        superseded = [row for row in mine if row["superseded_at"]]
        expected = [(side.label, side.vote.decision, side.vote.note) for side in panel.sides]
        assert columns(current, "reviewer", "vote", "note") == expected
        assert columns(superseded, "note", "superseded_at") == [("Alice's first", "hidden")]
        letter = {row["note"]: row["reviewer"] for row in mine}
        assert letter["Alice's first"] == letter["Alice's"]
        assert {(row["cast_at"], row["seconds"]) for row in mine} == {("", "")}
    assert {row["reviewer"] for row in rows} == {"A", "B"}


def test_the_letters_do_not_follow_the_order_of_voting(download, alice, bob, carol, review, vote):
    """Over many conflicts each of the two is A about half of the time, whoever voted first."""
    for _ in range(24):
        item = ItemFactory(review=review)
        vote(item, alice, "+", note="Alice")
        vote(item, bob, "-", note="Bob")
    complete_since(timezone.now().replace(year=2025))

    rows = download(carol, "votes_long").rows

    first = [row["note"] for row in rows if row["reviewer"] == "A"]
    assert 0 < first.count("Alice") < 24
    assert [row["reviewer"] for row in rows] == ["A", "B"] * 24


def test_voters_and_a_protocol_that_shows_names_see_names(
    download, alice, carol, screened, no_undo, review
):
    screened("+-")

    assert columns(download(alice, "votes_long").rows, "reviewer") == [("Alice",), ("Bob",)]
    assert columns(download(alice, "records_wide").rows, "vote_ta_Alice") == [("include",)]

    review.protocols.update(names_shown_in_conflicts=True)

    assert columns(download(carol, "votes_long").rows, "reviewer") == [("Alice",), ("Bob",)]


def test_names_come_back_when_the_conflict_is_resolved(download, alice, bob, carol, screened):
    item = screened("+-")
    complete_since(timezone.now().replace(year=2025))
    proposal = settle.propose(
        alice, item.record, stage=STAGE, decision=Decision.EXCLUDE, rationale="Why"
    )
    hidden = download(carol, "records_wide").rows
    settle.confirm(bob, item.record, stage=STAGE, proposal_pk=proposal.pk)

    shown = download(carol, "records_wide").rows

    names = ("ta_outcome", "vote_ta_Alice", "vote_ta_Bob")
    assert columns(hidden, *names) == [("conflict", "hidden", "hidden")]
    assert columns(shown, *names) == [("excluded", "include", "exclude")]


def test_somebody_who_took_a_vote_back_is_not_taken_for_a_voter(
    download, alice, bob, dora, screened, settings, vote
):
    item = screened("..")
    vote(item, dora, "+", note="Dora's")
    take_back_vote(dora, item.record, stage=STAGE)
    vote(item, alice, "+", note="Alice's")
    vote(item, bob, "-", note="Bob's")
    settings.UNDO_SECONDS = 0

    rows = download(dora, "votes_long").rows

    assert columns(rows, "note", "reviewer")[0] == ("Dora's", "Dora")
    assert {row["reviewer"] for row in rows[1:]} == {"A", "B"}


def test_records_wide_has_its_columns(download, alice, bob, olive, review):
    RecordFactory(
        review=review,
        title="=SUM(1)",
        authors="Doe J\nRoe R",
        year=2020,
        abstract="Long",
        keywords="a\nb",
    )

    answer = download(olive, "records_wide")

    assert answer.body == (
        "record_id,sources,title,authors,year,journal,volume,issue,pages,doi,pmid,pmcid,language,"
        "keywords,url,kind,abstract,duplicate_of,ta_outcome,ft_outcome,ft_reason,vote_ta_Alice,"
        "vote_ta_Bob,vote_ft_Alice,vote_ft_Bob,retrieval,study_id\r\n"
        "1,PubMed,'=SUM(1),Doe J; Roe R,2020,,,,,,,,,a; b,,,Long,,,,,,,,,,\r\n"
    )


def test_records_wide_tells_outcomes_once_settled(download, alice, bob, screened, settings):
    for signs in ("..", "+.", "+-", "++", "--"):
        screened(signs)
    names = ("ta_outcome", "vote_ta_Alice", "vote_ta_Bob")

    before = download(bob, "records_wide").rows
    settings.UNDO_SECONDS = 0
    after = download(bob, "records_wide").rows

    assert columns(before, *names) == [
        ("unseen", "", ""),
        ("partial", "", ""),
        ("partial", "", "exclude"),
        ("partial", "", "include"),
        ("partial", "", "exclude"),
    ]
    assert columns(after, *names) == [
        ("unseen", "", ""),
        ("partial", "", ""),
        ("conflict", "include", "exclude"),
        ("included", "include", "include"),
        ("excluded", "exclude", "exclude"),
    ]


def test_records_of_an_import_being_stored_are_in_no_file(download, alice, review):
    staged = ImportFactory(source__review=review, state="staged", committed_at=None)
    RecordFactory(review=review, imported_by=staged)

    assert download(alice, "records_wide").rows == []
    assert columns(download(alice, "searches").rows, "imports", "records") == [("0", "0")]


def test_somebody_who_left_keeps_the_column_of_their_votes(download, alice, bob, screened, review):
    join(review, "Eve", Role.REVIEWER).membership.roles.all().delete()
    screened("++")
    bob.membership.ended_at = timezone.now()
    bob.membership.save()

    row = download(alice, "records_wide").rows[0]

    assert [name for name in row if name.startswith("vote_ta")] == ["vote_ta_Alice", "vote_ta_Bob"]


def test_the_files_agree_with_one_another(download, olive, screened, no_undo):
    for signs in ("++", "+-", "-+", "--", "?-", "?+", "+.", ".-", ".."):
        screened(signs)

    votes = defaultdict(list)
    for row in download(olive, "votes_long").rows:
        if not row["superseded_at"]:
            votes[row["record_id"]].append(Decision(row["vote"]))
    wide = download(olive, "records_wide").rows

    for row in wide:
        if row["ta_outcome"] in {"unseen", "partial"}:
            assert row["record_id"] not in votes
        else:
            assert outcome(votes[row["record_id"]], quorum=2) == row["ta_outcome"]
    assert len(wide) == 9


def test_a_discussion_is_told_with_its_votes_and_who_confirmed(
    download, alice, bob, olive, screened, no_undo
):
    item = screened("-+")
    proposal = settle.propose(
        alice, item.record, stage=STAGE, decision=Decision.INCLUDE, rationale="=Seen together"
    )
    settle.confirm(bob, item.record, stage=STAGE, proposal_pk=proposal.pk)

    answer = download(olive, "resolutions")

    assert answer.body.split("\r\n")[0] == (
        "record_id,stage,round,votes_before,mode,decision,reason,rationale,resolved_by,"
        "confirmed_by,resolved_at"
    )
    (row,) = answer.rows
    assert row.pop("resolved_at").endswith("Z")
    assert row == {
        "record_id": "1",
        "stage": "title_abstract",
        "round": "1",
        "votes_before": "exclude|include",
        "mode": "discussion",
        "decision": "include",
        "reason": "",
        "rationale": "'=Seen together",
        "resolved_by": "Alice",
        "confirmed_by": "Bob",
    }


def test_an_adjudication_is_confirmed_by_nobody(
    download, alice, bob, carol, screened, no_undo, review
):
    review.protocols.update(resolution_mode=ResolutionMode.ADJUDICATION)
    for signs in ("+-", "-+"):
        item = screened(signs)
        settle.adjudicate(
            carol, item.record, stage=STAGE, decision=Decision.EXCLUDE, rationale="No"
        )

    rows = download(alice, "resolutions").rows

    assert columns(rows, "record_id", "votes_before", "resolved_by", "confirmed_by") == [
        ("1", "exclude|include", "Carol", ""),
        ("2", "exclude|include", "Carol", ""),
    ]


def test_searches_tell_what_prisma_s_asks_for(download, alice, review):
    source = Source.objects.create(
        review=review,
        name="MEDLINE",
        platform="Ovid",
        searched_on=date(2024, 1, 14),
        search_string="=1 AND 2\nOR 3",
        limits="English",
        hits=952,
        searched_by="Libby",
    )
    for number in (1, 2):
        given = ImportFactory(source=source, file_name=f"part{number}.nbib", sha256=str(number))
        RecordFactory(review=review, imported_by=given)
    ImportFactory(source=source, state="undone", file_name="gone.nbib")
    Source.objects.create(review=review, name="Embase")

    answer = download(alice, "searches")

    first, second = answer.rows
    assert unguard(first["search_string"]) == "=1 AND 2\nOR 3"
    assert columns(
        [first, second], "source", "platform", "searched_on", "hits", "imports", "records"
    ) == [("MEDLINE", "Ovid", "2024-01-14", "952", "2", "2"), ("Embase", "", "", "", "0", "0")]
    assert (first["file_names"], first["sha256"]) == ("part1.nbib|part2.nbib", "1|2")
    assert (second["file_names"], second["sha256"]) == ("", "")


def test_files_hold_rows_of_their_own_review_only(download, mallory, screened, no_undo):
    screened("++")
    screened("+-")

    for name in OF_ROWS:
        assert download(mallory, name).rows == []


def test_the_page_of_files_counts_what_is_shown_and_hidden(client, bob, screened):
    screened("+.")
    screened("++")
    client.force_login(bob.user)

    text = " ".join(client.get(f"/reviews/{bob.review.pk}/export/").content.decode().split())

    assert '<td class="number" data-label="Rows">1</td>' in text
    assert "2 rows, until settled" in text
    for name in set(FILES) - {"log"}:
        assert f'href="/reviews/{bob.review.pk}/export/{name}.csv"' in text
    assert "log.csv" not in text


# --- Full text --------------------------------------------------------------------------------


def of_reports(rows) -> list[dict[str, str]]:
    return [row for row in rows if row["stage"] == "full_text"]


def test_votes_tell_their_reasons_by_code_the_counted_one_first_of_all(
    download, alice, reasons, read, no_undo
):
    read("E3 E1 E2", "E2")
    read("+", ".")

    rows = of_reports(download(alice, "votes_long").rows)

    assert columns(rows, "record_id", "report_id", "vote", "reason", "all_reasons") == [
        ("1", "1", "exclude", "E1", "E1|E2|E3"),
        ("1", "1", "exclude", "E2", "E2"),
        ("2", "2", "include", "", ""),
    ]


def test_the_counted_reason_follows_the_protocol_of_today(download, alice, reasons, read, no_undo):
    """Its order may be amended after the votes."""
    read("E1 E2", "E1 E2")
    reasons[0].position = 9
    reasons[0].save()

    (first, _) = of_reports(download(alice, "votes_long").rows)
    (wide,) = download(alice, "records_wide").rows
    (excluded,) = download(alice, "excluded_full_text").rows

    assert (first["reason"], first["all_reasons"]) == ("E2", "E2|E1")
    assert (wide["ft_reason"], excluded["reason"]) == ("E2", "E2")


def test_excluded_reports_are_listed_with_the_reason_they_are_counted_under(
    download, olive, read, reasons, no_undo
):
    read("E3 E2", "E1 E3", title="=SUM(1)", doi="10.1000/x", pmid="42")
    read("E3", "E2")
    read("E1", "+")
    read("+", "+")
    read("E1", ".")

    answer = download(olive, "excluded_full_text")

    assert answer.body.split("\r\n")[0] == (
        "report_id,title,doi,pmid,reason,reason_label,all_reasons,decided_at"
    )
    first, second = answer.rows
    assert first.pop("decided_at").startswith(timezone.now().strftime("%Y-%m-%dT"))
    assert first == {
        "report_id": "1",
        "title": "'=SUM(1)",
        "doi": "10.1000/x",
        "pmid": "42",
        "reason": "E3",
        "reason_label": "No measure of quality",
        "all_reasons": "E1|E2|E3",
    }
    assert columns([second], "report_id", "reason", "all_reasons") == [("2", "E2", "E2|E3")]


def test_a_resolution_says_for_which_reason(download, alice, bob, olive, read, no_undo):
    item = read("E3", "+")
    proposal = settle.propose(
        alice,
        item.record,
        stage=Stage.FULL_TEXT,
        decision=Decision.EXCLUDE,
        reason="E2",
        rationale="Seen together",
    )
    settle.confirm(bob, item.record, stage=Stage.FULL_TEXT, proposal_pk=proposal.pk)

    (resolution,) = download(olive, "resolutions").rows
    (excluded,) = download(olive, "excluded_full_text").rows
    (wide,) = download(olive, "records_wide").rows

    assert (resolution["stage"], resolution["reason"]) == ("full_text", "E2")
    assert columns([excluded], "reason", "all_reasons", "decided_at") == [
        ("E2", "E2|E3", resolution["resolved_at"])
    ]
    assert (wide["ft_outcome"], wide["ft_reason"]) == ("excluded", "E2")


def test_records_tell_what_became_of_their_reports(
    download, alice, dora, olive, screened, sought, read, no_undo
):
    screened("--")
    sought()
    for state in RetrievalState.values:
        say_of_report(dora, sought().record, RetrievalState(state), why="Asked")
    read("E2", "E1")
    read("+", "E1")

    rows = download(olive, "records_wide").rows

    names = ("ft_outcome", "ft_reason", "vote_ft_Alice", "vote_ft_Bob", "retrieval")
    assert columns(rows, *names) == [
        ("", "", "", "", ""),
        ("unseen", "", "", "", "sought"),
        ("unseen", "", "", "", "requested"),
        ("unseen", "", "", "", "retrieved"),
        ("unseen", "", "", "", "not_retrieved"),
        ("excluded", "E1", "exclude", "exclude", "retrieved"),
        ("conflict", "", "hidden", "hidden", "retrieved"),
    ]


def test_a_report_that_is_not_settled_tells_ones_own_vote_only(download, alice, bob, read):
    read("E1 E2", "E1")

    (wide,) = download(bob, "records_wide").rows
    votes = of_reports(download(bob, "votes_long").rows)

    names = ("ft_outcome", "ft_reason", "vote_ft_Alice", "vote_ft_Bob")
    assert columns([wide], *names) == [("partial", "", "", "exclude")]
    assert columns(votes, "reviewer", "all_reasons") == [("Bob", "E1")]
    assert download(bob, "excluded_full_text").rows == []


def test_a_report_of_which_nothing_stands_is_in_no_file(download, olive, screened, settings):
    settings.UNDO_SECONDS = 10
    screened("++")

    (row,) = download(olive, "records_wide").rows

    assert (row["ft_outcome"], row["retrieval"]) == ("", "")


@pytest.fixture
def reopened(dora, alice, bob, carol, read, no_undo, settings):
    """A report, excluded by resolution and now judged anew by Alice alone."""
    item = read("E1 E2", "+")
    settle.refer(dora, item.record, stage=Stage.FULL_TEXT, why="Stuck")
    settle.adjudicate(
        carol,
        item.record,
        stage=Stage.FULL_TEXT,
        decision=Decision.EXCLUDE,
        reason="E2",
        rationale="No",
    )
    reopen(dora, item.record, stage=Stage.FULL_TEXT, why="Another version of it")
    return item


def test_earlier_rounds_come_back_to_the_files_once_the_latest_is_settled(
    download, alice, bob, olive, dora, reopened, judge
):
    def seen(access) -> tuple[list[str], list[str], list[str]]:
        votes = of_reports(download(access, "votes_long").rows)
        resolutions = download(access, "resolutions").rows
        log = download(dora, "log").rows
        return (
            [f"{row['round']} {row['reviewer']}" for row in votes],
            [row["round"] for row in resolutions],
            [row["action"] for row in log if row["action"].startswith(("conflict", "item"))],
        )

    before = seen(olive)
    own = seen(alice)
    judge(reopened, alice, "E3")
    half = seen(olive)
    judge(reopened, bob, "E3")
    after = seen(olive)

    assert before == half == ([], [], [])
    assert own == (["1 Alice"], [], [])
    assert after == (
        ["1 Alice", "1 Bob", "2 Alice", "2 Bob"],
        ["1"],
        ["conflict.referred", "conflict.resolved", "item.reopened"],
    )
    assert columns(download(olive, "excluded_full_text").rows, "report_id", "all_reasons") == [
        ("1", "E3")
    ]


def test_a_record_judged_anew_hides_what_came_after_it(
    download, alice, bob, dora, olive, read, no_undo
):
    item = read("E1", "E1")
    reopen(dora, item.record, stage=STAGE, why="Wrong abstract")

    (wide,) = download(olive, "records_wide").rows

    names = ("ta_outcome", "ft_outcome", "ft_reason", "vote_ft_Bob", "retrieval")
    assert columns([wide], *names) == [("unseen", "", "", "", "")]
    assert download(olive, "excluded_full_text").rows == []
    assert download(olive, "votes_long").rows == []
    assert download(olive, "votes_long")["X-Rows-Hidden"] == "4"


def test_the_log_is_the_leads(client, dora, alice, libby):
    statuses = []
    for access in (dora, alice, libby):
        client.force_login(access.user)
        statuses.append(client.get(f"/reviews/{dora.review.pk}/export/log.csv").status_code)

    assert statuses == [200, 403, 403]


def test_the_log_is_numbered_as_its_page_and_tells_no_digest(
    client, download, alice, bob, dora, screened, read, settings
):
    write_log(
        dora,
        "future.thing",
        before={"b": 1, "a": [{"slot": 1, "n": "=x"}]},
        after={"sha256": "a" * 64},
        why="-because",
    )
    read("E1 E2", "E1")
    settings.UNDO_SECONDS = 0
    screened("+.")

    answer = download(dora, "log")

    page = log_page(dora)
    assert [(int(row["number"]), row["what"]) for row in reversed(answer.rows)] == [
        (line.number, line.what) for line in page.lines
    ]
    assert page.shown == len(answer.rows)
    assert answer["X-Rows-Hidden"] == str(page.hidden_items) == "1"
    first = answer.rows[0]
    assert columns([first], "number", "who", "action", "before", "after", "why") == [
        ("1", "Dora", "future.thing", '{"a": [{"n": "=x"}], "b": 1}', "{}", "'-because")
    ]
    assert first["at"].endswith("Z")
    assert not set(LogEntry.objects.values_list("digest", flat=True)) & set(
        re.findall(r"[0-9a-f]{64}", answer.body)
    )


def test_duplicates_say_which_why_and_who(download, olive, dora, screened, review):
    screened("++")
    first, second, third = (RecordFactory(review=review) for _ in range(3))
    for record in (first, second, third):
        ItemFactory(review=review, record=record)
    merge_records(dora, second, first, Evidence("same-doi", 0.987654, {}))
    merge_records(dora, third, first)

    rows = download(olive, "duplicates").rows

    said = ("duplicate_of", "pattern", "pattern_in_words", "score", "decided_by")
    assert {int(row["record_id"]): tuple(row[name] for name in said) for row in rows} == {
        second.number: (
            str(first.number),
            "same-doi",
            "same DOI and title",
            "0.9877",
            "automatic",
        ),
        third.number: (str(first.number), "person", "somebody looked at both", "", "Dora"),
    }
    wide = {int(row["record_id"]): row for row in download(olive, "records_wide").rows}
    assert [wide[r.number]["duplicate_of"] for r in (first, second, third)] == [
        "",
        str(first.number),
        str(first.number),
    ]
    assert [wide[r.number]["ta_outcome"] for r in (first, second)] == ["unseen", ""]


def test_the_sources_of_a_record_are_those_of_its_duplicates_too(download, olive, dora, review):
    one = RecordFactory(review=review)
    imported = ImportFactory(source=SourceFactory(review=review, name="Embase"))
    other = RecordFactory(review=review, imported_by=imported)
    for record in (one, other):
        ItemFactory(review=review, record=record)
    merge_records(dora, other, one)

    rows = download(olive, "records_wide").rows

    assert [row["sources"] for row in rows] == ["PubMed; Embase", "Embase"]


def test_the_files_agree_with_one_another_at_full_text(download, olive, read, no_undo):
    for votes in (("E1", "E2"), ("E2", "E2 E3"), ("+", "E1"), ("+", "+"), (".", "E3")):
        read(*votes)

    given = defaultdict(list)
    for row in of_reports(download(olive, "votes_long").rows):
        if row["all_reasons"]:
            given[row["report_id"]].append(row["all_reasons"].split("|"))
    wide = download(olive, "records_wide").rows
    excluded = download(olive, "excluded_full_text").rows

    counted = {
        row["record_id"]: counted_reason(given[row["record_id"]], ("E1", "E2", "E3"))
        for row in wide
        if row["ft_outcome"] == "excluded"
    }
    assert len(counted) == 2
    assert {row["report_id"]: row["reason"] for row in excluded} == counted
    assert {row["record_id"]: row["ft_reason"] for row in wide if row["ft_reason"]} == counted
