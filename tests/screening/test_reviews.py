"""Making a review, blank or from the template."""

import pytest
from django.urls import reverse

from screening.access import RepeatedRequest, RequestClaim
from screening.actions.reviews import create_review
from screening.models import (
    Criterion,
    ExclusionReason,
    HighlightTerm,
    LogEntry,
    Membership,
    Review,
    Source,
)
from tests.factories import UserFactory

TEMPLATE = "synthetic_images_diagnostic_imaging"

pytestmark = pytest.mark.django_db


@pytest.fixture
def dora():
    return UserFactory(name="Dora")


def rows(access, model, *fields):
    return list(access.scope(model).order_by("pk").values_list(*fields))


def test_who_makes_a_review_leads_and_screens_it(dora):
    access = create_review(dora, title="Iron")

    assert (access.review.title, access.review.created_by) == ("Iron", dora)
    assert access.roles == {"lead", "reviewer"}
    assert rows(access, Membership, "number", "name") == [(1, "Dora")]


def test_a_blank_review_asks_two_independent_votes_and_nothing_else(dora):
    access = create_review(dora, title="Iron")

    protocol = access.protocol
    assert (protocol.number, protocol.started_at_sequence) == (1, 1)
    assert (protocol.quorum_title_abstract, protocol.quorum_full_text) == (2, 2)
    assert protocol.question == ""
    for model in (Criterion, ExclusionReason, HighlightTerm, Source):
        assert access.scope(model).count() == 0


def test_the_log_begins_with_the_making(dora):
    access = create_review(dora, title="Iron", template=TEMPLATE)

    assert rows(access, LogEntry, "sequence", "action", "actor__number", "after") == [
        (1, "review.created", 1, {"title": "Iron", "template": TEMPLATE})
    ]


def test_the_template_fills_the_protocol_and_says_what_is_a_proposal(dora):
    access = create_review(dora, title="Iron", template=TEMPLATE)

    protocol = access.protocol
    assert protocol.registration == "PROSPERO CRD42023369125"
    assert [row["label"] for row in protocol.framework] == [
        "Population",
        "Exposure",
        "Comparator",
        "Outcomes",
        "Study types",
        "Objectives",
    ]
    assert protocol.template_note.startswith("Known from the public abstract: title")
    assert access.scope(Criterion).filter(kind="include").count() == 8
    assert set(rows(access, Criterion, "kind", "is_proposal")) == {
        ("include", False),
        ("exclude", True),
    }
    assert rows(access, ExclusionReason, "code", "position", "is_proposal") == [
        (f"E{n}", n, True) for n in range(1, 10)
    ]
    assert rows(access, Source, "name", "is_proposal", "hits") == [("PubMed", True, None)]
    assert set(access.scope(HighlightTerm).values_list("side", flat=True)) == {"for", "against"}


def test_a_template_nobody_wrote_makes_no_review(dora):
    with pytest.raises(KeyError):
        create_review(dora, title="Iron", template="unknown")

    assert Review.objects.count() == 0


def test_a_request_sent_twice_makes_one_review(dora):
    claim = RequestClaim("key", "digest")
    create_review(dora, title="Iron", claim=claim)

    with pytest.raises(RepeatedRequest):
        create_review(dora, title="Iron", claim=claim)

    assert Review.objects.count() == 1


def post(client, **data):
    return client.post(reverse("screening:new_review"), {"title": "Iron", "template": "", **data})


def test_the_page_offers_blank_and_template(client, dora):
    client.force_login(dora)

    response = client.get(reverse("screening:new_review"))

    choices = response.context["form"].fields["template"].choices
    assert [value for value, _ in choices] == ["", TEMPLATE]


def test_a_blank_review_goes_on_with_writing_its_protocol(client, dora):
    client.force_login(dora)

    response = post(client, title="  Iron \n and anaemia ")

    review = Review.objects.get()
    assert review.title == "Iron and anaemia"
    assert response["Location"] == reverse("screening:protocol_edit", args=[review.pk])


def test_a_review_from_the_template_goes_on_with_reading_it(client, dora):
    client.force_login(dora)

    response = post(client, template=TEMPLATE)

    assert response["Location"] == reverse("screening:protocol", args=[Review.objects.get().pk])


def test_a_template_has_a_title_for_those_who_give_none(client, dora):
    client.force_login(dora)

    post(client, template=TEMPLATE, title=" ")

    assert Review.objects.get().title.startswith("Synthetic images in diagnostic imaging: a")


@pytest.mark.parametrize("wrong", [{"title": ""}, {"title": "a" * 301}, {"template": "unknown"}])
def test_a_wrong_form_comes_back_as_it_was_typed(client, dora, wrong):
    client.force_login(dora)

    response = post(client, **wrong)

    assert response.status_code == 422
    assert response.context["form"].data["title"] == {"title": "Iron", **wrong}["title"]
    assert Review.objects.count() == 0


def test_a_form_sent_twice_makes_one_review(client, dora):
    client.force_login(dora)
    post(client, request_key="one")

    again = post(client, request_key="one")
    other = post(client, request_key="one", title="Copper")

    assert again["Location"] == "/"
    assert other.status_code == 409
    assert [review.title for review in Review.objects.all()] == ["Iron"]


def test_strangers_are_asked_to_sign_in(client):
    assert post(client).status_code == 302
    assert Review.objects.count() == 0
