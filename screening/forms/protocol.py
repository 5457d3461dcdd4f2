from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models.functions import Lower

from screening import outline
from screening.access import ReviewAccess
from screening.actions.amendments import check_reasons
from screening.models import (
    Criterion,
    ExclusionReason,
    HighlightTerm,
    Protocol,
    ResolutionMode,
)
from screening.outline import Entry, OutlineError, Reason, Term
from screening.rules import MaybePolicy

QUORUMS = [
    (1, "One reviewer for each record"),
    (2, "Two reviewers, independently (usual)"),
    (3, "Three reviewers, independently"),
]
MAYBES = [
    (MaybePolicy.INCLUDE.value, "It counts as an include: when in doubt, the full text is read."),
    (MaybePolicy.DISCUSS.value, "It makes a conflict: the reviewers talk about the record."),
    (MaybePolicy.OFF.value, "There is none: a vote is include or exclude."),
]
RESOLUTIONS = [
    (
        ResolutionMode.DISCUSSION.value,
        "Discussion: a voter or the lead proposes a decision, and the other voters confirm it.",
    ),
    (
        ResolutionMode.ADJUDICATION.value,
        "Adjudication: somebody who did not vote on the record decides.",
    ),
]


class OutlineField(forms.CharField):
    """Text typed one entry a line; cleaned, it is the list that `read` makes of it."""

    def __init__(self, read: Callable[[str], list[Any]], *, rows: int, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            strip=False,
            max_length=150_000,
            widget=forms.Textarea(attrs={"rows": rows, "spellcheck": "true"}),
            **kwargs,
        )
        self.read = read

    def clean(self, value: Any) -> list[Any]:
        text = super().clean(value)
        try:
            return self.read(text)
        except OutlineError as error:
            raise ValidationError(error.problems) from None


def terms_field() -> OutlineField:
    return OutlineField(
        outline.parse_terms,
        rows=8,
        label="Terms to highlight",
        help_text="One per line; * at the end stands for any ending. Put - in front of a term "
        "that speaks against inclusion. Reviewers can switch highlighting off.",
    )


class TermsForm(forms.Form):
    terms = terms_field()

    @classmethod
    def showing(cls, access: ReviewAccess) -> "TermsForm":
        return cls(initial={"terms": terms_as_outline(access)})


class WhyForm(forms.Form):
    """What makes an amendment one: the sentence that stands in the list of them."""

    why = forms.CharField(
        label="Why the protocol is amended",
        max_length=2_000,
        help_text="It stands in the list of amendments, which a report of the review has to give.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say in a sentence why the protocol is amended."},
    )


class ProtocolForm(forms.ModelForm):
    """The whole protocol on one page; after the first vote without terms, which are no part of it.

    Args:
        amends: whether somebody has voted, so that a reason keeps its code and its words.
    """

    framework = OutlineField(
        lambda text: outline.parse(text, outline.FRAMEWORK),
        rows=6,
        help_text="A line for each part, such as Population, and indented below it what it is.",
    )
    include = OutlineField(
        lambda text: outline.parse(text, outline.CRITERIA), rows=8, label="Include when all hold"
    )
    exclude = OutlineField(
        lambda text: outline.parse(text, outline.CRITERIA), rows=6, label="Exclude"
    )
    reasons = OutlineField(
        outline.parse_reasons,
        rows=8,
        label="Reasons to exclude a full text",
        help_text="In the order in which they count: when several hold, the first is counted. "
        "Begin a line with a code such as E1, or leave it to us.",
    )
    terms = terms_field()
    quorum_title_abstract = forms.TypedChoiceField(
        label="Votes at title and abstract", choices=QUORUMS, coerce=int
    )
    quorum_full_text = forms.TypedChoiceField(
        label="Votes at full text", choices=QUORUMS, coerce=int
    )
    maybe_policy = forms.ChoiceField(
        label="A maybe, at title and abstract", choices=MAYBES, widget=forms.RadioSelect
    )
    reasons_must_agree = forms.BooleanField(
        required=False,
        label="Excluding a report without a common reason is a conflict",
        help_text="Otherwise the first reason in the order above is counted.",
    )
    resolution_mode = forms.ChoiceField(
        label="How conflicts are resolved", choices=RESOLUTIONS, widget=forms.RadioSelect
    )

    class Meta:
        model = Protocol
        fields = [
            "question",
            "registration",
            "quorum_title_abstract",
            "quorum_full_text",
            "maybe_policy",
            "reasons_must_agree",
            "resolution_mode",
            "names_shown_in_conflicts",
        ]
        labels = {
            "registration": "Registration",
            "names_shown_in_conflicts": "Show the voters' names in open conflicts",
        }
        help_texts = {
            "registration": "Register and number, such as PROSPERO CRD420…",
            "names_shown_in_conflicts": "Otherwise whoever could adjudicate sees A and B.",
        }
        widgets = {"question": forms.Textarea(attrs={"rows": 4})}

    def __init__(
        self, *args: Any, access: ReviewAccess, amends: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.access, self.amends = access, amends
        if amends:
            del self.fields["terms"]
            retired = access.scope(ExclusionReason).exclude(retired_at=None)
            taken = list(retired.values_list("code", flat=True))
            self.fields["reasons"].read = partial(outline.parse_reasons, taken=taken)
            self.fields["reasons"].help_text = (
                "In the order in which they count. A reason whose line you take out is retired: "
                "it stays where it was given. To change the words of one that was given, take out "
                "its line and add the new one below another code."
            )

    @classmethod
    def showing(cls, access: ReviewAccess, *, amends: bool = False) -> "ProtocolForm":
        protocol = access.protocol
        rows = [Entry(row["label"], row["text"]) for row in protocol.framework]
        reasons = access.scope(ExclusionReason).filter(retired_at=None).order_by("position")
        return cls(
            access=access,
            amends=amends,
            initial={
                **{name: getattr(protocol, name) for name in cls.Meta.fields},
                "framework": outline.render(rows),
                "include": criteria_as_outline(protocol, Criterion.Kind.INCLUDE),
                "exclude": criteria_as_outline(protocol, Criterion.Kind.EXCLUDE),
                "reasons": outline.render_reasons(
                    Reason(reason.code, reason.label, reason.hint) for reason in reasons
                ),
                "terms": terms_as_outline(access),
            },
        )

    def clean_reasons(self) -> list[Reason]:
        reasons = self.cleaned_data["reasons"]
        if self.amends:
            check_reasons(self.access, reasons)
        return reasons

    def clean_framework(self) -> list[dict[str, str]]:
        return [{"label": row.text, "text": row.hint} for row in self.cleaned_data["framework"]]


def criteria_as_outline(protocol: Protocol, kind: str) -> str:
    rows = protocol.criteria.filter(kind=kind).order_by("position")
    return outline.render(Entry(row.text, row.hint) for row in rows)


def terms_as_outline(access: ReviewAccess) -> str:
    """Those for inclusion first, each side in the order of the alphabet."""
    rows = access.scope(HighlightTerm).order_by("-side", Lower("text"))
    against = HighlightTerm.Side.AGAINST
    return outline.render_terms(Term(row.text, row.side == against) for row in rows)
