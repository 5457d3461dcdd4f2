"""Full texts: what became of getting the reports of included records."""

from contextlib import suppress

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from screening import retrieval as reading
from screening.access import RepeatedRequest, ReviewAccess, Right, review_view
from screening.actions.retrieval import say_of_report, say_of_reports
from screening.conflicts import page_by_rank
from screening.forms.retrieval import RetrievalForm, RetrievedForm
from screening.models import Record, RetrievalState
from screening.pages import number_in
from screening.retrieval import Shown
from screening.rules import Stage


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Right.READ, post=Right.RETRIEVE)
def full_texts(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    """The reports that are sought; posting marks some of them as retrieved."""
    form = RetrievedForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _mark_retrieved(request, access, form.cleaned_data["record"])
    shown = _shown(request)
    after = request.GET.get("after", "")
    page = page_by_rank(access, Stage.FULL_TEXT, reading.sought(access, shown), after)
    counts = reading.counted(access)
    context = {
        "access": access,
        "shown": shown,
        "page": page,
        "reports": reading.reports_of(access, page.rows),
        "filters": [(one, counts[one]) for one in Shown],
        "total": counts[Shown.ALL],
        "form": form,
    }
    status = 422 if form.is_bound else 200
    return render(request, "screening/full_texts.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Right.READ, post=Right.RETRIEVE)
def full_text(request: HttpRequest, access: ReviewAccess, record_pk: int) -> HttpResponse:
    """One report: what was said of it so far, and the form to say more."""
    item = get_object_or_404(reading.known(access), record=record_pk)
    form = RetrievalForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        said = say_of_report(access, item.record, **form.asked)
        messages.success(request, f"Record {item.record.number}: {_in_words(said)}.")
        return redirect("screening:full_text", access.review.pk, record_pk)
    (report,) = reading.reports_of(access, [item])
    context = {
        "access": access,
        "here": "full_texts",
        "report": report,
        "past": reading.past_of(access, item),
        "history": reading.history_of(access, item.record),
        "form": form,
    }
    status = 422 if form.is_bound else 200
    return render(request, "screening/report.html", context, status=status)


def _mark_retrieved(request: HttpRequest, access: ReviewAccess, pks: list[int]) -> HttpResponse:
    """They are here; the list goes on where it was, at the report behind the one that was marked."""
    records = list(access.scope(Record).filter(pk__in=pks))
    if len(records) < len(pks):
        raise Http404
    with suppress(RepeatedRequest):  # done before: the answer is the same
        say_of_reports(access, records, RetrievalState.RETRIEVED)
        what = f"Record {records[0].number}" if len(records) == 1 else f"{len(records)} reports"
        messages.success(request, f"{what}: retrieved.")
    behind = number_in(request.POST.get("behind", ""))
    place = f"#report-{behind}" if behind else ""
    return redirect(f"{request.get_full_path()}{place}")


def _shown(request: HttpRequest) -> Shown:
    try:
        return Shown(request.GET.get("show", Shown.TO_GET))
    except ValueError:
        return Shown.TO_GET


def _in_words(said: object | None) -> str:
    state = RetrievalState(said.state) if said else None
    return reading.IN_WORDS[state].lower()
