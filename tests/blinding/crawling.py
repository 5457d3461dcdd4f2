"""All that one person can fetch: every address that is linked or named, and what it answers."""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from django.http import HttpResponse
from django.test import Client

from tests.addresses import OURS, addresses
from tests.worlds import STORIES, World

LINKS = re.compile(r'(?<![-\w])(?:href|hx-get|action|data-address)="([^"]*)"')
# Drawn anew for every page, whatever is in it.
RANDOM = [
    (re.compile(rb'(name="csrfmiddlewaretoken" value=)"\w+"'), rb'\1"token"'),
    (re.compile(rb'(name="request_key" value=)"\w+"'), rb'\1"key"'),
    (re.compile(rb'(data-key=)"\w+"'), rb'\1"key"'),
]
NOT_COMPARED = {"Date", "Set-Cookie", "Content-Length"}
MOST = 400


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    length: int

    @property
    def text(self) -> str:
        return self.body.decode()


def answer_of(response: HttpResponse) -> Answer:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    length = len(body)
    for pattern, mask in RANDOM:
        body = pattern.sub(mask, body)
    headers = tuple(
        sorted(item for item in response.headers.items() if item[0] not in NOT_COMPARED)
    )
    return Answer(response.status_code, headers, body, length)


def signed_in(world: World, name: str) -> Client:
    browser = Client()
    browser.force_login(world.people[name].user)
    return browser


def everything(world: World, name: str) -> dict[str, Answer]:
    """By address, in the order in which they were come across."""
    browser = signed_in(world, name)
    waiting = ["/", *_named(world)]
    seen: dict[str, Answer] = {}
    while waiting:
        address = waiting.pop(0)
        if address in seen:
            continue
        assert len(seen) < MOST, "the crawl does not end"
        answer = seen[address] = answer_of(browser.get(address))
        if dict(answer.headers).get("Content-Type", "").startswith("text/html"):
            waiting += _links(address, answer.text)
    return seen


def only(world: World, name: str, *addresses: str) -> dict[str, Answer]:
    """What these addresses answer, for whoever knows where to look."""
    browser = signed_in(world, name)
    return {address: answer_of(browser.get(address)) for address in addresses}


def _named(world: World) -> Iterator[str]:
    for route in OURS:
        if not route.name.startswith(("account_", "mfa_")):  # no review in them
            yield from addresses(route, world, STORIES)


def _links(address: str, text: str) -> Iterator[str]:
    for link in LINKS.findall(text):
        target = urlsplit(urljoin(f"http://testserver{address}", html.unescape(link)))
        if target.netloc != "testserver":
            continue
        if not target.path.startswith(("/static/", "/accounts/", "/admin/")):
            yield f"{target.path}?{target.query}" if target.query else target.path


def differing(first: dict[str, Answer], second: dict[str, Answer]) -> set[str]:
    """Addresses that answer otherwise, or that only one world has, or has at another place."""
    others = {
        address for address in first.keys() & second.keys() if first[address] != second[address]
    }
    others |= first.keys() ^ second.keys()
    if not others and list(first) != list(second):
        return {"the order of links"}
    return others


def naming(seen: dict[str, Answer], marker: str) -> list[str]:
    return [address for address, answer in seen.items() if marker in answer.text]


def lines_with(seen: dict[str, Answer], marker: str, ending: str) -> Iterable[str]:
    """Lines of a file that hold the marker."""
    (answer,) = [answer for address, answer in seen.items() if address.endswith(ending)]
    return [line for line in answer.text.splitlines() if marker in line]
