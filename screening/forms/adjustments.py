from typing import Any

from django import forms

from screening.access import ReviewAccess, Right
from screening.actions.adjustments import OF_EARLIER_VERSION, right_to_adjust
from screening.models import AdjustedBox, Adjustment, Source

LARGEST = 10_000_000


class AdjustmentForm(forms.ModelForm):
    """How many, in which box of the flow diagram, and why."""

    class Meta:
        model = Adjustment
        fields = ["box", "number", "source", "why"]
        labels = {"box": "What happened", "number": "How many", "why": "Why"}
        help_texts = {
            "number": "Records; studies or reports of the previous version.",
            "why": "Shown beside the flow diagram, and in the log.",
        }
        widgets = {"why": forms.Textarea(attrs={"rows": 2})}
        error_messages = {"why": {"required": "Say why, so that a reader can follow."}}

    number = forms.IntegerField(
        label="How many",
        min_value=1,
        max_value=LARGEST,
        help_text=Meta.help_texts["number"],
        error_messages={"min_value": "Give a number of at least 1."},
    )

    def __init__(self, access: ReviewAccess, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = access.scope(Source)
        self.fields["source"].empty_label = "No source in particular"
        boxes = [box for box in AdjustedBox.choices if access.may(right_to_adjust(box[0]))]
        self.fields["box"].choices = [("", "Choose"), *boxes]
        if not access.may(Right.PROTOCOL):
            self.fields["number"].help_text = "Records."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("source") and cleaned.get("box") in OF_EARLIER_VERSION:
            self.add_error("source", "The previous version of the review is no source of this one.")
        return cleaned
