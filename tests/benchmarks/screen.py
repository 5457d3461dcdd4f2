"""A reviewer at the screening page, over real HTTP: what `screening.js` sends, and plain forms."""

import re
import time
from collections import deque
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode
from uuid import uuid4

from tests.benchmarks.site import PASSWORD, Site

CARD = re.compile(
    r'<article[^>]*? data-record="(\d+)"[^>]*? data-key="(\w+)"[^>]*? data-current="(\d*)"'
)
KEPT = re.compile(r'data-kept="([\d,]*)"')
FETCH = {"X-Requested-With": "fetch"}


@dataclass(frozen=True, slots=True)
class Card:
    record: str
    key: str
    current: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def cards(self) -> list[Card]:
        return [Card(*found) for found in CARD.findall(self.text)]


class Client:
    """One signed-in person with cookies and a connection that stays open."""

    def __init__(self, site: Site, email: str) -> None:
        self.connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
        self.cookies: dict[str, str] = {}
        self.get("/accounts/login/")
        answer = self.post("/accounts/login/", {"login": email, "password": PASSWORD})
        if answer.status != 302:
            raise RuntimeError(f"{email} cannot sign in: {answer.status}")

    def get(self, path: str, **headers: str) -> Answer:
        return self._send("GET", path, None, headers)

    def post(self, path: str, form: dict[str, str], **headers: str) -> Answer:
        headers["X-CSRFToken"] = self.cookies.get("csrftoken", "")
        return self._send("POST", path, urlencode(form), headers)

    def _send(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        try:
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
        except (HTTPException, ConnectionError):
            # The server closed an idle connection. A vote may be sent again: it has its key.
            self.connection.close()
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
        content = response.read()
        seconds = time.perf_counter() - began
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Answer(response.status, dict(response.headers), content, seconds)


@dataclass
class Screen:
    """The page with the cards it holds. `statuses` are those of the votes sent from it."""

    client: Client
    review: int
    ahead: deque[Card] = field(default_factory=deque)
    statuses: list[int] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"/reviews/{self.review}/screen/title-abstract/"

    @property
    def held(self) -> str:
        return ",".join(card.record for card in self.ahead)

    def load(self) -> Answer:
        """Open the page; where reviewers share the queue, claim what it shows."""
        answer = self.client.get(self.address)
        self.ahead = deque(answer.cards)
        if self.ahead and "data-shared" in answer.text:
            self._claim()
        return answer

    def vote(self, decision: str) -> Answer | None:
        """Vote on the first card as the script does; None when the page holds none."""
        if not self.ahead:
            return None
        card = self.ahead.popleft()
        form = {
            "vote": decision,
            "note": "",
            "seconds": "1",
            "request_key": card.key,
            "current": card.current,
            "held": self.held,
        }
        answer = self.client.post(f"{self.address}{card.record}/", form, **FETCH)
        self.statuses.append(answer.status)
        self._add(answer.cards)
        return answer

    def vote_plainly(self, decision: str) -> tuple[Answer, Answer] | None:
        """Page, form, and the page it leads to are three requests; None when nothing is left."""
        page = self.client.get(self.address)
        if not page.cards:
            return None
        card = page.cards[0]
        form = {
            "vote": decision,
            "note": "",
            "seconds": "",
            "request_key": card.key,
            "current": card.current,
        }
        answer = self.client.post(f"{self.address}{card.record}/", form)
        self.statuses.append(answer.status)
        return page, answer

    def _claim(self) -> None:
        answer = self.client.post(
            f"{self.address}claim/", {"held": self.held, "request_key": uuid4().hex}, **FETCH
        )
        kept = set(KEPT.search(answer.text)[1].split(","))
        self.ahead = deque(card for card in self.ahead if card.record in kept)
        self._add(answer.cards)

    def _add(self, cards: list[Card]) -> None:
        known = {card.record for card in self.ahead}
        self.ahead.extend(card for card in cards if card.record not in known)
