"""Invitations: one use, one address, fourteen days; shown by GET, accepted by POST."""

import hashlib
import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from screening.access import Refused, access_for
from screening.actions.people import (
    INVITATIONS_A_DAY,
    NotInvited,
    OtherAddress,
    accept_invitation,
    end_membership,
    invite,
    withdraw_invitation,
)
from screening.models import Invitation, LogEntry, Membership, Role, User
from tests.conftest import join
from tests.factories import UserFactory

PASSWORD = "Nine green bottles"

pytestmark = pytest.mark.django_db


@pytest.fixture
def eve():
    return UserFactory(name="Eve")


@pytest.fixture
def token(dora):
    """Of an invitation for eve@example.org, as reviewer."""
    return invite(dora, email="eve@example.org", roles=[Role.REVIEWER])[1]


def expire(token):
    digest = hashlib.sha256(token.encode()).hexdigest()
    Invitation.objects.filter(token_hash=digest).update(expires_at=timezone.now())


def last_entry(access):
    entry = access.scope(LogEntry).order_by("sequence").last()
    return entry.action, entry.before, entry.after


# --- Inviting ---------------------------------------------------------------------------------


def test_an_invitation_is_for_an_address_with_roles_for_fourteen_days(dora):
    invitation, _ = invite(dora, email=" Eve@Example.org ", roles=[Role.LIBRARIAN, Role.REVIEWER])

    assert (invitation.email, invitation.roles) == ("eve@example.org", ["reviewer", "librarian"])
    assert invitation.expires_at - invitation.created_at == timedelta(days=14)
    assert last_entry(dora) == (
        "invitation.sent",
        None,
        {"email": "eve@example.org", "roles": ["reviewer", "librarian"], "replaces_earlier": False},
    )


def test_only_the_hash_of_the_token_is_kept_and_the_log_has_neither(dora, token):
    digest = hashlib.sha256(token.encode()).hexdigest()

    assert Invitation.objects.get().token_hash == digest
    logged = str(list(LogEntry.objects.values()))
    assert token not in logged
    assert digest not in logged


def test_the_same_address_again_gets_a_new_link_and_the_old_one_stops(dora, eve, token):
    _, second = invite(dora, email="eve@example.org", roles=[Role.OBSERVER])

    with pytest.raises(NotInvited):
        accept_invitation(eve, token)
    accept_invitation(eve, second)

    assert access_for(eve, dora.review.pk).roles == {"observer"}


def test_an_invitation_elsewhere_is_not_replaced(dora, mallory, eve, token):
    invite(mallory, email="eve@example.org", roles=[Role.OBSERVER])

    accept_invitation(eve, token)

    assert access_for(eve, dora.review.pk).roles == {"reviewer"}


def test_members_are_not_invited_again(alice, dora):
    with pytest.raises(Refused, match="is a member of this review already"):
        invite(dora, email=alice.user.email.upper(), roles=[Role.OBSERVER])


def test_an_invitation_without_a_role_is_none(dora):
    with pytest.raises(Refused, match="at least one role"):
        invite(dora, email="eve@example.org", roles=[])

    assert Invitation.objects.count() == 0


def test_nobody_sends_invitations_without_end(dora):
    for n in range(INVITATIONS_A_DAY):
        invite(dora, email=f"person{n}@example.org", roles=[Role.OBSERVER])

    with pytest.raises(Refused, match="50 invitations today"):
        invite(dora, email="eve@example.org", roles=[Role.OBSERVER])


@pytest.mark.parametrize("who", ["alice", "carol", "libby", "olive"])
def test_only_the_lead_invites_and_withdraws(request, dora, token, who):
    access = request.getfixturevalue(who)

    with pytest.raises(PermissionDenied):
        invite(access, email="mine@example.org", roles=[Role.LEAD])
    with pytest.raises(PermissionDenied):
        withdraw_invitation(access, Invitation.objects.get())


# --- Accepting --------------------------------------------------------------------------------


def test_who_accepts_is_a_member_with_the_roles_of_the_invitation(dora, eve, token):
    membership = accept_invitation(eve, token)

    assert (membership.number, membership.name) == (2, "Eve")
    assert access_for(eve, dora.review.pk).roles == {"reviewer"}
    assert last_entry(dora) == (
        "member.joined",
        None,
        {"member": 2, "name": "Eve", "roles": ["reviewer"], "returned": False},
    )


