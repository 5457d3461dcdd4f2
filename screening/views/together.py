"""Files brought in together: one table, one decision."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from screening.access import ReviewAccess, Right, review_view
from screening.actions.together import store_together
from screening.forms.together import BundleForm
from screening.models import Bundle, ImportState


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Right.IMPORT, after="screening:sources")
def look(request: HttpRequest, access: ReviewAccess, bundle_pk: int) -> HttpResponse:
    """What each file would bring; posting has those that are ready stored."""
    bundles = access.scope(Bundle).select_related("brought_by")
    bundle = get_object_or_404(bundles, pk=bundle_pk)
    if bundle.job_id and request.method != "POST":
        return redirect("screening:job", access.review.pk, bundle.job_id)
    files = list(bundle.files.select_related("imported__source", "first"))
    waiting = [one for one in files if one.waits]
    data = request.POST if request.method == "POST" else None
    form = BundleForm(access, data, waiting=waiting)
    if form.is_valid():
        job = store_together(access, bundle, form.choices)
        if job:
            return redirect("screening:job", access.review.pk, job.pk)
        messages.success(request, "Nothing was imported: every file was left out.")
        return redirect("screening:sources", access.review.pk)
    ready = [one.imported for one in waiting if not one.imported.needs_columns]
    context = {
        "here": "sources",
        "bundle": bundle,
        "rows": [(one, form.row_of(one)) for one in files],
        "form": form,
        "ready": len(ready),
        "entries": sum(import_.found for import_ in ready),
        "most": settings.IMPORT_UPLOAD_ENTRIES,
        "previewed": ImportState.PREVIEWED,
    }
    status = 422 if form.is_bound else 200
    return render(request, "screening/together.html", context, status=status)
