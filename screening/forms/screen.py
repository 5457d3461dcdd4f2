"""What a reviewer sends from the screening page."""

from collections.abc import Collection
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


class ReasonsField(forms.Field):
    """Codes of the reasons that are ticked."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value or ()))


class VoteForm(forms.Form):
    """A vote on one card.

    Args:
        reasons: codes the review offers to exclude a report; empty where a vote takes none.
    """

    vote = forms.ChoiceField(
        choices=[(decision.value, decision.value) for decision in Decision],
        error_messages={
            "required": "Choose include, maybe or exclude.",
            "invalid_choice": "“%(value)s” is no vote. Choose include, maybe or exclude.",
        },
    )
    reason = ReasonsField(required=False)
    note = forms.CharField(
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": "A note can have 10,000 characters; this one is longer."},
    )
    seconds = forms.CharField(required=False, widget=forms.HiddenInput)
    current = CurrentVoteField(required=False)
    held = HeldField(required=False)

    def __init__(self, *args: Any, reasons: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reasons = reasons

    def clean(self) -> dict[str, Any]:
        """A report is excluded for a reason; other votes have none, whatever is ticked."""
        said = super().clean() or {}
        if not self.reasons or said.get("vote") != Decision.EXCLUDE:
            return said | {"reason": ()}
        given = said.get("reason", ())
        if not given:
            self.add_error("reason", "Choose the reason to exclude this report.")
        if unknown := set(given).difference(self.reasons):
            self.add_error(
                "reason",
                f"The protocol does not offer the reason {', '.join(sorted(unknown))} any more. "
                "Reload the page and choose another one.",
            )
        return said

    def clean_seconds(self) -> int | None:
        """Visible time in whole seconds; empty when it is not plausible."""
        seconds = number_in(self.cleaned_data["seconds"])
        return seconds if seconds is not None and seconds <= 3_600 else None

    @property
    def ballot(self) -> Ballot:
        said = self.cleaned_data
        return Ballot(
            Decision(said["vote"]),
            note=said["note"],
            seconds=said["seconds"],
            reasons=said["reason"],
            current=said["current"],
        )


class HeldForm(forms.Form):
    held = HeldField(required=False)
