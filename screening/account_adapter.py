"""Who may open an account, and what is asked of them."""

from allauth.account.adapter import DefaultAccountAdapter
from django import forms
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are opened by invitation, unless the host opened the door."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say whether this visitor may open an account."""
        return settings.OPEN_SIGN_UP or bool(request.session.get("invitation"))


class SignUpDetails(forms.Form):
    """What the sign-up page asks beside e-mail and password."""

    name = forms.CharField(
        max_length=120,
        help_text="As your colleagues know you.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def signup(self, request: HttpRequest, user) -> None:
        """Store the name on the new account."""
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
