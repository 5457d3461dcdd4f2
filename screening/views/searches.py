from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from screening.access import ReviewAccess, Right, review_view
from screening.actions.sources import describe_search
from screening.forms.searches import SearchMethodsForm
from screening.models import SearchMethods


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Right.IMPORT, after="reporting:search_report")
def methods(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    """What the review says of its search as a whole."""
    said = access.scope(SearchMethods).first()
    form = SearchMethodsForm(request.POST if request.method == "POST" else None, instance=said)
    if form.is_valid():
        describe_search(access, **form.cleaned_data)
        messages.success(request, "Saved: the search report says so now.")
        return redirect("reporting:search_report", access.review.pk)
    status = 422 if form.is_bound else 200
    context = {"here": "sources", "form": form}
    return render(request, "screening/search_methods.html", context, status=status)
