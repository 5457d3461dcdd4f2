"""Conflicts on pages: the list that empties, and the page on which one is resolved."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from screening.actions import conflicts as actions
from screening.actions.voting import Ballot, cast_vote
from screening.conflicts import Deed
from screening.models import (
    Confirmation,
    LogEntry,
    MembershipRole,
    Proposal,
    Record,
    Referral,
    Resolution,
    ResolutionMode,
    Role,
    ScreeningItem,
    Vote,
)
from screening.rules import Outcome
from tests.clock import complete_since
from tests.conftest import join
from tests.factories import ItemFactory, RecordFactory
from tests.screening.clashes import (
    EXCLUDE,
    INCLUDE,
    STAGE,
    adjudicate,
    again,
    clash,
    confirm,
    outcome_of,
    panel_of,
    propose,
    set_protocol,
)

pytestmark = pytest.mark.usefixtures("no_undo")


# --- Pages: the list --------------------------------------------------------------------------


def list_address(review):
    return reverse("screening:conflicts", args=[review.pk, STAGE])


def address(record):
    return reverse("screening:conflict", args=[record.review_id, STAGE, record.pk])


def rows_of(response):
    """Number and what it waits for, of each conflict listed."""
    return [(panel.item.record.number, panel.waits) for panel in response.context["panels"]]


def test_the_list_is_in_the_order_of_screening_and_says_what_each_waits_for(
    client, review, alice, bob, carol, dora
):
    last = clash(review, (alice, INCLUDE), (bob, EXCLUDE), rank=30)
    first = clash(review, (alice, INCLUDE), (bob, EXCLUDE), rank=10)
    referred = clash(review, (alice, INCLUDE), (bob, EXCLUDE), rank=20)
    clash(review, (alice, INCLUDE), (bob, INCLUDE))
    propose(alice, first)
    actions.refer(again(dora), referred, stage=STAGE)

    listed = {}
    for person in (alice, bob, carol, dora):
        client.force_login(person.user)
        listed[person.user.name] = rows_of(client.get(list_address(review)))

    numbers = [first.number, referred.number, last.number]
    assert listed == {
        name: list(zip(numbers, waits, strict=True))
        for name, waits in {
            "Alice": ["for Bob to confirm", "for adjudication", "for a proposal"],
            "Bob": ["for you to confirm", "for adjudication", "for a proposal"],
            "Carol": [
                "for the other voters to confirm",
                "for you to adjudicate",
                "for a proposal",
            ],
            "Dora": [
                "for the other voters to confirm",
                "for you to adjudicate",
                "for a proposal",
            ],
        }.items()
    }


def test_each_row_is_flagged_by_a_word(client, review, alice, bob):
    clash(review, (alice, INCLUDE), (bob, EXCLUDE), title="Mice on ice")
    client.force_login(alice.user)

    page = client.get(list_address(review)).content.decode()

    assert page.count('<span class="chip conflict">conflict</span>') == 1
    assert page.count("Mice on ice") == 1


def test_the_list_can_be_narrowed_to_what_waits_for_me(client, review, alice, bob, carol):
    mine = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    waiting = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    propose(alice, waiting)
    client.force_login(alice.user)

    shown = client.get(list_address(review), {"waiting": "me"})

    assert rows_of(shown) == [(mine.number, "for a proposal")]
    assert shown.context["counts"] == {"open": 2, "mine": 1, "resolved": 0}


def test_resolved_conflicts_are_listed_with_their_ending(client, review, alice, bob, olive):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    confirm(bob, record, propose(alice, record))
    client.force_login(olive.user)

    assert rows_of(client.get(list_address(review))) == []
    shown = client.get(list_address(review), {"show": "resolved"})

    assert [panel.ending for panel in shown.context["panels"]] == ["excluded after discussion"]


def test_pages_of_fifty_hold_every_conflict_once_also_while_they_are_settled(
    client, review, alice, bob
):
    records = [clash(review, (alice, INCLUDE), (bob, EXCLUDE)) for _ in range(52)]
    client.force_login(alice.user)

    first = client.get(list_address(review))
    confirm(bob, records[49], propose(alice, records[49]))
    second = client.get(list_address(review), {"after": first.context["page"].after})

    numbers = [number for page in (first, second) for number, _ in rows_of(page)]
    assert numbers == [record.number for record in records]
    assert second.context["page"].after == ""


@pytest.mark.parametrize("after", ["", "-1", "x", "99999", "9" * 40, "²"])
def test_a_page_behind_nothing_is_the_first(client, review, alice, bob, after):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    client.force_login(alice.user)

    response = client.get(list_address(review), {"after": after})

    assert rows_of(response) == [(record.number, "for a proposal")]


def conflicts_in_bulk(review, alice, bob, n):
    """`n` settled conflicts, every second one with a proposal of Alice's."""
    first = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    now = timezone.now()
    records = Record.objects.bulk_create(
        Record(
            review=review,
            imported_by=first.imported_by,
            number=number,
            position=number,
            rank=number,
            title=f"Record {number}",
        )
        for number in range(first.number + 1, first.number + n)
    )
    items = ScreeningItem.objects.bulk_create(
        ScreeningItem(
            review=review,
            record=record,
            stage=STAGE,
            quorum=2,
            rank=record.rank,
            outcome=Outcome.CONFLICT,
            completed_at=now,
        )
        for record in records
    )
    protocol = review.protocols.get()
    Vote.objects.bulk_create(
        Vote(
            item=item,
            reviewer=voter.user,
            protocol=protocol,
            slot=slot,
            quorum=2,
            decision=decision,
            cast_at=now,
        )
        for item in items
        for slot, voter, decision in [(1, alice, INCLUDE), (2, bob, EXCLUDE)]
    )
    Proposal.objects.bulk_create(
        Proposal(
            item=item,
            proposed_by=alice.user,
            proposed_at=now,
            decision=EXCLUDE,
            rationale="Mice.",
        )
        for item in items[::2]
    )


