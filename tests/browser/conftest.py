"""Browsers for tests: chromium of this machine, people signed in, and eyes on what they ask.

Every page here fails its test when it asks another host, breaks the content policy, meets an
error in its script or an answer of 500: see `Watch`.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
)

from screening.access import ReviewAccess, access_for
from screening.example.curated import build_example
from screening.models import Record, User
from screening.rules import Stage
from tests.factories import ItemFactory, hashed_password

# Playwright runs an event loop in the thread of the tests, which Django would take for async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
PATIENCE = 15_000  # milliseconds; machines that run tests are busy

expect.set_options(timeout=PATIENCE)

VIOLATIONS_TOLD = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`content policy: ${event.effectiveDirective} refused ${event.blockedURI}`);
});
"""


def is_in_a_browser(item: pytest.Item) -> bool:
    return item.nodeid.startswith("tests/browser/")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Last, since they leave a flushed database without triggers and an event loop behind.

    Left alone they come early: pytest-playwright gives them the parameter of a session's fixture.
    """
    items.sort(key=is_in_a_browser)
    is_there = os.access(CHROMIUM, os.X_OK)
    for item in filter(is_in_a_browser, items):
        if not is_there:
            why = f"no chromium at {CHROMIUM}: install it, or set CHROMIUM to where it is"
            item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    return {
        **browser_type_launch_args,
        "executable_path": CHROMIUM,
        "args": [
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
        ],
    }


@pytest.fixture(scope="session")
def live_server(django_db_setup, live_server):
    """The server, gone before the database it reads is."""
    return live_server


@pytest.fixture(scope="session")
def base_url(live_server) -> str:
    """In place of that of pytest-base-url, which pytest 9 warns of."""
    return live_server.url


class Watch:
    """What no page may do. `expected` are parts of console errors that a test provokes itself."""

    def __init__(self, address: str) -> None:
        self.host = urlsplit(address).netloc
        self.expected: set[str] = set()
        self.seen: list[str] = []

    def over(self, context: BrowserContext) -> None:
        context.add_init_script(VIOLATIONS_TOLD)
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.seen.append(f"script: {error.error}"))

    def expect(self, *parts: str) -> None:
        self.expected.update(parts)

    def unexpected(self) -> list[str]:
        return [one for one in self.seen if not any(part in one for part in self.expected)]

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob", "about"} and parts.netloc != self.host:
            self.seen.append(f"another host: {request.method} {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.seen.append(f"status of {response.status}: {response.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.seen.append(f"console: {message.text} at {message.location.get('url', '')}")


@pytest.fixture
def watch(live_server) -> Iterator[Watch]:
    watching = Watch(live_server.url)
    yield watching
    assert watching.unexpected() == []


@pytest.fixture(autouse=True)
def _as_in_a_browser(settings, tmp_path) -> Iterator[None]:
    """Quick passwords, static files as they lie, files of imports away from real ones."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    hashed_password.cache_clear()
    yield
    hashed_password.cache_clear()


@pytest.fixture
def open_page(with_triggers, new_context, watch) -> Callable[..., Page]:
    """`open_page(alice)`: a browser of Alice's own, signed in; without anybody, signed out."""

    def make(person: ReviewAccess | User | None = None, **options) -> Page:
        options = {"viewport": {"width": 1366, "height": 768}, **options}
        context = new_context(reduced_motion="reduce", **options)
        context.set_default_timeout(PATIENCE)
        watch.over(context)
        if person:
            sign_in(context, person if isinstance(person, User) else person.user)
        return context.new_page()

    return make


def sign_in(context: BrowserContext, user: User) -> None:
    """The browser holds a session of this person, as after the sign-in page."""
    client = Client()
    client.force_login(user)
    name = django_settings.SESSION_COOKIE_NAME
    value = client.cookies[name].value
    address = context.pages[0].url if context.pages else None
    host = urlsplit(address).hostname if address else "localhost"
    context.add_cookies([{"name": name, "value": value, "domain": host, "path": "/"}])


def queue_of(access: ReviewAccess, stage: Stage = Stage.TITLE_ABSTRACT) -> str:
    return reverse("screening:queue", args=[access.review.pk, stage])


@pytest.fixture
def records(with_triggers, review) -> list[Record]:
    """Eight records up for screening, in the order of their numbers."""
    made = []
    for number in range(1, 9):
        item = ItemFactory(
            review=review,
            record__title=f"Synthetic chest radiographs, part {number}",
            record__abstract=f"Background: part {number} of eight. Methods: a generator was trained.",
        )
        made.append(item.record)
    return made


@pytest.fixture
def ada(with_triggers) -> ReviewAccess:
    """The lead of the example, who screens too."""
    review = build_example()
    return access_for(review.memberships.get(number=1).user, review.pk)
