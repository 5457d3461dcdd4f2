"""Which column of a table is which."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from screening.importers import ColumnPairs
from screening.importers.tables.columns import FIELDS

LABELS = {
    "title": "Title",
    "other_title": "Title in another language",
    "abstract": "Abstract",
    "authors": "Authors",
    "year": "Year",
    "date": "Date (for the year)",
    "journal": "Journal or book",
    "short_journal": "Journal, abbreviated",
    "source": "Citation (journal, volume, pages)",
    "volume": "Volume",
    "issue": "Issue",
    "pages": "Pages",
    "first_page": "First page",
    "last_page": "Last page",
    "article_number": "Article number",
    "doi": "DOI",
    "pmid": "PMID",
    "pmcid": "PMCID",
    "language": "Language",
    "keywords": "Keywords",
    "url": "Link",
    "kind": "Publication type",
    "labelled": "Numbers behind labels, such as PMID: 123",
}
CHOICES = [("", "Leave it out"), *((field, LABELS[field]) for field in FIELDS)]
TITLES = {"title", "other_title"}


class ColumnsForm(forms.Form):
    """One choice for each heading of a table.

    Args:
        headings: those of the table, each once.
        mapping: what is chosen at first: heading to field.
        rows: cells of the first rows, shown beside the choice.
    """

    def __init__(
        self,
        data: Any,
        *,
        headings: Sequence[str],
        mapping: Mapping[str, str],
        rows: Sequence[Sequence[str]],
    ) -> None:
        super().__init__(data)
        self._headings = headings
        self._rows = rows
        for place, heading in enumerate(headings):
            self.fields[f"column-{place}"] = forms.ChoiceField(
                label=heading,
                choices=CHOICES,
                required=False,
                initial=mapping.get(heading, ""),
                widget=forms.Select(attrs={"class": "form-select"}),
            )

    def columns(self) -> Iterator[tuple[str, list[str], BoundField]]:
        """Of every column its heading, what its first cells hold, and the choice."""
        for place, heading in enumerate(self._headings):
            cells = [row[place] for row in self._rows if place < len(row) and row[place].strip()]
            yield heading, cells, self[f"column-{place}"]

    def clean(self) -> dict[str, Any]:
        if not self.errors and TITLES.isdisjoint(field for _, field in self.pairs):
            raise forms.ValidationError("Choose the column that holds the titles.")
        return self.cleaned_data

    @property
    def pairs(self) -> ColumnPairs:
        """Every heading with the field chosen for it."""
        chosen = (self.cleaned_data[name] for name in self.fields)
        return tuple(zip(self._headings, chosen, strict=True))