@pytest.mark.parametrize("asked", [{}, {"waiting": "me"}, {"after": "5"}])
def test_the_list_takes_as_many_queries_for_a_thousand_conflicts_as_for_ten(
    client, review, alice, bob, asked
):
    client.force_login(bob.user)
    queries, shown = [], []

    for n in (10, 990):
        conflicts_in_bulk(review, alice, bob, n)
        with CaptureQueriesContext(connection) as captured:
            response = client.get(list_address(review), asked)
        queries.append(len(captured))
        shown.append(len(response.context["panels"]))

    assert queries[0] == queries[1]
    assert shown == [5 if asked.get("after") else 10, 50]


EMPTY = {
    10: "Conflicts appear 10 seconds after the last vote on a record.",
    0: "Conflicts appear with the last vote on a record.",
}


@pytest.mark.parametrize("seconds", EMPTY)
def test_an_empty_list_says_why_and_where_to_go(client, review, alice, settings, seconds):
    settings.UNDO_SECONDS = seconds
    client.force_login(alice.user)

    page = text_of(client.get(list_address(review)))

    assert re.findall(r"Conflicts appear [^.]*\.", page) == [EMPTY[seconds]]
    assert page.count("Screen records") == 1


def test_an_empty_list_writes_thousands_with_a_comma():
    counts = {"open": 1_234, "mine": 0, "resolved": 0}

    page = render_to_string(
        "screening/_conflict_none.html",
        {"page": {"is_first": True}, "shown": "mine", "counts": counts},
    )

    assert "1,234 conflicts wait for somebody else." in " ".join(page.split())


def test_an_unsettled_conflict_is_nowhere(client, review, alice, bob, dora, settings):
    settings.UNDO_SECONDS = 10
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))

    for person in (alice, bob, dora):
        client.force_login(person.user)
        shown = client.get(list_address(review))
        assert rows_of(shown) == []
        assert shown.context["counts"] == {"open": 0, "mine": 0, "resolved": 0}
        assert client.get(address(record)).status_code == 404
        assert client.post(address(record), {"decision": "include"}).status_code == 404

    complete_since(timezone.now() - timedelta(seconds=11))

    assert client.get(address(record)).status_code == 200


def test_what_is_settled_by_agreement_or_short_of_votes_has_no_page(client, review, alice, bob):
    agreed = clash(review, (alice, EXCLUDE), (bob, EXCLUDE))
    short = RecordFactory(review=review)
    ItemFactory(review=review, record=short)
    cast_vote(again(alice), short, Ballot(INCLUDE), stage=STAGE)
    client.force_login(alice.user)

    for record in (agreed, short):
        assert client.get(address(record)).status_code == 404
        assert client.post(address(record), {"action": "propose"}).status_code == 404


