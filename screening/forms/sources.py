from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.functional import cached_property

from screening.access import ReviewAccess
from screening.files import on_disk
from screening.importers.zipped import LARGEST_TOTAL, MOST_FILES, is_zip_of_files
from screening.models import Source


class SourceForm(forms.ModelForm):
    """The facts of one search, as PRISMA-S asks for them. Only a name has to be there."""

    FIRST = ("name", "kind", "platform", "searched_on", "searched_by", "hits", "search_string")
    FIRST += ("limits", "is_proposal")

    class Meta:
        model = Source
        fields = [name for name in Source.FACTS if name != "is_proposal"]
        labels = {
            "name": "Database or register",
            "kind": "Kind",
            "url": "Address",
            "databases": "Databases searched at once",
            "searched_on": "Searched on",
            "coverage_from": "Covers from",
            "coverage_to": "Covers to",
            "search_string": "Search as it was run",
            "method": "How it was searched or browsed",
            "limits": "Limits and restrictions",
            "filters": "Search filters",
            "hits": "Hits reported",
            "searched_by": "Searched by",
            "peer_review": "Peer review of the search",
            "updated_on": "Last run again on",
            "updates": "How it was updated",
        }
        help_texts = {
            "name": "Such as PubMed, Embase or ClinicalTrials.gov.",
            "platform": "Where it was searched, such as Ovid; PubMed is its own platform.",
            "url": "Of a website or a list that was browsed.",
            "databases": "Only if one search ran in several at once: all of them.",
            "search_string": "Copied from the database, with every line of it.",
            "method": "Of what has no search string: pages or lists browsed, references followed.",
            "limits": "Such as language, years or kind of publication, and why; or that there were "
            "none.",
            "filters": "Published filters with their citation, as they are or changed; or that "
            "there were none.",
            "hits": "How many the database said it found.",
            "peer_review": "Such as by whom, and with PRESS or not.",
            "updates": "Such as run again, or by e-mail alerts, and how many more that gave.",
        }
        widgets = {
            "searched_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "coverage_from": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "coverage_to": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "search_string": forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
            "updated_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "databases": forms.Textarea(attrs={"rows": 2}),
            "method": forms.Textarea(attrs={"rows": 2}),
            "limits": forms.Textarea(attrs={"rows": 2}),
            "filters": forms.Textarea(attrs={"rows": 2}),
            "updates": forms.Textarea(attrs={"rows": 2}),
            "notes": forms.Textarea(attrs={"rows": 2}),
        }

    def first(self) -> list[forms.BoundField]:
        """What most people have at hand."""
        return [self[name] for name in self.FIRST if name in self.fields]

    def rest(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in self.FIRST]

    @property
    def rest_has_errors(self) -> bool:
        """Something is wrong in the rest, or between two facts of it."""
        return any(field.errors for field in self.rest()) or bool(self.non_field_errors())


class ProposedSourceForm(SourceForm):
    """A source of the review's template: whoever edits it says whose search it is now."""

    class Meta(SourceForm.Meta):
        fields = [*SourceForm.Meta.fields, "is_proposal"]
        labels = {
            **SourceForm.Meta.labels,
            "is_proposal": "Still a proposal: not published by the original review",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Whoever saves this form has seen to the search, unless they say otherwise.
        self.initial["is_proposal"] = False


class NewSourceForm(SourceForm):
    """What is worth asking while a file is brought in; the rest can follow."""

    class Meta(SourceForm.Meta):
        fields = ["name", "kind", "platform", "searched_on", "hits", "search_string"]


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or more; the value is a list."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = [super(FilesField, self).clean(one, initial) for one in data or [None]]
        if len(files) == 1 and not files[0].size:
            raise forms.ValidationError(self.error_messages["empty"], code="empty")
        return files


class ImportForm(forms.Form):
    """A file, and the source it came from: one of the review, or one described in `new`.

    Of several files, or of a ZIP of files, the sources are asked when all were looked at.
    """

    source = forms.ModelChoiceField(
        queryset=None, required=False, empty_label="A new source, described below"
    )
    file = FilesField(
        allow_empty_file=True,
        error_messages={
            "required": "Choose the file that the database gave you.",
            "empty": "This file is empty: export the search again.",
        },
    )

    def __init__(self, access: ReviewAccess, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sources = access.scope(Source)
        self.fields["source"].queryset = sources
        # A search described before its file came is most likely what the file belongs to.
        waiting = sources.filter(imports__isnull=True).first()
        if waiting and not self.initial.get("source"):
            self.initial["source"] = waiting.pk
        self.new = NewSourceForm(self.data or None, prefix="new", use_required_attribute=False)

    def clean_file(self) -> list[UploadedFile]:
        uploads = self.cleaned_data["file"]
        if len(uploads) == 1 and uploads[0].size > settings.IMPORT_UPLOAD_BYTES:
            raise forms.ValidationError(
                f"This file has {filesizeformat(uploads[0].size)}; a browser may send "
                f"{filesizeformat(settings.IMPORT_UPLOAD_BYTES)}. Ask whoever runs this server to "
                "import it by command: manage.py import_file REVIEW FILE."
            )
        if len(uploads) > MOST_FILES:
            raise forms.ValidationError(
                f"These are {len(uploads):,} files; {MOST_FILES} can be taken at once. Nothing "
                "was stored: choose fewer."
            )
        if sum(upload.size for upload in uploads) > LARGEST_TOTAL:
            raise forms.ValidationError(
                f"Together these files have more than {filesizeformat(LARGEST_TOTAL)}, the most "
                "that is taken at once. Nothing was stored: choose fewer."
            )
        return uploads

    @cached_property
    def brings_many(self) -> bool:
        """Several files, or an archive of files: each gets its source later."""
        uploads = self.cleaned_data.get("file", [])
        if len(uploads) != 1:
            return bool(uploads)
        with on_disk(uploads[0]) as path:
            return is_zip_of_files(path)

    def is_valid(self) -> bool:
        """Both forms are looked at, so that all that is wrong shows at once."""
        is_valid = super().is_valid()
        if self.is_bound and self.brings_many:
            return is_valid
        if self.cleaned_data.get("source") or "source" in self.errors:
            return is_valid
        return self.new.is_valid() and is_valid

    def chosen_source(self) -> Source:
        """The source chosen, or the one described, unsaved."""
        return self.cleaned_data["source"] or self.new.instance
