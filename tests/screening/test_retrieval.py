"""Getting reports: what is said of them, when it holds, who may say it, and who is shown what."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screening import retrieval as reading
from screening.access import Refused, RepeatedRequest, RequestClaim, access_for
from screening.actions.retrieval import NotToBeHad, say_of_report, say_of_reports
from screening.actions.rounds import reopen
from screening.actions.voting import Ballot, cast_vote, take_back_vote
from screening.models import (
    ExclusionReason,
    Import,
    LogEntry,
    Record,
    Retrieval,
    RetrievalState,
    ScreeningItem,
)
from screening.retrieval import Shown
from screening.rules import Decision, Stage
from screening.verification import verify
from tests import clock
from tests.factories import ItemFactory, RecordFactory

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
INCLUDE, EXCLUDE = Decision.INCLUDE, Decision.EXCLUDE
ASKED, HERE, NOT_HERE = RetrievalState


@pytest.fixture
def reason(review):
    return ExclusionReason.objects.create(review=review, code="E1", position=1, label="No images")


@pytest.fixture
def record(review, alice, bob, reason):
    return included(review, alice, bob)


def included(review, *voters, **fields) -> Record:
    """A record all of them included at title and abstract, an hour ago."""
    record = RecordFactory(review=review, **fields)
    ItemFactory(review=review, record=record)
    for access in voters:
        cast_vote(again(access), record, Ballot(INCLUDE), stage=TA)
    clock.time_passes(timedelta(hours=1))
    return record


def of_other_methods(review) -> Record:
    """It skipped title and abstract, and is sought since the import."""
    record = RecordFactory(review=review)
    ItemFactory(
        review=review, record=record, stage=FT, sought_at=review.created_at - timedelta(hours=1)
    )
    return record


def again(access, **fields):
    """The person as a request would find them now."""
    return access_for(access.user, access.review.pk, **fields)


def vote(access, record, decision):
    codes = ("E1",) if decision == EXCLUDE else ()
    return cast_vote(again(access), record, Ballot(decision, reasons=codes), stage=FT)


def state_of(record):
    said = Retrieval.objects.in_force().filter(record=record).first()
    return said and said.state


def logged():
    entries = LogEntry.objects.filter(action="report.retrieval").order_by("sequence")
    return [
        (one.actor.name, one.before and one.before["state"], one.after["state"], one.why)
        for one in entries
    ]


def nothing_differs(review) -> bool:
    Import.objects.update(found=review.records.count(), read=review.records.count())
    return verify(review).differences == []


# --- What is said -----------------------------------------------------------------------------


def test_a_report_is_asked_for_not_to_be_had_and_here_after_all(record, libby, bob, dora):
    say_of_report(libby, record, ASKED, why="  The author, by e-mail.  ")
    say_of_report(dora, record, NOT_HERE, why="No answer in six weeks.")
    say_of_report(bob, record, HERE)

    rows = list(Retrieval.objects.order_by("pk"))
    assert [(row.state, row.why, row.said_by.name) for row in rows] == [
        ("requested", "The author, by e-mail.", "Libby"),
        ("not_retrieved", "No answer in six weeks.", "Dora"),
        ("retrieved", "", "Bob"),
    ]
    assert [row.ended_at_sequence for row in rows] == [
        rows[1].started_at_sequence,
        rows[2].started_at_sequence,
        None,
    ]
    assert logged() == [
        ("Libby", None, "requested", "The author, by e-mail."),
        ("Dora", "requested", "not_retrieved", "No answer in six weeks."),
        ("Bob", "not_retrieved", "retrieved", ""),
    ]
    assert nothing_differs(record.review)


def test_what_was_said_is_taken_back_and_its_row_stays(record, libby):
    said = say_of_report(libby, record, NOT_HERE, why="Lost.")

    assert say_of_report(libby, record, None) is None

    said.refresh_from_db()
    assert said.ended_at_sequence == LogEntry.objects.latest("sequence").sequence
    assert logged()[-1] == ("Libby", "not_retrieved", "sought", "")
    assert nothing_differs(record.review)


def test_the_same_thing_said_again_changes_nothing(record, libby, bob):
    assert say_of_report(libby, record, None) is None
    first = say_of_report(libby, record, ASKED, why="The author.")
    assert say_of_report(bob, record, ASKED, why="The author.") == first
    here = say_of_report(libby, record, HERE, why="From the publisher.")

    assert say_of_report(bob, record, HERE) == here

    assert Retrieval.objects.count() == len(logged()) == 2


def test_another_person_asked_is_another_request(record, libby):
    say_of_report(libby, record, ASKED, why="The author.")
    say_of_report(libby, record, ASKED, why="The library of Oslo.")

    assert [row.why for row in Retrieval.objects.all()] == ["The author.", "The library of Oslo."]


@pytest.mark.parametrize(
    ("state", "words"), [(ASKED, "whom you asked"), (NOT_HERE, "why the report cannot")]
)
def test_what_needs_words_is_refused_without_them(record, libby, state, words):
    with pytest.raises(Refused, match=words):
        say_of_report(libby, record, state, why="  ")

    assert not Retrieval.objects.exists()


@pytest.mark.parametrize("decision", [INCLUDE, EXCLUDE])
def test_a_vote_makes_a_report_retrieved_whatever_it_says(record, alice, libby, decision):
    say_of_report(libby, record, ASKED, why="The author.")

    vote(alice, record, decision)

    assert state_of(record) == HERE
    assert logged()[-1] == ("Alice", "requested", "retrieved", "")


def test_a_report_that_was_screened_is_here_and_nothing_else(record, alice, libby):
    vote(alice, record, INCLUDE)

    for state in (ASKED, NOT_HERE, None):
        with pytest.raises(Refused, match="screened the report of record 1 already"):
            say_of_report(libby, record, state, why="Lost.")

    assert state_of(record) == HERE


def test_a_vote_of_an_earlier_round_has_read_it_as_well(record, alice, bob, dora, libby):
    vote(alice, record, EXCLUDE)
    vote(bob, record, EXCLUDE)
    clock.time_passes(timedelta(hours=1))
    reopen(dora, record, stage=FT, why="The supplement was overlooked.")

    with pytest.raises(Refused, match="so it is here"):
        say_of_report(libby, record, NOT_HERE, why="Lost.")


def test_when_the_vote_is_taken_back_it_can_be_said_that_the_report_is_not_here(
    record, alice, libby
):
    vote(alice, record, INCLUDE)
    take_back_vote(alice, record, stage=FT)
    assert state_of(record) == HERE

    say_of_report(libby, record, NOT_HERE, why="It was another report.")

    with pytest.raises(NotToBeHad):
        vote(alice, record, INCLUDE)


def test_a_report_is_not_sought_before_its_record_is_settled(review, alice, bob, libby):
    record = ItemFactory(review=review).record
    for access in (alice, bob):
        cast_vote(access, record, Ballot(INCLUDE), stage=TA)

    for state in (HERE, None):
        with pytest.raises(Refused, match="report of record 1 is not sought"):
            say_of_report(libby, record, state)

    clock.time_passes(timedelta(hours=1))
    say_of_report(libby, record, HERE)
    assert state_of(record) == HERE


def test_a_report_of_other_methods_is_got_without_title_and_abstract(review, libby, dora):
    record = of_other_methods(review)

    say_of_report(libby, record, HERE)

    assert LogEntry.objects.get().item is None
    assert nothing_differs(review)


def test_only_who_may_retrieve_says_so_whatever_their_page_knew(record, olive, carol, libby):
    for access in (olive, carol):
        with pytest.raises(PermissionDenied):
            say_of_report(access, record, HERE)
    libby.membership.roles.all().delete()
    with pytest.raises(PermissionDenied):
        say_of_report(libby, record, HERE)


def test_a_record_of_another_review_is_not_sought_here(record, mallory):
    with pytest.raises(Refused, match="is not sought"):
        say_of_report(mallory, record, HERE)

    assert not Retrieval.objects.exists()


# --- Several at once --------------------------------------------------------------------------


def test_several_reports_are_retrieved_in_one_go_each_with_its_entry(review, alice, bob, libby):
    records = [included(review, alice, bob) for _ in range(3)]
    say_of_report(libby, records[1], HERE)

    said = say_of_reports(libby, records[::-1], HERE)

    assert [row.record for row in said] == records[::-1]
    assert [state_of(record) for record in records] == [HERE] * 3
    assert len(logged()) == 3
    assert nothing_differs(review)


def test_when_one_of_them_is_not_sought_none_is_changed(review, alice, bob, libby):
    records = [included(review, alice, bob), RecordFactory(review=review)]

    with pytest.raises(Refused, match="record 2 is not sought"):
        say_of_reports(libby, records, HERE)

    assert not Retrieval.objects.exists()


def test_a_request_sent_twice_is_carried_out_once(review, alice, bob, libby):
    records = [included(review, alice, bob) for _ in range(2)]
    claim = RequestClaim("k" * 32, "two reports")
    say_of_reports(again(libby, claim=claim), records, HERE)

    with pytest.raises(RepeatedRequest):
        say_of_reports(again(libby, claim=claim), records, HERE)

    assert Retrieval.objects.count() == 2


# --- Intervals --------------------------------------------------------------------------------


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([ASKED, HERE, NOT_HERE, None, "vote", "take back"]),
            st.sampled_from(["The author.", "The library."]),
            st.booleans(),
        ),
        max_size=8,
    )
)
def test_at_every_moment_of_the_log_one_thing_holds_and_the_log_says_which(
    record, alice, libby, other_record, steps
):
    """Whatever is said by whom, of two reports in turn: rows follow each other without a gap."""
    records = {True: record, False: other_record}
    with transaction.atomic():
        for what, why, which in steps:
            _attempt(what, why, records[which], alice, libby)
        for one in records.values():
            assert _by_rows(one) == _by_the_log(one)
        assert nothing_differs(record.review)
        transaction.set_rollback(True)


def _by_rows(record: Record) -> list[list[str]]:
    """What holds of the report at each entry of the log."""
    rows = list(Retrieval.objects.filter(record=record).order_by("pk"))
    last = LogEntry.objects.filter(review=record.review).count()
    return [
        [row.state for row in rows if _held(row, sequence)] or ["sought"]
        for sequence in range(1, last + 1)
    ]


def _by_the_log(record: Record) -> list[list[str]]:
    holds, found = "sought", []
    for entry in LogEntry.objects.filter(review=record.review).order_by("sequence"):
        is_told = entry.action == "report.retrieval" and entry.after["record"] == record.number
        holds = entry.after["state"] if is_told else holds
        found.append([holds])
    return found


@pytest.fixture
def other_record(review, alice, bob, record):
    return included(review, alice, bob)


def _held(row: Retrieval, sequence: int) -> bool:
    ended = row.ended_at_sequence
    return row.started_at_sequence <= sequence and (ended is None or sequence < ended)


def _attempt(what, why, record, alice, libby) -> None:
    try:
        if what == "vote":
            vote(alice, record, INCLUDE)
        elif what == "take back":
            take_back_vote(alice, record, stage=FT)
        else:
            say_of_report(libby, record, what, why=why)
    except Refused:
        pass


# --- The list ---------------------------------------------------------------------------------


@pytest.fixture
def four(review, alice, bob, libby, reason):
    """One report in each state, in the order of the lists."""
    names = ("to get", "asked for", "here", "not here")
    records = {
        name: included(review, alice, bob, title=f"On {name}", doi=f"10.1/{place}")
        for place, name in enumerate(names)
    }
    say_of_report(libby, records["asked for"], ASKED, why="The author, by e-mail")
    say_of_report(libby, records["here"], HERE)
    say_of_report(libby, records["not here"], NOT_HERE, why="The journal is gone")
    return records


def address_of(review, record=None, **query):
    name, args = ("full_text", [review.pk, record.pk]) if record else ("full_texts", [review.pk])
    return reverse(f"screening:{name}", args=args, query=query)


def test_each_list_has_what_its_count_says(four, olive):
    counts = reading.counted(olive)

    for shown, name in zip(list(Shown)[:4], four, strict=True):
        items = reading.sought(olive, shown)
        assert [item.record for item in items] == [four[name]]
        assert counts[shown] == 1
    assert [item.record for item in reading.sought(olive)] == list(four.values())
    assert counts[Shown.ALL] == 4


def test_the_list_says_who_said_what_and_links_out(client, four, olive):
    client.force_login(olive.user)

    text = client.get(address_of(olive.review, show="all")).content.decode()

    assert "said Libby on" in text
    assert "The author, by e-mail" in text
    assert "https://doi.org/10.1/0" in text
    assert "<form" not in text.partition("<main")[2].partition("</main>")[0]


def test_one_click_marks_a_report_and_goes_on_where_it_was(client, four, libby):
    client.force_login(libby.user)
    address = address_of(libby.review, show="all")
    sent = {"record": four["to get"].pk, "behind": four["asked for"].pk, "request_key": "one"}

    answers = [client.post(address, sent) for _ in range(2)]

    place = f"{address}#report-{four['asked for'].pk}"
    assert [(one.status_code, one.url) for one in answers] == [(303, place)] * 2
    assert state_of(four["to get"]) == HERE
    assert Retrieval.objects.filter(record=four["to get"]).count() == 1


def test_ticked_reports_are_marked_together(client, four, libby):
    client.force_login(libby.user)
    ticked = [four[name].pk for name in ("to get", "asked for", "not here")]

    page = client.post(address_of(libby.review), {"record": ticked}, follow=True)

    assert Retrieval.objects.in_force().filter(state=HERE).count() == 4
    assert "3 reports: retrieved." in page.content.decode()


@pytest.mark.parametrize("sent", [{}, {"record": "seven"}, {"record": str(10**25)}])
def test_nothing_ticked_is_told_and_nothing_changed(client, four, libby, sent):
    client.force_login(libby.user)
    before = len(logged())

    response = client.post(address_of(libby.review, show="asked-for"), sent)

    assert response.status_code == 422
    assert "Nothing was changed" in response.content.decode()
    assert "On asked for" in response.content.decode()
    assert len(logged()) == before


def test_a_list_of_more_than_fifty_goes_on(client, review, alice, bob, libby, reason):
    for _ in range(51):
        of_other_methods(review)
    client.force_login(libby.user)

    first = client.get(address_of(review)).content.decode()
    second = client.get(address_of(review, show="to-get", after=50)).content.decode()

    assert first.count('id="report-') == 50
    assert "?show=to-get&amp;after=50" in first
    assert second.count('id="report-') == 1


@pytest.mark.parametrize("query", [{"show": "nonsense"}, {"after": "x"}, {"after": "9" * 30}])
def test_an_address_that_asks_for_nonsense_shows_what_is_to_get(client, four, olive, query):
    client.force_login(olive.user)

    response = client.get(address_of(olive.review, **query))

    assert response.status_code == 200
    assert "On to get" in response.content.decode()


# --- One report -------------------------------------------------------------------------------


def test_the_page_of_a_report_lists_all_that_was_said(client, record, libby, bob):
    say_of_report(libby, record, ASKED, why="The author.")
    say_of_report(bob, record, NOT_HERE, why="No answer.")
    say_of_report(libby, record, None)
    client.force_login(bob.user)

    text = client.get(address_of(bob.review, record)).content.decode()

    assert "taken back by Libby" in text
    assert text.index("The author.") < text.index("No answer.")
    assert '<h2 id="state">To get</h2>' in text


def test_a_form_says_what_became_of_a_report(client, record, libby):
    client.force_login(libby.user)
    sent = {"state": "not_retrieved", "why": "No answer.", "request_key": "one"}

    answers = [client.post(address_of(libby.review, record), sent) for _ in range(2)]

    assert [one.status_code for one in answers] == [303, 303]
    assert state_of(record) == NOT_HERE
    assert len(logged()) == 1
    client.post(address_of(libby.review, record), {"state": "taken_back"})
    assert state_of(record) is None


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"state": "requested"}, "Say whom you asked."),
        ({"state": "not_retrieved", "why": " "}, "Say why the report cannot be retrieved."),
        ({"why": "kept <as typed>"}, "Choose what became of the report."),
        ({"state": "burnt", "why": "kept <as typed>"}, "Choose what became of the report."),
        ({"state": "requested", "why": "x" * 2_001}, "below 2,000 characters"),
    ],
)
def test_a_form_that_lacks_something_is_shown_again_as_it_was(client, record, libby, sent, told):
    client.force_login(libby.user)

    response = client.post(address_of(libby.review, record), sent)

    text = response.content.decode()
    assert response.status_code == 422
    assert told in text
    if "typed" in sent.get("why", ""):
        assert "kept &lt;as typed&gt;" in text
    assert not Retrieval.objects.exists()


def test_a_refusal_keeps_what_was_typed(client, record, alice, libby):
    vote(alice, record, INCLUDE)
    client.force_login(libby.user)

    response = client.post(
        address_of(libby.review, record), {"state": "not_retrieved", "why": "Lost on the way."}
    )

    assert response.status_code == 409
    assert "Lost on the way." in response.content.decode()


def test_who_only_looks_is_offered_nothing_and_refused(client, record, olive, carol, mallory):
    for access in (olive, carol):
        client.force_login(access.user)
        for address in (address_of(olive.review, record), address_of(olive.review)):
            assert "request_key" not in client.get(address).content.decode()
            assert client.post(address, {"state": "retrieved"}).status_code == 403
    client.force_login(mallory.user)
    for review in (olive.review, mallory.review):
        assert client.get(address_of(review, record)).status_code == 404
        assert client.post(address_of(review, record), {"state": "retrieved"}).status_code == 404
    marked = client.post(address_of(mallory.review), {"record": record.pk})
    assert marked.status_code == 404


def test_a_title_is_text_on_both_pages(client, review, alice, bob, reason):
    record = included(review, alice, bob, title="<script>x</script>", url="javascript:x")
    client.force_login(alice.user)

    for address in (address_of(review), address_of(review, record)):
        text = client.get(address).content.decode()
        assert "<script>x" not in text
        assert "javascript:" not in text


# --- Blinding ---------------------------------------------------------------------------------


def test_nobody_is_shown_that_a_report_is_sought_before_its_record_is_settled(
    client, review, alice, bob, dora
):
    record = ItemFactory(review=review).record
    for access in (alice, bob):
        cast_vote(access, record, Ballot(INCLUDE), stage=TA)
    assert ScreeningItem.objects.at(FT).filter(record=record).exists()

    for access in (alice, dora):
        client.force_login(access.user)
        assert client.get(address_of(review, record)).status_code == 404
        assert record.title not in client.get(address_of(review, show="all")).content.decode()
    assert reading.counted(dora)[Shown.ALL] == 0


def test_a_vote_taken_back_in_time_leaves_no_page_behind(client, review, alice, bob, dora):
    record = ItemFactory(review=review).record
    for access in (alice, bob):
        cast_vote(access, record, Ballot(INCLUDE), stage=TA)
    cast_vote(bob, record, Ballot(EXCLUDE), stage=TA)
    clock.time_passes(timedelta(hours=1))

    client.force_login(dora.user)
    assert client.get(address_of(review, record)).status_code == 404
