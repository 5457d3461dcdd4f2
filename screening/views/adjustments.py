from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from screening.access import ReviewAccess, Right, review_view
from screening.actions.adjustments import add_adjustment, end_adjustment, right_to_adjust
from screening.forms.adjustments import AdjustmentForm
from screening.models import Adjustment


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Right.IMPORT, after="screening:adjustments")
def listing(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    """The adjustments in force and those that ended; posting adds one."""
    sent = request.POST if request.method == "POST" else None
    form = AdjustmentForm(access, sent, initial={"source": request.GET.get("source")})
    if form.is_valid():
        adjustment = add_adjustment(access, **form.cleaned_data)
        messages.success(request, f"Added: {adjustment}.")
        return redirect("screening:adjustments", access.review.pk)
    adjustments = access.scope(Adjustment).said_by_whom()
    context = {
        "here": "report",
        "in_force": [
            (one, access.may(right_to_adjust(one.box)))
            for one in adjustments
            if one.ended_at_sequence is None
        ],
        "ended": [one for one in adjustments if one.ended_at_sequence is not None],
        "form": form,
    }
    status = 422 if form.is_bound else 200
    return render(request, "screening/adjustments.html", context, status=status)


@require_POST
@review_view(Right.IMPORT, after="screening:adjustments")
def end(request: HttpRequest, access: ReviewAccess, adjustment_pk: int) -> HttpResponse:
    adjustment = get_object_or_404(access.scope(Adjustment), pk=adjustment_pk)
    end_adjustment(access, adjustment)
    messages.success(request, f"Not counted any more: {adjustment}.")
    return redirect("screening:adjustments", access.review.pk)
