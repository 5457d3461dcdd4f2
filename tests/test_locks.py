"""The locks of access are mechanical: these tests read the project, not a list someone keeps."""

import ast
import hashlib
import os
import re
import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import connection, models
from django.test import Client
from django.urls import reverse

from screening.access import RIGHTS, Right, rights_of
from screening.models import Review, Role
from tests.addresses import ALL, OF_REVIEWS, OURS, addresses, arguments
from tests.conftest import join
from tests.factories import ReviewFactory, UserFactory
from tests.worlds import CAST, World, whole_review

OUR_APPS = ("screening", "extraction", "reporting")
ROOT = Path(__file__).parent.parent

# Everything else asks who is there.
PUBLIC = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_email_verification_sent",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_confirm_email",
    "account_confirm_login_code",
    "mfa_authenticate",
    "healthz",
    "readyz",
    "screening:invitation",
    "screening:invitation_account",
    "admin:login",
}


@pytest.fixture
def world(db, tmp_path, settings) -> World:
    settings.MEDIA_ROOT = tmp_path / "kept"
    return whole_review(tmp_path)


# --- 1: everybody is known --------------------------------------------------------------------


def test_only_these_pages_are_for_strangers_to_the_site():
    unguarded = {
        route.name for route in ALL if getattr(route.callback, "login_required", True) is False
    }
    assert unguarded - PUBLIC == set()


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_reaches_anything_without_signing_in(client, world, method):
    for route in OURS:
        if route.name in PUBLIC:
            continue
        for address in addresses(route, world):
            response = getattr(client, method)(address)
            assert (response.status_code, response.headers.get("Location", "")[:22]) == (
                302,
                "/accounts/login/?next=",
            ), address


def test_the_admin_is_closed_to_everybody_but_staff(client, world):
    for name in ["index", "screening_user_changelist", "screening_review_changelist"]:
        address = reverse(f"admin:{name}")
        client.logout()
        assert client.get(address).status_code == 302
        client.force_login(world.people["Dora"].user)
        assert client.get(address, follow=True).status_code == 403, address


# --- 2: every page of a review states a right -------------------------------------------------


def test_every_route_of_a_review_states_a_right():
    unstated = [str(route) for route in OF_REVIEWS if not hasattr(route.callback, "right")]
    assert unstated == []


def test_whatever_names_a_review_is_called_so():
    """An address that reached a review by another name would be outside this test."""
    known = {"screening:new_review", "screening:invitation", "screening:invitation_account"}
    others = {
        route.name
        for route in OURS
        if route not in OF_REVIEWS and route.name.startswith(("screening:", "reporting:"))
    }
    assert others == known | {"reporting:home"}


@pytest.mark.parametrize("method", ["get", "post"])
def test_strangers_do_not_learn_that_a_review_exists(client, world, method):
    elsewhere = ReviewFactory()
    stranger = join(elsewhere, "Mallory", *Role.values)
    former = join(world.review, "Former", Role.LEAD)
    former.membership.ended_at = former.membership.joined_at
    former.membership.save()

    for person in (stranger, former):
        client.force_login(person.user)
        for route in OF_REVIEWS:
            for address in addresses(route, world):
                response = getattr(client, method)(address)
                missing = address.replace(f"/{world.review.pk}/", "/999999/", 1)
                answer = getattr(client, method)(missing)
                assert response.status_code in {404, 405}, address
                assert response.status_code == answer.status_code, address


@pytest.mark.parametrize("name", ["Dora", *CAST])
def test_a_role_reaches_what_it_offers_and_nothing_else(client, world, name):
    rights = world.people[name].rights
    client.force_login(world.people[name].user)

    for route in OF_REVIEWS:
        for method, right in [("get", route.callback.right), ("post", route.callback.post_right)]:
            for address in addresses(route, world):
                response = getattr(client, method)(address)
                status = response.status_code
                if right not in rights:
                    assert status in {403, 405}, f"{name} {method} {address}"
                else:
                    assert status != 500, f"{name} {method} {address}"
                    if method == "get" and status == 404:
                        # Not every record has a conflict, or a report that is sought; nor is
                        # every file a table.
                        known = {
                            "screening:conflict",
                            "screening:full_text",
                            "screening:import_columns",
                            "screening:import_votes",
                        }
                        assert route.name in known, f"{name} {address}"


def test_roles_are_a_union_and_no_role_is_no_right():
    assert set(RIGHTS) == set(Role.values)
    assert rights_of([]) == set()
    both = {Right.READ, Right.VOTE, Right.IMPORT, Right.MERGE, Right.RETRIEVE}
    assert rights_of([Role.REVIEWER, Role.LIBRARIAN]) == both
    assert rights_of([Role.LEAD]) == set(Right)


def test_rows_of_another_review_are_not_found_under_ones_own(client, world, tmp_path):
    """Whoever leads a review of their own reaches nothing else through its address."""
    mine = join(ReviewFactory(), "Mallory", *Role.values)
    client.force_login(mine.user)

    for route in OF_REVIEWS:
        of_rows = {"record_pk", "source_pk", "import_pk", "invitation_pk", "bundle_pk", "job_pk"}
        of_rows |= {"question_pk", "merge_pk", "distinction_pk"}
        if set(arguments(route)) & of_rows:
            for address in addresses(route, world):
                borrowed = address.replace(f"/{world.review.pk}/", f"/{mine.review.pk}/", 1)
                for method in ("get", "post"):
                    status = getattr(client, method)(borrowed).status_code
                    assert status in {404, 405}, f"{method} {borrowed}"


