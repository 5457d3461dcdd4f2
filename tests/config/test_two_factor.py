"""Two-step sign-in: turning it on and off, the second step, and what opens it once only."""

import base64
import json
import re
import time
from datetime import timedelta
from urllib.parse import unquote

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from axes.models import AccessAttempt
from django.conf import settings as project
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from screening.models import Role, Vote
from tests.factories import ItemFactory, MembershipFactory, hashed_password

PASSWORD = "Nine green bottles"
HERE, ELSEWHERE = "192.0.2.1", "192.0.2.99"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
AUTHENTICATE = "/accounts/2fa/authenticate/"
INDEX, ON, OFF = "/accounts/2fa/", "/accounts/2fa/totp/activate/", "/accounts/2fa/totp/deactivate/"
CODES, NEW_CODES = "/accounts/2fa/recovery-codes/", "/accounts/2fa/recovery-codes/generate/"
PASSWORD_AGAIN = "/accounts/reauthenticate/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick_passwords_and_nothing_left_over(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    hashed_password.cache_clear()
    cache.clear()
    yield
    hashed_password.cache_clear()


@pytest.fixture
def alice():
    return get_user_model().objects.create_user("alice@example.org", PASSWORD, name="Alice")


@pytest.fixture
def protected(alice):
    """Alice, who turned it on and has the usual ten recovery codes."""
    Authenticator.objects.create(user=alice, type=Authenticator.Type.TOTP, data={"secret": SECRET})
    Authenticator.objects.create(
        user=alice,
        type=Authenticator.Type.RECOVERY_CODES,
        data={"seed": "5eed" * 20, "used_mask": 0},
    )
    return alice


