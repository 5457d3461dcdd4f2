"""What a screening page shows: cards, the reviewer's last vote, and why there is nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import uuid4

from config.prepared import Parameter, Prepared
from screening.access import ReviewAccess, Right
from screening.filling import filled
from screening.models import (
    ExclusionReason,
    HighlightTerm,
    Lease,
    Membership,
    Record,
    Role,
    ScreeningItem,
    Vote,
)
from screening.querysets.votes import ScreeningItemQuerySet
from screening.reading import Highlight
from screening.rules import Decision, MaybePolicy, Outcome, Stage, decisions_offered

RECENT = 20  # votes that undo looks at
TERMS = Prepared(
    lambda: HighlightTerm.objects.filter(review=Parameter("review")).values_list("text", "side")
)
KEYS = {Decision.EXCLUDE: "E", Decision.MAYBE: "M", Decision.INCLUDE: "I"}


@dataclass(frozen=True, slots=True)
class Card:
    """One record to judge. `request_key` makes a vote sent twice from it count once.

    Args:
        vote: the reviewer's own, and `reasons` the codes it gave.
        round: above 1 where the record was judged before.
    """

    record: Record
    request_key: str
    vote: Vote | None = None
    reasons: tuple[str, ...] = ()
    round: int = 1

    @property
    def current(self) -> str:
        return str(self.vote.pk) if self.vote else ""


@dataclass(frozen=True, slots=True)
class Nothing:
    """Why there is no record to screen; numbers of records, none of which tells a direction.

    Args:
        partners: names of the other reviewers and how many records each still has to screen,
            where it is certain who screens what.
    """

    in_review: int
    waiting_for_others: int
    being_read: int
    partners: list[tuple[str, int]]


def cards_of(items: Iterable[ScreeningItem]) -> list[Card]:
    """Cards of items the reviewer has no vote on."""
    return [Card(item.record, uuid4().hex, round=item.round) for item in items]


def card_of(access: ReviewAccess, record: Record, stage: Stage) -> Card:
    votes = access.scope(Vote).current().at(stage)
    votes = votes.select_related("reason")
    mine = votes.filter(reviewer=access.user, item__record=record, item__closed_at=None).first()
    latest = access.scope(ScreeningItem).at(stage).open().filter(record=record)
    round_ = latest.values_list("round", flat=True).first() or 1
    return Card(filled(record), uuid4().hex, mine, _codes(mine), round_)


def last_vote(access: ReviewAccess, stage: Stage) -> Vote | None:
    """The reviewer's latest vote that can still be taken back, among the last few."""
    # The last few first: of all votes of somebody who cast 90,000, PostgreSQL would sort them all.
    recent = access.user.votes.current().order_by("-pk").values_list("pk", flat=True)[:RECENT]
    votes = access.scope(Vote).filter(pk__in=list(recent)).at(stage).undoable()
    return votes.select_related("item__record", "reason").order_by("-pk").first()


def is_open_to(access: ReviewAccess, item: ScreeningItem, mine: Vote | None) -> bool:
    """Whether this person can vote on the item, or change their vote, now."""
    if not access.may(Right.VOTE):
        return False
    if mine:
        return item.votes.undoable().filter(pk=mine.pk).exists()
    return item.votes.current().count() < item.quorum


def may_reopen(access: ReviewAccess, item: ScreeningItem) -> bool:
    """Whether this person can have the record judged anew; nobody can before it is settled."""
    if not access.may(Right.REOPEN):
        return False
    settled = access.scope(ScreeningItem).settled().filter(pk=item.pk)
    return settled.exclude(outcome=Outcome.CONFLICT).exists()


def why_nothing(access: ReviewAccess, stage: Stage) -> Nothing:
    items = access.scope(ScreeningItem).at(stage).open()
    waiting = items.awaiting_votes().voted_on_by(access.user)
    without_mine = items.awaiting(access.user)
    read = Lease.objects.filter(item__in=without_mine.order_by())
    return Nothing(
        in_review=items.count(),
        waiting_for_others=waiting.count(),
        being_read=read.values("item").distinct().count(),
        partners=[] if access.shares_queue(stage) else _left_to(access, items),
    )


def _left_to(
    access: ReviewAccess, items: ScreeningItemQuerySet[ScreeningItem]
) -> list[tuple[str, int]]:
    others = access.scope(Membership).active().with_role(Role.REVIEWER)
    others = others.exclude(user=access.user).select_related("user").order_by("number")
    left = [(member.name, items.awaiting(member.user).count()) for member in others]
    return [(name, number) for name, number in left if number]


def reasons_offered(access: ReviewAccess, stage: Stage) -> list[ExclusionReason]:
    """Reasons to exclude, in the protocol's order; none at title and abstract."""
    if stage is not Stage.FULL_TEXT:
        return []
    return list(access.scope(ExclusionReason).in_use())


def _codes(vote: Vote | None) -> tuple[str, ...]:
    if vote is None or vote.reason is None:
        return ()
    return (vote.reason.code, *vote.further_reasons.values_list("reason__code", flat=True))


def terms_marked(access: ReviewAccess) -> list[Highlight]:
    """The review's words to mark in titles and abstracts."""
    found = TERMS.rows(review=access.review.pk)
    return [Highlight(text, side == HighlightTerm.Side.AGAINST) for text, side in found]


def votes_offered(access: ReviewAccess, stage: Stage) -> list[tuple[str, str]]:
    """Pairs of decision and key, in the order of the buttons."""
    offered = decisions_offered(stage, MaybePolicy(access.protocol.maybe_policy))
    return [(decision.value, KEYS[decision]) for decision in offered]
