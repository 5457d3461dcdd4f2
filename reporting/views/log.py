"""The log of a review, for its lead."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reporting.log import log_page
from screening.access import ReviewAccess, Right, review_view


@require_GET
@review_view(Right.LOG)
def log(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    after = request.GET.get("after", "")
    is_number = after.isascii() and after.isdigit() and len(after) < 19
    page = log_page(access, int(after) if is_number else None)
    return render(request, "reporting/log.html", {"access": access, "page": page})
