"""The admin knows people and reviews, and nothing of what is decided in them."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.urls import reverse

from screening.actions.people import end_membership
from screening.actions.voting import Ballot, cast_vote
from screening.models import Review, Role, User
from screening.rules import Decision, Stage
from tests.conftest import join
from tests.factories import ItemFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def host(client):
    """Staff, a member of nothing."""
    user = UserFactory(name="Host", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def test_only_people_reviews_and_failed_sign_ins_are_registered():
    registered = {
        f"{model._meta.app_label}.{model.__name__}"
        for model in admin.site._registry
        if model._meta.app_label != "axes"
    }

    assert registered == {"screening.User", "screening.Review"}


@pytest.mark.parametrize("model", [User, Review])
def test_nothing_is_deleted(host, rf, model, review):
    request = rf.get("/")
    request.user = host
    model_admin = admin.site.get_model_admin(model)

    assert not model_admin.has_delete_permission(request)
    assert "delete_selected" not in model_admin.get_actions(request)


def test_the_address_of_deletion_is_closed(client, host, review):
    for name, pk in [("user", host.pk), ("review", review.pk)]:
        address = reverse(f"admin:screening_{name}_delete", args=[pk])

        assert client.post(address, {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("who", ["alice", "dora"])
def test_members_without_staff_rights_stay_outside(client, request, who):
    client.force_login(request.getfixturevalue(who).user)

    assert client.get(reverse("admin:screening_review_changelist")).status_code == 302


def test_a_person_is_added_with_a_password_and_an_address_in_lower_case(client, host):
    response = client.post(
        reverse("admin:screening_user_add"),
        {
            "email": "Eve@Example.org",
            "name": "Eve",
            "usable_password": "true",
            "password1": "Nine green bottles",
            "password2": "Nine green bottles",
        },
    )

    eve = User.objects.get(name="Eve")
    assert response.status_code == 302
    assert eve.email == "eve@example.org"
    assert eve.check_password("Nine green bottles")
    assert not eve.is_staff


def test_an_address_is_here_once_whatever_its_case(client, host, alice):
    data = {"email": "ALICE@example.org", "name": "Another", "usable_password": "false"}

    response = client.post(reverse("admin:screening_user_add"), data)

    assert response.status_code == 200
    assert "email" in response.context["adminform"].form.errors


def test_people_are_found_by_name_and_address(client, host, alice, bob):
    address = reverse("admin:screening_user_changelist")

    for words in ("alice", "alice@example"):
        found = client.get(address, {"q": words}).context["cl"].queryset
        assert [user.name for user in found] == ["Alice"]


def test_who_is_deactivated_is_signed_out_and_the_host_is_not(client, host, alice):
    client.post(
        reverse("admin:screening_user_changelist"),
        {"action": "deactivate", "_selected_action": [alice.user.pk, host.pk]},
    )

    assert set(User.objects.values_list("name", "is_active")) >= {("Alice", False), ("Host", True)}
    client.force_login(alice.user)
    assert client.get(reverse("screening:team", args=[alice.review.pk])).status_code == 302


def test_who_is_activated_signs_in_again(client, host, alice):
    User.objects.filter(pk=alice.user.pk).update(is_active=False)

    client.post(
        reverse("admin:screening_user_changelist"),
        {"action": "activate", "_selected_action": [alice.user.pk]},
    )

    assert User.objects.get(pk=alice.user.pk).is_active


def test_the_page_of_a_person_opens_and_saves(client, host, alice):
    address = reverse("admin:screening_user_change", args=[alice.user.pk])

    shown = client.get(address)
    saved = client.post(
        address,
        {
            "email": "alice@example.org",
            "name": "Alice Hall",
            "is_active": "on",
            "memberships-TOTAL_FORMS": "0",
            "memberships-INITIAL_FORMS": "0",
        },
    )

    assert shown.status_code == 200
    assert reverse("admin:screening_review_change", args=[alice.review.pk]) in shown.text
    assert saved.status_code == 302
    assert User.objects.get(pk=alice.user.pk).name == "Alice Hall"


def test_the_list_of_reviews_counts_active_members(client, review, host, alice, dora):
    past = join(review, "Past", Role.OBSERVER)
    end_membership(dora, past.membership)

    (row,) = client.get(reverse("admin:screening_review_changelist")).context["cl"].queryset

    assert (row.title, row.n_members) == (review.title, 2)


def test_a_review_is_read_and_not_changed(client, host, review):
    address = reverse("admin:screening_review_change", args=[review.pk])

    response = client.post(address, {"title": "Another"})

    assert response.status_code == 403
    assert client.get(reverse("admin:screening_review_add")).status_code == 403
    assert Review.objects.get(pk=review.pk).title != "Another"


def test_the_page_of_a_review_lists_its_members_and_no_vote(client, host, review, alice, bob):
    item = ItemFactory(review=review)
    for access, decision in [(alice, Decision.INCLUDE), (bob, Decision.EXCLUDE)]:
        ballot = Ballot(decision, note="Only phantoms here")
        cast_vote(access, item.record, ballot, stage=Stage.TITLE_ABSTRACT)

    text = client.get(reverse("admin:screening_review_change", args=[review.pk])).text

    assert reverse("admin:screening_user_change", args=[alice.user.pk]) in text
    assert "Reviewer" in text
    for glimpse in ("Only phantoms here", "nclude", "xclude", "onflict"):
        assert glimpse not in text


def test_a_review_is_opened_from_the_admin_by_its_members(client, host, review, mallory):
    overview = reverse("reporting:overview", args=[review.pk])
    review.memberships.create(user=host, number=1, name="Host", joined_at=review.created_at)

    text = client.get(reverse("admin:screening_review_changelist")).text

    assert f'<a href="{overview}">Open in Parallax</a>' in text
    assert reverse("reporting:overview", args=[mallory.review.pk]) not in text
    assert "open to its members only" in text


def test_staff_in_a_review_find_the_way_to_the_admin(client, review, dora):
    User.objects.filter(pk=dora.user.pk).update(is_staff=True)
    client.force_login(dora.user)
    address = reverse("admin:screening_review_change", args=[review.pk])

    assert address in client.get(reverse("screening:team", args=[review.pk])).text


def test_others_in_a_review_do_not(client, review, dora):
    client.force_login(dora.user)

    assert "/admin/" not in client.get(reverse("screening:team", args=[review.pk])).text


def test_a_changed_address_takes_the_place_of_the_old_one_for_signing_in(client, host, alice):
    EmailAddress.objects.create(user=alice.user, email=alice.user.email, primary=True)
    data = {
        "email": "alice.hall@example.org",
        "name": "Alice",
        "is_active": "on",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
    }

    client.post(reverse("admin:screening_user_change", args=[alice.user.pk]), data)

    assert User.objects.get(pk=alice.user.pk).email == "alice.hall@example.org"
    assert not EmailAddress.objects.filter(email="alice@example.org").exists()
