"""A prepared question gives what its queryset gives, with the values of the moment."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from config.prepared import Parameter, Prepared
from screening.models import Membership, ScreeningItem, User
from screening.querysets.votes import is_open_if_settled_by, undo_ends_for
from screening.rules import Stage
from tests.factories import ItemFactory, MembershipFactory

pytestmark = pytest.mark.django_db


def test_each_question_is_asked_with_its_own_values():
    one, other = MembershipFactory(), MembershipFactory()
    of_review = Prepared(lambda: Membership.objects.filter(review=Parameter("review")))

    assert of_review.ask(review=one.review.pk) == [one]
    assert of_review.ask(review=other.review.pk) == [other]
    assert of_review.ask(review=0) == []


def test_it_is_put_into_sql_once():
    built = []

    def build():
        built.append(1)
        return User.objects.filter(pk=Parameter("user"))

    question = Prepared(build)
    for _ in range(3):
        question.ask(user=1)

    assert len(built) == 1


def test_instances_have_the_types_of_their_fields():
    member = MembershipFactory()
    [found] = Prepared(lambda: Membership.objects.filter(pk=Parameter("pk"))).ask(pk=member.pk)

    assert found.joined_at == member.joined_at
    assert found.joined_at.tzinfo is not None
    assert not found.get_deferred_fields()


def test_values_that_look_like_sql_stay_values():
    MembershipFactory(user__name="Alice")
    named = Prepared(lambda: User.objects.filter(name=Parameter("name")).values_list("name"))

    assert named.rows(name="Alice") == [("Alice",)]
    assert named.rows(name="' OR 1=1 --") == []
    assert named.rows(name="%s") == []


def test_a_value_that_is_missing_is_an_error_and_not_a_guess():
    with pytest.raises(KeyError):
        Prepared(lambda: User.objects.filter(name=Parameter("name"))).ask()


@pytest.mark.parametrize("seconds", [-1, 0, 1])
@pytest.mark.parametrize("stage", Stage)
def test_a_time_as_parameter_cuts_where_the_queryset_cuts(stage, seconds):
    now = timezone.now()
    ends = undo_ends_for(now)
    sought = {"sought_at": ends + timedelta(seconds=seconds)} if stage is Stage.FULL_TEXT else {}
    item = ItemFactory(stage=stage, **sought)
    question = Prepared(
        lambda: ScreeningItem.objects.filter(
            is_open_if_settled_by(Parameter("settled")), pk=Parameter("pk")
        )
    )

    asked = question.ask(settled=ends, pk=item.pk)

    assert asked == list(ScreeningItem.objects.open(now))
    assert asked == ([item] if stage is Stage.TITLE_ABSTRACT or seconds <= 0 else [])


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_a_question_for_update_locks(django_assert_num_queries):
    user = User.objects.create(email="a@example.org")
    locked = Prepared(lambda: User.objects.filter(pk=Parameter("pk")).select_for_update())

    with django_assert_num_queries(1) as asked:
        locked.ask(pk=user.pk)

    assert "FOR UPDATE" in asked.captured_queries[0]["sql"]
    assert connection.in_atomic_block
