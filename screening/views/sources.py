from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from screening.access import ReviewAccess, Right, review_view
from screening.actions.importing import (
    SameFile,
    discard_import,
    is_being_stored,
    preview_import,
)
from screening.actions.jobs import ask_to_store
from screening.actions.protocol import anybody_voted
from screening.actions.sources import add_source, edit_source, remove_source
from screening.actions.storing import commit_import
from screening.actions.together import bring_together
from screening.actions.undoing import undo_import, work_on
from screening.files import on_disk
from screening.foreign_votes import program_of
from screening.foreseen import why_not_compared
from screening.forms.sources import ImportForm, ProposedSourceForm, SourceForm
from screening.importers import UnreadableFile, formats
from screening.importers.zipped import MOST_FILES
from screening.merged import of_import
from screening.models import Adjustment, Bundle, Import, ImportState, Job, Source
from screening.pages import number_in
from screening.previews import ProblemPage, beginning_of, preview_of
from screening.uploads import as_files


@dataclass(frozen=True)
class Row:
    """A source with its imports, and what they brought beside what the search reported.

    Args:
        removed: what was removed before it came here, said with its reason.
    """

    source: Source
    imports: list[Import]
    removed: list[Adjustment]

    @property
    def records(self) -> int:
        committed = [one for one in self.imports if one.state == ImportState.COMMITTED]
        return sum(one.read for one in committed)

    @property
    def missing(self) -> int:
        """Hits that gave no record, below 0 when there are more; 0 while nothing is known."""
        if self.source.hits is None or not self.records:
            return 0
        return self.source.hits - self.records

    @property
    def surplus(self) -> int:
        return -self.missing

    @property
    def is_searched_otherwise(self) -> bool:
        """Its records came from some search, and the one it states is a proposal still."""
        return self.source.is_proposal and bool(self.records)


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Right.READ, post=Right.IMPORT, after="screening:sources")
def listing(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    """The searches and what came of them; posting adds one."""
    form = SourceForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        source = add_source(access, **form.cleaned_data)
        messages.success(request, f"{source.name} is added. Import its file next.")
        return redirect("screening:sources", access.review.pk)
    in_force = Prefetch("adjustments", access.scope(Adjustment).in_force(), to_attr="removed")
    sources = access.scope(Source).prefetch_related("imports", in_force)
    context = {
        "rows": [Row(source, list(source.imports.all()), source.removed) for source in sources],
        "is_untouched": not anybody_voted(access),
        "form": form,
        "jobs": access.scope(Job).storing().unfinished(),
        "about_to_be_stored": set(
            access.scope(Job).storing().unfinished().values_list("parts__imported", flat=True)
        ),
        "bundles": access.scope(Bundle).undecided().with_files_counted(),
    }
    status = 422 if form.is_bound else 200
    return render(request, "screening/sources.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Right.IMPORT, after="screening:sources")
def edit(request: HttpRequest, access: ReviewAccess, source_pk: int) -> HttpResponse:
    source = get_object_or_404(access.scope(Source), pk=source_pk)
    kind = ProposedSourceForm if source.is_proposal else SourceForm
    form = kind(request.POST if request.method == "POST" else None, instance=source)
    if form.is_valid():
        edit_source(access, source, **form.cleaned_data)
        messages.success(request, f"{form.cleaned_data['name']} is saved.")
        return redirect("screening:sources", access.review.pk)
    may_go = not access.scope(Import).filter(source=source).exists()
    context = {"here": "sources", "source": source, "form": form, "may_go": may_go}
    status = 422 if form.is_bound else 200
    return render(request, "screening/source_form.html", context, status=status)


@require_POST
@review_view(Right.IMPORT, after="screening:sources")
def remove(request: HttpRequest, access: ReviewAccess, source_pk: int) -> HttpResponse:
    source = get_object_or_404(access.scope(Source), pk=source_pk)
    remove_source(access, source)
    messages.success(request, f"{source.name} is removed.")
    return redirect("screening:sources", access.review.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Right.IMPORT, after="screening:sources")
def import_file(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    """Posting stores the raw file and shows what it would bring."""
    if request.method != "POST":
        chosen = {"source": request.GET.get("source")}
        return _import_form(request, ImportForm(access, initial=chosen))
    form = ImportForm(access, request.POST, request.FILES)
    if not form.is_valid():
        return _import_form(request, form, status=422)
    uploads = form.cleaned_data["file"]
    if form.brings_many:
        with as_files(uploads) as (brought, ignored):
            bundle = bring_together(access, brought, ignored)
        return redirect("screening:together", access.review.pk, bundle.pk)
    try:
        with on_disk(uploads[0]) as path:
            import_ = preview_import(
                access,
                form.chosen_source(),
                path,
                uploads[0].name,
                count_up_to=settings.IMPORT_UPLOAD_ENTRIES,
            )
    except UnreadableFile as problem:
        form.add_error("file", str(problem))
        return _import_form(request, form, status=422)
    except SameFile as refusal:
        return _import_form(request, form, status=409, sentence=str(refusal), first=refusal.first)
    shown = "screening:import_columns" if import_.needs_columns else "screening:import"
    return redirect(shown, access.review.pk, import_.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Right.READ, post=Right.IMPORT)
def one_import(request: HttpRequest, access: ReviewAccess, import_pk: int) -> HttpResponse:
    """The preview, later the report, of one file; posting commits, discards or undoes it."""
    imports = access.scope(Import).select_related("source", "uploaded_by", "bundled")
    import_ = get_object_or_404(imports, pk=import_pk)
    if request.method == "POST":
        return _do(request, access, import_)
    if job := access.scope(Job).storing().unfinished().filter(imports=import_).first():
        return redirect("screening:job", access.review.pk, job.pk)
    show = {ImportState.PREVIEWED: _show_preview, ImportState.STAGED: _show_staged}
    return show.get(import_.state, _show_report)(request, access, import_)


def is_large(import_: Import) -> bool:
    """It takes longer to store than anybody should look at a blank page."""
    return import_.found > settings.IMPORT_UPLOAD_ENTRIES


def _do(request: HttpRequest, access: ReviewAccess, import_: Import) -> HttpResponse:
    """What the button says; the page knows three."""
    do = request.POST.get("do")
    if do == "commit":
        if is_large(import_):
            job = ask_to_store(access, [import_])
            return redirect("screening:job", access.review.pk, job.pk)
        done = commit_import(access, import_)
        messages.success(request, f"{_records(done.read)} in the review.")
    elif do == "undo":
        done = undo_import(access, import_)
        messages.success(request, f"Undone: {_records(done.read)} out of the review again.")
    elif do == "discard":
        source = discard_import(access, import_)
        with_it = f" {source.name}, described with it, is gone too." if source else ""
        said = f"{import_.file_name} is discarded; nothing of it was stored.{with_it}"
        messages.success(request, said)
        return redirect("screening:sources", access.review.pk)
    else:
        raise BadRequest
    return redirect("screening:import", access.review.pk, import_.pk)


def _show_preview(request: HttpRequest, access: ReviewAccess, import_: Import) -> HttpResponse:
    context = {
        "here": "sources",
        "import": import_,
        "is_table": formats.table_by_name(import_.format) is not None,
        "same": access.scope(Import).of_same_file(import_.sha256).first(),
        "is_large": is_large(import_),
        "bundled": getattr(import_, "bundled", None),
        "why_not_compared": why_not_compared(import_),
    }
    if is_large(import_) and not import_.needs_columns:
        context["first"] = beginning_of(access, import_)
    elif not import_.needs_columns:
        context["preview"] = preview_of(access, import_, after=_after(request))
        context["first"] = context["preview"].first
    return render(request, "screening/import_preview.html", context)


def _show_staged(request: HttpRequest, access: ReviewAccess, import_: Import) -> HttpResponse:
    context = {
        "here": "sources",
        "import": import_,
        "is_being_stored": is_being_stored(import_),
        "stored": import_.records.count(),
    }
    return render(request, "screening/import_staged.html", context)


def _show_report(request: HttpRequest, access: ReviewAccess, import_: Import) -> HttpResponse:
    context = {
        "here": "sources",
        "import": import_,
        "work": work_on(import_),
        "has_votes": access.may(Right.TEAM) and program_of(access, import_) is not None,
        "taken": import_.votes.filter(carried_from=None).count(),
        "duplicates": of_import(access, import_),
        "problems": ProblemPage.of_import(import_, _after(request)),
    }
    return render(request, "screening/import_report.html", context)


def _import_form(
    request: HttpRequest, form: ImportForm, *, status: int = 200, **said: Any
) -> HttpResponse:
    context = {
        "here": "sources",
        "form": form,
        "most_bytes": settings.IMPORT_UPLOAD_BYTES,
        "most_files": MOST_FILES,
        **said,
    }
    return render(request, "screening/import_file.html", context, status=status)


def _after(request: HttpRequest) -> int:
    return number_in(request.GET.get("after", "")) or 0


def _records(count: int) -> str:
    return f"{count:,} record is" if count == 1 else f"{count:,} records are"
