"""Records: the list with its filters, the same as files, and what happened to one of them."""

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from reporting.cells import csv_lines
from reporting.exports import found, ris
from reporting.records.filters import Filters, Unknown, filters_of
from reporting.records.rows import all_rows, rows_of
from reporting.records.timeline import timeline_of
from reporting.views.files import title_in_names
from screening.access import ReviewAccess, Right, review_view
from screening.models import Record, Source
from screening.pages import number_in
from screening.rules import Outcome, Stage


@require_GET
@review_view(Right.READ)
def records(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    filters = _filters(request, access)
    after = number_in(request.GET.get("after", "")) or 0
    page = filters.page(after)
    shown = page.records(access).select_related("imported_by__source")
    context = {
        "access": access,
        "filters": filters,
        "page": page,
        "is_first": not after,
        "rows": rows_of(access, shown, filters.now),
        "total": filters.total(page),
        "sources": access.scope(Source),
        "stages": list(Stage),
        "outcomes": list(Outcome),
    }
    return render(request, "reporting/records.html", context)


@require_GET
@review_view(Right.READ)
def as_csv(request: HttpRequest, access: ReviewAccess) -> StreamingHttpResponse:
    rows = found.rows(all_rows(_filters(request, access)))
    return _file(access, csv_lines(rows), "text/csv; charset=utf-8", "csv")


@require_GET
@review_view(Right.READ)
def as_ris(request: HttpRequest, access: ReviewAccess) -> StreamingHttpResponse:
    rows = all_rows(_filters(request, access))
    lines = ris.ris_lines(row.record for row in rows)
    return _file(access, lines, "application/x-research-info-systems; charset=utf-8", "ris")


@require_GET
@review_view(Right.READ)
def record(request: HttpRequest, access: ReviewAccess, record_pk: int) -> HttpResponse:
    whole = access.scope(Record).imported().select_related("imported_by__source")
    found = get_object_or_404(whole, pk=record_pk)
    context = {"access": access, "here": "records", "timeline": timeline_of(access, found)}
    return render(request, "reporting/records_one.html", context)


def _filters(request: HttpRequest, access: ReviewAccess) -> Filters:
    try:
        return filters_of(access, request.GET)
    except Unknown:
        raise Http404 from None


def _file(access: ReviewAccess, lines: object, kind: str, ending: str) -> StreamingHttpResponse:
    name = f"{title_in_names(access)}-records.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(lines, content_type=kind, headers=headers)
