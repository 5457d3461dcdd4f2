"""What an import would do about duplicates, beside its preview."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from config.asking import wants_fragment
from screening.access import Refused, ReviewAccess, Right, review_view
from screening.foreseen import foreseen, why_not_compared
from screening.models import Import


@require_GET
@review_view(Right.IMPORT)
def duplicates(request: HttpRequest, access: ReviewAccess, import_pk: int) -> HttpResponse:
    """A page of its own, and a part of the preview that loads after it."""
    import_ = get_object_or_404(access.scope(Import).select_related("source"), pk=import_pk)
    context: dict[str, Any] = {"access": access, "here": "sources", "import": import_}
    context["sentence"] = why_not_compared(import_)
    if not context["sentence"]:
        try:
            context["foreseen"] = foreseen(access, import_)
        except Refused as refusal:  # as part of a page it is shown only if it is an answer
            context["sentence"] = str(refusal)
    template = "_import_duplicates.html" if wants_fragment(request) else "import_duplicates.html"
    return render(request, f"screening/{template}", context)