def test_a_link_works_once(dora, eve, token):
    accept_invitation(eve, token)
    end_membership(dora, Membership.objects.get(user=eve))

    with pytest.raises(NotInvited):
        accept_invitation(eve, token)

    assert not Membership.objects.active().filter(user=eve).exists()


def test_accepting_twice_changes_nothing(eve, token):
    first = accept_invitation(eve, token)

    assert accept_invitation(eve, token) == first
    assert LogEntry.objects.filter(action="member.joined").count() == 1


def test_a_link_is_for_its_address_only(token):
    other = UserFactory(name="Frank")

    with pytest.raises(OtherAddress, match=r"for eve@example\.org; you are signed in as frank@"):
        accept_invitation(other, token)

    assert not Membership.objects.filter(user=other).exists()
    assert Invitation.objects.get().accepted_at is None


def test_the_case_of_an_address_does_not_matter(token):
    eve = UserFactory(name="Eve", email="Eve@Example.org")

    assert accept_invitation(eve, token).user == eve


def test_a_link_expires(eve, token):
    expire(token)

    with pytest.raises(NotInvited):
        accept_invitation(eve, token)


def test_a_withdrawn_link_is_dead(dora, eve, token):
    withdraw_invitation(dora, Invitation.objects.get())

    with pytest.raises(NotInvited):
        accept_invitation(eve, token)
    assert last_entry(dora) == (
        "invitation.withdrawn",
        {"email": "eve@example.org", "roles": ["reviewer"]},
        None,
    )


def test_what_was_accepted_or_withdrawn_is_not_withdrawn_again(dora, eve, token):
    invitation = Invitation.objects.get()
    accept_invitation(eve, token)

    with pytest.raises(Refused, match="not pending any more"):
        withdraw_invitation(dora, invitation)


def test_an_unknown_token_is_no_invitation(eve):
    with pytest.raises(NotInvited, match="There is no such invitation"):
        accept_invitation(eve, "unknown")


def test_a_past_member_gets_the_membership_back_with_the_new_roles(alice, dora):
    end_membership(dora, alice.membership)
    _, token = invite(dora, email=alice.user.email, roles=[Role.OBSERVER])

    membership = accept_invitation(alice.user, token)

    assert (membership.pk, membership.number) == (alice.membership.pk, alice.membership.number)
    assert access_for(alice.user, dora.review.pk).roles == {"observer"}
    assert last_entry(dora)[2]["returned"] is True


def test_names_are_unique_in_a_review(review, dora):
    join(review, "Eve", Role.OBSERVER)
    join(review, "eve 2", Role.OBSERVER)
    user = UserFactory(name="Eve", email="other@example.org")
    _, token = invite(dora, email="other@example.org", roles=[Role.REVIEWER])

    assert accept_invitation(user, token).name == "Eve 3"


def test_numbers_go_on_from_the_highest(review, dora, eve, token):
    past = join(review, "Past", Role.OBSERVER)
    Membership.objects.filter(pk=past.membership.pk).update(number=7, ended_at=timezone.now())

    assert accept_invitation(eve, token).number == 8


# --- The page of the lead ---------------------------------------------------------------------


def team(access, name="team", *args):
    return reverse(f"screening:{name}", args=[access.review.pk, *args])


def send(client, access, **fields):
    data = {"email": "eve@example.org", "roles": ["reviewer"], **fields}
    return client.post(team(access), data)


def test_inviting_shows_the_link_once_and_mails_it(client, dora, eve):
    client.force_login(dora.user)

    response = send(client, dora)

    link = response.context["link"]
    (message,) = mail.outbox
    assert response.status_code == 200
    assert f'value="{link}"' in response.text
    assert "The link was e-mailed." in response.text
    assert (message.to, message.subject) == (
        ["eve@example.org"],
        f"Parallax: an invitation to {dora.review.title}",
    )
    assert link in message.body
    assert link not in client.get(team(dora)).text
    client.force_login(eve)
    assert client.post(link).status_code == 302
    assert access_for(eve, dora.review.pk).roles == {"reviewer"}


