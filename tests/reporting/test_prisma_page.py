"""The page of the report: every number is the length of its list, and nothing shows too early."""

import html
import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reporting.prisma.counting import count, records_in
from reporting.prisma.numbers import BOXES
from reporting.prisma.page import Report
from screening import bulk
from screening.access import access_for
from screening.actions.adjustments import add_adjustment
from screening.actions.conflicts import adjudicate
from screening.actions.retrieval import say_of_report
from screening.actions.rounds import reopen
from screening.actions.voting import Ballot, cast_vote
from screening.models import ExclusionReason, Record, RetrievalState, SourceKind
from screening.rules import Decision, Stage
from tests.clock import complete_since, time_passes
from tests.factories import ImportFactory, RecordFactory, SourceFactory

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
LINK = re.compile(r'data-box="[^"]+" href="([^"]+)">([\d,]+)<')
FOUND = re.compile(r'id="found">([\d,]+|No) record')
NUMBER = re.compile(r'data-box="([^"]+)"[^>]*>([\d,]+)<')


@pytest.fixture
def reasons(review) -> dict[str, ExclusionReason]:
    return {
        code: ExclusionReason.objects.create(
            review=review, code=code, position=position, label=label
        )
        for position, (code, label) in enumerate(
            {"E1": "Not human", "E2": "Review, letter"}.items(), start=1
        )
    }


@pytest.fixture
def at_full_text(alice, bob, reasons):
    """`at_full_text(item, "E1", "E2")`: reasons of Alice and Bob, `+` for an include."""

    def cast(item, *said: str) -> None:
        for access, code in zip((alice, bob), said, strict=False):
            ballot = (
                Ballot(Decision.INCLUDE)
                if code == "+"
                else Ballot(Decision.EXCLUDE, reasons=tuple(code.split("|")))
            )
            cast_vote(access, item.record, ballot, stage=FT)

    return cast


@pytest.fixture
def by_hand(review) -> Record:
    """A record from citation searching, sought since yesterday; others come from PubMed."""
    ImportFactory(source=SourceFactory(review=review))
    source = SourceFactory(review=review, name="References", kind=SourceKind.CITATIONS)
    imported = ImportFactory(source=source)
    record = RecordFactory(review=review, imported_by=imported, position=1)
    sought = timezone.now() - timedelta(days=1)
    bulk.insert_items(
        imported.pk, bulk.numbers_of(imported.pk), stage=FT, quorum=2, sought_at=sought
    )
    return record


@pytest.fixture
def flow(review, screened, at_full_text, by_hand, dora):
    """A bit of everything, settled for an hour."""
    items = [screened(signs) for signs in ("++", "?+", "++", "++", "+-", "--", "--", "+.", "..")]
    complete_since(timezone.now() - timedelta(hours=2))
    at_full_text(items[0], "E2", "E1|E2")
    at_full_text(items[1], "+", "+")
    say_of_report(dora, items[2].record, RetrievalState.NOT_RETRIEVED, why="No answer.")
    time_passes(timedelta(hours=1))
    add_adjustment(dora, box="duplicates", number=12, why="Removed in EndNote.")
    return items


