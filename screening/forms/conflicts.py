"""What somebody sends about a conflict. `asked` is what the action of the same name is asked."""

from collections.abc import Collection
from typing import Any

from django import forms

from screening.models import ExclusionReason
from screening.rules import Decision


class DecisionForm(forms.Form):
    """Include or exclude, and why: an adjudication.

    Args:
        reasons: those the review offers to exclude a report; none at title and abstract.
    """

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
    reason = forms.ChoiceField(
        label="Reason to exclude",
        required=False,
        error_messages={
            "invalid_choice": "The protocol does not offer the reason %(value)s any more. "
            "Choose another one."
        },
    )
    rationale = forms.CharField(
        max_length=10_000,
        error_messages={
            "required": "Say why, in a sentence or two.",
            "max_length": "A rationale can have 10,000 characters; this one is longer.",
        },
    )

    def __init__(
        self, *args: Any, reasons: Collection[ExclusionReason] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if reasons:
            choices = [(reason.code, reason.label) for reason in reasons]
            self.fields["reason"].choices = [("", "Choose one"), *choices]
        else:
            del self.fields["reason"]

    def clean(self) -> dict[str, Any]:
        """A report is excluded for a reason; to include one takes none, whatever is chosen."""
        said = super().clean() or {}
        if said.get("decision") != Decision.EXCLUDE:
            return said | {"reason": ""}
        if "reason" in self.fields and said.get("reason") == "":
            self.add_error("reason", "Choose the reason to exclude this report.")
        return said

    @property
    def asked(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {
            "decision": Decision(said["decision"]),
            "reason": said.get("reason", ""),
            "rationale": said["rationale"],
        }


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