def app_code(secret=SECRET, steps=0) -> str:
    """What the app shows now, or so many half minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def a_wrong_code(secret=SECRET) -> str:
    right = {app_code(secret, steps) for steps in range(-3, 4)}
    return next(code for code in ("000000", *map(str, range(100000, 100009))) if code not in right)


def recovery_codes(user) -> list[str]:
    row = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
    return row.wrap().get_unused_codes()


def give_password(client, address=HERE, **extra):
    data = {"login": "alice@example.org", "password": PASSWORD, **extra}
    return client.post("/accounts/login/", data, REMOTE_ADDR=address)


def give_code(client, code, address=HERE):
    return client.post(AUTHENTICATE, {"code": code}, REMOTE_ADDR=address)


def confirm(client, password=PASSWORD, then=ON):
    return client.post(PASSWORD_AGAIN, {"password": password, "next": then}, REMOTE_ADDR=HERE)


def signed_in(client) -> bool:
    return "_auth_user_id" in client.session


def words(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


# --- Turning it on ----------------------------------------------------------------------------


def test_it_is_off_until_somebody_wants_it(client, alice):
    response = give_password(client)

    assert response["Location"] == "/"
    assert signed_in(client)
    assert 'href="/accounts/2fa/"' in words(client.get(INDEX))
    assert "It is off." in words(client.get(INDEX))


def test_turning_it_on_asks_for_the_password_first(client, alice):
    give_password(client)

    response = client.get(ON)

    assert unquote(response["Location"]) == f"{PASSWORD_AGAIN}?next={ON}"
    assert "Your password, please" in words(client.get(response["Location"]))
    assert confirm(client, "wrong").status_code == 200
    assert client.get(ON).status_code == 302


def turned_on(client) -> str:
    """Turn it on as a person does; returns the key that the page showed."""
    give_password(client)
    confirm(client)
    key = client.get(ON).context["form"].secret
    client.post(ON, {"code": app_code(key)})
    return key


def test_turned_on_with_a_code_of_the_app_it_shows_ten_recovery_codes(client, committed, alice):
    give_password(client)
    confirm(client)
    key = client.get(ON).context["form"].secret

    response = client.post(ON, {"code": app_code(key)}, follow=True)

    assert response.redirect_chain[-1][0] == CODES
    shown = re.findall(r"<code>(\d{4}) (\d{4})</code>", response.content.decode())
    assert ["".join(pair) for pair in shown] == recovery_codes(alice)
    assert len(shown) == 10
    assert "Two-step sign-in is on." in words(response)
    assert "It is on." in words(client.get(INDEX))


def test_the_key_is_there_to_scan_and_to_type(client, alice):
    give_password(client)
    confirm(client)

    response = client.get(ON)

    key = response.context["form"].secret
    assert " ".join(re.findall("....", key)) in words(response)
    (image,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', words(response))
    drawing = base64.b64decode(image).decode()
    assert 'fill="white"' in drawing
    assert "style=" not in words(response) + drawing
    assert f"secret={key}" in response.context["totp_url"]
    assert "issuer=Parallax%20at%20testserver" in response.context["totp_url"]


def test_a_wrong_first_code_leaves_it_off_and_keeps_the_key(client, alice):
    give_password(client)
    confirm(client)
    key = client.get(ON).context["form"].secret

    response = client.post(ON, {"code": a_wrong_code(key)})

    assert "This code is wrong" in words(response)
    assert response.context["form"].secret == key
    assert not Authenticator.objects.exists()


# --- The second step --------------------------------------------------------------------------


def test_a_person_signs_in_with_password_and_code_and_goes_on_where_they_wanted(client, alice):
    key = turned_on(client)
    other = Client()

    asked = give_password(other, next="/accounts/password/change/")
    assert asked["Location"] == AUTHENTICATE
    assert not signed_in(other)
    page = other.get(AUTHENTICATE)
    assert "Use a recovery code" in words(page)

    response = give_code(other, app_code(key))

    assert response["Location"] == "/accounts/password/change/"
    assert signed_in(other)


def test_the_password_alone_opens_nothing(client, protected):
    give_password(client)

    assert not signed_in(client)
    for address in ("/", INDEX, ON, OFF, CODES, NEW_CODES, PASSWORD_AGAIN):
        assert client.get(address)["Location"].startswith("/accounts/login/"), address


def test_the_second_step_does_not_exist_without_the_first(client, protected):
    assert client.get(AUTHENTICATE)["Location"] == "/accounts/login/"
    assert give_code(client, app_code())["Location"] == "/accounts/login/"
    assert not signed_in(client)


def test_who_cancels_begins_again_with_the_password(client, protected):
    give_password(client)

    response = client.post("/accounts/logout/", {"next": "/accounts/login/"})

    assert response["Location"] == "/accounts/login/"
    assert give_code(client, app_code())["Location"] == "/accounts/login/"
    assert not signed_in(client)


def test_a_wrong_code_is_refused_in_words(client, protected):
    give_password(client)

    response = give_code(client, a_wrong_code())

    assert "This code is wrong, too old or used already." in words(response)
    assert not signed_in(client)


@pytest.mark.parametrize(
    "code", ["", "  ", "ünï", "١٢٣٤٥٦", "1" * 5000, "\0", "123 45", "-", "' OR 1"]
)
def test_odd_codes_are_refused_in_words_too(client, protected, code):
    give_password(client)

    response = give_code(client, code)

    assert response.status_code == 200
    assert response.context["form"].errors["code"]
    assert not signed_in(client)


def test_a_clock_half_a_minute_off_is_forgiven_and_two_minutes_are_not(client, protected):
    give_password(client)
    assert give_code(client, app_code(steps=4)).status_code == 200
    assert not signed_in(client)

    give_code(client, app_code(steps=1))

    assert signed_in(client)


@pytest.mark.parametrize("spelling", ["{}", "{} ", "{}-"])
def test_a_code_opens_once_also_in_another_process_and_spelling(client, protected, spelling):
    code = app_code()
    give_password(client)
    give_code(client, code)
    onlooker = Client()
    give_password(onlooker)
    cache.clear()  # as in another process

    response = give_code(onlooker, spelling.format(code))

    assert response.status_code == 200
    assert not signed_in(onlooker)


def test_a_recovery_code_opens_once(client, protected):
    code, *others = recovery_codes(protected)
    give_password(client)
    give_code(client, f"{code[:4]} {code[4:]}")
    assert signed_in(client)
    again = Client()
    give_password(again)

    response = give_code(again, code)

    assert "This code is wrong, too old or used already." in words(response)
    assert not signed_in(again)
    assert recovery_codes(protected) == others
    give_code(again, others[0])
    assert signed_in(again)


def test_a_code_of_a_colleague_opens_nothing(client, protected):
    bob = get_user_model().objects.create_user("bob@example.org", PASSWORD, name="Bob")
    key = "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"
    Authenticator.objects.create(user=bob, type="totp", data={"secret": key})
    give_password(client)

    give_code(client, app_code(key))

    assert not signed_in(client)


# --- Guessing ---------------------------------------------------------------------------------


def test_guessing_is_paused_for_the_account_from_wherever_it_comes(client, protected):
    statuses = []
    for guess in range(project.AXES_FAILURE_LIMIT):
        guesser = Client()
        give_password(guesser, address=f"192.0.2.{guess + 1}")
        statuses.append(give_code(guesser, a_wrong_code(), f"192.0.2.{guess + 1}").status_code)
    assert statuses == [200] * (project.AXES_FAILURE_LIMIT - 1) + [429]

    give_password(client)
    response = give_code(client, app_code())

    assert response.status_code == 429
    assert "wrong codes in a row" in words(response)
    assert int(response["Retry-After"]) > 0
    assert give_code(client, recovery_codes(protected)[0]).status_code == 429
    assert not signed_in(client)


def fail(client):
    for _ in range(project.AXES_FAILURE_LIMIT):
        give_code(client, a_wrong_code())


def test_after_the_pause_the_right_code_opens(client, protected):
    give_password(client)
    fail(client)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))

    give_code(client, app_code())

    assert signed_in(client)


def test_a_new_start_with_the_password_does_not_forget_wrong_codes(client, protected):
    for _ in range(project.AXES_FAILURE_LIMIT - 1):
        give_password(client)
        give_code(client, a_wrong_code())
    give_password(client)

    assert give_code(client, a_wrong_code()).status_code == 429


def test_a_right_code_forgets_the_wrong_ones_before_it(client, protected):
    give_password(client)
    give_code(client, a_wrong_code())

    give_code(client, app_code())

    assert not AccessAttempt.objects.exists()


def test_codes_are_not_kept_with_the_attempt(client, protected):
    give_password(client)
    give_code(client, a_wrong_code())

    kept = AccessAttempt.objects.get()

    assert a_wrong_code() not in kept.post_data
    assert "alice" not in kept.username


def test_wrong_codes_do_not_lock_the_password_step_of_a_colleague(client, protected):
    get_user_model().objects.create_user("bob@example.org", PASSWORD, name="Bob")
    give_password(client)
    fail(client)
    bob = Client()

    bob.post(
        "/accounts/login/", {"login": "bob@example.org", "password": PASSWORD}, REMOTE_ADDR=HERE
    )

    assert signed_in(bob)


# --- Votes ------------------------------------------------------------------------------------


def test_a_vote_sent_while_the_second_step_is_missing_gets_401_and_is_not_cast(
    client, protected, review
):
    item = ItemFactory(review=review)
    MembershipFactory(review=review, user=protected, roles=[Role.REVIEWER])
    card = reverse("screening:record", args=[review.pk, item.stage, item.record_id])
    ballot = {
        "vote": "include",
        "request_key": "6f1a7c1e-0d0f-4f5e-9a43-7a1d7a9a7a01",
        "current": "",
    }
    give_password(client)

    response = client.post(card, ballot, headers={"X-Requested-With": "fetch"})

    assert response.status_code == 401
    assert "/accounts/login/?next=" in response.content.decode()
    assert not Vote.objects.exists()

    give_code(client, app_code())
    assert client.post(card, ballot, headers={"X-Requested-With": "fetch"}).status_code == 200
    assert Vote.objects.count() == 1


# --- Changing it ------------------------------------------------------------------------------


@pytest.fixture
def inside(client, protected):
    """Alice's browser, past both steps."""
    give_password(client)
    give_code(client, app_code())
    return client


