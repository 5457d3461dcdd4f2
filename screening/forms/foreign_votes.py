"""Whose the votes in a file are here, at which stage they count, and what their reasons mean."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.forms.boundfield import BoundField
from django.template.defaultfilters import filesizeformat

from screening.access import ReviewAccess, Right, rights_of
from screening.actions.foreign_votes import Reading
from screening.foreign_votes import WENT_ON, Contents, Person
from screening.importers.votes import covidence
from screening.models import ExclusionReason, Membership
from screening.rules import Stage

SELECT = forms.Select(attrs={"class": "form-select"})
LEAVE_OUT = "Leave out"
NO_REASON = "No reason given"
STAGES = [(stage.value, stage.words.capitalize()) for stage in Stage]
LISTS = [
    ("", "Choose"),
    ("select", "Waiting for full text: included at title and abstract"),
    ("irrelevant", "Irrelevant: excluded at title and abstract"),
    ("included", "Included: included at full text"),
    ("excluded", "Excluded: excluded at full text"),
    (WENT_ON, "Included or excluded, for what went before: included at title and abstract"),
]


class VoteLogForm(forms.Form):
    """The second file of Rayyan's export."""

    log = forms.FileField(
        label="customizations_log.csv",
        help_text="Tells when each vote was cast, and what was changed. It may be left out.",
        error_messages={"required": "Choose the file.", "empty": "This file is empty."},
    )

    def clean_log(self) -> UploadedFile:
        upload = self.cleaned_data["log"]
        if upload.size > settings.IMPORT_UPLOAD_BYTES:
            most = filesizeformat(settings.IMPORT_UPLOAD_BYTES)
            raise forms.ValidationError(f"A browser may send {most}; this file has more.")
        return upload


class ReadingForm(forms.Form):
    """What both programs ask for: the reason of the review for each reason in the file."""

    def __init__(self, access: ReviewAccess, contents: Contents, data: Any = None) -> None:
        super().__init__(data)
        self.access, self.contents = access, contents
        self._members = voting_members(access)
        self._said = ["", *contents.reasons]
        reasons = access.scope(ExclusionReason).in_use()
        for place, said in enumerate(self._said):
            self.fields[f"reason-{place}"] = _ReasonField(
                label=said or NO_REASON,
                queryset=reasons,
                required=False,
                empty_label=LEAVE_OUT,
                widget=SELECT,
                initial=next((one for one in reasons if _same(one.label, said)), None),
            )

    def reasons(self) -> Iterator[tuple[str, BoundField]]:
        """Every reason in the words of the file, with the choice beside it."""
        for place, said in enumerate(self._said):
            yield said or NO_REASON, self[f"reason-{place}"]

    def _reading(self, stage: Stage, people: dict[str, list[Membership]]) -> Reading:
        chosen = {said: self.cleaned_data[f"reason-{n}"] for n, said in enumerate(self._said)}
        reasons = {said: reason for said, reason in chosen.items() if reason}
        return Reading(self.contents.program.value, stage, people, reasons)


class RayyanForm(ReadingForm):
    """Which member each person in the file is."""

    stage = forms.ChoiceField(label="The votes are on", choices=STAGES, widget=SELECT)

    def __init__(self, access: ReviewAccess, contents: Contents, data: Any = None) -> None:
        super().__init__(access, contents, data)
        members = access.scope(Membership).filter(pk__in=[one.pk for one in self._members])
        for place, person in enumerate(contents.persons):
            self.fields[f"person-{place}"] = forms.ModelChoiceField(
                label=person.name,
                queryset=members.order_by("number"),
                required=False,
                empty_label=LEAVE_OUT,
                widget=SELECT,
                initial=next((one for one in self._members if _is_of(person, one)), None),
            )

    def persons(self) -> Iterator[tuple[Person, BoundField]]:
        for place, person in enumerate(self.contents.persons):
            yield person, self[f"person-{place}"]

    def clean(self) -> dict[str, Any]:
        if not self.errors and not self._people():
            raise forms.ValidationError("Say of at least one person which member it is.")
        return self.cleaned_data

    def _people(self) -> dict[str, list[Membership]]:
        chosen = {
            person.name: self.cleaned_data[f"person-{place}"]
            for place, person in enumerate(self.contents.persons)
        }
        return {name: [member] for name, member in chosen.items() if member}

    @property
    def reading(self) -> Reading:
        return self._reading(Stage(self.cleaned_data["stage"]), self._people())


class CovidenceForm(ReadingForm):
    """Which list it is, and who stands for the team that decided it."""

    said_list = forms.ChoiceField(label="The list", choices=LISTS, widget=SELECT)
    members = forms.ModelMultipleChoiceField(
        label="Members who stand for the team",
        queryset=None,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose who stands for the team."},
    )

    def __init__(self, access: ReviewAccess, contents: Contents, data: Any = None) -> None:
        super().__init__(access, contents, data)
        members = access.scope(Membership).filter(pk__in=[one.pk for one in self._members])
        self.fields["members"].queryset = members.order_by("number")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.errors:
            return cleaned
        asked, chosen = self.access.quorum(self.stage), len(cleaned["members"])
        if chosen != asked:
            self.add_error(
                "members",
                f"The protocol asks for {asked} votes on {self.stage.words}, so {asked} members "
                f"stand for the team; {chosen} {'is' if chosen == 1 else 'are'} chosen.",
            )
        return cleaned

    @property
    def stage(self) -> Stage:
        said_list = self.cleaned_data["said_list"]
        return Stage(covidence.LISTS["select" if said_list == WENT_ON else said_list].stage)

    @property
    def reading(self) -> Reading:
        return self._reading(self.stage, {"": list(self.cleaned_data["members"])})


class _ReasonField(forms.ModelChoiceField):
    def label_from_instance(self, reason: ExclusionReason) -> str:
        return f"{reason.code} {reason.label}"


def voting_members(access: ReviewAccess) -> list[Membership]:
    """Who is here to vote."""
    members = access.scope(Membership).active().select_related("user").prefetch_related("roles")
    return [one for one in members.order_by("number") if Right.VOTE in rights_of(one.held_roles())]


def _is_of(person: Person, member: Membership) -> bool:
    names = {member.name.casefold(), member.user.name.casefold(), member.user.email.casefold()}
    return not names.isdisjoint({person.name.casefold(), person.also.casefold()})


def _same(label: str, said: str) -> bool:
    return label.casefold() == said.casefold()