def test_a_stranger_finds_nothing_and_no_other_reviews_conflict_is_reachable(
    client, review, alice, bob, mallory
):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    client.force_login(mallory.user)

    elsewhere = reverse("screening:conflict", args=[mallory.review.pk, STAGE, record.pk])
    statuses = [
        client.get(list_address(review)).status_code,
        client.get(address(record)).status_code,
        client.post(address(record), {"action": "refer"}).status_code,
        client.get(elsewhere).status_code,
        client.post(elsewhere, {"action": "refer"}).status_code,
    ]

    assert statuses == [404] * 5
    assert Referral.objects.count() == 0


# --- Pages: one conflict ----------------------------------------------------------------------


def text_of(response):
    text = re.sub(r"<[^>]*>", "", response.content.decode())
    return re.sub(r"\s+", " ", text)


def sides_of(response):
    found = re.findall(
        r"<h3>([^<]*)</h3>\s*<span class=\"chip \w+\">(\w+)</span>", response.content.decode()
    )
    return [(label, decision) for label, decision in found]


def actions_of(response):
    return re.findall(r'name="action" value="(\w+)"', response.content.decode())


def follow(client, response):
    assert response.status_code == 303
    page = client.get(response["Location"])
    return page, [str(message) for message in page.context["messages"]]


def test_both_votes_stand_beside_each_other_with_their_notes(client, review, alice, bob, carol):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    client.force_login(alice.user)

    response = client.get(address(record))

    assert sides_of(response) == [("You", "include"), ("Bob", "exclude")]
    assert text_of(response).count("Bob says exclude.") == 1

    client.force_login(carol.user)
    response = client.get(address(record))

    assert [label for label, _ in sides_of(response)] == ["A", "B"]
    assert text_of(response).count("Names are hidden until this is resolved") == 1


def test_no_byte_of_an_open_conflict_names_a_voter(client, review, alice, bob, carol, dora):
    record = RecordFactory(review=review)
    ItemFactory(review=review, record=record)
    cast_vote(again(alice), record, Ballot(INCLUDE), stage=STAGE)
    cast_vote(again(bob), record, Ballot(EXCLUDE), stage=STAGE)
    first = propose(alice, record)
    actions.decline(again(bob), record, stage=STAGE, proposal_pk=first.pk, sentence="No.")
    propose(bob, record)

    for person in (carol, dora):
        client.force_login(person.user)
        for place in (list_address(review), address(record)):
            page = client.get(place).content.decode()
            assert (page.count("Alice"), page.count("Bob")) == (0, 0)


def test_the_forms_are_those_of_what_one_may_do(
    client, review, alice, bob, carol, dora, olive, libby
):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    forms = {}
    propose(alice, record)
    for person in (alice, bob, carol, dora, olive, libby):
        client.force_login(person.user)
        forms[person.user.name] = actions_of(client.get(address(record)))

    assert forms == {
        "Alice": ["withdraw"],
        "Bob": ["confirm", "decline"],
        "Carol": [],
        "Dora": ["withdraw", "refer"],
        "Olive": [],
        "Libby": [],
    }


def test_an_observer_reads_and_changes_nothing(client, review, alice, bob, olive):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    proposal = propose(alice, record)
    client.force_login(olive.user)
    entries = LogEntry.objects.count()

    assert client.get(address(record)).status_code == 200
    sent = {"decision": "include", "rationale": "Mine.", "sentence": "No.", "proposal": proposal.pk}
    statuses = {
        deed.value: client.post(address(record), {**sent, "action": deed}).status_code
        for deed in Deed
    }

    assert statuses == {deed.value: 403 for deed in Deed}
    assert client.post(address(record), {"action": "propose"}).status_code == 403
    assert client.post(address(record), {}).status_code == 403
    assert LogEntry.objects.count() == entries


def test_a_conflict_is_proposed_and_confirmed_by_pages(client, review, alice, bob):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    client.force_login(alice.user)
    sent = {"action": "propose", "decision": "include", "rationale": "People.", "present": "Dora"}

    page, told = follow(client, client.post(address(record), sent))

    assert page.request["PATH_INFO"] == list_address(review)
    assert told == [f"Record {record.number}. Proposed: include. Waiting for Bob."]

    client.force_login(bob.user)
    sent = {"action": "confirm", "proposal": Proposal.objects.get().pk}
    page, told = follow(client, client.post(address(record), sent))

    assert told == [f"Record {record.number}: included after discussion."]
    assert outcome_of(record) is Outcome.INCLUDED
    assert text_of(page).count("Every conflict is resolved") == 1


