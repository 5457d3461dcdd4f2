import csv
import io
from collections import defaultdict
from datetime import date

import pytest
from django.utils import timezone

from reporting.cells import unguard
from screening.actions import conflicts as settle
from screening.actions.voting import take_back_vote
from screening.conflicts import panel_of
from screening.models import ResolutionMode, Role, ScreeningItem, Source
from screening.rules import Decision, Stage, outcome
from tests.clock import complete_since
from tests.conftest import join
from tests.factories import ImportFactory, ItemFactory, RecordFactory

STAGE = Stage.TITLE_ABSTRACT


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
        "all_reasons,tags,note,cast_at,seconds,rank,protocol_version,is_pilot,superseded_at"
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

    for name in ("votes_long", "records_wide", "resolutions", "searches"):
        assert download(mallory, name).rows == []


def test_the_page_of_files_counts_what_is_shown_and_hidden(client, bob, screened):
    screened("+.")
    screened("++")
    client.force_login(bob.user)

    text = " ".join(client.get(f"/reviews/{bob.review.pk}/export/").content.decode().split())

    assert '<td class="number" data-label="Rows">1</td>' in text
    assert "2 rows, until settled" in text
    for name in ("votes_long", "records_wide", "resolutions", "searches"):
        assert f'href="/reviews/{bob.review.pk}/export/{name}.csv"' in text
