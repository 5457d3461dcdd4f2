"""Conflicts from the vote that makes one to the resolution that ends it, by actions."""

import itertools
import random
from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from screening.access import Refused, RepeatedRequest, RequestClaim
from screening.actions import conflicts as actions
from screening.actions.base import KeyReused
from screening.actions.conflicts import AlreadyResolved
from screening.actions.voting import Ballot, TooLate, cast_vote, take_back_vote
from screening.conflicts import Deed, on_whose_turn, open_conflicts, panels_of
from screening.models import (
    Confirmation,
    LogEntry,
    Membership,
    MembershipRole,
    Proposal,
    Referral,
    Resolution,
    ResolutionMode,
    Role,
    ScreeningItem,
    Vote,
)
from screening.rules import Outcome
from tests.conftest import join
from tests.factories import ItemFactory, RecordFactory
from tests.screening.clashes import (
    EXCLUDE,
    INCLUDE,
    MAYBE,
    STAGE,
    adjudicate,
    again,
    clash,
    confirm,
    leave,
    logged,
    outcome_of,
    panel_of,
    propose,
    set_protocol,
)

pytestmark = pytest.mark.usefixtures("no_undo")


@pytest.fixture
def cem(review):
    return join(review, "Cem", Role.REVIEWER)


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
            conflicts = open_conflicts(viewer, STAGE).select_related("record")
            by_rows = [p.item.pk for p in panels_of(viewer, conflicts) if p.is_my_turn]
            by_sql = on_whose_turn(viewer, conflicts).values_list("pk", flat=True)
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
