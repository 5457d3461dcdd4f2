"""Conflicts from the vote that makes one to the resolution that ends it, by actions and by pages."""

import itertools
import random
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from screening import conflicts as reading
from screening.access import Refused, RepeatedRequest, RequestClaim, access_for
from screening.actions import conflicts as actions
from screening.actions.base import KeyReused
from screening.actions.conflicts import AlreadyResolved
from screening.actions.voting import Ballot, TooLate, cast_vote, take_back_vote
from screening.conflicts import Deed
from screening.models import (
    Confirmation,
    LogEntry,
    Membership,
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
from screening.rules import Decision, Outcome, Stage
from tests.clock import complete_since
from tests.conftest import join
from tests.factories import ItemFactory, RecordFactory

STAGE = Stage.TITLE_ABSTRACT
INCLUDE, EXCLUDE, MAYBE = Decision.INCLUDE, Decision.EXCLUDE, Decision.MAYBE

pytestmark = pytest.mark.usefixtures("no_undo")


@pytest.fixture
def cem(review):
    return join(review, "Cem", Role.REVIEWER)


def set_protocol(review, **fields):
    review.protocols.update(**fields)


def clash(review, *votes, **fields):
    """A record that got these votes: pairs of a voter and a decision."""
    record = RecordFactory(review=review, **fields)
    ItemFactory(review=review, record=record, quorum=len(votes))
    for voter, decision in votes:
        note = f"{voter.user.name} says {decision}."
        cast_vote(again(voter), record, Ballot(Decision(decision), note), stage=STAGE)
    return record


def again(access):
    """The person as a request would find them now."""
    return access_for(access.user, access.review.pk)


def propose(access, record, decision=EXCLUDE, **fields):
    fields = {"rationale": "Mice, not people.", **fields}
    return actions.propose(again(access), record, stage=STAGE, decision=decision, **fields)


def confirm(access, record, proposal):
    return actions.confirm(again(access), record, stage=STAGE, proposal_pk=proposal.pk)


def adjudicate(access, record, decision=EXCLUDE):
    rationale = "The population is wrong."
    return actions.adjudicate(
        again(access), record, stage=STAGE, decision=decision, rationale=rationale
    )


def panel_of(access, record):
    return reading.panel_of(again(access), item_of(record))


def item_of(record):
    return ScreeningItem.objects.select_related("record").get(
        record=record, stage=Stage.TITLE_ABSTRACT
    )


def outcome_of(record):
    return Outcome(item_of(record).outcome)


def leave(access):
    Membership.objects.filter(pk=access.membership.pk).update(ended_at=timezone.now())


def logged():
    entries = LogEntry.objects.filter(action__startswith="conflict").order_by("sequence")
    return [(one.actor.name, one.action) for one in entries]


# --- Discussion -------------------------------------------------------------------------------


def test_a_proposal_stands_when_the_other_voter_confirms_it(review, alice, bob):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))

    proposal = propose(alice, record, present="Dora")

    assert outcome_of(record) is Outcome.CONFLICT

    confirm(bob, record, proposal)

    resolution = Resolution.objects.get()
    assert outcome_of(record) is Outcome.EXCLUDED
    assert (resolution.mode, resolution.decision, resolution.proposal) == (
        "discussion",
        "exclude",
        proposal,
    )
    assert resolution.rationale == "Mice, not people."
    proposal.refresh_from_db()
    assert (proposal.ending, proposal.closed_by, proposal.present) == (
        "accepted",
        bob.user,
        "Dora",
    )
    assert [str(vote) for vote in Vote.objects.current().order_by("slot")] == ["Include", "Exclude"]
    assert logged() == [("Alice", "conflict.proposed"), ("Bob", "conflict.resolved")]


