"""Conflicts: the list that empties, and the page on which one is resolved."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from screening.access import RepeatedRequest, ReviewAccess, Right, review_view
from screening.actions import conflicts as actions
from screening.cards import reasons_offered, terms_marked
from screening.conflicts import (
    Deed,
    Panel,
    neighbours_of,
    next_turn,
    on_whose_turn,
    open_conflicts,
    open_or_resolved,
    page_by_rank,
    panel_of,
    panels_of,
    resolved_conflicts,
)
from screening.filling import filled
from screening.forms.conflicts import (
    AnswerForm,
    DecisionForm,
    DeclineForm,
    ProposedDecisionForm,
    ReferralForm,
)
from screening.models import Proposal, Referral, Resolution, ScreeningItem
from screening.rules import Decision, Stage

DEEDS: dict[Deed, tuple[type[forms.Form], Callable[..., Any]]] = {
    Deed.PROPOSE: (ProposedDecisionForm, actions.propose),
    Deed.CONFIRM: (AnswerForm, actions.confirm),
    Deed.DECLINE: (DeclineForm, actions.decline),
    Deed.WITHDRAW: (AnswerForm, actions.withdraw),
    Deed.REFER: (ReferralForm, actions.refer),
    Deed.ADJUDICATE: (DecisionForm, actions.adjudicate),
}


@require_GET
@review_view(Right.READ)
def conflicts(request: HttpRequest, access: ReviewAccess, stage: Stage) -> HttpResponse:
    lists = {
        "open": open_conflicts(access, stage),
        "mine": on_whose_turn(access, open_conflicts(access, stage)),
        "resolved": resolved_conflicts(access, stage),
    }
    shown = "mine" if request.GET.get("waiting") == "me" else "open"
    if request.GET.get("show") == "resolved":
        shown = "resolved"
    page = page_by_rank(access, stage, lists[shown], request.GET.get("after", ""))
    context = {
        "access": access,
        "stage": stage,
        "other": next(one for one in Stage if one is not stage),
        "shown": shown,
        "page": page,
        "panels": panels_of(access, page.rows),
        "counts": {name: items.count() for name, items in lists.items()},
        "first": lists["mine"].first(),
        "undo_seconds": settings.UNDO_SECONDS,
    }
    return render(request, "screening/conflicts.html", context)


@require_http_methods(["GET", "POST"])
@review_view(Right.READ)
def conflict(
    request: HttpRequest, access: ReviewAccess, stage: Stage, record_pk: int
) -> HttpResponse:
    item = get_object_or_404(open_or_resolved(access, stage), record=record_pk)
    filled(item.record)
    panel = panel_of(access, item)
    if request.method != "POST":
        return _page(request, panel)
    deed = _deed(request, panel)
    _, act = DEEDS[deed]
    form = _form(deed, panel, request.POST)
    if not form.is_valid():
        actions.check_open(panel, deed)
        return _page(request, panel, deed, form)
    try:
        done = act(access, item.record, stage=stage, **form.asked)
    except RepeatedRequest:
        return _go_on(access, item)  # done before: the answer is the same
    item.refresh_from_db()
    messages.success(request, _what_happened(panel_of(access, item), deed, done))
    return _go_on(access, item)


def _form(deed: Deed, panel: Panel, sent: QueryDict | None = None) -> forms.Form:
    """The form for this deed, as it was sent or empty."""
    form_class, _ = DEEDS[deed]
    if not issubclass(form_class, DecisionForm):
        return form_class(sent, auto_id=f"{deed}_%s")
    reasons = reasons_offered(panel.access, Stage(panel.item.stage))
    return form_class(sent, auto_id=f"{deed}_%s", reasons=reasons)


def _deed(request: HttpRequest, panel: Panel) -> Deed:
    """What is asked for; a decision without a name for it is what it would be for this person."""
    default = Deed.ADJUDICATE if panel.to_be_adjudicated else Deed.PROPOSE
    try:
        return Deed(request.POST.get("action") or default)
    except ValueError:
        raise BadRequest("There is nothing of this name to do about a conflict.") from None


def _go_on(access: ReviewAccess, item: ScreeningItem) -> HttpResponse:
    """On to the next conflict that waits for this person, or to the list when none does."""
    stage = Stage(item.stage)
    following = next_turn(access, item)
    if following:
        return redirect("screening:conflict", access.review.pk, stage, following.record_id)
    return redirect("screening:conflicts", access.review.pk, stage)


def _what_happened(panel: Panel, deed: Deed, done: Proposal | Referral | Resolution) -> str:
    record = f"Record {panel.item.record.number}"
    if panel.resolution:
        return f"{record}: {panel.ending}."
    if deed is Deed.DECLINE:
        return f"{record}: declined. The discussion goes on."
    if deed is Deed.WITHDRAW:
        return f"{record}: the proposal is withdrawn."
    if deed is Deed.REFER and panel.to_be_adjudicated:
        return f"{record}: sent to adjudication."
    if deed is Deed.REFER:
        return f"{record}: sent to adjudication, but nobody can adjudicate it yet."
    said = "Confirmed" if deed is Deed.CONFIRM else f"Proposed: {Decision(done.decision)}"
    waiting = f" Waiting for {panel.waiting_for_words}." if panel.waiting_for else ""
    return f"{record}. {said}.{waiting}"


def _page(
    request: HttpRequest,
    panel: Panel,
    deed: Deed | None = None,
    form: forms.Form | None = None,
) -> HttpResponse:
    """One conflict with the forms open to this person, one of them perhaps as it was sent."""
    access, item = panel.access, panel.item
    offered = {
        one: form if one is deed else _form(one, panel) for one in DEEDS if panel.offers(one)
    }
    context = {
        "access": access,
        "stage": Stage(item.stage),
        "here": "conflicts",
        "panel": panel,
        "neighbours": neighbours_of(access, item),
        "offered": offered,
        "decide": offered.get(Deed.ADJUDICATE) or offered.get(Deed.PROPOSE),
        "invalid": form,
        "criteria": access.protocol.criteria.order_by("-kind", "position"),
        "terms": terms_marked(access),
    }
    status = 422 if form else 200
    return render(request, "screening/conflict.html", context, status=status)
