"""Votes in the file of an import: whose they are, and taking them over."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from screening.access import ReviewAccess, Right, review_view
from screening.actions.foreign_votes import Taken, keep_vote_log, take_over_votes
from screening.files import on_disk
from screening.foreign_votes import Program, contents_of, program_of, refuse_unless_log
from screening.forms.foreign_votes import CovidenceForm, RayyanForm, VoteLogForm
from screening.importers import UnreadableFile
from screening.importers.votes import ForeignVote, covidence
from screening.models import Import
from screening.rules import Stage


# The lead alone: whoever says whose these votes are speaks for the team.
@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Right.TEAM)
def take_over(request: HttpRequest, access: ReviewAccess, import_pk: int) -> HttpResponse:
    import_ = get_object_or_404(access.scope(Import).select_related("source"), pk=import_pk)
    program = program_of(access, import_)
    if program is None:
        raise Http404
    log_form = VoteLogForm()
    if "give-log" in request.POST and program is Program.RAYYAN:
        log_form = VoteLogForm(request.POST, request.FILES)
        if _is_kept(access, import_, log_form):
            messages.success(request, "The log is read together with the file.")
            return redirect("screening:import_votes", access.review.pk, import_.pk)
    contents = contents_of(access, import_, program)
    kind = RayyanForm if program is Program.RAYYAN else CovidenceForm
    form = kind(access, contents, request.POST if "take-over" in request.POST else None)
    if form.is_valid():
        taken = take_over_votes(access, import_, _votes(access, import_, form), form.reading)
        messages.add_message(request, *_said_of(taken))
        return redirect("screening:import", access.review.pk, import_.pk)
    if program is Program.COVIDENCE:
        form.initial["said_list"] = covidence.name_of_list(import_.file_name)
    context = {
        "here": "sources",
        "import": import_,
        "contents": contents,
        "is_rayyan": program is Program.RAYYAN,
        "form": form,
        "log_form": log_form,
        "taken": import_.votes.filter(carried_from=None).count(),
        "quorums": sorted({access.quorum(stage) for stage in Stage}),
    }
    status = 422 if form.is_bound or log_form.is_bound else 200
    return render(request, "screening/import_votes.html", context, status=status)


def _is_kept(access: ReviewAccess, import_: Import, form: VoteLogForm) -> bool:
    if not form.is_valid():
        return False
    try:
        with on_disk(form.cleaned_data["log"]) as path:
            refuse_unless_log(path)
            keep_vote_log(access, import_, path)
    except UnreadableFile as problem:
        form.add_error("log", str(problem))
    return form.is_valid()


def _votes(
    access: ReviewAccess, import_: Import, form: RayyanForm | CovidenceForm
) -> list[ForeignVote]:
    """Of Covidence those that the list, which was chosen by now, makes of its references."""
    contents = form.contents
    if isinstance(form, CovidenceForm):
        said_list = form.cleaned_data["said_list"]
        contents = contents_of(access, import_, contents.program, said_list)
    return contents.votes


def _said_of(taken: Taken) -> tuple[int, str]:
    level = messages.SUCCESS if taken.votes else messages.WARNING
    said = [f"{_counted(taken.votes, 'vote')} taken over, on {_counted(taken.records, 'record')}."]
    if taken.not_up:
        said.append(f"{_counted(taken.not_up, 'record')} not up for screening at this stage.")
    if taken.without_place:
        said.append(
            f"On {_counted(taken.without_place, 'record')} a vote found no place: the record had "
            "its votes, or one of the same person, or this stage does not know such a vote."
        )
    return level, " ".join(said)


def _counted(number: int, one: str) -> str:
    return f"{number:,} {one}{'' if number == 1 else 's'}"
