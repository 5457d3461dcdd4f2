"""Reopening: what it does, and doing it."""

from contextlib import suppress

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from screening.access import RepeatedRequest, ReviewAccess, Right, review_view
from screening.actions.rounds import decided_item, reopen
from screening.forms.retrieval import ReopeningForm
from screening.models import Record
from screening.retrieval import votes_on_report
from screening.rules import Stage


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Right.REOPEN)
def reopening(
    request: HttpRequest, access: ReviewAccess, stage: Stage, record_pk: int
) -> HttpResponse:
    """What judging a record anew does; posting does it."""
    record = get_object_or_404(access.scope(Record), pk=record_pk)
    form = ReopeningForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with suppress(RepeatedRequest):  # done before: the answer is the same
            again = reopen(access, record, stage=stage, why=form.cleaned_data["why"])
            messages.success(request, f"Record {record.number} is open again: round {again.round}.")
        return redirect("screening:record", access.review.pk, stage, record_pk)
    context = {
        "access": access,
        "here": "queue",
        "stage": stage,
        "record": record,
        "item": decided_item(access, record, stage=stage),
        "votes_on_report": votes_on_report(access, record),
        "form": form,
    }
    status = 422 if form.is_bound else 200
    return render(request, "screening/reopen.html", context, status=status)
