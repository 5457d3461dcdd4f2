"""The only door from a request to a review's rows: who may do what, and proof of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property, wraps
from typing import Any, ClassVar

from django.core.exceptions import BadRequest, PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import F, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode

from config.asking import wants_fragment
from config.prepared import Parameter, Prepared
from screening.models import Membership, Protocol, Review, Role, User
from screening.rules import Stage


class Right(StrEnum):
    READ = "read"
    IMPORT = "import"
    MERGE = "merge"
    VOTE = "vote"
    RETRIEVE = "retrieve"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    PROTOCOL = "protocol"
    TEAM = "team"
    LOG = "log"


RIGHTS: dict[str, frozenset[Right]] = {
    Role.OBSERVER: frozenset({Right.READ}),
    Role.LIBRARIAN: frozenset({Right.READ, Right.IMPORT, Right.MERGE, Right.RETRIEVE}),
    Role.REVIEWER: frozenset({Right.READ, Right.VOTE, Right.RETRIEVE}),
    Role.ADJUDICATOR: frozenset({Right.READ, Right.RESOLVE}),
    Role.LEAD: frozenset(Right),
}


# Asked with every request; a member comes once for each role.
MEMBERSHIP = Prepared(
    lambda: (
        Membership.objects.active()
        .filter(review=Parameter("review"), user=Parameter("user"))
        .annotate(role=F("roles__role"))
    )
)
REVIEW = Prepared(lambda: Review.objects.filter(pk=Parameter("review")))
IN_FORCE = Prepared(
    lambda: Protocol.objects.filter(review=Parameter("review"), ended_at_sequence__isnull=True)
)
REVIEWERS = Prepared(
    lambda: (
        Membership.objects.active()
        .with_role(Role.REVIEWER)
        .filter(review=Parameter("review"))
        .values_list("pk")
    )
)


def rights_of(roles: Iterable[str]) -> frozenset[Right]:
    """The union of what the roles allow; nothing without a role."""
    return frozenset().union(*(RIGHTS[role] for role in roles))


class Refused(Exception):
    """Something that cannot be done now; its text is one sentence for the person."""


class RepeatedRequest(Exception):
    """A request with this key was carried out before; nothing was changed again."""


@dataclass(frozen=True, slots=True)
class RequestClaim:
    """The key a request carries, and the digest of what it asks for."""

    key: str
    digest: str


class Reader:
    """Who reads one review: a member (`ReviewAccess`), or the host's shell (`screening.host`).

    Args:
        sees_everything: nothing is hidden from this reader; never so for a member.
    """

    review: Review
    sees_everything: ClassVar[bool] = False

    def scope(self, model: type[Model]) -> QuerySet[Any]:
        """Rows of any model that belong to this review, by the model's own `review_path`."""
        path = model.review_path  # type: ignore[attr-defined]
        value = self.review.pk if path == "pk" else self.review
        return model._default_manager.filter(**{path: value})

    @cached_property
    def protocol(self) -> Protocol:
        [protocol] = IN_FORCE.ask(review=self.review.pk)
        return protocol

    def now(self) -> datetime:
        """The moment at which what is complete must be settled to be shown."""
        return timezone.now()


@dataclass(frozen=True)
class ReviewAccess(Reader):
    """Proof that `user` is an active member of `review`. Views are given one."""

    user: User
    review: Review
    membership: Membership
    roles: frozenset[str]
    claim: RequestClaim | None = None
    rights: frozenset[Right] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rights", rights_of(self.roles))

    def may(self, right: Right) -> bool:
        return right in self.rights

    @property
    def is_lead(self) -> bool:
        return Role.LEAD in self.roles

    @property
    def can(self) -> dict[str, bool]:
        """For templates: `access.can.vote` and so on."""
        return {right.value: right in self.rights for right in Right}

    @cached_property
    def reviewers(self) -> int:
        """How many people in this review are here to screen."""
        return len(REVIEWERS.rows(review=self.review.pk))

    def quorum(self, stage: Stage) -> int:
        return self.protocol.quorum(stage)

    def shares_queue(self, stage: Stage) -> bool:
        """More reviewers than an item needs: they would run into each other without leases."""
        return self.reviewers > self.quorum(stage)