def test_the_log_says_what_was_before_and_after_and_why(review, alice, bob):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))

    confirm(bob, record, propose(alice, record))

    proposed, resolved = LogEntry.objects.filter(action__startswith="conflict").order_by("sequence")
    place = {"record": record.number, "stage": "title_abstract", "round": 1}
    assert (proposed.before, proposed.after) == (None, {**place, "decision": "exclude"})
    assert (resolved.before, resolved.after) == (
        {"outcome": "conflict"},
        {**place, "mode": "discussion", "decision": "exclude", "outcome": "excluded"},
    )
    assert (proposed.why, resolved.why) == ("Mice, not people.", "Mice, not people.")


def test_of_three_voters_both_others_must_confirm(review, alice, bob, cem):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE), (cem, EXCLUDE))
    proposal = propose(alice, record)

    confirm(bob, record, proposal)

    assert outcome_of(record) is Outcome.CONFLICT
    assert panel_of(alice, record).waits == "for Cem to confirm"
    with pytest.raises(Refused, match="You have confirmed this proposal already"):
        confirm(bob, record, proposal)

    confirm(cem, record, proposal)

    assert outcome_of(record) is Outcome.EXCLUDED
    assert logged() == [
        ("Alice", "conflict.proposed"),
        ("Bob", "conflict.confirmed"),
        ("Cem", "conflict.resolved"),
    ]


def test_a_declined_proposal_is_closed_and_another_may_follow(review, alice, bob):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    proposal = propose(alice, record, INCLUDE)

    actions.decline(
        again(bob), record, stage=STAGE, proposal_pk=proposal.pk, sentence="It is about mice."
    )

    proposal.refresh_from_db()
    assert (proposal.ending, proposal.closing_sentence) == ("declined", "It is about mice.")
    assert outcome_of(record) is Outcome.CONFLICT
    with pytest.raises(Refused, match="not open any more"):
        confirm(bob, record, proposal)

    confirm(alice, record, propose(bob, record, EXCLUDE))

    assert outcome_of(record) is Outcome.EXCLUDED
    assert [action for _, action in logged()] == [
        "conflict.proposed",
        "conflict.declined",
        "conflict.proposed",
        "conflict.resolved",
    ]


@pytest.mark.parametrize("who", ["alice", "dora"])
def test_a_proposal_is_withdrawn_by_its_author_or_the_lead(review, alice, bob, dora, who):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    proposal = propose(alice, record)
    with pytest.raises(PermissionDenied):
        actions.withdraw(again(bob), record, stage=STAGE, proposal_pk=proposal.pk)

    person = {"alice": alice, "dora": dora}[who]
    actions.withdraw(again(person), record, stage=STAGE, proposal_pk=proposal.pk)

    proposal.refresh_from_db()
    assert (proposal.ending, proposal.closed_by) == ("withdrawn", person.user)
    assert panel_of(bob, record).may_propose


def test_there_is_one_open_proposal_at_a_time(review, alice, bob):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    propose(alice, record)

    with pytest.raises(Refused, match="There is an open proposal already"):
        propose(bob, record)

    assert Proposal.objects.count() == 1


def test_nobody_confirms_their_own_proposal(review, alice, bob, dora):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    proposal = propose(alice, record)

    for person in (alice, dora):
        with pytest.raises(PermissionDenied):
            confirm(person, record, proposal)

    assert Confirmation.objects.count() == 0


def test_what_the_lead_proposes_is_for_every_voter_to_confirm(review, alice, bob, dora):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    proposal = propose(dora, record, INCLUDE)

    confirm(alice, record, proposal)
    assert outcome_of(record) is Outcome.CONFLICT
    confirm(bob, record, proposal)

    assert outcome_of(record) is Outcome.INCLUDED


def test_a_maybe_against_an_exclude_is_resolved_as_rules_say(review, alice, bob):
    record = clash(review, (alice, MAYBE), (bob, EXCLUDE))

    confirm(bob, record, propose(alice, record, INCLUDE))

    assert outcome_of(record) is Outcome.INCLUDED


# --- People who leave -------------------------------------------------------------------------


def test_a_proposal_stands_at_once_when_the_other_voter_has_left(review, alice, bob):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    leave(bob)

    assert panel_of(alice, record).would_stand_at_once
    propose(alice, record, INCLUDE)

    assert outcome_of(record) is Outcome.INCLUDED
    assert logged() == [("Alice", "conflict.resolved")]


