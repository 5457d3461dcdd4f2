"""Who may open an account, and what is asked of them."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from screening.invitations import find_invitation
from screening.models import Invitation, User


def invitation_of(request: HttpRequest) -> Invitation | None:
    """The pending invitation through which this visitor came to sign up, if any."""
    token = request.session.get("invitation")
    found = find_invitation(token) if token else None
    if found is None or found.state_at(timezone.now()) != Invitation.State.PENDING:
        return None
    return found


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are opened by invitation, unless the host opened the door."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say whether this visitor may open an account."""
        return settings.OPEN_SIGN_UP or invitation_of(request) is not None

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        """Lead back to the invitation, which is still to be accepted."""
        if invitation_of(request):
            return reverse("screening:invitation", args=[request.session["invitation"]])
        return super().get_signup_redirect_url(request)

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """Before changes of the account ask for the password: a phone may lie beside the laptop."""
        methods = super().get_reauthentication_methods(user)
        return [method for method in methods if method["id"] == "reauthenticate"]


class SignUpDetails(forms.Form):
    """What the sign-up page asks beside e-mail and password."""

    name = forms.CharField(
        max_length=120,
        help_text="As your colleagues know you.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invitation = invitation_of(get_adapter().request)
        if self.invitation:
            self.initial["email"] = self.invitation.email
            self.fields["email"].widget.attrs["readonly"] = True
            self.fields["email"].help_text = "The invitation is for this address."

    def clean(self) -> dict[str, Any]:
        """Refuse every address but that of the invitation."""
        cleaned = super().clean()
        email = cleaned.get("email")
        if self.invitation and email and email.lower() != self.invitation.email:
            self.add_error(
                "email", ValidationError(f"The invitation is for {self.invitation.email}.")
            )
        return cleaned

    def signup(self, request: HttpRequest, user) -> None:
        """Store the name on the new account."""
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