def access_for(user: User, review_pk: int, *, claim: RequestClaim | None = None) -> ReviewAccess:
    """Access of an active member.

    Raises:
        Membership.DoesNotExist: the person is no active member of that review.
    """
    found = MEMBERSHIP.ask(review=review_pk, user=user.pk)
    if not found:
        raise Membership.DoesNotExist
    membership = found[0]
    [membership.review] = REVIEW.ask(review=review_pk)
    roles = frozenset(member.role for member in found if member.role)
    return ReviewAccess(user, membership.review, membership, roles, claim)


LARGEST_KEY = 2**63 - 1
FREE_TEXTS = ("note", "rationale", "sentence", "why")  # shown again when a request is refused
FOUND, SEE_OTHER = 302, 303  # what a form did is seen elsewhere, by GET
LEFT_OUT_OF_DIGEST = {"csrfmiddlewaretoken", "request_key", "held"}


def claim_of(request: HttpRequest) -> RequestClaim | None:
    """The request's key with a digest of path and content; None when it carries no key."""
    key = request.POST.get("request_key", "")[:64] if request.method == "POST" else ""
    if not key:
        return None
    if not key.isprintable():
        raise BadRequest("The key of this request is none that we give.")
    content = sorted(
        (name, value)
        for name, values in request.POST.lists()
        if name not in LEFT_OUT_OF_DIGEST
        for value in values
    )
    content += sorted(
        (name, f"{file.name}:{_digest(file)}")
        for name, files in request.FILES.lists()
        for file in files
    )
    text = f"{request.path}?{urlencode(content)}"
    return RequestClaim(key, hashlib.sha256(text.encode()).hexdigest())


def _digest(file: UploadedFile[Any]) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def review_view(
    right: Right, *, post: Right | None = None, after: str = ""
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Turn `view(request, access, ...)` into a URL callback taking `review_pk`.

    Strangers get 404, so that a review's existence does not leak; members without `right`, or
    without `post` when posting, get 403. A request repeated with its key is sent to the page
    named `after`, or to its own address. What is refused is told in a sentence, as 409.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def callback(request: HttpRequest, review_pk: int, **kwargs: Any) -> HttpResponse:
            numbers = [value for value in kwargs.values() if isinstance(value, int)]
            if max(review_pk, *numbers, 0) > LARGEST_KEY:
                raise Http404  # a number that databases cannot even be asked for
            try:
                access = access_for(request.user, review_pk, claim=claim_of(request))  # type: ignore[arg-type]
            except Membership.DoesNotExist:
                raise Http404 from None
            needed = post if post and request.method == "POST" else right
            if not access.may(needed):
                raise PermissionDenied
            request.access = access  # type: ignore[attr-defined] # read by review.html
            try:
                response = view(request, access, **kwargs)
            except RepeatedRequest:
                response = redirect(after, review_pk) if after else redirect(request.path)
            except Refused as refusal:
                return refused(request, refusal)
            if request.method == "POST" and response.status_code == FOUND:
                response.status_code = SEE_OTHER
            return response

        callback.right = right  # type: ignore[attr-defined] # both read by tests/test_locks.py
        callback.post_right = post or right  # type: ignore[attr-defined]
        return callback

    return decorate


def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """409 and the sentence: a fragment for fetch, a page otherwise."""
    template = "_refused.html" if wants_fragment(request) else "refused.html"
    typed = [request.POST[name] for name in FREE_TEXTS if request.POST.get(name)]
    context = {"sentence": str(refusal), "typed": typed}
    return render(request, f"screening/{template}", context, status=409)