def test_voters_let_a_proposal_stand_when_the_last_to_confirm_has_left(
    review, alice, bob, cem, dora
):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE), (cem, EXCLUDE))
    proposal = propose(alice, record)
    confirm(bob, record, proposal)
    leave(cem)

    assert [panel_of(one, record).may_conclude for one in (alice, bob)] == [True, True]
    confirm(alice, record, proposal)

    assert outcome_of(record) is Outcome.EXCLUDED
    assert Confirmation.objects.get().confirmed_by == bob.user


def test_a_lead_who_did_not_vote_cannot_tell_who_proposed_by_whose_leaving_matters(
    review, alice, bob, dora
):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    propose(alice, record)
    seen = panel_of(dora, record)

    MembershipRole.objects.filter(membership=bob.membership).update(role=Role.OBSERVER)
    after = panel_of(dora, record)

    assert (after.waits, after.may_conclude) == (seen.waits, False)
    assert seen.waits == "for the other voters to confirm"


def test_a_voter_who_only_observes_now_is_not_waited_for(review, alice, bob):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    proposal = propose(alice, record)
    MembershipRole.objects.filter(membership=bob.membership).update(role=Role.OBSERVER)

    with pytest.raises(PermissionDenied):
        confirm(bob, record, proposal)

    assert panel_of(alice, record).may_conclude


def test_a_conflict_whose_voters_all_left_is_the_leads_to_end(review, alice, bob, dora):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    leave(alice)
    leave(bob)

    propose(dora, record)

    assert outcome_of(record) is Outcome.EXCLUDED


def test_a_role_lost_since_the_page_was_opened_no_longer_counts(review, alice, bob, carol):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    set_protocol(review, resolution_mode=ResolutionMode.ADJUDICATION)
    opened = again(carol)
    MembershipRole.objects.filter(membership=carol.membership).update(role=Role.OBSERVER)

    with pytest.raises(PermissionDenied):
        actions.adjudicate(opened, record, stage=STAGE, decision=EXCLUDE, rationale="Why not.")

    assert Resolution.objects.count() == 0


# --- Adjudication -----------------------------------------------------------------------------


def test_the_lead_sends_a_conflict_to_adjudication_and_the_proposal_ends(
    review, alice, bob, carol, dora
):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    proposal = propose(alice, record)
    with pytest.raises(Refused, match="The voters discuss this conflict"):
        adjudicate(carol, record)
    with pytest.raises(PermissionDenied):
        actions.refer(again(alice), record, stage=STAGE)

    actions.refer(again(dora), record, stage=STAGE, why="They cannot agree.")

    proposal.refresh_from_db()
    assert proposal.ending == "referred"
    assert Referral.objects.get().why == "They cannot agree."
    with pytest.raises(Refused, match="waits for adjudication"):
        propose(alice, record)
    with pytest.raises(Refused, match="waits for adjudication already"):
        actions.refer(again(dora), record, stage=STAGE)

    adjudicate(carol, record)

    assert outcome_of(record) is Outcome.EXCLUDED
    assert logged() == [
        ("Alice", "conflict.proposed"),
        ("Dora", "conflict.referred"),
        ("Carol", "conflict.resolved"),
    ]


def test_where_the_protocol_says_so_every_conflict_is_adjudicated(review, alice, bob, carol):
    set_protocol(review, resolution_mode=ResolutionMode.ADJUDICATION)
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))

    with pytest.raises(Refused, match="waits for adjudication"):
        propose(alice, record)
    resolution = adjudicate(carol, record, INCLUDE)

    assert outcome_of(record) is Outcome.INCLUDED
    assert (resolution.mode, resolution.resolved_by, resolution.proposal) == (
        "adjudication",
        carol.user,
        None,
    )


