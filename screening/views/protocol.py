from django.contrib import messages
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from screening.access import ReviewAccess, Right, review_view
from screening.actions.protocol import edit_protocol, is_frozen, set_highlight_terms
from screening.forms.protocol import ProtocolForm, TermsForm
from screening.models import Criterion, ExclusionReason, HighlightTerm


@require_safe
@review_view(Right.READ)
def show(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    criteria = list(access.scope(Criterion).filter(protocol=access.protocol))
    reasons = list(access.scope(ExclusionReason).filter(retired_at=None))
    terms = list(access.scope(HighlightTerm).order_by(Lower("text")))
    context = {
        "protocol": access.protocol,
        "include": [one for one in criteria if one.kind == Criterion.Kind.INCLUDE],
        "exclude": [one for one in criteria if one.kind == Criterion.Kind.EXCLUDE],
        "reasons": reasons,
        "terms_for": [term for term in terms if term.side == HighlightTerm.Side.FOR],
        "terms_against": [term for term in terms if term.side == HighlightTerm.Side.AGAINST],
        "has_proposals": any(row.is_proposal for row in [*criteria, *reasons]),
        "is_frozen": is_frozen(access),
    }
    return render(request, "screening/protocol.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Right.PROTOCOL, after="screening:protocol")
def edit(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    context = {"here": "protocol", "protocol": access.protocol, "is_frozen": is_frozen(access)}
    if request.method != "POST":
        context["form"] = ProtocolForm.showing(access)
        return render(request, "screening/protocol_edit.html", context)
    form = ProtocolForm(request.POST)
    if form.is_valid():
        edit_protocol(access, **form.cleaned_data)
        messages.success(request, "The protocol is saved.")
        return redirect("screening:protocol", access.review.pk)
    return render(request, "screening/protocol_edit.html", {**context, "form": form}, status=422)


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
