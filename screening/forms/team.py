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


class HalfVotedForm(forms.Form):
    """What becomes of the records that have a vote of a leaver and wait for another."""

    back_to_queue = forms.TypedChoiceField(
        label="Records half voted on",
        choices=[
            ("no", "The votes stay, and somebody else adds what is missing."),
            ("yes", "They go back to the queue: these votes do not count, and others vote anew."),
        ],
        coerce=lambda chosen: chosen == "yes",
        empty_value=False,
        initial="no",
        required=False,
        widget=forms.RadioSelect,
    )


class InviteForm(RolesForm):
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        help_text="The invitation can be accepted with an account of this address only.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    field_order = ["email", "roles"]