def test_a_title_of_two_lines_does_not_break_the_subject(client, dora):
    dora.review.title = "Iron\nBcc: everybody@example.org"
    dora.review.save()
    client.force_login(dora.user)

    send(client, dora)

    (message,) = mail.outbox
    assert message.subject == "Parallax: an invitation to Iron Bcc: everybody@example.org"
    assert message.recipients() == ["eve@example.org"]


def test_the_link_is_shown_when_the_mail_server_does_not_answer(client, dora, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    client.force_login(dora.user)

    response = send(client, dora)

    assert "the e-mail could not be sent" in response.text
    assert f'value="{response.context["link"]}"' in response.text
    assert Invitation.objects.get().email == "eve@example.org"


def test_without_a_mail_server_the_page_does_not_say_mailed(client, dora, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    client.force_login(dora.user)

    response = send(client, dora)

    assert "nothing was e-mailed" in response.text
    assert response.context["link"] in response.text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"email": "eve"}, "email"), ({"roles": []}, "roles"), ({"roles": ["emperor"]}, "roles")],
)
def test_a_wrong_form_comes_back_as_it_was_typed(client, dora, wrong, field):
    client.force_login(dora.user)

    response = send(client, dora, **wrong)

    form = response.context["form"]
    assert (response.status_code, list(form.errors)) == (422, [field])
    assert form["email"].value() == {"email": "eve@example.org", **wrong}["email"]
    assert Invitation.objects.count() == 0


def test_a_form_sent_twice_invites_once(client, dora):
    client.force_login(dora.user)
    send(client, dora, request_key="one")

    again = send(client, dora, request_key="one")

    assert again["Location"] == team(dora)
    assert len(mail.outbox) == 1


def test_the_lead_sees_what_is_pending_and_what_expired(client, dora, token):
    expire(token)
    invite(dora, email="frank@example.org", roles=[Role.OBSERVER])
    client.force_login(dora.user)

    rows = client.get(team(dora)).context["invitations"]

    assert [(row.email, roles, state.value) for row, roles, state in rows] == [
        ("eve@example.org", ["Reviewer"], "expired"),
        ("frank@example.org", ["Observer"], "pending"),
    ]


@pytest.mark.parametrize("who", ["alice", "carol", "libby", "olive"])
def test_the_others_see_no_invitations(client, request, token, who):
    access = request.getfixturevalue(who)
    client.force_login(access.user)

    assert "eve@example.org" not in client.get(team(access)).text
    assert send(client, access).status_code == 403


def test_the_lead_withdraws_on_the_page(client, dora, token):
    client.force_login(dora.user)
    address = team(dora, "invitation_withdraw", Invitation.objects.get().pk)

    assert client.get(address).status_code == 405
    assert client.post(address)["Location"] == team(dora)
    assert client.post(address).status_code == 409
    assert client.get(team(dora)).context["invitations"] == []


def test_an_invitation_of_another_review_is_not_found(client, mallory, token):
    client.force_login(mallory.user)

    response = client.post(team(mallory, "invitation_withdraw", Invitation.objects.get().pk))

    assert response.status_code == 404
    assert Invitation.objects.get().withdrawn_at is None


# --- The page of the invited ------------------------------------------------------------------


def page(token, name="invitation"):
    return reverse(f"screening:{name}", args=[token])


def test_whoever_has_the_link_sees_who_invites_whom_to_what(client, dora, token):
    response = client.get(page(token))

    text = re.sub(r"\s+", " ", response.text)
    assert response.status_code == 200
    assert "Dora invites eve@example.org to the review" in text
    assert dora.review.title in text
    assert "as reviewer." in text
    assert "dora@example.org" not in text


def test_looking_changes_nothing(client, dora, eve, token):
    client.get(page(token))
    client.force_login(eve)
    client.get(page(token))

    assert Invitation.objects.get().accepted_at is None
    assert not Membership.objects.filter(user=eve).exists()
    assert "invitation" not in client.session


def test_accepting_needs_a_person(client, token):
    response = client.post(page(token))

    assert response["Location"] == f"/accounts/login/?next={page(token)}"
    assert Invitation.objects.get().accepted_at is None


def test_signing_in_leads_back_and_accepting_into_the_review(client, dora, eve, token):
    sign_in = re.search(r'href="(/accounts/login/[^"]+)"', client.get(page(token)).text)[1]
    data = {"login": "eve@example.org", "password": "correct horse battery"}

    signed_in = client.post(sign_in, data)
    joined = client.post(signed_in["Location"])

    assert signed_in["Location"] == page(token)
    assert joined["Location"] == reverse("reporting:overview", args=[dora.review.pk])
    assert client.get(joined["Location"]).status_code == 200


