from django import forms

from screening.models import Role

MEANINGS = {
    Role.LEAD: "sets up protocol and team, and may do all that the others do.",
    Role.REVIEWER: "votes on records, without seeing the other reviewers' votes.",
    Role.ADJUDICATOR: "resolves conflicts, but none they voted on themselves.",
    Role.LIBRARIAN: "documents searches and imports their results.",
    Role.OBSERVER: "reads, and sees results once they are settled.",
}


class RolesForm(forms.Form):
    """A set of roles; what a person may do is all that these allow together."""

    roles = forms.MultipleChoiceField(
        choices=[(role.value, f"{role.label}: {MEANINGS[role]}") for role in Role],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one role."},
    )


class InviteForm(RolesForm):
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        help_text="The invitation can be accepted with an account of this address only.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    field_order = ["email", "roles"]
