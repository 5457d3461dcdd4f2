"""Reasons to exclude a report, as somebody gives them by their codes."""

from collections.abc import Iterable

from screening.access import Refused, ReviewAccess
from screening.models import ExclusionReason
from screening.rules import Decision, Stage


def reasons_given(
    access: ReviewAccess, stage: Stage, decision: str, codes: Iterable[str]
) -> list[ExclusionReason]:
    """The reasons with these codes, in the protocol's order; none where a decision has none.

    Raises:
        Refused: a report is excluded without a reason, or the review does not offer one of them.
    """
    if stage is not Stage.FULL_TEXT or decision != Decision.EXCLUDE:
        return []
    offered = access.scope(ExclusionReason).in_use()
    known = {reason.code: reason for reason in offered}
    given = list(dict.fromkeys(code for code in codes if code))
    if not known:
        raise Refused("The protocol names no reason to exclude a report. The lead can add some.")
    if unknown := [code for code in given if code not in known]:
        raise Refused(
            f"The protocol has no reason {', '.join(unknown)}, or not any more. Choose from its list."
        )
    if not given:
        raise Refused("Choose the reason to exclude this report.")
    return [reason for code, reason in known.items() if code in given]
