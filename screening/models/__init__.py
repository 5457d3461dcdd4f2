"""The facts of a review, by subject. Import them from here."""

from screening.models.adjustments import AdjustedBox, Adjustment
from screening.models.conflicts import Confirmation, Proposal, Referral, Resolution
from screening.models.duplicates import (
    BY_A_PERSON,
    Distinction,
    DuplicateKey,
    DuplicateQuestion,
    Merge,
)
from screening.models.finding import IndexBlock, IndexEntry
from screening.models.jobs import Bundle, BundledFile, Job, JobImport, JobKind, JobState
from screening.models.log import LogEntry, LogHead, RequestKey
from screening.models.people import Invitation, Membership, MembershipRole, Role, User
from screening.models.retrieval import Retrieval, RetrievalState
from screening.models.reviews import (
    Criterion,
    ExclusionReason,
    HighlightTerm,
    Protocol,
    ResolutionMode,
    Review,
)
from screening.models.searches import SearchMethods
from screening.models.sources import Import, ImportProblem, ImportState, Record, Source, SourceKind
from screening.models.votes import (
    FurtherReason,
    Lease,
    Postponement,
    QueuePosition,
    ScreeningItem,
    Vote,
)

__all__ = [
    "BY_A_PERSON",
    "AdjustedBox",
    "Adjustment",
    "Bundle",
    "BundledFile",
    "Confirmation",
    "Criterion",
    "Distinction",
    "DuplicateKey",
    "DuplicateQuestion",
    "ExclusionReason",
    "FurtherReason",
    "HighlightTerm",
    "Import",
    "ImportProblem",
    "ImportState",
    "IndexBlock",
    "IndexEntry",
    "Invitation",
    "Job",
    "JobImport",
    "JobKind",
    "JobState",
    "Lease",
    "LogEntry",
    "LogHead",
    "Membership",
    "MembershipRole",
    "Merge",
    "Postponement",
    "Proposal",
    "Protocol",
    "QueuePosition",
    "Record",
    "Referral",
    "RequestKey",
    "Resolution",
    "ResolutionMode",
    "Retrieval",
    "RetrievalState",
    "Review",
    "Role",
    "ScreeningItem",
    "SearchMethods",
    "Source",
    "SourceKind",
    "User",
    "Vote",
]
