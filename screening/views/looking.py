"""Looking through all records of a review for duplicates: asked for, and how far it is."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from config.asking import wants_fragment
from screening.access import ReviewAccess, Right, review_view
from screening.actions.jobs import ask_to_look
from screening.looks import last_look, reasons_to_look
from screening.models import Record
from screening.standing import standing_of


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Right.MERGE)
def look(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    """Posting asks for it; the page asks for its middle again until the job has ended."""
    if request.method == "POST":
        ask_to_look(access)
        return redirect(request.path)
    job = last_look(access)
    context = {
        "here": "duplicates",
        "standing": standing_of(job) if job else None,
        "records": access.scope(Record).imported().count(),
        "reasons": reasons_to_look(access),
    }
    template = "_look.html" if wants_fragment(request) else "look.html"
    return render(request, f"screening/{template}", context)