def test_declining_needs_a_sentence_and_keeps_the_proposal_until_it_has_one(
    client, review, alice, bob
):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    proposal = propose(alice, record)
    client.force_login(bob.user)
    sent = {"action": "decline", "proposal": proposal.pk, "sentence": "  "}

    response = client.post(address(record), sent)

    assert response.status_code == 422
    assert text_of(response).count("Say in a sentence why you decline.") == 2
    assert panel_of(bob, record).proposal == proposal

    page, told = follow(client, client.post(address(record), {**sent, "sentence": "Mice."}))

    assert told == [f"Record {record.number}: declined. The discussion goes on."]
    assert page.request["PATH_INFO"] == address(record)
    assert text_of(page).count("You declined:") == 1
    assert actions_of(page) == ["propose"]


def test_after_each_one_comes_the_next_that_waits_for_me_then_those_before_it(
    client, review, alice, bob, carol
):
    set_protocol(review, resolution_mode=ResolutionMode.ADJUDICATION)
    MembershipRole.objects.create(membership=carol.membership, role=Role.REVIEWER)
    one, two = [clash(review, (alice, INCLUDE), (bob, EXCLUDE)) for _ in range(2)]
    join(review, "Edda", Role.ADJUDICATOR)
    clash(review, (alice, INCLUDE), (carol, EXCLUDE))
    three = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    client.force_login(carol.user)
    sent = {"decision": "exclude", "rationale": "Mice."}

    page, told = follow(client, client.post(address(two), sent))
    assert page.request["PATH_INFO"] == address(three)
    assert told == [f"Record {two.number}: excluded after adjudication."]
    page, _ = follow(client, client.post(address(three), sent))
    assert page.request["PATH_INFO"] == address(one)
    page, _ = follow(client, client.post(address(one), sent))

    assert page.request["PATH_INFO"] == list_address(review)
    assert Resolution.objects.filter(mode="adjudication").count() == 3


def test_twenty_in_a_row_need_no_detour(client, review, alice, bob, carol):
    set_protocol(review, resolution_mode=ResolutionMode.ADJUDICATION)
    records = [clash(review, (alice, INCLUDE), (bob, EXCLUDE)) for _ in range(20)]
    client.force_login(carol.user)
    place, visited = address(records[0]), []

    while place != list_address(review):
        visited.append(place)
        page = client.get(place)
        key = re.search(r'name="request_key" value="(\w+)"', page.content.decode())[1]
        sent = {"decision": "include", "rationale": "People.", "request_key": key}
        place = client.post(place, sent)["Location"]

    assert visited == [address(record) for record in records]
    assert Resolution.objects.count() == 20


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"rationale": "Kept words"}, "Choose include or exclude."),
        ({"decision": "maybe", "rationale": "Kept words"}, "ends with include or exclude."),
        ({"decision": "include", "rationale": " "}, "Say why, in a sentence or two."),
        ({"decision": "include", "rationale": "x" * 10_001}, "this one is longer."),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_is_kept(client, review, alice, bob, sent, said):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    client.force_login(alice.user)
    sent = {"action": "propose", "present": "Dora and Edda", **sent}

    response = client.post(address(record), sent)

    page = response.content.decode()
    assert response.status_code == 422
    assert page.count(said) == 2
    assert page.count('value="Dora and Edda"') == 1
    assert page.count("Kept words") == int(sent["rationale"] == "Kept words")
    assert page.count("checked>") - page.count('id="keys-on" checked>') == int(
        sent.get("decision") == "include"
    )
    assert Proposal.objects.count() == 0


def test_an_adjudicator_who_voted_is_refused(client, review, alice, carol, dora):
    set_protocol(review, resolution_mode=ResolutionMode.ADJUDICATION)
    MembershipRole.objects.create(membership=carol.membership, role=Role.REVIEWER)
    record = clash(review, (alice, INCLUDE), (carol, EXCLUDE))
    client.force_login(carol.user)
    sent = {"decision": "exclude", "rationale": "Mine."}

    assert client.post(address(record), {**sent, "action": "adjudicate"}).status_code == 403
    assert client.post(address(record), sent).status_code == 403
    assert outcome_of(record) is Outcome.CONFLICT


