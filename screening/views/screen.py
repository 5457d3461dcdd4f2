"""The page reviewers spend weeks on: one record, one vote, the next record."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.asking import wants_fragment
from screening import cards
from screening.access import Refused, RepeatedRequest, ReviewAccess, Right, review_view
from screening.actions import voting
from screening.forms.screen import HeldForm, VoteForm
from screening.merged import merge_of, merged_item
from screening.models import Criterion, Record, ScreeningItem, Vote
from screening.pages import keyset_page, number_in
from screening.queue import CARDS, hand_out, open_item, upcoming
from screening.rules import Decision, Stage


class SomebodyElse(Refused):
    """The page was opened by another person than the one signed in now."""


def for_whom_it_shows(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Nobody's vote is stored under the name of whoever signed in after them in this browser.

    The script gets 401, as when nobody is signed in: what it has to send waits.
    """

    @wraps(view)
    def checked(request: HttpRequest, access: ReviewAccess, **kwargs: Any) -> HttpResponse:
        if request.POST.get("voter", "") in {"", str(access.membership.pk)}:
            return view(request, access, **kwargs)
        if wants_fragment(request):
            context = {"access": access}
            return render(request, "screening/_somebody_else.html", context, status=401)
        raise SomebodyElse(
            f"Somebody else opened that page, and {access.membership.name} is signed in in this "
            "browser now. Nothing was stored."
        )

    return checked


@require_GET
@review_view(Right.VOTE)
def queue(request: HttpRequest, access: ReviewAccess, stage: Stage) -> HttpResponse:
    found = cards.cards_of(upcoming(access, stage))
    last = cards.last_vote(access, stage)
    return _page(request, access, stage, found, last=last)


@require_http_methods(["GET", "POST"])
@review_view(Right.READ, post=Right.VOTE)
@for_whom_it_shows
def record(
    request: HttpRequest, access: ReviewAccess, stage: Stage, record_pk: int
) -> HttpResponse:
    item = open_item(access, record_pk, stage) or merged_item(access, record_pk, stage)
    if item is None:
        raise Http404
    reasons = cards.reasons_offered(access, stage)
    codes = [reason.code for reason in reasons]
    form = VoteForm(request.POST if request.method == "POST" else None, reasons=codes)
    if form.is_valid():
        return _vote(request, access, stage, item.record, form)
    card = cards.card_of(access, item.record, stage)
    if form.is_bound and wants_fragment(request):
        return render(request, "screening/_vote_errors.html", {"form": form}, status=422)
    return _page(request, access, stage, [card], item=item, form=form)


@require_POST
@review_view(Right.VOTE)
@for_whom_it_shows
def undo(request: HttpRequest, access: ReviewAccess, stage: Stage) -> HttpResponse:
    vote = cards.last_vote(access, stage)
    pk = number_in(request.POST.get("record", ""))
    records = access.scope(Record).filter(pk=pk) if pk is not None else None
    target = records.first() if records is not None else vote and vote.item.record
    if target is None:
        raise Refused("There is no vote of yours that can still be taken back.")
    with suppress(RepeatedRequest):  # done before: the answer is the same
        voting.take_back_vote(access, target, stage=stage)
    if not wants_fragment(request):
        return redirect("screening:record", access.review.pk, stage, target.pk)
    card = cards.card_of(access, target, stage)
    return _answer(request, access, stage, [card], undone=target)


@require_POST
@review_view(Right.VOTE)
@for_whom_it_shows
def later(request: HttpRequest, access: ReviewAccess, stage: Stage, record_pk: int) -> HttpResponse:
    target = get_object_or_404(access.scope(Record), pk=record_pk)
    form = HeldForm(request.POST)
    held = form.cleaned_data["held"] if form.is_valid() else ()
    with suppress(RepeatedRequest):  # done before: the answer is the same
        voting.postpone(access, target, stage=stage)
    if not wants_fragment(request):
        return redirect("screening:queue", access.review.pk, stage)
    items = hand_out(access, stage, count=CARDS - len(held), held=held)
    return _answer(request, access, stage, cards.cards_of(items), postponed=target)


