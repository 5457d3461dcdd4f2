"""Random reviews by the actions people use: at every step the numbers add up and open their lists.

Beside the queries stands an oracle that looks at one record after the other.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from reporting.prisma.counting import count, records_in
from reporting.prisma.numbers import BOXES, IN_PROGRESS, identities
from screening import bulk
from screening.access import Refused, access_for
from screening.actions import (
    adjustments,
    conflicts,
    distinctions,
    merging,
    retrieval,
    rounds,
    voting,
)
from screening.models import (
    AdjustedBox,
    Adjustment,
    Distinction,
    ExclusionReason,
    Merge,
    Record,
    Retrieval,
    RetrievalState,
    Role,
    ScreeningItem,
    SourceKind,
    Vote,
)
from screening.querysets.votes import undo_ends_for
from screening.rules import Decision, Stage, counted_reason
from screening.verification import verify
from tests import clock
from tests.conftest import join
from tests.factories import ImportFactory, RecordFactory, ReviewFactory, SourceFactory

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
SOURCES = [
    ("PubMed", SourceKind.DATABASE, 3),
    ("ICTRP", SourceKind.REGISTER, 1),
    ("References; cited", SourceKind.CITATIONS, 2),
]
CODES = ["E1", "E2", "E3"]
PEOPLE = {
    "ann": (Role.REVIEWER,),
    "ben": (Role.REVIEWER,),
    "cem": (Role.REVIEWER,),
    "eve": (Role.LEAD, Role.ADJUDICATOR),
}

any_record = st.integers(0, sum(number for *_, number in SOURCES) - 1)
any_stage = st.sampled_from([TA, FT, FT])
reviewers = st.sampled_from(["ann", "ben", "cem"])
some_reasons = st.lists(st.sampled_from(CODES), min_size=1, max_size=3, unique=True)


class Reviewing(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()

    def teardown(self) -> None:
        if hasattr(self, "records"):
            self.look()
            assert verify(self.review).differences == []
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)
        if hasattr(self, "seconds"):
            self.seconds.disable()

    @initialize(
        quorum=st.sampled_from([2, 1, 3]),
        seconds=st.sampled_from([0, 10]),
        must_agree=st.booleans(),
        begun=st.lists(st.tuples(any_record, st.sampled_from(["agree", "differ"])), max_size=6),
    )
    def a_review(self, quorum, seconds, must_agree, begun) -> None:
        self.seconds = override_settings(UNDO_SECONDS=seconds)
        self.seconds.enable()
        self.quorum = quorum
        self.review = ReviewFactory(
            protocol__quorum_title_abstract=2,
            protocol__quorum_full_text=quorum,
            protocol__reasons_must_agree=must_agree,
            protocol__resolution_mode="adjudication",
        )
        self.people = {name: join(self.review, name, *roles) for name, roles in PEOPLE.items()}
        for position, code in enumerate(reversed(CODES), start=1):
            ExclusionReason.objects.create(
                review=self.review, code=code, position=position, label=f"Not {code}, or other"
            )
        for name, kind, number in SOURCES:
            source = SourceFactory(review=self.review, name=name, kind=kind)
            imported = ImportFactory(source=source, found=number, read=number)
            for position in range(1, number + 1):
                RecordFactory(review=self.review, imported_by=imported, position=position)
            is_other = kind.is_other_method
            bulk.insert_items(
                imported.pk,
                bulk.numbers_of(imported.pk),
                stage=FT if is_other else TA,
                quorum=quorum if is_other else 2,
                sought_at=timezone.now() if is_other else None,
            )
        self.records = list(Record.objects.filter(review=self.review).order_by("number"))
        for index, how in begun:
            self.both_vote(index, how)

    def attempt(self, deed: Callable[..., Any], who: str, *args: Any, **said: Any) -> None:
        access = self.people[who]
        try:
            deed(access_for(access.user, self.review.pk), *args, **said)
        except (Refused, PermissionDenied):
            return

    def vote_as(self, who, index, stage, decision, reasons) -> None:
        ballot = voting.Ballot(Decision(decision), reasons=tuple(reasons if stage is FT else ()))
        self.attempt(voting.cast_vote, who, self.records[index], ballot, stage=stage)

    @rule(
        who=reviewers,
        index=any_record,
        stage=any_stage,
        decision=st.sampled_from(["include", "exclude", "exclude"]),
        reasons=some_reasons,
    )
    def vote(self, who, index, stage, decision, reasons) -> None:
        self.vote_as(who, index, stage, decision, reasons)

    def both_vote(self, index, how) -> None:
        """The way to full text, or to a conflict, that chance alone seldom finds."""
        for who, decision in (
            ("ann", "include"),
            ("ben", {"agree": "include"}.get(how, "exclude")),
        ):
            self.vote_as(who, index, TA, decision, ())
        self.time_passes()

    @rule(index=any_record, first=some_reasons, second=some_reasons, third=some_reasons)
    def all_exclude(self, index, first, second, third) -> None:
        for who, reasons in (("ann", first), ("ben", second), ("cem", third)):
            self.vote_as(who, index, FT, "exclude", reasons)
        self.time_passes()

    @rule(who=reviewers, index=any_record, stage=any_stage)
    def take_back(self, who, index, stage) -> None:
        self.attempt(voting.take_back_vote, who, self.records[index], stage=stage)

    @rule()
    def time_passes(self) -> None:
        clock.time_passes(timedelta(minutes=1))

    @rule(
        index=any_record,
        stage=any_stage,
        decision=st.sampled_from(["include", "exclude"]),
        reasons=some_reasons,
    )
    def adjudicate(self, index, stage, decision, reasons) -> None:
        said = {"decision": decision, "rationale": "Why."}
        if stage is FT and decision == "exclude":
            said["reason"] = reasons[0]
        self.attempt(conflicts.adjudicate, "eve", self.records[index], stage=stage, **said)

    @rule(index=any_record, state=st.sampled_from([*RetrievalState, None]))
    def say_of_report(self, index, state) -> None:
        self.attempt(
            retrieval.say_of_report, "eve", self.records[index], state, why="We asked the author."
        )

    @rule(index=any_record, stage=any_stage)
    def reopen(self, index, stage) -> None:
        self.attempt(rounds.reopen, "eve", self.records[index], stage=stage, why="A mistake.")

    @rule(
        box=st.sampled_from(AdjustedBox.values),
        number=st.integers(1, 40),
        which=st.integers(0, len(SOURCES)),
    )
    def adjust(self, box, number, which) -> None:
        source = [None, *self.review.sources.order_by("pk")][which]
        if box in adjustments.OF_EARLIER_VERSION:
            source = None
        said = {"box": box, "number": number, "source": source, "why": "Done before."}
        self.attempt(adjustments.add_adjustment, "eve", **said)

    @rule()
    def end_an_adjustment(self) -> None:
        if first := Adjustment.objects.in_force().filter(review=self.review).first():
            self.attempt(adjustments.end_adjustment, "eve", first)

    @rule(one=any_record, other=any_record)
    def merge(self, one, other) -> None:
        if one != other:
            self.attempt(merging.merge_records, "eve", self.records[one], self.records[other])

    @rule(index=any_record, is_mistake=st.booleans())
    def unmerge(self, index, is_mistake) -> None:
        merge = Merge.objects.in_force().filter(record=self.records[index]).first()
        if merge and is_mistake:
            self.attempt(merging.take_back_merge, "eve", merge)
        elif merge:
            self.attempt(merging.separate, "eve", self.records[index])

    @rule()
    def forget_what_was_told_apart(self) -> None:
        for told in Distinction.objects.in_force().filter(review=self.review):
            self.attempt(distinctions.take_back_distinction, "eve", told)

    # --- What holds after every step ----------------------------------------------------------

    @invariant()
    def everything_adds_up(self) -> None:
        if hasattr(self, "records"):
            numbers = count(self.people["eve"])
            assert [identity for identity in identities(numbers) if not identity.holds] == []

    @rule()
    def look(self) -> None:
        """Every number is the length of its list, and every record where the oracle finds it."""
        access, now = self.people["eve"], timezone.now()
        numbers = count(access, now)
        found = {record.pk: self.boxes_of(record, now) for record in self.records}
        for code in {*BOXES, *ORACLE, *numbers.records}:
            listed = list(records_in(access, code, now).values_list("pk", flat=True))
            assert (code, len(listed)) == (code, numbers.records.get(code, 0))
            assert len(set(listed)) == len(listed)
            if code in ORACLE:
                expected = {pk for pk, codes in found.items() if code in codes}
                assert (code, set(listed)) == (code, expected)

    def boxes_of(self, record: Record, now) -> set[str]:
        """The last boxes this record has come to: one, and a reason's, at every moment."""
        is_other = SourceKind(record.imported_by.source.kind).is_other_method
        if Merge.objects.in_force().filter(record=record).exists():
            return {"other_removed" if is_other else "duplicates"}
        if not is_other:
            item = ScreeningItem.objects.get(record=record, stage=TA, closed_at=None)
            decided = _decided(item, now)
            if decided != "included":
                return {"records_excluded" if decided else "pending_title_abstract"}
        column, pending = ("other", "other_pending") if is_other else ("dbr", "pending")
        item = ScreeningItem.objects.get(record=record, stage=FT, closed_at=None)
        decided = _decided(item, now)
        if decided == "included":
            return {f"{column}_included", "new_reports"}
        if decided == "excluded":
            return {f"{column}_excluded", f"{column}_excluded:{_reason(item)}"}
        said = Retrieval.objects.filter(record=record, ended_at_sequence=None).first()
        voted = Vote.objects.filter(item=item, superseded_at=None).exists()
        if said and said.state == "not_retrieved":
            return {f"{column}_notretrieved_reports"}
        if voted or (said and said.state == "retrieved"):
            return {f"{pending}_full_text"}
        return {f"{pending}_retrieval"}


ORACLE = [
    "records_excluded",
    *IN_PROGRESS,
    *(
        f"{column}_{what}"
        for column in ("dbr", "other")
        for what in ("included", "excluded", *(f"excluded:{code}" for code in CODES))
    ),
    "dbr_notretrieved_reports",
    "other_notretrieved_reports",
    "new_reports",
    "duplicates",
    "other_removed",
]


def _decided(item: ScreeningItem, now) -> str:
    is_settled = item.completed_at is not None and item.completed_at <= undo_ends_for(now)
    return item.outcome if is_settled and item.outcome in ("included", "excluded") else ""


def _reason(item: ScreeningItem) -> str:
    if hasattr(item, "resolution") and item.resolution.reason:
        return item.resolution.reason.code
    votes = Vote.objects.filter(item=item, superseded_at=None, decision="exclude")
    given = [
        {vote.reason.code, *vote.further_reasons.values_list("reason__code", flat=True)}
        for vote in votes
    ]
    return counted_reason(given, list(reversed(CODES)))


@pytest.mark.django_db
def test_the_numbers_of_any_review_add_up_and_open_their_lists():
    run_state_machine_as_test(
        Reviewing,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