def page_of(client, access) -> str:
    client.force_login(access.user)
    answer = client.get(reverse("reporting:report", args=[access.review.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_number_on_the_page_is_the_length_of_its_list(client, flow, olive):
    shown = NUMBER.findall(page_of(client, olive))

    lengths = {box: records_in(olive, box).count() for box, _ in shown}
    assert {box: int(number.replace(",", "")) for box, number in shown} == lengths
    assert {
        "database_results",
        "records_excluded",
        "dbr_excluded:E2",
        "pending_title_abstract",
        "citations_results",
        "new_studies",
    } <= set(lengths)


def test_every_number_opens_a_page_that_has_as_many(client, flow, olive):
    links = dict(LINK.findall(page_of(client, olive)))
    assert len(links) > 20

    for address, number in links.items():
        answer = client.get(html.unescape(address))
        assert answer.status_code == 200, address
        found = FOUND.search(answer.content.decode())[1].replace("No", "0")
        assert (address, found) == (address, number)


def test_the_numbers_are_those_of_the_records(flow, olive):
    numbers = count(olive)

    assert {box: numbers[box] for box in BOXES if numbers[box]} == {
        "identified": 21,
        "database_results": 21,
        "duplicates": 12,
        "records_screened": 9,
        "records_excluded": 2,
        "pending_title_abstract": 3,
        "dbr_sought_reports": 4,
        "dbr_notretrieved_reports": 1,
        "pending_retrieval": 1,
        "dbr_assessed": 2,
        "dbr_excluded": 1,
        "dbr_included": 1,
        "other_identified": 1,
        "citations_results": 1,
        "other_sought_reports": 1,
        "other_pending_retrieval": 1,
        "new_studies": 1,
        "new_reports": 1,
        "total_studies": 1,
        "total_reports": 1,
        "ta_unseen": 1,
        "ta_begun": 1,
        "ta_conflict": 1,
        "ft_to_get": 2,
    }


def test_an_adjusted_number_says_so_beside_its_list(client, flow, olive):
    page = page_of(client, olive)

    assert re.search(r'data-total="duplicates"><a href="#adjustments">12<', page)
    assert "Removed in EndNote." in page
    assert re.search(r'data-total="database_results">21<', page)


def test_a_report_is_counted_under_one_reason_that_both_gave(flow, olive):
    """Bob's first reason is Alice's second choice: neither reviewer is counted for themselves."""
    assert count(olive).parts("dbr_excluded") == {"E2": 1}
    assert [record.pk for record in records_in(olive, "dbr_excluded:E2")] == [flow[0].record.pk]
    assert records_in(olive, "dbr_excluded:E1").count() == 0


def test_reasons_without_a_common_one_count_the_first_of_all(flow, olive, at_full_text):
    at_full_text(flow[3], "E2", "E1")
    time_passes(timedelta(hours=1))

    assert count(olive).parts("dbr_excluded") == {"E1": 1, "E2": 1}


def test_the_reason_of_a_resolution_counts_before_those_of_votes(
    flow, olive, carol, at_full_text, review
):
    review.protocols.update(resolution_mode="adjudication")
    at_full_text(flow[3], "E2", "+")
    time_passes(timedelta(hours=1))
    adjudicate(
        access_for(carol.user, review.pk),
        flow[3].record,
        stage=FT,
        decision=Decision.EXCLUDE,
        reason="E1",
        rationale="Rats.",
    )

    assert count(olive).parts("dbr_excluded") == {"E1": 1, "E2": 1}


def test_what_is_reopened_is_in_progress_again_and_takes_its_report_along(flow, olive, dora):
    reopen(dora, flow[1].record, stage=TA, why="Wrong abstract.")

    numbers = count(olive)
    assert (numbers["pending_title_abstract"], numbers["dbr_sought_reports"]) == (4, 3)
    assert numbers["new_studies"] == 0


def test_a_box_nobody_knows_has_no_list(olive):
    for box in ("nothing", "records_screened:E1", "database_results:x", "database_results:²"):
        with pytest.raises(KeyError):
            records_in(olive, box)
    assert records_in(olive, "database_results:9").count() == 0


def test_lists_hold_no_record_of_another_review(flow, mallory):
    assert {records_in(mallory, box).count() for box in BOXES} == {0}


def test_the_page_says_what_is_missing_and_when_nothing_is(client, flow, olive, dora):
    page = page_of(client, olive)
    assert ("In progress" in page, ">Final<" in page) == (True, False)
    assert Report(olive).is_final is False
    assert [check.shown.code for check in Report(olive).checks if not check.is_met] == [
        "ta_unseen",
        "ta_begun",
        "ta_conflict",
        "ft_to_get",
    ]


def test_a_review_all_of_which_is_decided_is_final(client, review, screened, olive, no_undo):
    screened("--")
    time_passes(timedelta(hours=1))

    assert Report(olive).is_final
    assert ">Final<" in page_of(client, olive)


def test_a_review_without_records_is_neither_final_nor_broken(client, review, olive):
    page = page_of(client, olive)

    assert (">Final<" in page, "do not add up" in page) == (False, False)


# --- Blinding -----------------------------------------------------------------------------------


@pytest.fixture
def seen(client, review):
    """Every byte of the report, its parts and its files for this person, without cache."""

    def look(access) -> list[bytes]:
        client.force_login(access.user)
        found = []
        for name, args in [
            ("report", []),
            ("agreement", []),
            ("export", ["prisma_flow"]),
            ("export", ["agreement"]),
            ("files", []),
        ]:
            cache.clear()
            answer = client.get(reverse(f"reporting:{name}", args=[review.pk, *args]))
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            found.append(re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", body))
        return found

    return look


@pytest.fixture
def in_worlds(seen, long_undo):
    """What each person sees where the deed was one thing, and where it was another."""

    def compare(deeds, people) -> list[list[list[bytes]]]:
        worlds = []
        for deed in deeds:
            with transaction.atomic():
                deed()
                worlds.append([seen(person) for person in people])
                transaction.set_rollback(True)
        return worlds

    return compare


@pytest.mark.parametrize("alices", [".", "+", "-"])
def test_a_vote_that_is_not_settled_changes_no_byte(
    flow, in_worlds, screened, alice, carol, dora, olive, alices
):
    worlds = in_worlds(
        [lambda sign=sign: screened(alices + sign) for sign in "+-?"], [alice, carol, dora, olive]
    )

    assert worlds[0] == worlds[1] == worlds[2]


@pytest.mark.parametrize("alices", [(), ("E1",), ("+",)])
def test_nor_does_one_on_a_report_or_its_reason(
    flow, in_worlds, reasons, alice, bob, carol, dora, olive, alices
):
    def act(bobs):
        record = flow[3].record
        if alices:
            ballot = (
                Ballot(Decision.INCLUDE)
                if alices == ("+",)
                else Ballot(Decision.EXCLUDE, reasons=alices)
            )
            cast_vote(alice, record, ballot, stage=FT)
        cast_vote(bob, record, bobs, stage=FT)

    deeds = [
        lambda ballot=ballot: act(ballot)
        for ballot in (
            Ballot(Decision.INCLUDE),
            Ballot(Decision.EXCLUDE, reasons=("E1",)),
            Ballot(Decision.EXCLUDE, reasons=("E2", "E1")),
        )
    ]

    worlds = in_worlds(deeds, [alice, carol, dora, olive])

    assert worlds[0] == worlds[1] == worlds[2]


def test_an_open_conflict_does_not_tell_others_who_voted_what(
    flow, in_worlds, screened, alice, carol, dora, olive
):
    def conflict(signs):
        screened(signs)
        time_passes(timedelta(hours=1))

    worlds = in_worlds(
        [lambda: conflict("+-"), lambda: conflict("-+")], [carol, dora, olive, alice]
    )

    assert worlds[0][:3] == worlds[1][:3]
    assert worlds[0][3] != worlds[1][3]


def test_a_reopened_record_does_not_tell_how_it_was_judged(
    in_worlds, screened, alice, carol, dora, olive, no_undo
):
    screened("--")

    def judged(signs):
        item = screened(signs)
        reopen(dora, item.record, stage=TA, why="A mistake.")

    worlds = in_worlds([lambda: judged("++"), lambda: judged("--")], [alice, carol, dora, olive])

    assert worlds[0] == worlds[1]


# --- What is kept -------------------------------------------------------------------------------


def test_numbers_are_kept_until_something_is_logged(flow, olive, dora, django_assert_num_queries):
    first = Report(olive).numbers

    with django_assert_num_queries(3):  # the end of the log, and twice what is settling
        assert Report(olive).numbers == first

    add_adjustment(dora, box="excluded_other", number=3, why="Retracted.")

    assert Report(olive).numbers["excluded_other"] == 3


def test_numbers_are_not_kept_while_something_is_settling(flow, olive, screened):
    """It settles without an entry in the log."""
    screened("--")
    before = Report(olive).numbers["records_excluded"]

    time_passes(timedelta(minutes=1))

    assert (before, Report(olive).numbers["records_excluded"]) == (2, 3)


def test_the_page_asks_as_much_for_many_records_as_for_few(client, flow, screened, olive):
    def queries() -> int:
        cache.clear()
        client.force_login(olive.user)
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("reporting:report", args=[olive.review.pk]))
        return len(asked)

    few = queries()
    for _ in range(8):
        screened("+-")
    time_passes(timedelta(hours=1))

    assert queries() == few
