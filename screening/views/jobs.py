"""How far a job is; the page can be left and come back to."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from config.asking import wants_fragment
from screening.access import ReviewAccess, Right, review_view
from screening.models import Job
from screening.standing import standing_of


@require_safe
@review_view(Right.READ)
def one_job(request: HttpRequest, access: ReviewAccess, job_pk: int) -> HttpResponse:
    """The page asks for its middle again and again until the job has ended."""
    job = get_object_or_404(
        access.scope(Job).storing().select_related("asked_by", "bundle"), pk=job_pk
    )
    template = "_job.html" if wants_fragment(request) else "job.html"
    context = {"here": "sources", "standing": standing_of(job)}
    return render(request, f"screening/{template}", context)
