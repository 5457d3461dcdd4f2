from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from screening.access import ReviewAccess, Right, review_view
from screening.actions.amendments import PreviewOutdated, amend_protocol, plan_amendment
from screening.actions.protocol import (
    AfterFirstVote,
    anybody_voted,
    edit_protocol,
    set_highlight_terms,
)
from screening.amended import amendments_of
from screening.forms.protocol import ProtocolForm, TermsForm, WhyForm
from screening.models import Criterion, ExclusionReason, HighlightTerm


@require_safe
@review_view(Right.READ)
def show(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    criteria = list(access.scope(Criterion).filter(protocol=access.protocol))
    reasons = list(access.scope(ExclusionReason).order_by("position", "pk"))
    in_use = [reason for reason in reasons if reason.retired_at is None]
    terms = list(access.scope(HighlightTerm).order_by(Lower("text")))
    context = {
        "protocol": access.protocol,
        "include": [one for one in criteria if one.kind == Criterion.Kind.INCLUDE],
        "exclude": [one for one in criteria if one.kind == Criterion.Kind.EXCLUDE],
        "reasons": in_use,
        "retired": [reason for reason in reasons if reason.retired_at],
        "terms_for": [term for term in terms if term.side == HighlightTerm.Side.FOR],
        "terms_against": [term for term in terms if term.side == HighlightTerm.Side.AGAINST],
        "has_proposals": any(row.is_proposal for row in [*criteria, *in_use]),
        "amends": anybody_voted(access),
        "amendments": amendments_of(access),
    }
    return render(request, "screening/protocol.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Right.PROTOCOL, after="screening:protocol")
def edit(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    """Until the first vote posting saves; from then on it shows what would change, and asks why."""
    amends = anybody_voted(access)
    if request.method != "POST":
        return _form(request, access, ProtocolForm.showing(access, amends=amends))
    form = ProtocolForm(request.POST, access=access, amends=amends)
    if request.POST.get("step") == "edit":
        return _form(request, access, form)
    if not form.is_valid():
        return _form(request, access, form, status=422)
    if amends:
        return _amend(request, access, form)
    try:
        edit_protocol(access, **form.cleaned_data)
    except AfterFirstVote as voted:  # just now
        form.add_error(None, str(voted))
        return _form(request, access, form, status=409)
    messages.success(request, "The protocol is saved.")
    return redirect("screening:protocol", access.review.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Right.PROTOCOL, after="screening:protocol")
def terms(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    context = {"here": "protocol"}
    if request.method != "POST":
        context["form"] = TermsForm.showing(access)
        return render(request, "screening/protocol_terms.html", context)
    form = TermsForm(request.POST)
    if form.is_valid():
        set_highlight_terms(access, form.cleaned_data["terms"])
        messages.success(request, "The terms are saved.")
        return redirect("screening:protocol", access.review.pk)
    return render(request, "screening/protocol_terms.html", {**context, "form": form}, status=422)


def _form(
    request: HttpRequest, access: ReviewAccess, form: ProtocolForm, status: int = 200
) -> HttpResponse:
    context = {"here": "protocol", "protocol": access.protocol, "form": form}
    return render(request, "screening/protocol_edit.html", context, status=status)


def _amend(request: HttpRequest, access: ReviewAccess, form: ProtocolForm) -> HttpResponse:
    """The second step: what the amendment changes, to be confirmed with a sentence why."""
    is_confirmed = request.POST.get("step") == "save"
    why = WhyForm(request.POST if is_confirmed else None)
    answer: dict[str, Any] = {"status": 200}
    if is_confirmed and not why.is_valid():
        answer["status"] = 422
    elif is_confirmed:
        confirmed = {"token": request.POST.get("token", ""), **why.cleaned_data}
        try:
            version = amend_protocol(access, **confirmed, **form.cleaned_data)
        except PreviewOutdated:
            answer["status"] = 409
        except ValidationError as wrong:  # a reason was given to a report just now
            form.add_error(None, wrong)
            return _form(request, access, form, status=422)
        else:
            messages.success(request, f"Version {version.number} of the protocol is in force.")
            return redirect("screening:protocol", access.review.pk)
    context = {
        "here": "protocol",
        "form": form,
        "why": why,
        "amendment": plan_amendment(access, **form.cleaned_data),
        "is_outdated": answer["status"] == 409,
    }
    return render(request, "screening/protocol_preview.html", context, **answer)
