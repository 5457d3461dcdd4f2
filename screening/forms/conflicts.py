"""What somebody sends about a conflict. `asked` is what the action of the same name is asked."""

from typing import Any

from django import forms

from screening.rules import Decision


class DecisionForm(forms.Form):
    """Include or exclude, and why: an adjudication."""

    decision = forms.ChoiceField(
        choices=[
            (one.value, one.value.capitalize()) for one in (Decision.EXCLUDE, Decision.INCLUDE)
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose include or exclude.",
            "invalid_choice": "A conflict ends with include or exclude.",
        },
    )
    rationale = forms.CharField(
        max_length=10_000,
        error_messages={
            "required": "Say why, in a sentence or two.",
            "max_length": "A rationale can have 10,000 characters; this one is longer.",
        },
    )

    @property
    def asked(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {"decision": Decision(said["decision"]), "rationale": said["rationale"]}


class ProposedDecisionForm(DecisionForm):
    present = forms.CharField(
        label="Others present",
        required=False,
        max_length=500,
        error_messages={"max_length": "Keep the names below 500 characters."},
    )

    @property
    def asked(self) -> dict[str, Any]:
        return {**super().asked, "present": self.cleaned_data["present"]}


class AnswerForm(forms.Form):
    """An answer to one proposal, by its number, so that it never meets another one."""

    proposal = forms.IntegerField(
        error_messages={
            "required": "The page did not say which proposal is meant. Reload it.",
            "invalid": "The page did not say which proposal is meant. Reload it.",
        }
    )

    @property
    def asked(self) -> dict[str, Any]:
        return {"proposal_pk": self.cleaned_data["proposal"]}


class DeclineForm(AnswerForm):
    sentence = forms.CharField(
        label="Why not",
        max_length=2_000,
        error_messages={
            "required": "Say in a sentence why you decline.",
            "max_length": "Keep it below 2,000 characters.",
        },
    )

    @property
    def asked(self) -> dict[str, Any]:
        return {**super().asked, "sentence": self.cleaned_data["sentence"]}


class ReferralForm(forms.Form):
    sentence = forms.CharField(
        label="Why",
        required=False,
        max_length=2_000,
        error_messages={"max_length": "Keep it below 2,000 characters."},
    )

    @property
    def asked(self) -> dict[str, Any]:
        return {"why": self.cleaned_data["sentence"]}