def test_the_second_adjudicator_is_told_so(client, review, alice, bob, carol, dora):
    set_protocol(review, resolution_mode=ResolutionMode.ADJUDICATION)
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    adjudicate(carol, record, INCLUDE)
    client.force_login(dora.user)
    sent = {"action": "adjudicate", "decision": "exclude", "rationale": "Mine."}

    responses = [
        client.post(address(record), sent),
        client.post(address(record), {"action": "adjudicate"}),
    ]

    assert [response.status_code for response in responses] == [409, 409]
    sentence = f"Record {record.number} is not in conflict, or not any more. Nothing was changed."
    assert [text_of(response).count(sentence) for response in responses] == [1, 1]
    assert outcome_of(record) is Outcome.INCLUDED


def test_a_form_sent_twice_goes_on_as_the_first_time(client, review, alice, bob, carol):
    set_protocol(review, resolution_mode=ResolutionMode.ADJUDICATION)
    one, two = [clash(review, (alice, INCLUDE), (bob, EXCLUDE)) for _ in range(2)]
    client.force_login(carol.user)
    sent = {"decision": "exclude", "rationale": "Mice.", "request_key": "k" * 32}

    answers = [client.post(address(one), sent) for _ in range(2)]
    other = client.post(address(one), {**sent, "decision": "include"})

    assert [(answer.status_code, answer["Location"]) for answer in answers] == [
        (303, address(two))
    ] * 2
    assert other.status_code == 409
    assert outcome_of(one) is Outcome.EXCLUDED
    assert Resolution.objects.count() == 1


def test_an_answer_to_a_proposal_that_was_replaced_is_refused(client, review, alice, bob):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    old = propose(alice, record, INCLUDE)
    actions.withdraw(again(alice), record, stage=STAGE, proposal_pk=old.pk)
    propose(alice, record, EXCLUDE)
    client.force_login(bob.user)

    response = client.post(address(record), {"action": "confirm", "proposal": old.pk})

    assert response.status_code == 409
    assert outcome_of(record) is Outcome.CONFLICT


def test_a_deed_nobody_knows_is_no_request(client, review, alice, bob):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    client.force_login(alice.user)

    assert client.post(address(record), {"action": "burn"}).status_code == 400


def test_where_nobody_can_adjudicate_the_page_says_how_to_mend_it(client, review, alice):
    dora = join(review, "Dora", Role.LEAD, Role.REVIEWER)
    record = clash(review, (alice, INCLUDE), (dora, EXCLUDE))
    client.force_login(dora.user)

    page, told = follow(client, client.post(address(record), {"action": "refer"}))

    team = reverse("screening:team", args=[review.pk])
    sentence = "Nobody can adjudicate this: everybody with that right voted on it."
    assert told == [
        f"Record {record.number}: sent to adjudication, but nobody can adjudicate it yet."
    ]
    assert text_of(page).count(sentence) == 1
    assert page.content.decode().count(f'href="{team}">Give somebody') == 1
    assert actions_of(page) == ["propose"]

    client.force_login(alice.user)
    page = client.get(address(record))

    assert text_of(page).count(sentence) == 1
    assert page.content.decode().count(f'href="{team}">Give somebody') == 0
    assert actions_of(page) == ["propose"]


def test_a_resolved_conflict_shows_everybody_how_it_ended(client, review, alice, bob, olive):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    confirm(bob, record, propose(alice, record, present="Dora"))
    client.force_login(olive.user)

    response = client.get(address(record))

    page = text_of(response)
    assert sides_of(response) == [("Alice", "include"), ("Bob", "exclude")]
    assert page.count("Excluded after discussion") == 1
    assert page.count("Mice, not people.") == 2
    assert page.count("Others present: Dora. Confirmed by Bob. It stands.") == 1
    assert actions_of(response) == []


def test_looking_changes_nothing(client, review, alice, bob, dora):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    propose(alice, record)
    before = LogEntry.objects.count()

    for person in (alice, bob, dora):
        client.force_login(person.user)
        client.get(list_address(review))
        client.get(address(record))

    assert (LogEntry.objects.count(), Confirmation.objects.count()) == (before, 0)