@require_POST
@review_view(Right.VOTE)
def claim(request: HttpRequest, access: ReviewAccess, stage: Stage) -> HttpResponse:
    form = HeldForm(request.POST)
    held = form.cleaned_data["held"] if form.is_valid() else ()
    kept, items = voting.claim(access, stage, held=held)
    return _answer(request, access, stage, cards.cards_of(items), kept=kept)


@require_GET
@review_view(Right.VOTE)
def mine(request: HttpRequest, access: ReviewAccess, stage: Stage) -> HttpResponse:
    votes = access.scope(Vote).filter(reviewer=access.user).at(stage).current()
    votes = votes.filter(item__closed_at=None).select_related("item__record", "reason")
    votes = votes.defer("item__record__abstract")
    chosen = request.GET.get("vote", "")
    if chosen in {decision.value for decision in Decision}:
        votes = votes.filter(decision=chosen)
    page = keyset_page(request, votes.with_undoable().order_by("-pk"))
    context = {
        "access": access,
        "stage": stage,
        "page": page,
        "chosen": chosen,
        "offered": cards.votes_offered(access, stage),
    }
    return render(request, "screening/mine.html", context)


def _vote(
    request: HttpRequest, access: ReviewAccess, stage: Stage, target: Record, form: VoteForm
) -> HttpResponse:
    held = form.cleaned_data["held"]
    try:
        vote, items = voting.cast_vote_and_go_on(
            access, target, form.ballot, stage=stage, held=held
        )
    except RepeatedRequest:
        vote, items = cards.card_of(access, target, stage).vote, []
    except voting.ItemFull as refusal:
        items = hand_out(access, stage, count=max(1, CARDS - len(held)), held=held)
        return _full(request, access, stage, refusal, items)
    if not wants_fragment(request):
        return redirect("screening:queue", access.review.pk, stage)
    return _answer(request, access, stage, cards.cards_of(items), vote=vote, record=target)


def _full(
    request: HttpRequest,
    access: ReviewAccess,
    stage: Stage,
    refusal: Refused,
    items: list[ScreeningItem],
) -> HttpResponse:
    """The record got its votes from others: say so, and go on with the next one."""
    found = cards.cards_of(items)
    if wants_fragment(request):
        return _answer(request, access, stage, found, refusal=refusal, status=409)
    return _page(request, access, stage, found, refusal=refusal, status=409)


def _answer(
    request: HttpRequest,
    access: ReviewAccess,
    stage: Stage,
    found: list[cards.Card],
    *,
    status: int = 200,
    **said: Any,
) -> HttpResponse:
    """What happened, and the cards the page does not have yet."""
    terms = cards.terms_marked(access)
    context = {"access": access, "stage": stage, "cards": found, "terms": terms, **said}
    return render(request, "screening/_answer.html", context, status=status)


def _page(
    request: HttpRequest,
    access: ReviewAccess,
    stage: Stage,
    found: list[cards.Card],
    *,
    item: ScreeningItem | None = None,
    form: VoteForm | None = None,
    last: Vote | None = None,
    refusal: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    card = found[0] if found else None
    if form and form.is_bound:
        status = 422
    merge = merge_of(access, card.record) if item and item.closed_at else None
    is_open = item is None or (
        merge is None and cards.is_open_to(access, item, card.vote if card else None)
    )
    context = {
        "access": access,
        "stage": stage,
        "card": card,
        "behind": found[1:],
        "form": form,
        "is_open": is_open,
        "is_single": item is not None,
        "merge": merge,
        "may_reopen": item is not None
        and not (is_open or merge)
        and cards.may_reopen(access, item),
        "last": last,
        "refusal": refusal,
        "nothing": None if card else cards.why_nothing(access, stage),
        "offered": cards.votes_offered(access, stage),
        "reasons": cards.reasons_offered(access, stage),
        "given": request.POST.getlist("reason") if status == 422 else card and card.reasons,
        "is_shared": access.shares_queue(stage),
        "criteria": access.scope(Criterion).filter(protocol=access.protocol),
        "terms": cards.terms_marked(access),
    }
    return render(request, "screening/screen.html", context, status=status)
