"""Random sequences of every action beside a model of thirty lines: both say the same each time.

After every step the stored outcome is what the rules say of the facts, caps and slots hold, the
log is a chain that tells every vote, and nobody sees another's vote too early.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.test import override_settings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from screening.access import Refused, ReviewAccess
from screening.actions import amendments, conflicts, people, voting
from screening.actions.protocol import edit_protocol
from screening.actions.undoing import undo_import
from screening.models import LogEntry, Proposal, Role, ScreeningItem, Vote
from screening.queue import upcoming
from screening.rules import Decision, Stage
from screening.verification import verify
from tests import clock
from tests.conftest import join
from tests.factories import ImportFactory, ItemFactory, ReviewFactory
from tests.invariants import added_up, differences, reviews_without_a_lead

TA = Stage.TITLE_ABSTRACT
ROLES = {
    "ann": (Role.REVIEWER,),
    "ben": (Role.REVIEWER,),
    "cem": (Role.REVIEWER, Role.LIBRARIAN),
    "dee": (Role.LEAD, Role.REVIEWER),
    "eve": (Role.LEAD, Role.ADJUDICATOR),
}
VOTES, RESOLVES = {Role.REVIEWER, Role.LEAD}, {Role.ADJUDICATOR, Role.LEAD}
ITEMS = 2


@dataclass
class Item:
    quorum: int
    votes: dict[str, tuple[str, str]] = field(default_factory=dict)
    is_old: bool = False
    proposed_by: str = ""
    proposed: str = ""
    confirmed: set[str] = field(default_factory=set)
    referred: bool = False
    resolution: str | None = None


@dataclass
class Model:
    """What the design says, in the fewest words. Roles of those who left are empty."""

    quorum: int
    maybe: str
    adjudicated: bool
    seconds: int
    roles: dict[str, set[str]]
    items: list[Item]
    anybody_voted: bool = False

    def outcome(self, item: Item) -> str:
        decisions = [decision for decision, _ in item.votes.values()]
        return added_up(decisions, item.quorum, self.maybe, item.resolution)

    def is_full(self, item: Item) -> bool:
        return len(item.votes) == item.quorum

    def settled(self, item: Item) -> bool:
        return self.is_full(item) and (item.is_old or self.seconds == 0)

    def recount(self, item: Item) -> None:
        """As an amendment does: what is asked for and was not settled before is not at once."""
        if item.resolution:
            return
        was_full = self.is_full(item)
        item.quorum = max(self.quorum, len(item.votes))
        item.is_old = item.is_old and was_full and self.is_full(item)
        if self.outcome(item) != "conflict":
            item.proposed_by = ""

    def forget(self, who: str) -> None:
        """The votes of whoever leaves go where others are missing."""
        for item in self.items:
            if not self.is_full(item):
                item.votes.pop(who, None)

    def in_conflict(self, item: Item) -> bool:
        return self.settled(item) and self.outcome(item) == "conflict"

    def may(self, who: str, roles: set[str]) -> bool:
        return bool(self.roles[who] & roles)

    def discussing(self, item: Item) -> set[str]:
        return {who for who in item.votes if self.may(who, VOTES)}

    def takes_part(self, who: str, item: Item) -> bool:
        return who in self.discussing(item) or self.may(who, {Role.LEAD})

    def missing(self, item: Item) -> set[str]:
        return self.discussing(item) - {item.proposed_by} - item.confirmed

    def to_be_adjudicated(self, item: Item) -> bool:
        able = {who for who in self.roles if self.may(who, RESOLVES)} - set(item.votes)
        return bool(able) and (self.adjudicated or item.referred)


anybody = st.sampled_from(sorted(ROLES))
any_item = st.integers(0, ITEMS - 1)
any_roles = st.sets(st.sampled_from(Role.values), min_size=1, max_size=3)
either = st.sampled_from(["include", "exclude"])


class Screening(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()

    def teardown(self) -> None:
        """The program that hosts run finds nothing either; then all is forgotten."""
        if hasattr(self, "review"):
            assert verify(self.review).differences == []
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)
        if hasattr(self, "seconds"):
            self.seconds.disable()

    @initialize(
        quorum=st.sampled_from([2, 3, 1]),
        maybe=st.sampled_from(["include", "discuss", "off"]),
        mode=st.sampled_from(["discussion", "adjudication"]),
        seconds=st.sampled_from([10, 0]),
        torn=st.sampled_from([[0, 1], [0], []]),
        order=st.permutations(sorted(ROLES)),
    )
    def a_review(
        self,
        quorum: int,
        maybe: str,
        mode: str,
        seconds: int,
        torn: Sequence[int] = (),
        order: Sequence[str] = (),
    ) -> None:
        self.seconds = override_settings(UNDO_SECONDS=seconds)
        self.seconds.enable()
        self.review = ReviewFactory(
            protocol__quorum_title_abstract=quorum,
            protocol__maybe_policy=maybe,
            protocol__resolution_mode=mode,
        )
        self.members = {who: join(self.review, who, *roles) for who, roles in ROLES.items()}
        self.imported = ImportFactory(
            source__review=self.review, file_name="two.nbib", found=ITEMS, read=ITEMS
        )
        self.items = [ItemFactory(review=self.review) for _ in range(ITEMS)]
        self.model = Model(
            quorum,
            maybe,
            mode == "adjudication",
            seconds,
            {who: set(roles) for who, roles in ROLES.items()},
            [Item(quorum) for _ in range(ITEMS)],
        )
        for index in torn:
            self.all_disagree(index, order)

    def access(self, who: str) -> ReviewAccess:
        """As a page opened at the beginning gives it: with the roles of then."""
        opened = self.members[who]
        return ReviewAccess(opened.user, opened.review, opened.membership, opened.roles)

    def attempt(self, deed: Callable[..., Any], who: str, *args: Any, **said: Any) -> bool:
        """Whether it was done; what is refused leaves nothing in the log."""
        logged = LogEntry.objects.count()
        try:
            deed(self.access(who), *args, **said)
        except (Refused, PermissionDenied):
            assert LogEntry.objects.count() == logged
            return False
        return True

    def discuss(self, deed: Callable[..., Any], who: str, index: int, **said: Any) -> bool:
        return self.attempt(deed, who, self.items[index].record, stage=TA, **said)

    # --- Votes --------------------------------------------------------------------------------

    @rule(
        who=anybody,
        index=any_item,
        decision=st.sampled_from(["include", "exclude", "exclude", "maybe"]),
        note=st.sampled_from(["", "", "a note"]),
    )
    def vote(self, who: str, index: int, decision: str, note: str) -> None:
        item, model = self.model.items[index], self.model
        same = item.votes.get(who) == (decision, note)
        room = not model.settled(item) if who in item.votes else not model.is_full(item)
        offered = decision != "maybe" or model.maybe != "off"
        allowed = model.may(who, VOTES) and offered and (same or room)

        ballot = voting.Ballot(Decision(decision), note=note)
        done = self.discuss(voting.cast_vote, who, index, ballot=ballot)

        assert done == allowed
        if done and not same:
            item.votes[who], item.is_old, model.anybody_voted = (decision, note), False, True

    @rule(who=anybody, index=any_item)
    def take_back(self, who: str, index: int) -> None:
        item = self.model.items[index]
        allowed = who in item.votes and not self.model.settled(item)

        done = self.discuss(voting.take_back_vote, who, index)

        assert done == (allowed and self.model.may(who, VOTES))
        if done:
            del item.votes[who]
            item.is_old = False
            item.quorum = max(self.model.quorum, len(item.votes))

    @rule(who=anybody, index=any_item)
    def later(self, who: str, index: int) -> None:
        allowed = self.model.may(who, VOTES) and who not in self.model.items[index].votes

        assert self.discuss(voting.postpone, who, index) == allowed

    @rule(who=anybody, held=st.sets(any_item))
    def claim(self, who: str, held: set[int]) -> None:
        shown = [self.items[index].record_id for index in held]
        self.attempt(voting.claim, who, TA, held=shown)

    @rule()
    def time_passes(self) -> None:
        clock.time_passes(timedelta(minutes=1))
        for item in self.model.items:
            item.is_old = item.is_old or self.model.is_full(item)

    @rule(index=any_item, order=st.permutations(sorted(ROLES)))
    def all_disagree(self, index: int, order: Sequence[str]) -> None:
        """The way to a conflict that chance alone seldom finds."""
        for number, who in enumerate(order):
            self.vote(who, index, "exclude" if number else "include", "")
        self.time_passes()

    # --- Conflicts ----------------------------------------------------------------------------

    def _open(self) -> list[int]:
        return [n for n, item in enumerate(self.model.items) if self.model.in_conflict(item)]

    def _discussed(self) -> list[int]:
        return [n for n, item in enumerate(self.model.items) if item.proposed_by]

    @precondition(lambda self: len(self._open()) < ITEMS)
    @rule(who=anybody, index=any_item)
    def there_is_nothing_to_end(self, who: str, index: int) -> None:
        if index in self._open():
            return
        said = {"decision": "include", "rationale": "Why."}
        assert not self.discuss(conflicts.propose, who, index, **said)
        assert not self.discuss(conflicts.adjudicate, who, index, **said)
        assert not self.discuss(conflicts.refer, who, index)
        assert not self.discuss(conflicts.confirm, who, index, proposal_pk=0)

    @precondition(lambda self: self._open())
    @rule(who=anybody, data=st.data(), decision=either)
    def propose(self, who: str, data: st.DataObject, decision: str) -> None:
        index = data.draw(st.sampled_from(self._open()))
        item, model = self.model.items[index], self.model
        allowed = (
            model.in_conflict(item)
            and model.takes_part(who, item)
            and not item.proposed_by
            and not model.to_be_adjudicated(item)
        )

        done = self.discuss(conflicts.propose, who, index, decision=decision, rationale="Why.")

        assert done == allowed
        if done and model.discussing(item) <= {who}:
            item.resolution = decision
        elif done:
            item.proposed_by, item.proposed, item.confirmed = who, decision, set()

    @precondition(lambda self: self._discussed())
    @rule(order=st.permutations(sorted(ROLES)), answers=st.integers(1, len(ROLES)))
    def answer(self, order: Sequence[str], answers: int) -> None:
        index = self._discussed()[0]
        for who in order[:answers]:
            self._confirm(who, index)

    def _confirm(self, who: str, index: int) -> None:
        item, model = self.model.items[index], self.model
        missing = model.missing(item)
        allowed = bool(item.proposed_by) and (
            who in missing or (not missing and model.takes_part(who, item))
        )

        done = self.discuss(conflicts.confirm, who, index, proposal_pk=self._proposal(index))

        assert done == allowed
        if done:
            item.confirmed.add(who)
        if done and not model.missing(item):
            item.resolution, item.proposed_by = item.proposed, ""

    @precondition(lambda self: self._discussed())
    @rule(who=anybody, data=st.data())
    def decline(self, who: str, data: st.DataObject) -> None:
        index = data.draw(st.sampled_from(self._discussed()))
        item = self.model.items[index]
        allowed = bool(item.proposed_by) and who in self.model.missing(item)

        done = self.discuss(
            conflicts.decline, who, index, proposal_pk=self._proposal(index), sentence="No."
        )

        assert done == allowed
        if done:
            item.proposed_by = ""

    @precondition(lambda self: self._discussed())
    @rule(who=anybody, data=st.data())
    def withdraw(self, who: str, data: st.DataObject) -> None:
        index = data.draw(st.sampled_from(self._discussed()))
        item = self.model.items[index]
        theirs = item.proposed_by == who or self.model.may(who, {Role.LEAD})
        allowed = bool(item.proposed_by) and theirs and bool(self.model.roles[who])

        done = self.discuss(conflicts.withdraw, who, index, proposal_pk=self._proposal(index))

        assert done == allowed
        if done:
            item.proposed_by = ""

    @precondition(lambda self: self._open())
    @rule(who=anybody, data=st.data())
    def refer(self, who: str, data: st.DataObject) -> None:
        index = data.draw(st.sampled_from(self._open()))
        item, model = self.model.items[index], self.model
        asked = model.adjudicated or item.referred
        allowed = model.in_conflict(item) and model.may(who, {Role.LEAD}) and not asked

        done = self.discuss(conflicts.refer, who, index)

        assert done == allowed
        if done:
            item.referred, item.proposed_by = True, ""

    @precondition(lambda self: self._open())
    @rule(who=anybody, data=st.data(), decision=either)
    def adjudicate(self, who: str, data: st.DataObject, decision: str) -> None:
        index = data.draw(st.sampled_from(self._open()))
        item, model = self.model.items[index], self.model
        allowed = (
            model.in_conflict(item)
            and model.to_be_adjudicated(item)
            and model.may(who, RESOLVES)
            and who not in item.votes
        )

        done = self.discuss(conflicts.adjudicate, who, index, decision=decision, rationale="Why.")

        assert done == allowed
        if done:
            item.resolution, item.proposed_by = decision, ""

    def _proposal(self, index: int) -> int:
        opened = Proposal.objects.open().filter(item=self.items[index])
        return opened.values_list("pk", flat=True).first() or 0

    # --- People and protocol ------------------------------------------------------------------

    @rule(who=anybody, whom=anybody, roles=any_roles, back=st.booleans())
    def change_roles(self, who: str, whom: str, roles: set[str], back: bool) -> None:
        model = self.model
        keeps_a_lead = Role.LEAD in roles or self._leads() != {whom}
        allowed = model.may(who, {Role.LEAD}) and bool(model.roles[whom]) and keeps_a_lead

        leaver = self.members[whom].membership
        done = self.attempt(people.change_roles, who, leaver, roles, back_to_queue=back)

        assert done == allowed
        if done and back and Role.REVIEWER in model.roles[whom] - roles:
            model.forget(whom)
        if done:
            model.roles[whom] = set(roles)

    @rule(who=anybody, whom=anybody, back=st.booleans())
    def remove(self, who: str, whom: str, back: bool) -> None:
        model = self.model
        allowed = (
            model.may(who, {Role.LEAD}) and bool(model.roles[whom]) and self._leads() != {whom}
        )

        leaver = self.members[whom].membership
        done = self.attempt(people.end_membership, who, leaver, back_to_queue=back)

        assert done == allowed
        if done and back:
            model.forget(whom)
        if done:
            model.roles[whom] = set()

    @precondition(lambda self: any(not roles for roles in self.model.roles.values()))
    @rule(data=st.data(), roles=any_roles)
    def come_back(self, data: st.DataObject, roles: set[str]) -> None:
        whom = data.draw(st.sampled_from([w for w, held in self.model.roles.items() if not held]))
        user, lead = self.members[whom].user, self.access(min(self._leads()))
        _, token = people.invite(lead, email=user.email, roles=roles)

        people.accept_invitation(user, token)

        self.model.roles[whom] = set(roles)

    @rule(
        who=anybody,
        quorum=st.integers(1, 3),
        maybe=st.sampled_from(["include", "discuss", "off"]),
    )
    def change_protocol(self, who: str, quorum: int, maybe: str) -> None:
        model = self.model
        is_lead, voted = model.may(who, {Role.LEAD}), model.anybody_voted
        is_new = (quorum, maybe) != (model.quorum, model.maybe)

        fields = {"quorum_title_abstract": quorum, "maybe_policy": maybe}
        edited = self.attempt(edit_protocol, who, **fields)
        amended = self.attempt(self._as_shown, who, **fields)

        assert edited == (is_lead and not voted)
        assert amended == (is_lead and voted and is_new)
        if edited or amended:
            model.quorum, model.maybe = quorum, maybe
            for item in model.items:
                model.recount(item)

    def _as_shown(self, access: ReviewAccess, **fields: Any) -> None:
        """What the preview says of the settled items is what becomes of them."""
        shown = amendments.plan_amendment(access, **fields)
        before = self._settled_outcomes()
        amendments.amend_protocol(access, why="So.", token=shown.token, **fields)
        after = dict(ScreeningItem.objects.values_list("pk", "outcome"))
        changed = [(before[pk], after[pk]) for pk in before if before[pk] != after[pk]]
        numbers = shown.changes[0].numbers if shown.changes else {}
        for name, was, now in (
            ("decided_short_again", {"included", "excluded"}, {"partial"}),
            ("conflicts_short_again", {"conflict"}, {"partial"}),
            ("decided_in_conflict", {"included", "excluded"}, {"conflict"}),
            ("conflicts_decided", {"conflict"}, {"included", "excluded"}),
        ):
            done = sum(old in was and new in now for old, new in changed)
            assert numbers.get(name, 0) == done

    def _settled_outcomes(self) -> dict[int, str]:
        titles = ScreeningItem.objects.settled().at(TA)
        return dict(titles.values_list("pk", "outcome"))

    @precondition(lambda self: self.model.anybody_voted)
    @rule(who=anybody)
    def undo_import(self, who: str) -> None:
        assert not self.attempt(undo_import, who, self.imported)

    def _leads(self) -> set[str]:
        return {who for who in self.model.roles if self.model.may(who, {Role.LEAD})}

    # --- What must hold -----------------------------------------------------------------------

    @invariant()
    def the_facts_agree_with_each_other(self) -> None:
        assert differences() == []
        if hasattr(self, "review"):
            assert self.review.pk not in reviews_without_a_lead()

    @invariant()
    def the_database_says_what_the_model_says(self) -> None:
        if not hasattr(self, "review"):
            return
        outcomes = dict(ScreeningItem.objects.values_list("pk", "outcome"))
        settled = set(ScreeningItem.objects.settled().values_list("pk", flat=True))
        stored: dict[int, dict[str, tuple[str, str]]] = {row.pk: {} for row in self.items}
        for vote in Vote.objects.current().select_related("reviewer"):
            stored[vote.item_id][vote.reviewer.name] = (vote.decision, vote.note)
        for row, item in zip(self.items, self.model.items, strict=True):
            assert outcomes[row.pk] == self.model.outcome(item)
            assert stored[row.pk] == item.votes
            assert (row.pk in settled) == self.model.settled(item)

    # --- What each may see --------------------------------------------------------------------

    @rule(who=anybody)
    def look(self, who: str) -> None:
        """Nobody's vote shows too early, and the queue gives what needs this person's vote."""
        access, model = self.access(who), self.model
        numbered = list(zip(self.items, model.items, strict=True))
        shown = Vote.objects.current().visible_to(access).select_related("reviewer")
        assert {(vote.item_id, vote.reviewer.name) for vote in shown} == {
            (row.pk, voter)
            for row, item in numbered
            for voter in item.votes
            if voter == who or model.settled(item)
        }
        wanted = {
            row.pk for row, item in numbered if who not in item.votes and not model.is_full(item)
        }
        found = {item.pk for item in upcoming(access, TA)}
        assert found <= wanted if access.shares_queue(TA) else found == wanted


@pytest.mark.django_db
def test_every_sequence_of_actions_keeps_what_is_promised():
    run_state_machine_as_test(
        Screening,
        settings=settings(
            max_examples=20,
            stateful_step_count=30,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.django_db
def test_an_import_undone_before_the_first_vote_takes_everything_along():
    machine = Screening()
    machine.a_review(2, "include", "discussion", 10)
    machine.later("ann", 0)
    machine.claim("ben", {0, 1})

    assert machine.attempt(undo_import, "eve", machine.imported)

    assert not ScreeningItem.objects.filter(review=machine.review).exists()
    assert differences() == []
    assert not machine.attempt(undo_import, "eve", machine.imported)
    assert not machine.discuss(voting.cast_vote, "ann", 0, ballot=voting.Ballot(Decision.INCLUDE))
    machine.teardown()
