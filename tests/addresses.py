"""Every address of the application, found by walking the resolver and filled with real objects."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import get_resolver, reverse
from django.urls.resolvers import URLPattern, URLResolver

from reporting.exports import FILES
from tests.worlds import TA, World


@dataclass(frozen=True)
class Route:
    text: str
    name: str
    callback: Any

    def __str__(self) -> str:
        return self.text


def routes(
    resolver: URLResolver | None = None, prefix: str = "", space: str = ""
) -> Iterator[Route]:
    for entry in (resolver or get_resolver()).url_patterns:
        text = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{entry.namespace}:" if entry.namespace else space
            yield from routes(entry, text, inner)
        elif isinstance(entry, URLPattern):
            name = f"{space}{entry.name}" if entry.name else ""
            yield Route(text, name, entry.callback)


ALL = list(routes())
OF_REVIEWS = [route for route in ALL if "review_pk" in route.text]
OURS = [route for route in ALL if not route.name.startswith("admin:") and route.name]


STORIES = ("open conflict", "proposed", "adjudicated", "both, not settled", "unseen")


def addresses(route: Route, world: World, stories: Iterable[str] = STORIES) -> list[str]:
    """The route with everything in the review that fits into its arguments."""
    fitting = {
        "review_pk": [world.review.pk],
        "stage": [TA],
        "record_pk": [world.records[story].pk for story in stories],
        "number": [world.people["Olive"].membership.number],
        "invitation_pk": [world.invitation.pk],
        "source_pk": [world.source.pk],
        "question_pk": [world.question.pk],
        "merge_pk": [world.merge.pk],
        "distinction_pk": [world.distinction.pk],
        "adjustment_pk": [world.adjustment.pk],
        "import_pk": [world.committed.pk, world.previewed.pk],
        "bundle_pk": [world.bundle.pk],
        "job_pk": [world.job.pk],
        "name": list(FILES),
        "token": [world.token],
        "uidb36": ["1"],
        "key": ["set-password"],
    }
    inner = [{}]
    for argument in arguments(route):
        inner = [{**one, argument: value} for one in inner for value in fitting[argument]]
    return [reverse(route.name, kwargs=kwargs) for kwargs in inner]


def arguments(route: Route) -> list[str]:
    found = get_resolver().reverse_dict
    for part in route.name.split(":")[:-1]:
        found = get_resolver().namespace_dict[part][1].reverse_dict
    return found.getlist(route.name.split(":")[-1])[0][0][0][1]
