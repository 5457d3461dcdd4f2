"""Where everybody begins: my reviews, one review's overview, and the counts beside the pages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from reporting.home import standings
from reporting.overview import Overview
from reporting.progress import rail_counts, screening_progress
from reporting.steps import Step
from screening.access import ReviewAccess, Right, review_view
from screening.rules import Stage

STAGED = {"queue", "conflicts"}
OURS = {"overview", "files"}


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "reporting/home.html", {"standings": standings(request.user)})


@require_GET
@review_view(Right.READ)
def overview(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    page = Overview(access)
    context = {"access": access, "page": page, "step_address": _address(access, page.step)}
    return render(request, "reporting/overview.html", context)


@require_GET
@review_view(Right.READ)
def rail(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    return render(request, "_rail.html", {"access": access, "counts": rail_counts(access)})


@require_GET
@review_view(Right.VOTE)
def progress(request: HttpRequest, access: ReviewAccess, stage: Stage) -> HttpResponse:
    return render(request, "reporting/_progress.html", screening_progress(access, stage))


def _address(access: ReviewAccess, step: Step) -> str:
    app = "reporting" if step.page in OURS else "screening"
    args = [access.review.pk, step.stage] if step.page in STAGED else [access.review.pk]
    return reverse(f"{app}:{step.page}", args=args)
