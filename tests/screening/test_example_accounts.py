"""The sign-in page offers the example's people on a laptop, and nowhere else."""

import pytest
from django.urls import reverse

from screening.example import EXAMPLE_PASSWORD
from screening.models import Review
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def example(review, alice, dora):
    Review.objects.filter(pk=review.pk).update(is_example=True)
    return review


def test_the_sign_in_page_offers_the_people_of_the_example(client, settings, example, mallory):
    settings.EXAMPLE_ACCOUNTS = True

    response = client.get(reverse("account_login"))

    assert response.context["example_accounts"] == [
        {
            "name": "Alice",
            "email": "alice@example.org",
            "roles": "Reviewer",
            "password": EXAMPLE_PASSWORD,
        },
        {
            "name": "Dora",
            "email": "dora@example.org",
            "roles": "Lead",
            "password": EXAMPLE_PASSWORD,
        },
    ]


def test_a_server_offers_nobody(client, settings, example):
    settings.EXAMPLE_ACCOUNTS = False

    response = client.get(reverse("account_login"))

    assert "example_accounts" not in response.context
    assert "alice@example.org" not in response.text


def test_other_pages_do_not_ask(client, settings, example, django_assert_num_queries):
    settings.EXAMPLE_ACCOUNTS = True
    client.force_login(UserFactory(name="Eve"))

    with django_assert_num_queries(2):
        response = client.get(reverse("screening:new_review"))

    assert "example_accounts" not in response.context
