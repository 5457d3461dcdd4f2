"""What somebody says of two records that may be duplicates."""

from enum import StrEnum
from typing import Any

from django import forms

from screening.access import ReviewAccess
from screening.models import Record
from screening.pages import number_in


class Answer(StrEnum):
    SAME = "same"
    DIFFERENT = "different"
    RELATED = "related"


UNKNOWN_ANSWER = "Say whether they are the same, different, or related reports."


class AnswerForm(forms.Form):
    answer = forms.ChoiceField(
        choices=[(one.value, one.value.capitalize()) for one in Answer],
        error_messages={"required": UNKNOWN_ANSWER, "invalid_choice": UNKNOWN_ANSWER},
    )

    @property
    def said(self) -> Answer:
        return Answer(self.cleaned_data["answer"])


class PairForm(forms.Form):
    """Two records of a review by their numbers."""

    one = forms.CharField(max_length=20, error_messages={"required": "Give a number."})
    other = forms.CharField(max_length=20, error_messages={"required": "Give a number."})

    def __init__(self, access: ReviewAccess, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        records = access.scope(Record).imported()
        self.records = records.select_related("imported_by__source")

    def clean_one(self) -> Record:
        return self._record("one")

    def clean_other(self) -> Record:
        return self._record("other")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("one") and said.get("one") == said.get("other"):
            self.add_error("other", "That is the same record. Give the number of another one.")
        return said

    def _record(self, name: str) -> Record:
        typed = self.cleaned_data[name].strip().removeprefix("#")
        number = number_in(typed)
        found = self.records.filter(number=number).first() if number is not None else None
        if found is None:
            raise forms.ValidationError(f"There is no record {typed} in this review.")
        return found
