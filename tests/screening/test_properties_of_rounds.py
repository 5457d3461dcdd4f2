"""Random ways through both stages, rounds and retrieval, beside a model that keeps them in dicts.

After every step what is stored follows from the facts, reports are sought where their records are
included and settled, and nobody is shown a vote of a round that is not settled, or of one before it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
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
from screening.actions import conflicts, retrieval, rounds, voting
from screening.models import (
    ExclusionReason,
    LogEntry,
    Proposal,
    RetrievalState,
    Role,
    ScreeningItem,
    Vote,
)
from screening.queue import upcoming
from screening.rules import Decision, Stage
from screening.verification import verify
from tests import clock
from tests.conftest import join
from tests.factories import ImportFactory, ItemFactory, ReviewFactory
from tests.invariants import differences

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
ROLES = {"ann": Role.REVIEWER, "ben": Role.REVIEWER, "lea": Role.LEAD, "lib": Role.LIBRARIAN}
VOTERS = ("ann", "ben")
CODES = ("E1", "E2", "E3")
RECORDS = 2


@dataclass
class Round:
    """Votes by voter: what was said, and the codes of reasons in the protocol's order."""

    votes: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    is_old: bool = False
    resolution: str | None = None

    @property
    def is_settled(self) -> bool:
        return len(self.votes) == 2 and self.is_old

    def outcome(self, *, must_agree: bool) -> str:
        said = [decision for decision, _ in self.votes.values()]
        if len(said) < 2:
            return "partial" if said else "unseen"
        if self.resolution:
            return {"include": "included", "exclude": "excluded"}[self.resolution]
        against = said.count("exclude")
        if against == 1:
            return "conflict"
        if against == 2 and must_agree:
            first, second = (set(codes) for _, codes in self.votes.values())
            return "excluded" if first & second else "conflict"
        return "excluded" if against else "included"


def none_yet() -> dict[Stage, list[Round]]:
    return {stage: [Round()] for stage in Stage}


@dataclass
class Model:
    must_agree: bool
    records: list[dict[Stage, list[Round]]] = field(
        default_factory=lambda: [none_yet() for _ in range(RECORDS)]
    )
    here: list[str] = field(default_factory=lambda: ["sought"] * RECORDS)

    def latest(self, index: int, stage: Stage) -> Round:
        return self.records[index][stage][-1]

    def outcome(self, index: int, stage: Stage) -> str:
        must_agree = self.must_agree and stage is FT
        return self.latest(index, stage).outcome(must_agree=must_agree)

    def is_open(self, index: int, stage: Stage) -> bool:
        is_included = self.latest(index, TA).is_settled and self.outcome(index, TA) == "included"
        return stage is TA or is_included

    def is_settled(self, index: int, stage: Stage) -> bool:
        return self.is_open(index, stage) and self.latest(index, stage).is_settled

    def is_decided(self, index: int, stage: Stage) -> bool:
        return self.is_settled(index, stage) and self.outcome(index, stage) != "conflict"


any_record = st.integers(0, RECORDS - 1)
any_stage = st.sampled_from(Stage)
any_voter = st.sampled_from(VOTERS)
anybody = st.sampled_from(sorted(ROLES))
some_codes = st.sets(st.sampled_from(CODES), min_size=1, max_size=2).map(
    lambda codes: tuple(sorted(codes))
)


