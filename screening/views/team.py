from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from screening.access import Refused, ReviewAccess, Right, review_view
from screening.actions.people import (
    accept_invitation,
    change_roles,
    end_membership,
    invite,
    withdraw_invitation,
)
from screening.actions.returning import half_voted
from screening.forms.team import MEANINGS, HalfVotedForm, InviteForm, RolesForm
from screening.invitations import find_invitation, post_invitation, role_names
from screening.models import Invitation, Membership
from screening.pairs import work_by_pair


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Right.READ, post=Right.TEAM)
def members(request: HttpRequest, access: ReviewAccess) -> HttpResponse:
    """The team; posting invites, and the answer alone shows the link, which is kept nowhere."""
    if request.method != "POST":
        return _team(request, access, InviteForm())
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _team(request, access, form, status=422)
    invitation, token = invite(access, **form.cleaned_data)
    link = request.build_absolute_uri(reverse("screening:invitation", args=[token]))
    posted = post_invitation(invitation, link)
    return _team(request, access, InviteForm(), invited=invitation, link=link, posted=posted)


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Right.TEAM, after="screening:team")
def roles(request: HttpRequest, access: ReviewAccess, number: int) -> HttpResponse:
    member = get_object_or_404(access.scope(Membership).active(), number=number)
    form, leaving = RolesForm({"roles": list(member.held_roles())}), HalfVotedForm({})
    if request.method == "POST":
        form, leaving = RolesForm(request.POST), HalfVotedForm(request.POST)
        if form.is_valid() and leaving.is_valid():
            change_roles(access, member, form.cleaned_data["roles"], **leaving.cleaned_data)
            messages.success(request, f"The roles of {member.name} are saved.")
            return redirect("screening:team", access.review.pk)
    status = 200 if form.is_valid() and leaving.is_valid() else 422
    n_half = half_voted(access, member).count() if member.screens else 0
    context = {"here": "team", "member": member, "form": form, "leaving": leaving, "n_half": n_half}
    return render(request, "screening/member_roles.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Right.TEAM, after="screening:team")
def remove(request: HttpRequest, access: ReviewAccess, number: int) -> HttpResponse:
    """The page says in numbers what stays, before anything is done."""
    active = access.scope(Membership).active().with_work_done()
    member = get_object_or_404(active, number=number)
    leaving = HalfVotedForm(request.POST if request.method == "POST" else None)
    if leaving.is_valid():
        end_membership(access, member, **leaving.cleaned_data)
        messages.success(request, f"{member.name} is no member of this review any more.")
        is_me = member.pk == access.membership.pk
        return redirect("/") if is_me else redirect("screening:team", access.review.pk)
    n_half = half_voted(access, member).count()
    context = {"here": "team", "member": member, "leaving": leaving, "n_half": n_half}
    status = 422 if leaving.is_bound else 200
    return render(request, "screening/member_remove.html", context, status=status)


@require_POST
@review_view(Right.TEAM, after="screening:team")
def withdraw(request: HttpRequest, access: ReviewAccess, invitation_pk: int) -> HttpResponse:
    invitation = get_object_or_404(access.scope(Invitation), pk=invitation_pk)
    withdraw_invitation(access, invitation)
    messages.success(request, f"The invitation for {invitation.email} does not work any more.")
    return redirect("screening:team", access.review.pk)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("token")
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever has the link sees who invites whom to what; posting accepts."""
    if request.method != "POST":
        return _invitation(request, token)
    if not request.user.is_authenticated:
        return redirect_to_login(request.path, reverse("account_login"))
    try:
        membership = accept_invitation(request.user, token)
    except Refused as refusal:
        return _invitation(request, token, sentence=str(refusal))
    request.session.pop("invitation", None)
    messages.success(request, f"Welcome to “{membership.review.title}”.")
    return redirect("reporting:overview", membership.review_id)


@login_not_required
@require_POST
@sensitive_variables("token")
def open_account(request: HttpRequest, token: str) -> HttpResponse:
    """The sign-up page opens for the address of the invitation, and for no other."""
    found = find_invitation(token)
    if found is None or found.state_at(timezone.now()) != Invitation.State.PENDING:
        return _invitation(request, token)
    request.session["invitation"] = token
    invitation_page = reverse("screening:invitation", args=[token])
    return redirect_to_login(invitation_page, reverse("account_signup"))


def _team(
    request: HttpRequest, access: ReviewAccess, form: InviteForm, *, status: int = 200, **invited
) -> HttpResponse:
    now = timezone.now()
    everybody = access.scope(Membership).select_related("user").prefetch_related("roles")
    people = everybody.with_work_done().order_by("number")
    unanswered = access.scope(Invitation).unanswered().select_related("invited_by")
    context = {
        "members": [one for one in people if one.ended_at is None],
        "past_members": [one for one in people if one.ended_at],
        "invitations": [
            (one, role_names(one), one.state_at(now)) for one in unanswered.order_by("created_at")
        ],
        "pairs": work_by_pair(access),
        "form": form,
        "meanings": list(MEANINGS.items()),
        **invited,
    }
    return render(request, "screening/team.html", context, status=status)


def _invitation(request: HttpRequest, token: str, *, sentence: str = "") -> HttpResponse:
    found = find_invitation(token)
    state = found.state_at(timezone.now()) if found else None
    if found is None or state != Invitation.State.PENDING:
        is_member = (
            found is not None
            and request.user.is_authenticated
            and request.user.memberships.active().filter(review=found.review).exists()
        )
        context = {"state": state, "review": found.review if is_member else None}
        status = 410 if found else 404
        return render(request, "screening/invitation_gone.html", context, status=status)
    is_bound_to_me = request.user.is_authenticated and request.user.email.lower() == found.email
    context = {
        "invitation": found,
        "token": token,
        "roles": role_names(found),
        "is_bound_to_me": is_bound_to_me,
        "sign_in": redirect_to_login(request.path, reverse("account_login")).url,
        "sentence": sentence,
    }
    status = 409 if sentence else 200
    return render(request, "screening/invitation.html", context, status=status)
