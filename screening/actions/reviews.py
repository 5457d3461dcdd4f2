"""Making a review, blank or from a built-in template."""

import secrets

from django.db import transaction
from django.utils import timezone

from screening.access import RequestClaim, ReviewAccess, access_for
from screening.actions.base import claim_request
from screening.actions.log import write_log
from screening.actions.people import add_member
from screening.models import (
    Criterion,
    ExclusionReason,
    HighlightTerm,
    LogHead,
    Protocol,
    Review,
    Role,
    Source,
    User,
)
from screening.review_templates import ReviewTemplate, review_templates

SEEDS = 2**31


@transaction.atomic
def create_review(
    user: User,
    *,
    title: str,
    template: str | None = None,
    is_example: bool = False,
    claim: RequestClaim | None = None,
) -> ReviewAccess:
    """There is a review with its protocol and log; the person is its lead and a reviewer.

    Args:
        template: id of a built-in template; None for a blank protocol.
        claim: key of the request, as other actions find it in their access.

    Raises:
        KeyError: there is no such template.
        RepeatedRequest: a request with this key was carried out before.
    """
    if claim:
        claim_request(user, claim)
    model = review_templates()[template] if template else None
    review = Review.objects.create(
        title=title,
        created_at=timezone.now(),
        created_by=user,
        is_example=is_example,
        shuffle_seed=secrets.randbelow(SEEDS),
    )
    LogHead.objects.create(review=review)
    add_member(review, user, [Role.LEAD, Role.REVIEWER])
    fields = model.protocol if model else {}
    protocol = Protocol.objects.create(review=review, number=1, started_at_sequence=1, **fields)
    if model:
        _fill(protocol, model)
    access = access_for(user, review.pk)
    write_log(access, "review.created", after={"title": title, "template": template})
    return access


def _fill(protocol: Protocol, model: ReviewTemplate) -> None:
    review = protocol.review
    Criterion.objects.bulk_create(
        Criterion(protocol=protocol, position=position, **row)
        for position, row in enumerate(model.criteria, start=1)
    )
    ExclusionReason.objects.bulk_create(
        ExclusionReason(review=review, position=position, **row)
        for position, row in enumerate(model.reasons, start=1)
    )
    HighlightTerm.objects.bulk_create(HighlightTerm(review=review, **row) for row in model.terms)
    Source.objects.bulk_create(Source(review=review, **row) for row in model.sources)