class Screening(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @initialize(must_agree=st.booleans(), included=st.sets(any_record))
    def a_review(self, must_agree: bool, included: set[int]) -> None:
        self.review = ReviewFactory(protocol__reasons_must_agree=must_agree)
        self.members = {who: join(self.review, who, role) for who, role in ROLES.items()}
        for place, code in enumerate(CODES, start=1):
            ExclusionReason.objects.create(
                review=self.review, code=code, position=place, label=f"Reason {place}"
            )
        ImportFactory(source__review=self.review, found=RECORDS, read=RECORDS)
        self.records = [ItemFactory(review=self.review).record for _ in range(RECORDS)]
        self.model = Model(must_agree)
        for index in included:
            for who in VOTERS:
                self.vote(who, index, TA, "include", ("E1",))
        self.time_passes()

    def access(self, who: str) -> ReviewAccess:
        opened = self.members[who]
        return ReviewAccess(opened.user, opened.review, opened.membership, opened.roles)

    def attempt(self, deed: Callable[..., Any], who: str, index: int, *args: Any, **said: Any):
        """Whether it was done; what is refused leaves nothing in the log."""
        logged = LogEntry.objects.count()
        try:
            deed(self.access(who), self.records[index], *args, **said)
        except (Refused, PermissionDenied):
            assert LogEntry.objects.count() == logged
            return False
        return True

    # --- What people do -----------------------------------------------------------------------

    @rule(
        who=any_voter,
        index=any_record,
        stage=any_stage,
        decision=st.sampled_from(["include", "exclude"]),
        codes=some_codes,
    )
    def vote(
        self, who: str, index: int, stage: Stage, decision: str, codes: tuple[str, ...]
    ) -> None:
        model, latest = self.model, self.model.latest(index, stage)
        given = codes if stage is FT and decision == "exclude" else ()
        same = latest.votes.get(who) == (decision, given)
        room = not latest.is_settled if who in latest.votes else len(latest.votes) < 2
        is_missing = stage is FT and model.here[index] == "not_retrieved"
        ballot = voting.Ballot(Decision(decision), reasons=codes)

        done = self.attempt(voting.cast_vote, who, index, ballot, stage=stage)

        assert done == (model.is_open(index, stage) and (same or (room and not is_missing)))
        if done and not same:
            latest.votes[who], latest.is_old = (decision, given), False
            if stage is FT:
                model.here[index] = "retrieved"

    @rule(who=any_voter, index=any_record, stage=any_stage)
    def take_back(self, who: str, index: int, stage: Stage) -> None:
        model, latest = self.model, self.model.latest(index, stage)
        allowed = model.is_open(index, stage) and who in latest.votes and not latest.is_settled

        assert self.attempt(voting.take_back_vote, who, index, stage=stage) == allowed
        if allowed:
            del latest.votes[who]
            latest.is_old = False

    @rule()
    def time_passes(self) -> None:
        clock.time_passes(timedelta(minutes=1))
        for index in range(RECORDS):
            for stage in Stage:
                latest = self.model.latest(index, stage)
                latest.is_old = latest.is_old or len(latest.votes) == 2

    @rule(index=any_record, stage=any_stage, codes=some_codes)
    def all_screen(self, index: int, stage: Stage, codes: tuple[str, ...]) -> None:
        """The way on that chance alone seldom finds."""
        for who in VOTERS:
            self.vote(who, index, stage, "include" if stage is TA else "exclude", codes)
        self.time_passes()

    @precondition(lambda self: self._in_conflict())
    @rule(
        data=st.data(),
        decision=st.sampled_from(["include", "exclude"]),
        code=st.sampled_from(CODES),
    )
    def resolve(self, data: st.DataObject, decision: str, code: str) -> None:
        index, stage = data.draw(st.sampled_from(self._in_conflict()))
        said = {"stage": stage, "decision": decision, "rationale": "Why.", "reason": code}
        assert self.attempt(conflicts.propose, "ann", index, **said)
        proposal = Proposal.objects.open().get(item__record=self.records[index], item__stage=stage)

        assert self.attempt(conflicts.confirm, "ben", index, stage=stage, proposal_pk=proposal.pk)

        self.model.latest(index, stage).resolution = decision

    @rule(who=anybody, index=any_record, stage=any_stage)
    def reopen(self, who: str, index: int, stage: Stage) -> None:
        allowed = who == "lea" and self.model.is_decided(index, stage)

        assert self.attempt(rounds.reopen, who, index, stage=stage, why="A mistake.") == allowed
        if allowed:
            self.model.records[index][stage].append(Round())

    @rule(
        who=anybody,
        index=any_record,
        state=st.sampled_from([*RetrievalState, None]),
        why=st.sampled_from(["", "Asked the author."]),
    )
    def say_of_report(self, who: str, index: int, state: RetrievalState | None, why: str) -> None:
        is_here = state == RetrievalState.RETRIEVED
        explained = is_here or state is None or bool(why)
        unread = not any(one.votes for one in self.model.records[index][FT])
        allowed = self.model.is_open(index, FT) and explained and (is_here or unread)

        assert self.attempt(retrieval.say_of_report, who, index, state, why=why) == allowed
        if allowed:
            self.model.here[index] = state.value if state else "sought"

    def _in_conflict(self) -> list[tuple[int, Stage]]:
        return [
            (index, stage)
            for index in range(RECORDS)
            for stage in Stage
            if self.model.is_settled(index, stage)
            and self.model.outcome(index, stage) == "conflict"
        ]

    # --- What must hold -----------------------------------------------------------------------

    @invariant()
    def the_facts_agree_with_each_other(self) -> None:
        if hasattr(self, "review"):
            assert verify(self.review).differences == []
        assert differences() == []

    @invariant()
    def items_and_outcomes_are_those_of_the_model(self) -> None:
        if not hasattr(self, "review"):
            return
        stored = {
            (row.record, Stage(row.stage)): (row.round, row.outcome)
            for row in ScreeningItem.objects.open().select_related("record")
        }
        assert stored == {
            (self.records[index], stage): (
                len(self.model.records[index][stage]),
                self.model.outcome(index, stage),
            )
            for index in range(RECORDS)
            for stage in Stage
            if self.model.is_open(index, stage)
        }

    @invariant()
    def nobody_is_shown_more_than_their_own_and_what_is_settled(self) -> None:
        if not hasattr(self, "review"):
            return
        for who in ROLES:
            shown = Vote.objects.current().visible_to(self.access(who))
            assert {
                (vote.item.record_id, vote.item.stage, vote.item.round, vote.reviewer.name)
                for vote in shown.select_related("item", "reviewer")
            } == {
                (self.records[index].pk, stage.value, number, voter)
                for index in range(RECORDS)
                for stage in Stage
                for number, one in enumerate(self.model.records[index][stage], start=1)
                for voter in one.votes
                if voter == who or self.model.is_settled(index, stage)
            }

    @rule(who=any_voter, stage=any_stage)
    def look(self, who: str, stage: Stage) -> None:
        """The queue gives what waits for this person's vote and is there to be read."""
        wanted = {
            self.records[index]
            for index in range(RECORDS)
            if self.model.is_open(index, stage)
            and who not in self.model.latest(index, stage).votes
            and len(self.model.latest(index, stage).votes) < 2
            and (stage is TA or self.model.here[index] in {"sought", "retrieved"})
        }
        assert {item.record for item in upcoming(self.access(who), stage)} == wanted


@pytest.mark.django_db
def test_every_way_through_both_stages_keeps_what_is_promised():
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
