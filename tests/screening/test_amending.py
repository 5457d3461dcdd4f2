"""One statement of SQL counts votes as the rules do, and says before what it changes."""

from collections import Counter
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screening.amending import change_items, count_changes
from screening.models import ExclusionReason, FurtherReason, Protocol, ScreeningItem, Vote
from screening.rules import COMPLETE, Decision, MaybePolicy, Outcome, Stage, outcome
from tests.conftest import join
from tests.factories import ItemFactory, ReviewFactory, UserFactory

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT

pytestmark = pytest.mark.django_db

quorums = st.integers(1, 3)
policies = st.sampled_from(MaybePolicy)
reasons = st.lists(st.integers(0, 2), min_size=1, max_size=2, unique=True)
said_of_a_record = st.tuples(st.sampled_from(Decision), st.just([]))
said_of_a_report = st.one_of(
    st.tuples(st.just(Decision.EXCLUDE), reasons),
    st.tuples(st.just(Decision.INCLUDE), st.just([])),
)
ages = st.sampled_from([0, 3_600])


def items_at(said: Any) -> Any:
    return st.lists(st.tuples(st.lists(said, max_size=3), ages), min_size=1, max_size=5)


def added_up(votes: Any, quorum: int, protocol: Protocol, stage: Stage) -> Outcome:
    asked = stage is FT and protocol.reasons_must_agree
    return outcome(
        [decision for decision, _ in votes],
        quorum=quorum,
        maybe=MaybePolicy(protocol.maybe_policy),
        reasons=[set(why) for _, why in votes if why] if asked else None,
    )


@settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), stage=st.sampled_from(Stage), old=quorums, new=quorums)
def test_sql_and_rules_agree_and_the_numbers_shown_are_those_done(data, stage, old, new):
    said = data.draw(items_at(said_of_a_record if stage is TA else said_of_a_report))
    fields = [
        {f"quorum_{stage}": quorum, "maybe_policy": data.draw(policies), "reasons_must_agree": flag}
        for quorum, flag in ((old, data.draw(st.booleans())), (new, data.draw(st.booleans())))
    ]
    with transaction.atomic():
        _change_and_compare(stage, said, *fields)
        transaction.set_rollback(True)


def _change_and_compare(stage: Stage, said: Any, before: Any, after: Any) -> None:
    review = ReviewFactory()
    lead = join(review, f"Lead {review.pk}", "lead")
    people = [UserFactory(name=f"{review.pk} {number}") for number in range(3)]
    codes = [
        ExclusionReason.objects.create(review=review, code=f"E{n}", position=n, label=f"R{n}")
        for n in range(3)
    ]
    Protocol.objects.filter(review=review).update(**before)
    in_force = Protocol.objects.get(review=review)
    items = [_item(review, stage, votes, age, in_force, people, codes) for votes, age in said]
    to_be = Protocol(review=review, number=2, **{**_plain(in_force), **after})
    was = {item.pk: (item.outcome, item.quorum) for item in items}
    shown = count_changes(review.pk, in_force, to_be)

    assert change_items(lead, in_force, to_be, timezone.now()) == shown

    numbers: Counter[str] = Counter()
    for item, (votes, age) in zip(items, said, strict=True):
        completed_at = item.completed_at
        item.refresh_from_db()
        votes = votes[: was[item.pk][1]]
        quorum = max(to_be.quorum(stage), len(votes))
        due = added_up(votes, quorum, to_be, stage)
        assert (item.quorum, item.outcome) == (quorum, due)
        assert (item.completed_at is not None) == (due in COMPLETE)
        if completed_at and item.completed_at:
            assert item.completed_at == completed_at
        numbers.update(_told(*was[item.pk], item, is_settled=bool(age)))
    assert numbers == {name: n for change in shown for name, n in change.numbers.items()}


def _plain(protocol: Protocol) -> dict[str, Any]:
    names = ("quorum_title_abstract", "quorum_full_text", "maybe_policy", "reasons_must_agree")
    return {name: getattr(protocol, name) for name in names}


def _item(review, stage, votes, age, protocol, people, codes) -> ScreeningItem:
    long_ago = timezone.now() - timedelta(hours=2)
    quorum = protocol.quorum(stage)
    item = ItemFactory(
        review=review, stage=stage, quorum=quorum, sought_at=long_ago if stage is FT else None
    )
    for slot, ((decision, why), person) in enumerate(
        zip(votes[:quorum], people, strict=False), start=1
    ):
        vote = Vote.objects.create(
            item=item,
            reviewer=person,
            protocol=protocol,
            slot=slot,
            quorum=quorum,
            decision=decision,
            reason=codes[why[0]] if why else None,
            cast_at=long_ago,
        )
        for further in why[1:]:
            FurtherReason.objects.create(vote=vote, reason=codes[further])
    item.outcome = added_up(votes[:quorum], quorum, protocol, stage)
    if item.outcome in COMPLETE:
        item.completed_at = timezone.now() - timedelta(seconds=age)
    item.save()
    return item


def _told(before: str, quorum: int, item: ScreeningItem, *, is_settled: bool) -> list[str]:
    """The numbers one item counts in, said a second time."""
    told = ["another_quorum"] if item.quorum != quorum else []
    was, now = _kind(before), _kind(item.outcome)
    if was == "short" and now != "short":
        told.append("completed")
    elif now == "short" and was != "short" and not is_settled:
        told.append("unsettled_short_again")
    elif was != now and is_settled:
        told.append(
            {
                ("decided", "short"): "decided_short_again",
                ("conflict", "short"): "conflicts_short_again",
                ("decided", "conflict"): "decided_in_conflict",
                ("conflict", "decided"): "conflicts_decided",
            }[was, now]
        )
    if is_settled and was != "short" and before != item.outcome and item.stage == TA:
        if before == "included":
            told.append("reports_not_sought")
        elif item.outcome == "included":
            told.append("reports_sought")
    return told


def _kind(outcome_: str) -> str:
    kinds = {"unseen": "short", "partial": "short", "conflict": "conflict"}
    return kinds.get(outcome_, "decided")


def test_every_set_of_votes_is_counted_alike_under_every_version():
    """All of them once, not only those that chance finds."""
    votes = [list(said) for n in range(4) for said in product(Decision, repeat=n)]
    said = [([(decision, []) for decision in of_item], 3_600) for of_item in votes]
    for quorum, policy in product((1, 2, 3), MaybePolicy):
        with transaction.atomic():
            _change_and_compare(
                TA,
                said,
                {"quorum_title_abstract": 3, "maybe_policy": MaybePolicy.INCLUDE},
                {"quorum_title_abstract": quorum, "maybe_policy": policy},
            )
            transaction.set_rollback(True)
