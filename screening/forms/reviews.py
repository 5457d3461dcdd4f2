from typing import Any

from django import forms

from screening.review_templates import review_templates

BLANK = ("", "Blank: you write question, criteria and reasons; two votes for each record are set.")


class NewReviewForm(forms.Form):
    """A title, and what the protocol begins with; a template brings its own title along."""

    title = forms.CharField(
        max_length=300, required=False, help_text="A template has one, if you leave it empty."
    )
    template = forms.ChoiceField(label="Begin with", widget=forms.RadioSelect, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        built_in = [
            (
                template.id,
                f'The template "{template.title}": all of it is filled in for you to change, and '
                "what the original did not publish is marked as a proposal.",
            )
            for template in review_templates().values()
        ]
        self.fields["template"].choices = [BLANK, *built_in]
        self.fields["template"].initial = ""

    def clean_template(self) -> str | None:
        return self.cleaned_data["template"] or None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        title = " ".join(cleaned.get("title", "").split())
        if not title and cleaned.get("template"):
            title = review_templates()[cleaned["template"]].title
        if not title and "title" not in self.errors:
            self.add_error("title", "Give the review a title.")
        cleaned["title"] = title
        return cleaned