@pytest.mark.parametrize("address", [OFF, CODES, NEW_CODES, f"{CODES}download/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_change_and_every_look_at_the_codes_asks_for_the_password(inside, method, address):
    before = list(Authenticator.objects.order_by("pk").values_list("pk", "data"))

    response = getattr(inside, method)(address)

    if response.status_code != 405:
        assert response["Location"].startswith(PASSWORD_AGAIN)
    assert list(Authenticator.objects.order_by("pk").values_list("pk", "data")) == before


def test_a_code_does_not_stand_in_for_the_password(inside, protected):
    address = "/accounts/2fa/reauthenticate/"

    response = inside.post(address, {"code": app_code(steps=1), "next": OFF})

    assert response["Location"].startswith(PASSWORD_AGAIN)
    assert inside.post(OFF)["Location"].startswith(PASSWORD_AGAIN)


def test_guessing_the_password_there_is_counted_like_at_the_door(inside, protected, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": None, "reauthenticate": None}

    statuses = [confirm(inside, "wrong").status_code for _ in range(project.AXES_FAILURE_LIMIT)]

    assert statuses == [200] * (project.AXES_FAILURE_LIMIT - 1) + [429]


def test_turned_off_with_the_password_the_recovery_codes_go_too(inside, protected):
    assert confirm(inside, then=OFF)["Location"] == OFF
    assert "Turn off two-step sign-in" in words(inside.get(OFF))

    response = inside.post(OFF, follow=True)

    assert "Two-step sign-in is off." in words(response)
    assert not Authenticator.objects.exists()
    other = Client()
    give_password(other)
    assert signed_in(other)


def test_new_recovery_codes_end_the_old_ones(inside, protected):
    old = recovery_codes(protected)
    confirm(inside)
    assert "The 10 you still have will no longer work." in words(inside.get(NEW_CODES))

    response = inside.post(NEW_CODES, follow=True)

    new = recovery_codes(protected)
    assert not set(old) & set(new)
    assert f"{new[0][:4]} {new[0][4:]}" in words(response)
    other = Client()
    give_password(other)
    give_code(other, old[0])
    assert not signed_in(other)


def test_recovery_codes_come_as_a_file(inside, protected):
    confirm(inside)

    response = inside.get(f"{CODES}download/")

    assert response.content.decode().split() == recovery_codes(protected)
    assert response["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
    assert response["Cache-Control"]


def test_who_used_every_recovery_code_is_told_to_make_new_ones(inside, protected):
    row = Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES)
    row.data["used_mask"] = 2**10 - 1
    row.save()
    confirm(inside)

    assert "You have no recovery code left." in words(inside.get(INDEX))
    assert "All of them are used." in words(inside.get(CODES))


def test_recovery_codes_without_two_steps_are_refused_in_words(client, alice):
    give_password(client)
    confirm(client)

    response = client.post(NEW_CODES)

    assert "Recovery codes belong to two-step sign-in, which is off." in words(response)


# --- The host's way ---------------------------------------------------------------------------


def test_the_host_lets_somebody_in_who_lost_phone_and_codes(client, protected, capsys):
    call_command("remove_two_factor", " Alice@Example.org")

    assert json.loads(capsys.readouterr().out) == {
        "account": "alice@example.org",
        "two_step_sign_in": "off",
    }
    give_password(client)
    assert signed_in(client)


def test_the_command_touches_one_account(protected):
    bob = get_user_model().objects.create_user("bob@example.org", PASSWORD, name="Bob")
    Authenticator.objects.create(user=bob, type="totp", data={"secret": SECRET})

    call_command("remove_two_factor", "bob@example.org")

    assert set(Authenticator.objects.values_list("user", flat=True)) == {protected.pk}


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("nobody@example.org", "No account has the address nobody@example.org."),
        (
            "alice@example.org",
            "Two-step sign-in is off for alice@example.org; nothing was changed.",
        ),
    ],
)
def test_the_command_says_in_one_sentence_why_nothing_was_done(alice, email, sentence):
    with pytest.raises(CommandError, match=re.escape(sentence)):
        call_command("remove_two_factor", email)
