"""The log of a review, for its lead."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reporting.log import log_page
from screening.access import ReviewAccess, Right, review_view
from screening.pages import number_in


@require_GET
@review_view(Right.LOG)
def log(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    page = log_page(access, number_in(request.GET.get("after", "")))
    return render(request, "reporting/log.html", {"access": access, "page": page})
