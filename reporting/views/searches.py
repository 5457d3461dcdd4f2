"""The search report of a review, to be read and printed."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reporting.searches.page import SearchReport
from screening.access import ReviewAccess, Right, review_view


@require_GET
@review_view(Right.READ)
def report(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    context = {"access": access, "here": "sources", "report": SearchReport(access)}
    return render(request, "reporting/search_report.html", context)