def test_a_number_beyond_all_numbers_is_not_found(client, world):
    client.force_login(world.people["Dora"].user)

    for route in OF_REVIEWS:
        for number in re.findall(r"/(\d+)(?=/)", addresses(route, world)[0]):
            huge = addresses(route, world)[0].replace(f"/{number}/", f"/{10**25}/", 1)
            for method in ("get", "post"):
                assert getattr(client, method)(huge).status_code in {404, 405}, huge


# --- 3: every model says whose it is ----------------------------------------------------------


def our_models() -> list[type[models.Model]]:
    return [model for label in OUR_APPS for model in apps.get_app_config(label).get_models()]


def test_every_model_declares_its_path_to_the_review():
    assert [m.__name__ for m in our_models() if "review_path" not in vars(m)] == []


@pytest.mark.parametrize("model", our_models(), ids=lambda model: model.__name__)
def test_the_path_of_a_model_leads_to_the_review(model):
    if model.review_path is None:
        assert model.__name__ in {"User", "RequestKey"}
        return
    if model.review_path == "pk":
        assert model is Review
        return
    here = model
    for step in model.review_path.split("__"):
        try:
            foreign = here._meta.get_field(step)
        except FieldDoesNotExist:
            pytest.fail(f"{here.__name__} has no {step}")
        assert foreign.many_to_one or foreign.one_to_one
        assert not foreign.null, f"rows without {step} would belong to nobody"
        here = foreign.related_model
    assert here is Review


# --- 4: views and forms reach rows only through access ----------------------------------------


def views_and_forms() -> list[Path]:
    shapes = ("views.py", "views/**/*.py", "forms.py", "forms/**/*.py")
    return sorted(
        path for app in OUR_APPS for shape in shapes for path in ROOT.glob(f"{app}/{shape}")
    )


def test_there_are_views_and_forms_to_look_at():
    assert {path.name for path in views_and_forms()} >= {"screen.py", "conflicts.py", "files.py"}


@pytest.mark.parametrize("path", views_and_forms(), ids=lambda path: str(path.relative_to(ROOT)))
def test_views_and_forms_reach_rows_only_through_access(path):
    managers = {"objects", "_default_manager", "_base_manager", "raw", "cursor"}
    uses = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in managers
    ]
    assert uses == [], f"{path}: use access.scope(Model), lines {uses}"


# --- 5: requests that change something ---------------------------------------------------------


def test_no_route_takes_a_post_without_its_token(world):
    for person in (None, world.people["Dora"].user):
        browser = Client(enforce_csrf_checks=True)
        if person:
            browser.force_login(person)
        for route in OURS:
            for address in addresses(route, world):
                assert browser.post(address, {"vote": "include"}).status_code == 403, address


@pytest.mark.parametrize("name", ["Alice", "Bob", "Dora"])
def test_looking_changes_nothing(world, name):
    browser = Client()
    browser.force_login(world.people[name].user)
    before = digests()

    for route in OURS:
        # allauth writes down the address of an account that it did not make.
        if route.name != "account_email":
            for address in addresses(route, world):
                browser.get(address)

    assert digests() == before


def digests() -> dict[str, str]:
    """A digest of every table but the sessions, where pages keep what they have said."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if table == "django_session":
                continue
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows = sorted(repr([_plain(value) for value in row]) for row in cursor.fetchall())
            found[table] = hashlib.sha256("".join(rows).encode()).hexdigest()
    return found


def _plain(value: object) -> object:
    """PostgreSQL gives bytes in a view of them, whose text is an address in memory."""
    return bytes(value) if isinstance(value, memoryview) else value


def test_a_person_of_no_review_sees_none(client, world):
    client.force_login(UserFactory(name="Nobody"))

    assert world.review.title not in client.get("/").content.decode()


# --- 6: what the host reads with is out of reach of every page -----------------------------------

LOADS_EVERY_PAGE = """
import django, sys
django.setup()
from django.urls import get_resolver
list(get_resolver().reverse_dict)
print([name for name in sys.modules if name.startswith(("screening.host", "reporting.package"))])
"""


def test_a_web_process_does_not_even_know_the_access_of_the_host():
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings", "PARALLAX_PROFILE": "local"}

    done = subprocess.run(
        [sys.executable, "-c", LOADS_EVERY_PAGE],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def test_nobody_but_the_host_sees_everything(world):
    for access in world.people.values():
        assert not access.sees_everything
        with pytest.raises(FrozenInstanceError):
            access.sees_everything = True


def test_only_two_modules_say_who_sees_everything():
    said = [
        str(path.relative_to(ROOT))
        for app in OUR_APPS
        for path in ROOT.glob(f"{app}/**/*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.keyword)
        and "sees_everything" in ast.unparse(node).partition("=")[0]
    ]
    assert sorted(said) == ["screening/access.py", "screening/host.py"]
