"""Of every file in a bundle: its source, and whether it is left out."""

from typing import Any

from django import forms

from screening.access import ReviewAccess
from screening.actions.together import Choice
from screening.models import BundledFile, Source

ANOTHER = "another"


class BundleForm(forms.Form):
    """A source, the name of another one, and "leave out", for each file that waits.

    Args:
        waiting: those files, with their imports.
    """

    def __init__(self, access: ReviewAccess, data: Any, *, waiting: list[BundledFile]) -> None:
        super().__init__(data)
        self._sources = {str(source.pk): source for source in access.scope(Source)}
        self._waiting = waiting
        choices = [(pk, str(source)) for pk, source in self._sources.items()]
        for file in waiting:
            self.fields[f"source-{file.pk}"] = forms.ChoiceField(
                label=f"Source of {file.name}",
                choices=[*choices, (ANOTHER, "Another, named here")],
                initial=str(file.imported.source_id),
                widget=forms.Select(attrs={"class": "form-select", "data-source": ""}),
            )
            self.fields[f"name-{file.pk}"] = forms.CharField(
                label=f"Name of another source of {file.name}",
                max_length=120,
                required=False,
                widget=forms.TextInput(
                    attrs={"class": "form-control", "placeholder": "Its name, if another"}
                ),
            )
            self.fields[f"out-{file.pk}"] = forms.BooleanField(
                label=f"Leave out {file.name}", required=False
            )

    def row_of(self, file: BundledFile) -> dict[str, forms.BoundField]:
        """The fields of one file, by what they ask; nothing for a file that does not wait."""
        if f"source-{file.pk}" not in self.fields:
            return {}
        return {name: self[f"{name}-{file.pk}"] for name in ("source", "name", "out")}

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        for file in self._waiting:
            is_another = given.get(f"source-{file.pk}") == ANOTHER
            is_left_out = given.get(f"out-{file.pk}")
            if is_another and not is_left_out and not given.get(f"name-{file.pk}"):
                self.add_error(f"name-{file.pk}", f"Name the source of {file.name}.")
        return given

    @property
    def choices(self) -> dict[int, Choice]:
        return {file.pk: self._choice(file.pk) for file in self._waiting}

    def _choice(self, pk: int) -> Choice:
        source = self.cleaned_data[f"source-{pk}"]
        return Choice(
            source=self._sources.get(source),
            new_name=self.cleaned_data[f"name-{pk}"] if source == ANOTHER else "",
            is_left_out=self.cleaned_data[f"out-{pk}"],
        )