def test_nobody_adjudicates_what_they_voted_on(review, alice, carol, dora):
    set_protocol(review, resolution_mode=ResolutionMode.ADJUDICATION)
    MembershipRole.objects.create(membership=carol.membership, role=Role.REVIEWER)
    record = clash(review, (alice, INCLUDE), (carol, EXCLUDE))

    with pytest.raises(PermissionDenied):
        adjudicate(carol, record)
    with pytest.raises(PermissionDenied):
        adjudicate(alice, record)

    assert outcome_of(record) is Outcome.CONFLICT


def test_the_second_adjudicator_changes_nothing(review, alice, bob, carol, dora):
    set_protocol(review, resolution_mode=ResolutionMode.ADJUDICATION)
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    adjudicate(carol, record, INCLUDE)

    with pytest.raises(AlreadyResolved, match=f"Record {record.number} is not in conflict"):
        adjudicate(dora, record, EXCLUDE)

    assert outcome_of(record) is Outcome.INCLUDED
    assert Resolution.objects.get().resolved_by == carol.user


def test_without_anybody_to_adjudicate_the_discussion_stays_open(review, alice, bob):
    set_protocol(review, resolution_mode=ResolutionMode.ADJUDICATION)
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))

    assert panel_of(alice, record).waits == "for a proposal"
    confirm(bob, record, propose(alice, record))

    assert outcome_of(record) is Outcome.EXCLUDED


def test_a_proposal_made_while_nobody_qualified_ends_with_the_adjudication(review, alice, bob):
    set_protocol(review, resolution_mode=ResolutionMode.ADJUDICATION)
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    proposal = propose(alice, record, INCLUDE)

    adjudicate(join(review, "Carol", Role.ADJUDICATOR), record, EXCLUDE)

    proposal.refresh_from_db()
    assert (proposal.ending, outcome_of(record)) == ("referred", Outcome.EXCLUDED)


def test_a_vote_after_the_adjudication_changes_nothing(review, alice, bob, carol):
    set_protocol(review, resolution_mode=ResolutionMode.ADJUDICATION)
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    adjudicate(carol, record, INCLUDE)

    with pytest.raises(TooLate):
        cast_vote(again(bob), record, Ballot(INCLUDE), stage=STAGE)
    with pytest.raises(TooLate):
        take_back_vote(again(bob), record, stage=STAGE)

    assert outcome_of(record) is Outcome.INCLUDED


# --- Before it is settled ---------------------------------------------------------------------


def test_nothing_can_be_done_about_a_conflict_that_is_not_settled(
    review, alice, bob, dora, settings
):
    settings.UNDO_SECONDS = 10
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))

    with pytest.raises(AlreadyResolved):
        propose(alice, record)
    with pytest.raises(AlreadyResolved):
        actions.refer(again(dora), record, stage=STAGE)

    assert (Proposal.objects.count(), Referral.objects.count()) == (0, 0)


# --- The same request twice -------------------------------------------------------------------


def test_a_request_sent_twice_changes_nothing_the_second_time(review, alice, bob):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    keyed = replace(again(alice), claim=RequestClaim("key", "digest"))
    asked = {"stage": STAGE, "decision": EXCLUDE, "rationale": "Mice."}
    actions.propose(keyed, record, **asked)
    before = (Proposal.objects.count(), LogEntry.objects.count())

    with pytest.raises(RepeatedRequest):
        actions.propose(keyed, record, **asked)
    other = replace(keyed, claim=RequestClaim("key", "other digest"))
    with pytest.raises(KeyReused):
        actions.propose(other, record, **asked)

    assert (Proposal.objects.count(), LogEntry.objects.count()) == before


# --- Names ------------------------------------------------------------------------------------


def labels(access, record):
    return [side.label for side in panel_of(access, record).sides]


def test_only_voters_see_names_until_a_conflict_is_resolved(review, alice, bob, carol, dora, olive):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))

    assert labels(alice, record) == ["You", "Bob"]
    assert labels(bob, record) == ["You", "Alice"]
    for person in (carol, dora, olive):
        assert labels(person, record) == ["A", "B"]

    confirm(bob, record, propose(alice, record))

    for person in (carol, dora, olive):
        assert labels(person, record) == ["Alice", "Bob"]


