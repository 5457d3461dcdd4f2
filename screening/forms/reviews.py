from typing import Any

from django import forms

from screening.review_templates import review_templates

BLANK = ""


class NewReviewForm(forms.Form):
    """A title, and what the protocol begins with."""

    title = forms.CharField(
        max_length=300, help_text="Your colleagues see it, and the files carry it."
    )
    template = forms.ChoiceField(
        label="Begin with", widget=forms.RadioSelect, required=False, initial=BLANK
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        built_in = [
            (template.id, f"The template “{template.title}”")
            for template in review_templates().values()
        ]
        self.fields["template"].choices = [(BLANK, "A blank protocol"), *built_in]

    def clean_title(self) -> str:
        return " ".join(self.cleaned_data["title"].split())

    def clean_template(self) -> str | None:
        return self.cleaned_data["template"] or None