def test_another_person_is_told_and_not_let_in(client, alice, mallory, token):
    client.force_login(mallory.user)

    shown, posted = client.get(page(token)), client.post(page(token))

    assert "you are signed in as mallory@example.org" in shown.text
    assert "Join the review" not in shown.text
    assert posted.status_code == 409
    assert "you are signed in as mallory@example.org" in posted.text
    assert not Membership.objects.filter(user=mallory.user, review=alice.review).exists()


def withdraw(dora, eve, token):
    withdraw_invitation(dora, Invitation.objects.get())


def use(dora, eve, token):
    accept_invitation(eve, token)


def let_expire(dora, eve, token):
    expire(token)


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (withdraw, "This invitation was withdrawn"),
        (use, "This invitation was used"),
        (let_expire, "This invitation has expired"),
    ],
)
def test_a_dead_link_says_why_and_nothing_of_the_review(client, dora, eve, token, end, words):
    end(dora, eve, token)

    response = client.get(page(token))

    assert response.status_code == 410
    assert words in response.text
    assert dora.review.title not in response.text


def test_an_unknown_link_is_not_found(client, dora, token):
    response = client.get(page("unknown"))

    assert response.status_code == 404
    assert "There is no such invitation" in response.text


def test_the_person_who_used_it_finds_the_review_there(client, dora, eve, token):
    accept_invitation(eve, token)
    client.force_login(eve)

    response = client.get(page(token))

    assert response.status_code == 410
    assert reverse("reporting:overview", args=[dora.review.pk]) in response.text


# --- Signing up through an invitation ---------------------------------------------------------


def sign_up(client, **fields):
    data = {"email": "eve@example.org", "password1": PASSWORD, "name": "Eve Hall", **fields}
    return client.post("/accounts/signup/", data)


def test_the_link_opens_an_account_for_its_address_and_leads_back(client, dora, token):
    opened = client.post(page(token, "invitation_account"))
    form = client.get(opened["Location"]).context["form"]

    response = sign_up(client)
    joined = client.post(response["Location"])

    assert opened["Location"] == f"/accounts/signup/?next={page(token)}"
    assert form["email"].value() == "eve@example.org"
    assert form.fields["email"].widget.attrs["readonly"]
    assert response["Location"] == page(token)
    assert joined["Location"] == reverse("reporting:overview", args=[dora.review.pk])
    eve = User.objects.get(email="eve@example.org")
    assert access_for(eve, dora.review.pk).membership.name == "Eve Hall"
    assert "invitation" not in client.session


def test_no_other_address_signs_up_with_it(client, token):
    client.post(page(token, "invitation_account"))

    response = sign_up(client, email="frank@example.org")

    assert response.context["form"].errors["email"] == ["The invitation is for eve@example.org."]
    assert not User.objects.filter(email="frank@example.org").exists()


@pytest.mark.parametrize("address", ["?email=frank@example.org", ""])
def test_the_address_in_the_form_is_the_invited_one(client, token, address):
    client.post(page(token, "invitation_account"))

    form = client.get(f"/accounts/signup/{address}").context["form"]

    assert form["email"].value() == "eve@example.org"


def test_a_dead_link_opens_no_account(client, dora, token):
    expire(token)

    response = client.post(page(token, "invitation_account"))

    assert response.status_code == 410
    assert sign_up(client).templates[0].name == "account/signup_closed.html"
    assert not User.objects.filter(email="eve@example.org").exists()


def test_a_link_that_dies_before_the_form_is_sent_opens_no_account(client, token):
    client.post(page(token, "invitation_account"))
    expire(token)

    sign_up(client)

    assert not User.objects.filter(email="eve@example.org").exists()


def test_an_address_that_has_an_account_is_asked_to_sign_in(client, eve, token):
    client.post(page(token, "invitation_account"))

    response = sign_up(client)

    assert "email" in response.context["form"].errors
    assert User.objects.filter(email="eve@example.org").count() == 1


def test_opening_an_account_needs_a_post(client, token):
    assert client.get(page(token, "invitation_account")).status_code == 405
