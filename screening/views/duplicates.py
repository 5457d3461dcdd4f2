"""Possible duplicates: one question after the other, and any two records side by side."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from screening.access import Refused, RepeatedRequest, ReviewAccess, Right, review_view
from screening.actions.distinctions import tell_apart
from screening.actions.merging import SAID_BY_A_PERSON, merge_records
from screening.forms.duplicates import Answer, AnswerForm, PairForm
from screening.looks import reasons_to_look
from screening.matching.plan import Evidence
from screening.models import BY_A_PERSON, Distinction, DuplicateQuestion, Job, Merge, Record
from screening.pages import number_in
from screening.questions import asked, is_likely, next_question, pair_of, place_of


@require_GET
@review_view(Right.MERGE)
def queue(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    """The likeliest question, or the likeliest behind the one that `?after=` names."""
    after = number_in(request.GET.get("after", ""))
    behind = asked(access, after) if after is not None else None
    return _page(request, access, next_question(access, behind), behind=behind)


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Right.MERGE)
def question(request: HttpRequest, access: ReviewAccess, question_pk: int) -> HttpResponse:
    """One question; posting answers it and goes on to the next."""
    found = asked(access, question_pk)
    if found is None:
        raise Http404
    if request.method != "POST":
        return _page(request, access, found)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, access, found, form=form, status=422)
    evidence = Evidence(BY_A_PERSON, found.score, found.measures)
    try:
        done = _carry_out(access, form.said, found.first, found.second, evidence)
    except RepeatedRequest:
        return _go_on(access, found)  # done before: the answer is the same
    except Refused as refusal:
        found.refresh_from_db(fields=["is_open"])
        shown = found if found.is_open else next_question(access, found)
        return _page(request, access, shown, behind=found, refusal=refusal, status=409)
    return _go_on(access, found, done)


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Right.MERGE)
def compare(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    """Any two records by their numbers; posting says what they are to each other."""
    sent = request.POST if request.method == "POST" else request.GET
    form = PairForm(access, sent if "one" in sent or "other" in sent else None)
    if not form.is_valid():
        return _comparison(request, access, form, status=422 if form.is_bound else 200)
    first, second = form.cleaned_data["one"], form.cleaned_data["other"]
    answer = AnswerForm(request.POST if request.method == "POST" else None)
    if not answer.is_bound:
        return _comparison(request, access, form, (first, second))
    if not answer.is_valid():
        return _comparison(request, access, form, (first, second), answer=answer, status=422)
    try:
        done = _carry_out(access, answer.said, first, second, SAID_BY_A_PERSON)
        messages.success(request, _in_words(done))
    except Refused as refusal:
        return _comparison(request, access, form, (first, second), refusal=refusal, status=409)
    except RepeatedRequest:
        pass  # done before: the answer is the same
    numbers = urlencode({"one": first.number, "other": second.number})
    return redirect(f"{request.path}?{numbers}")


def _carry_out(
    access: ReviewAccess, said: Answer, first: Record, second: Record, evidence: Evidence
) -> Merge | Distinction:
    if said is Answer.SAME:
        return merge_records(access, first, second, evidence)
    return tell_apart(access, first, second, are_related=said is Answer.RELATED)


def _go_on(
    access: ReviewAccess, found: DuplicateQuestion, done: Merge | Distinction | None = None
) -> HttpResponse:
    """To the next question, which says what was done to this one."""
    asked = {"after": found.pk}
    if done:
        asked["merged" if isinstance(done, Merge) else "apart"] = done.pk
    address = reverse("screening:duplicates", args=[access.review.pk])
    return redirect(f"{address}?{urlencode(asked)}")


def _in_words(done: Merge | Distinction) -> str:
    if isinstance(done, Merge):
        return f"Merged record {done.record.number} into record {done.kept.number}."
    are = "related reports, and not the same" if done.is_related else "different"
    return f"Records {done.first.number} and {done.second.number} are {are}."


def _just_done(request: HttpRequest, access: ReviewAccess) -> dict[str, Any] | None:
    """What the answer before did, while that stands, with where it is taken back."""
    models = {"merged": (Merge, "record", "kept"), "apart": (Distinction, "first", "second")}
    for name, (model, *sides) in models.items():
        pk = number_in(request.GET.get(name, ""))
        if pk is None:
            continue
        mine = access.scope(model).in_force().filter(said_by=access.user)
        done = mine.filter(pk=pk).select_related(*sides).first()
        if done:
            page = "screening:merge_end" if name == "merged" else "screening:apart_end"
            return {"words": _in_words(done), "undo": reverse(page, args=[access.review.pk, pk])}
    return None


def _page(
    request: HttpRequest,
    access: ReviewAccess,
    shown: DuplicateQuestion | None,
    *,
    behind: DuplicateQuestion | None = None,
    form: AnswerForm | None = None,
    refusal: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "access": access,
        "here": "duplicates",
        "question": shown,
        "behind": behind,
        "form": form,
        "refusal": refusal,
        "done": _just_done(request, access),
        "look": access.scope(Job).looking().unfinished().first(),
    }
    if not behind and not context["look"]:
        context["reasons"] = reasons_to_look(access)  # whoever goes on answering has read them
    if shown is None:
        context |= _why_none(access)
        return render(request, "screening/duplicates_none.html", context, status=status)
    context["pair"] = pair_of(access, shown.first, shown.second)
    context["is_likely"] = is_likely(shown)
    context["place"] = place_of(access, shown) if shown.is_open else None
    return render(request, "screening/duplicate.html", context, status=status)


def _why_none(access: ReviewAccess) -> dict[str, int]:
    return {
        "open": access.scope(DuplicateQuestion).open().order_by().count(),
        "merged": access.scope(Merge).in_force().count(),
        "has_records": access.scope(Record).imported().exists(),
    }


def _comparison(
    request: HttpRequest,
    access: ReviewAccess,
    form: PairForm,
    records: tuple[Record, Record] | None = None,
    *,
    answer: AnswerForm | None = None,
    refusal: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "access": access,
        "here": "duplicates",
        "form": form,
        "answer": answer,
        "refusal": refusal,
        "pair": pair_of(access, *records) if records else None,
    }
    return render(request, "screening/compare.html", context, status=status)
