"""What was merged and what was told apart: the list, and taking one of them back."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from screening.access import ReviewAccess, Right, review_view
from screening.actions.distinctions import take_back_distinction
from screening.actions.merging import separate, take_back_merge
from screening.merged import merges_in_force, patterns_of, told_apart, with_makers
from screening.models import Distinction, DuplicateQuestion, Merge, Record
from screening.pages import keyset_page, number_in


@require_GET
@review_view(Right.MERGE)
def listing(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    """Merges in force, by pattern if one is chosen; or with `?show=apart` what was told apart."""
    patterns = patterns_of(access)
    apart = told_apart(access)
    context: dict[str, Any] = {
        "access": access,
        "here": "duplicates",
        "patterns": patterns,
        "merged": sum(pattern.merges for pattern in patterns),
        "apart": apart.order_by().count(),
    }
    if request.GET.get("show") == "apart":
        context |= {"page": keyset_page(request, apart), "shown": "apart"}
    else:
        named = {one.name: one for one in patterns}
        chosen = named.get(request.GET.get("pattern", ""))
        page = keyset_page(request, merges_in_force(access, chosen.name if chosen else ""))
        context |= {
            "page": page,
            "rows": with_makers(access, page.rows),
            "chosen": chosen,
            "shown": "merged",
        }
    return render(request, "screening/merged.html", context)


@require_POST
@review_view(Right.MERGE, after="screening:merged")
def end_merge(request: HttpRequest, access: ReviewAccess, merge_pk: int) -> HttpResponse:
    """No duplicate; or, asked to `take_back`, as it was before, with nothing said of the two."""
    both = access.scope(Merge).select_related("record", "kept")
    merge = get_object_or_404(both, pk=merge_pk)
    record, kept = merge.record, merge.kept
    if request.POST.get("do") == "take_back":
        take_back_merge(access, merge)
        said = f"Taken back: records {record.number} and {kept.number} are not merged."
    else:
        separate(access, record, merge)
        said = f"Record {record.number} is not a duplicate of record {kept.number} any more."
    messages.success(request, said)
    return _back(request, access, record)


@require_POST
@review_view(Right.MERGE, after="screening:merged")
def end_distinction(
    request: HttpRequest, access: ReviewAccess, distinction_pk: int
) -> HttpResponse:
    both = access.scope(Distinction).select_related("first", "second")
    told = get_object_or_404(both, pk=distinction_pk)
    take_back_distinction(access, told)
    first, second = told.first.number, told.second.number
    messages.success(request, f"Taken back: nothing is said of records {first} and {second}.")
    return _back(request, access, told.first)


def _back(request: HttpRequest, access: ReviewAccess, record: Record) -> HttpResponse:
    """To the page that it was asked from: a question, a record, or the list."""
    question = number_in(request.POST.get("question", ""))
    if question and access.scope(DuplicateQuestion).filter(pk=question).exists():
        return redirect("screening:duplicate_question", access.review.pk, question)
    at = number_in(request.POST.get("record", ""))
    if at and access.scope(Record).imported().filter(pk=at).exists():
        return redirect("reporting:record", access.review.pk, at)
    address = reverse("screening:merged", args=[access.review.pk])
    return redirect(f"{address}?show=apart" if request.POST.get("show") == "apart" else address)
