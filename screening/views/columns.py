"""A table whose headings are not known, or known wrongly: somebody says which column is which."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from screening.access import ReviewAccess, Right, review_view
from screening.actions.importing import choose_columns, kept_file
from screening.forms.columns import ColumnsForm
from screening.importers import UnreadableFile, formats
from screening.importers.tables.columns import proposed_mapping
from screening.models import Bundle, Import, ImportState

FIRST = 3  # rows shown


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Right.IMPORT, after="screening:sources")
def choose(request: HttpRequest, access: ReviewAccess, import_pk: int) -> HttpResponse:
    imports = access.scope(Import).select_related("source")
    import_ = get_object_or_404(imports, pk=import_pk)
    table = formats.table_by_name(import_.format)
    if table is None:
        raise Http404
    if import_.state != ImportState.PREVIEWED:
        return redirect("screening:import", access.review.pk, import_.pk)
    path = kept_file(access, import_)
    headings = table.headings_of(path, import_.encoding)
    form = ColumnsForm(
        request.POST if request.method == "POST" else None,
        headings=headings,
        mapping=dict(import_.columns or ()) or proposed_mapping(headings),
        rows=table.first_rows(path, import_.encoding, FIRST),
    )
    if form.is_valid():
        try:
            is_small = import_.found <= settings.IMPORT_UPLOAD_ENTRIES
            choose_columns(access, import_, form.pairs, count=is_small)
        except UnreadableFile as problem:
            form.add_error(None, str(problem))
        else:
            return _back(access, import_)
    context = {"here": "sources", "import": import_, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "screening/import_columns.html", context, status=status)


def _back(access: ReviewAccess, import_: Import) -> HttpResponse:
    """To the preview: of the file, or of those it came with."""
    bundle = access.scope(Bundle).undecided().filter(files__imported=import_).first()
    if bundle:
        return redirect("screening:together", access.review.pk, bundle.pk)
    return redirect("screening:import", access.review.pk, import_.pk)
