"""Two-step sign-in: the app that makes the codes, and what counts as a right one.

Wrong codes are counted in the database, for the account whatever the address: who gets to this
step knows the password, so nobody else can pause it.
"""

from io import BytesIO
from typing import Any

import qrcode
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from qrcode.image.svg import SvgPathFillImage

from config.lockout import code_was_right, code_was_wrong, codes_are_paused

# At most three codes hold at a time, the present one and its neighbours.
CODES_REMEMBERED = 5


class Adapter(DefaultMFAAdapter):
    """What the person's app shows, and our words."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": (
            "This code is wrong, too old or used already. Take the one your app shows now."
        ),
        "cannot_generate_recovery_codes": (
            "Recovery codes belong to two-step sign-in, which is off."
        ),
    }

    def get_totp_issuer(self) -> str:
        """Name this server too, for people who have accounts on several."""
        return f"Parallax at {context.request.get_host()}"

    def build_totp_svg(self, url: str) -> str:
        """Draw the QR code on white, so that it can be read on a dark page."""
        image, file = qrcode.make(url, image_factory=SvgPathFillImage), BytesIO()
        image.save(file)
        return file.getvalue().decode()


def as_code_field(field: forms.Field) -> None:
    """Digits on a phone's keyboard, and no placeholder where there is a label."""
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs["inputmode"] = "numeric"


class TurnOnForm(ActivateTOTPForm):
    """The first code, which proves that the app has the key."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        as_code_field(self.fields["code"])
        self.fields["code"].label = "Code that the app shows"

    @property
    def key_in_groups(self) -> str:
        """The key as people type it: four characters at a time."""
        return " ".join(self.secret[at : at + 4] for at in range(0, len(self.secret), 4))


class SecondStepForm(AuthenticateForm):
    """A code of the app or a recovery code; each opens the door once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        as_code_field(self.fields["code"])
        self.fields["code"].widget.attrs["autofocus"] = True

    def clean_code(self) -> str:
        """Raise ValidationError for a wrong code, and for every code while they are paused."""
        if codes_are_paused(context.request, self.user):
            raise self.refusal()
        try:
            code = super().clean_code()
            if self.authenticator.type == Authenticator.Type.TOTP:
                self.spend(code)
        except ValidationError:
            code_was_wrong(context.request, self.user)
            raise
        code_was_right(self.user)
        return code

    def spend(self, code: str) -> None:
        """Remember the code, which allauth does in the memory of one process only.

        Raises: ValidationError when it was used before.
        """
        digits = "".join(filter(str.isdigit, code))
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().get(pk=self.authenticator.pk)
            spent = row.data.get("spent", [])
            if digits in spent:
                raise self.refusal()
            row.data["spent"] = [*spent, digits][-CODES_REMEMBERED:]
            row.save(update_fields=["data"])

    def refusal(self) -> ValidationError:
        return Adapter().validation_error("incorrect_code")
