"""The report of a review: its flow diagram, and how far the reviewers agree."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from config.asking import wants_fragment
from reporting.agreement.page import stages_of
from reporting.prisma.page import Report
from screening.access import ReviewAccess, Right, review_view


@require_GET
@review_view(Right.READ)
def report(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    context = {"access": access, "report": Report(access)}
    return render(request, "reporting/report.html", context)


@require_GET
@review_view(Right.READ)
def agreement(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    """A page of its own, and a part of the report that loads after it."""
    template = "_report_agreement.html" if wants_fragment(request) else "report_agreement.html"
    context = {"access": access, "here": "report", "stages": stages_of(access)}
    return render(request, f"reporting/{template}", context)
