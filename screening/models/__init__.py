"""The facts of a review, by subject. Import them from here."""

from screening.models.conflicts import Confirmation, Proposal, Referral, Resolution
from screening.models.finding import IndexBlock, IndexEntry
from screening.models.log import LogEntry, LogHead, RequestKey
from screening.models.people import Invitation, Membership, MembershipRole, Role, User
from screening.models.reviews import (
    Criterion,
    ExclusionReason,
    HighlightTerm,
    Protocol,
    ResolutionMode,
    Review,
)
from screening.models.sources import Import, ImportProblem, ImportState, Record, Source, SourceKind
from screening.models.votes import Lease, Postponement, QueuePosition, ScreeningItem, Vote

__all__ = [
    "Confirmation",
    "Criterion",
    "ExclusionReason",
    "HighlightTerm",
    "Import",
    "ImportProblem",
    "ImportState",
    "IndexBlock",
    "IndexEntry",
    "Invitation",
    "Lease",
    "LogEntry",
    "LogHead",
    "Membership",
    "MembershipRole",
    "Postponement",
    "Proposal",
    "Protocol",
    "QueuePosition",
    "Record",
    "Referral",
    "RequestKey",
    "Resolution",
    "ResolutionMode",
    "Review",
    "Role",
    "ScreeningItem",
    "Source",
    "SourceKind",
    "User",
    "Vote",
]