def test_a_setting_of_the_protocol_shows_names_to_everybody(review, alice, bob, carol):
    set_protocol(review, names_shown_in_conflicts=True)
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))

    assert labels(carol, record) == ["Alice", "Bob"]


def test_the_order_of_letters_depends_neither_on_slots_nor_on_votes(review, alice, bob, carol):
    record = RecordFactory(review=review)
    item = ItemFactory(review=review, record=record)
    seen = set()

    for first, second in [(alice, bob), (bob, alice)]:
        for decision, other in [(INCLUDE, EXCLUDE), (EXCLUDE, INCLUDE)]:
            Vote.objects.filter(item=item).current().update(superseded_at=timezone.now())
            ScreeningItem.objects.update(outcome=Outcome.UNSEEN, completed_at=None)
            cast_vote(again(first), record, Ballot(decision), stage=STAGE)
            cast_vote(again(second), record, Ballot(other), stage=STAGE)
            sides = panel_of(carol, record).sides
            seen.add(tuple((side.label, side.vote.reviewer.name) for side in sides))

    assert len(seen) == 1


def test_the_order_of_letters_is_each_viewers_own_and_stays(review, alice, bob):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    viewers = [join(review, f"Viewer {n}", Role.OBSERVER) for n in range(20)]

    def orders():
        panels = [panel_of(viewer, record) for viewer in viewers]
        return [[side.vote.reviewer.name for side in panel.sides] for panel in panels]

    assert orders() == orders()
    assert {tuple(order) for order in orders()} == {("Alice", "Bob"), ("Bob", "Alice")}


# --- Whose turn it is -------------------------------------------------------------------------


def test_whose_turn_it_is_is_the_same_by_rows_and_by_sql(review, alice, bob, cem, carol, dora):
    MembershipRole.objects.create(membership=carol.membership, role=Role.REVIEWER)
    olive = join(review, "Olive", Role.OBSERVER)
    people = [alice, bob, cem, carol, dora, olive]
    chance = random.Random(1)
    for _ in range(40):
        voters = chance.sample([alice, bob, cem, carol, dora], chance.choice([2, 2, 3]))
        record = clash(review, *zip(voters, [INCLUDE, EXCLUDE, EXCLUDE], strict=False))
        if chance.random() < 0.3:
            actions.refer(again(dora), record, stage=STAGE)
        if chance.random() < 0.6 and panel_of(voters[0], record).may_propose:
            proposal = propose(voters[0], record)
            if len(voters) == 3 and chance.random() < 0.5:
                confirm(voters[1], record, proposal)

    turns = 0
    states = itertools.product(ResolutionMode.values, [[], [cem], [cem, dora], [carol, dora]])
    for mode, gone in states:
        set_protocol(review, resolution_mode=mode)
        Membership.objects.update(ended_at=None)
        for access in gone:
            leave(access)
        for person in [one for one in people if one not in gone]:
            viewer = again(person)
            conflicts = reading.open_conflicts(viewer, STAGE).select_related("record")
            by_rows = [p.item.pk for p in reading.panels_of(viewer, conflicts) if p.is_my_turn]
            by_sql = reading.on_whose_turn(viewer, conflicts).values_list("pk", flat=True)
            assert by_rows == list(by_sql)
            turns += len(by_rows)
    assert turns > 100


def test_every_deed_that_is_offered_can_be_done_and_no_other(review, alice, bob, carol, dora):
    record = clash(review, (alice, INCLUDE), (bob, EXCLUDE))
    propose(alice, record)

    offered = {
        person.user.name: {deed.value for deed in Deed if panel_of(person, record).offers(deed)}
        for person in (alice, bob, carol, dora)
    }

    assert offered == {
        "Alice": {"withdraw"},
        "Bob": {"confirm", "decline"},
        "Carol": set(),
        "Dora": {"withdraw", "refer"},
    }


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
