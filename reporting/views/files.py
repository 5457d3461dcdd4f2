"""The files of a review: what each holds, and the files themselves, streamed."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.http import require_GET

from reporting.cells import csv_lines
from reporting.exports import FILES
from screening.access import ReviewAccess, Right, review_view


@require_GET
@review_view(Right.READ)
def files(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    offered = [file for file in FILES.values() if access.may(file.right)]
    rows = [(file, file.visible(access), file.hidden(access)) for file in offered]
    return render(request, "reporting/files.html", {"access": access, "files": rows})


@require_GET
@review_view(Right.READ)
def export(request: HttpRequest, access: ReviewAccess, name: str) -> StreamingHttpResponse:
    file = FILES.get(name)
    if file is None:
        raise Http404
    if not access.may(file.right):
        raise PermissionDenied
    return StreamingHttpResponse(
        csv_lines(file.rows(access)),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{title_in_names(access)}-{file.name}.csv"',
            "X-Rows-Hidden": str(file.hidden(access)),
        },
    )


def title_in_names(access: ReviewAccess) -> str:
    """The review's title as the beginning of a file's name: some words in plain letters."""
    words = slugify(access.review.title)
    return (words if len(words) <= 40 else words[:41].rpartition("-")[0][:40]) or "review"
