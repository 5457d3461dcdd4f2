"""What a reviewer sends from the screening page."""

from typing import Any

from django import forms

from screening.actions.voting import UNKNOWN, Ballot
from screening.pages import number_in
from screening.rules import Decision


class HeldField(forms.Field):
    """The records whose cards the page has already: primary keys separated by commas."""

    def to_python(self, value: Any) -> tuple[int, ...]:
        parts = [part for part in str(value or "").split(",") if part]
        numbers = [number for part in parts if (number := number_in(part)) is not None]
        if len(parts) > 10 or len(numbers) < len(parts):
            raise forms.ValidationError("The page sent a list of records that cannot be read.")
        return tuple(numbers)


class CurrentVoteField(forms.Field):
    """The number of my vote as the page knew it: empty for none, absent when it does not say."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> int | None:
        if value is None:
            return UNKNOWN
        if value == "":
            return None
        number = number_in(str(value))
        if number is None:
            raise forms.ValidationError("The page sent a vote number that cannot be read.")
        return number


class VoteForm(forms.Form):
    vote = forms.ChoiceField(
        choices=[(decision.value, decision.value) for decision in Decision],
        error_messages={
            "required": "Choose include, maybe or exclude.",
            "invalid_choice": "“%(value)s” is no vote. Choose include, maybe or exclude.",
        },
    )
    note = forms.CharField(
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": "A note can have 10,000 characters; this one is longer."},
    )
    seconds = forms.CharField(required=False, widget=forms.HiddenInput)
    current = CurrentVoteField(required=False)
    held = HeldField(required=False)

    def clean_seconds(self) -> int | None:
        """Visible time in whole seconds; empty when it is not plausible."""
        seconds = number_in(self.cleaned_data["seconds"])
        return seconds if seconds is not None and seconds <= 3_600 else None

    @property
    def ballot(self) -> Ballot:
        said = self.cleaned_data
        return Ballot(Decision(said["vote"]), said["note"], said["seconds"], said["current"])


class HeldForm(forms.Form):
    held = HeldField(required=False)
