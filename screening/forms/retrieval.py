"""What somebody says of getting reports. `asked` is what the action is asked."""

from typing import Any

from django import forms

from screening.actions.retrieval import WITH_WHY
from screening.models import RetrievalState
from screening.pages import number_in

TAKEN_BACK = "taken_back"


class RecordsField(forms.Field):
    """Primary keys of the records that are ticked."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[int]:
        numbers = [number_in(str(part)) for part in value or ()]
        if None in numbers:
            raise forms.ValidationError("The page sent a record that cannot be read.")
        return list(dict.fromkeys(numbers))


class RetrievedForm(forms.Form):
    """Reports that are here, one or several."""

    record = RecordsField(
        label="Reports", error_messages={"required": "Tick the reports that are retrieved."}
    )


class RetrievalForm(forms.Form):
    """What became of getting one report."""

    state = forms.ChoiceField(
        label="State",
        choices=[*RetrievalState.choices, (TAKEN_BACK, "To get again, nothing said")],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose what became of the report.",
            "invalid_choice": "Choose what became of the report.",
        },
    )
    why = forms.CharField(
        label="Whom you asked, or why it cannot be retrieved",
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Needed unless the report is here; then it may say where it came from.",
        error_messages={"max_length": "Keep it below 2,000 characters."},
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        missing = WITH_WHY.get(said.get("state"))
        if missing and "why" in said and not said["why"]:
            self.add_error("why", f"Say {missing}.")
        return said

    @property
    def asked(self) -> dict[str, Any]:
        if self.cleaned_data["state"] == TAKEN_BACK:
            return {"state": None}
        state = RetrievalState(self.cleaned_data["state"])
        return {"state": state, "why": self.cleaned_data["why"]}


class ReopeningForm(forms.Form):
    why = forms.CharField(
        label="Why it is judged anew",
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It is shown, with the votes so far, once the new round is settled.",
        error_messages={
            "required": "Say why the record is to be judged anew.",
            "max_length": "Keep it below 2,000 characters.",
        },
    )
