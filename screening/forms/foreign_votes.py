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
        # Asked once, since every person and every reason of the file has a choice of its own.
        self._members = {one.pk: one for one in voting_members(access)}
        self._reasons = {one.pk: one for one in access.scope(ExclusionReason).in_use()}
        self._said = ["", *contents.reasons]
        offered = [(pk, f"{one.code} {one.label}") for pk, one in self._reasons.items()]
        for place, said in enumerate(self._said):
            meant = (one.pk for one in self._reasons.values() if _same(one.label, said))
            self.fields[f"reason-{place}"] = _one_of(said or NO_REASON, offered, next(meant, None))

    def reasons(self) -> Iterator[tuple[str, BoundField]]:
        """Every reason in the words of the file, with the choice beside it."""
        for place, said in enumerate(self._said):
            yield said or NO_REASON, self[f"reason-{place}"]

    def _reading(self, stage: Stage, people: dict[str, list[Membership]]) -> Reading:
        chosen = {said: self.cleaned_data[f"reason-{n}"] for n, said in enumerate(self._said)}
        reasons = {said: self._reasons[pk] for said, pk in chosen.items() if pk}
        return Reading(self.contents.program.value, stage, people, reasons)


class RayyanForm(ReadingForm):
    """Which member each person in the file is."""

    stage = forms.ChoiceField(label="The votes are on", choices=STAGES, widget=SELECT)

    def __init__(self, access: ReviewAccess, contents: Contents, data: Any = None) -> None:
        super().__init__(access, contents, data)
        self._persons = contents.persons
        offered = [(pk, one.name) for pk, one in self._members.items()]
        for place, person in enumerate(self._persons):
            meant = (one.pk for one in self._members.values() if _is_of(person, one))
            self.fields[f"person-{place}"] = _one_of(person.name, offered, next(meant, None))

    def persons(self) -> Iterator[tuple[Person, BoundField]]:
        for place, person in enumerate(self._persons):
            yield person, self[f"person-{place}"]

    def clean(self) -> dict[str, Any]:
        if not self.errors and not self._people():
            raise forms.ValidationError("Say of at least one person which member it is.")
        return self.cleaned_data

    def _people(self) -> dict[str, list[Membership]]:
        chosen = {
            person.name: self.cleaned_data[f"person-{place}"]
            for place, person in enumerate(self._persons)
        }
        return {name: [self._members[pk]] for name, pk in chosen.items() if pk}

    @property
    def reading(self) -> Reading:
        return self._reading(Stage(self.cleaned_data["stage"]), self._people())


class CovidenceForm(ReadingForm):
    """Which list it is, and who stands for the team that decided it."""

    said_list = forms.ChoiceField(label="The list", choices=LISTS, widget=SELECT)
    members = forms.TypedMultipleChoiceField(
        label="Members who stand for the team",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose who stands for the team."},
    )

    def __init__(self, access: ReviewAccess, contents: Contents, data: Any = None) -> None:
        super().__init__(access, contents, data)
        self.fields["members"].choices = [(pk, one.name) for pk, one in self._members.items()]

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
        return self._reading(
            self.stage, {"": [self._members[pk] for pk in self.cleaned_data["members"]]}
        )


def _one_of(
    label: str, offered: list[tuple[int, str]], initial: int | None
) -> forms.TypedChoiceField:
    """A choice of primary keys, or to leave it out."""
    return forms.TypedChoiceField(
        label=label,
        choices=[("", LEAVE_OUT), *offered],
        coerce=int,
        empty_value=None,
        required=False,
        initial=initial,
        widget=SELECT,
    )


def voting_members(access: ReviewAccess) -> list[Membership]:
    """Who is here to vote."""
    members = access.scope(Membership).active().select_related("user").prefetch_related("roles")
    return [one for one in members.order_by("number") if Right.VOTE in rights_of(one.held_roles())]


def _is_of(person: Person, member: Membership) -> bool:
    names = {member.name.casefold(), member.user.name.casefold(), member.user.email.casefold()}
    return not names.isdisjoint({person.name.casefold(), person.also.casefold()})


def _same(label: str, said: str) -> bool:
    return label.casefold() == said.casefold()
