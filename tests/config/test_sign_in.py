"""Signing in: the page, the lockout, and what scripts are told."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from axes.models import AccessAttempt
from django.conf import settings as project
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.utils import timezone

PASSWORD = "Nine green bottles"
HERE, ELSEWHERE = "192.0.2.1", "192.0.2.99"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick_passwords_and_no_limits_left_over(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()


@pytest.fixture
def alice():
    return get_user_model().objects.create_user("alice@example.org", PASSWORD, name="Alice")


def sign_in(client, email="alice@example.org", password=PASSWORD, address=HERE, **extra):
    return client.post(
        "/accounts/login/", {"login": email, "password": password}, REMOTE_ADDR=address, **extra
    )


def fail(client, times=project.AXES_FAILURE_LIMIT, **who):
    return [sign_in(client, password="wrong", **who).status_code for _ in range(times)]


def signed_in(client) -> bool:
    return "_auth_user_id" in client.session


def test_the_password_opens_the_door(client, alice):
    response = sign_in(client)

    assert (response.status_code, response["Location"]) == (302, "/")
    assert signed_in(client)


def test_a_session_lasts_fourteen_days(client, alice):
    sign_in(client)

    assert client.cookies[project.SESSION_COOKIE_NAME]["max-age"] == 14 * 24 * 3600


def test_the_last_allowed_failure_closes_this_account_from_this_address(client, alice):
    assert fail(client) == [200] * (project.AXES_FAILURE_LIMIT - 1) + [429]

    response = sign_in(client)

    assert response.status_code == 429
    assert not signed_in(client)


def test_who_is_locked_out_reads_how_long_to_wait(client, alice):
    fail(client)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=5, seconds=30))

    response = sign_in(client)

    assert "Try again in 10 minutes." in re.sub(r"\s+", " ", response.content.decode())
    assert response["Retry-After"] == "600"


def test_knocking_on_a_closed_door_does_not_keep_it_closed_longer(client, alice):
    fail(client)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=14, seconds=30))

    sign_in(client)

    assert "in 1 minute." in sign_in(client).content.decode()


def test_after_the_wait_the_door_is_open_again(client, alice):
    fail(client)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))

    sign_in(client)

    assert signed_in(client)


def test_nobody_locks_a_colleague_out_from_elsewhere(client, alice):
    fail(client, address=ELSEWHERE)

    sign_in(client, address=HERE)

    assert signed_in(client)


def test_a_colleague_at_the_same_address_is_not_locked_out(client, alice):
    get_user_model().objects.create_user("bob@example.org", PASSWORD, name="Bob")
    fail(client)

    sign_in(client, email="bob@example.org")

    assert signed_in(client)


def test_another_spelling_of_the_address_is_the_same_account(client, alice):
    fail(client, times=project.AXES_FAILURE_LIMIT - 1)

    response = sign_in(client, email=" ALICE@example.ORG", password="wrong")

    assert response.status_code == 429


def test_a_forwarded_address_is_not_believed_without_a_proxy(client, alice):
    fail(client, times=project.AXES_FAILURE_LIMIT - 1)

    response = sign_in(client, password="wrong", HTTP_X_FORWARDED_FOR="203.0.113.5")

    assert response.status_code == 429


def test_behind_a_counted_proxy_the_browser_s_address_counts(client, alice, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    proxied = {"address": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.5, 203.0.113.6"}
    fail(client, **proxied)

    locked = sign_in(client, **proxied)
    free = sign_in(client, address="10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.5, 203.0.113.7")

    assert (locked.status_code, free.status_code) == (429, 302)


def test_success_forgets_the_failures_before_it(client, alice):
    fail(client, times=project.AXES_FAILURE_LIMIT - 1)

    sign_in(client)

    assert AccessAttempt.objects.count() == 0


def test_what_was_typed_is_not_kept_with_the_attempt(client, alice):
    fail(client, times=1)

    kept = AccessAttempt.objects.get()

    assert (kept.username, kept.ip_address) == ("alice@example.org", HERE)
    assert "wrong" not in kept.post_data
    assert "alice" not in kept.post_data


@pytest.mark.parametrize(("open_sign_up", "offered"), [(True, True), (False, False)])
def test_a_forgotten_password_of_nobody_leads_to_an_account_only_where_all_may_open_one(
    client, settings, mailoutbox, open_sign_up, offered
):
    settings.OPEN_SIGN_UP = open_sign_up

    client.post("/accounts/password/reset/", {"email": "nobody@example.org"})

    (mail,) = mailoutbox
    assert "there is no account for this address" in mail.body
    assert ("open an account" in mail.body) == offered
    assert ("/accounts/signup/" in mail.body) == offered


def test_an_unknown_address_is_answered_like_a_wrong_password(client, alice):
    wrong = sign_in(client, password="wrong")
    unknown = sign_in(client, email="nobody@example.org", password="wrong")

    assert wrong.context["form"].errors == unknown.context["form"].errors


def test_strangers_open_no_account(client):
    response = client.get("/accounts/signup/")

    assert response.status_code == 200
    assert response.templates[0].name == "account/signup_closed.html"
    assert client.post("/accounts/signup/", {"email": "eve@example.org"}).status_code == 200
    assert get_user_model().objects.count() == 0


def open_account(client):
    return client.post(
        "/accounts/signup/",
        {"email": "Carol@Example.org", "password1": PASSWORD, "name": "Carol Jones"},
    )


def test_a_host_may_open_the_door_to_all(client, settings):
    settings.OPEN_SIGN_UP = True

    response = open_account(client)

    carol = get_user_model().objects.get()
    assert response.status_code == 302
    assert (carol.email, carol.name) == ("carol@example.org", "Carol Jones")
    assert signed_in(client)


def test_a_session_that_speaks_of_no_invitation_opens_nothing(client):
    session = client.session
    session["invitation"] = "token"
    session.save()

    open_account(client)

    assert get_user_model().objects.count() == 0


def test_short_passwords_are_refused_with_the_form(client, settings):
    settings.OPEN_SIGN_UP = True

    response = client.post(
        "/accounts/signup/", {"email": "d@example.org", "password1": "eleven char", "name": "D"}
    )

    assert response.context["form"].errors["password1"] == [
        "This password is too short. It must contain at least 12 characters."
    ]


def test_pages_send_strangers_to_sign_in_and_back(client):
    response = client.get("/accounts/password/change/?a=1")

    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/accounts/password/change/%3Fa%3D1"


@pytest.mark.parametrize("header", [{"HX-Request": "true"}, {"X-Requested-With": "fetch"}])
def test_scripts_are_told_where_to_sign_in_instead_of_being_sent(client, header):
    page = "http://testserver/reviews/3/screen/title-abstract/?after=9"

    response = client.post("/accounts/password/change/", headers={**header, "Referer": page})

    assert response.status_code == 401
    assert (
        'href="/accounts/login/?next=/reviews/3/screen/title-abstract/%3Fafter%3D9"'
        in response.content.decode()
    )
    assert "<html" not in response.content.decode()


@pytest.mark.parametrize("page", ["https://evil.example/", "javascript:alert(1)", ""])
def test_the_way_back_stays_on_this_server(client, page):
    response = client.post(
        "/accounts/password/change/", headers={"HX-Request": "true", "HX-Current-URL": page}
    )

    assert 'href="/accounts/login/?next=/"' in response.content.decode()


def test_the_admin_signs_in_through_the_same_page(client):
    response = client.get("/admin/", follow=True)

    assert response.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"


def test_the_admin_opens_for_staff_only(client, alice):
    client.force_login(alice)

    response = client.get("/admin/login/")

    assert response.status_code == 403


def test_nobody_takes_another_address_into_their_account(client, alice):
    client.force_login(alice, backend=project.AUTHENTICATION_BACKENDS[1])

    client.post("/accounts/email/", {"email": "nora@hospital.example", "action_add": ""})

    assert not EmailAddress.objects.filter(email="nora@hospital.example").exists()
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"


@pytest.mark.parametrize(
    ("backend", "asked", "answered"),
    [
        ("console", "printed in the terminal", "Look into the terminal"),
        ("dummy", "manage.py changepassword", "No message was sent"),
        ("smtp", "a link to a new password goes there", "a link is on its way"),
    ],
)
def test_a_forgotten_password_says_where_the_message_goes(
    client, settings, monkeypatch, backend, asked, answered
):
    settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"
    monkeypatch.setattr("django.core.mail.EmailMessage.send", lambda *args, **kwargs: 1)

    page = client.get("/accounts/password/reset/")
    done = client.post("/accounts/password/reset/", {"email": "nobody@x.org"}, follow=True)

    assert asked in page.text
    assert answered in done.text
    assert ("on its way" in done.text) is (backend == "smtp")
