"""Lists of conflicts: which are open, whose turn they are, and which comes next."""

from dataclasses import dataclass
from functools import reduce
from operator import and_

from django.db.models import Exists, OuterRef, Q, QuerySet

from screening.access import ReviewAccess, Right
from screening.conflicts.names import LETTERS
from screening.conflicts.team import Team, team_of
from screening.models import Confirmation, Proposal, Referral, ResolutionMode, ScreeningItem, Vote
from screening.pages import PAGE_SIZE, Page, number_in
from screening.rules import Outcome, Stage

NOT_IN_LISTS = ("record__abstract", "record__keywords")
ALWAYS, NEVER = Q(pk__isnull=False), Q(pk__isnull=True)


def open_conflicts(access: ReviewAccess, stage: Stage) -> QuerySet[ScreeningItem]:
    """Settled and unresolved, in the order of screening."""
    return access.scope(ScreeningItem).at(stage).in_conflict().order_by("rank", "pk")


def resolved_conflicts(access: ReviewAccess, stage: Stage) -> QuerySet[ScreeningItem]:
    items = access.scope(ScreeningItem).at(stage).settled()
    return items.filter(resolution__isnull=False).order_by("rank", "pk")


def open_or_resolved(access: ReviewAccess, stage: Stage) -> QuerySet[ScreeningItem]:
    """What has a page: an item that is settled by agreement, or not settled, has none."""
    items = access.scope(ScreeningItem).at(stage).settled().select_related("record")
    return items.filter(Q(outcome=Outcome.CONFLICT) | Q(resolution__isnull=False))


def on_whose_turn(
    access: ReviewAccess, conflicts: QuerySet[ScreeningItem]
) -> QuerySet[ScreeningItem]:
    """Those of these open conflicts whose next step is the viewer's: `Panel.is_my_turn` in SQL."""
    team = team_of(access)
    me = access.user
    own = Q(Exists(me.votes.current().filter(item=OuterRef("pk"))))
    proposals = Proposal.objects.open().filter(item=OuterRef("pk"))
    proposed = Q(Exists(proposals))
    asked = Q(Exists(Referral.objects.filter(item=OuterRef("pk"))))
    if access.protocol.resolution_mode == ResolutionMode.ADJUDICATION:
        asked = ALWAYS
    takes_part, turns = NEVER, NEVER
    if access.may(Right.RESOLVE):
        turns |= asked & ~own
    if access.may(Right.VOTE):
        takes_part |= own
        mine = Confirmation.objects.filter(proposal=OuterRef("pk"), confirmed_by=me)
        turns |= own & Exists(proposals.filter(~Q(proposed_by=me), ~Exists(mine)))
    if access.is_lead:
        takes_part = ALWAYS
    to_be_adjudicated = asked & ~_voted_on_by_all(team.may_adjudicate)
    turns |= takes_part & ~proposed & ~to_be_adjudicated
    names_shown = ALWAYS if access.protocol.names_shown_in_conflicts else own
    turns |= takes_part & names_shown & proposed & ~Exists(_votes_still_to_confirm(team))
    return conflicts.filter(turns)


def _voted_on_by_all(people: frozenset[int]) -> Q:
    """Items on which each of these people has a vote; no item has more votes than letters."""
    if len(people) > len(LETTERS):
        return NEVER
    votes = Vote.objects.current().filter(item=OuterRef("pk"))
    return reduce(and_, (Q(Exists(votes.filter(reviewer=user))) for user in people), ALWAYS)


def _votes_still_to_confirm(team: Team) -> QuerySet[Vote]:
    """Votes of an item, for a subquery, whose voters have still to confirm its open proposal."""
    proposal = Proposal.objects.open().filter(item=OuterRef("item"))
    votes = Vote.objects.current().filter(item=OuterRef("pk"), reviewer__in=team.may_vote)
    return votes.filter(
        ~Exists(proposal.filter(proposed_by=OuterRef("reviewer"))),
        ~Exists(proposal.filter(confirmations__confirmed_by=OuterRef("reviewer"))),
    )


def next_turn(access: ReviewAccess, item: ScreeningItem) -> ScreeningItem | None:
    """The next open conflict whose next step is the viewer's: behind this one, then from the start."""
    mine = on_whose_turn(access, open_conflicts(access, Stage(item.stage)))
    return mine.filter(_behind(item)).first() or mine.first()


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The open conflicts before and behind one, and its number among them, were it still open."""

    number: int
    of: int
    previous: ScreeningItem | None
    next: ScreeningItem | None


def neighbours_of(access: ReviewAccess, item: ScreeningItem) -> Neighbours:
    conflicts = open_conflicts(access, Stage(item.stage))
    before = conflicts.filter(~_behind(item), ~Q(pk=item.pk))
    return Neighbours(
        number=before.count() + 1,
        of=conflicts.count(),
        previous=before.last(),
        next=conflicts.filter(_behind(item)).first(),
    )


def page_by_rank(
    access: ReviewAccess, stage: Stage, items: QuerySet[ScreeningItem], after: str
) -> Page:
    """Fifty of these items behind the record of number `after`; the first fifty if there is none."""
    last = None
    number = number_in(after)
    if number is not None:
        at_stage = access.scope(ScreeningItem).at(stage).open()
        last = at_stage.filter(record__number=number).first()
    if last:
        items = items.filter(_behind(last))
    found = list(items.select_related("record").defer(*NOT_IN_LISTS)[: PAGE_SIZE + 1])
    rows = found[:PAGE_SIZE]
    more = len(found) > PAGE_SIZE
    return Page(rows, str(rows[-1].record.number) if more else "", last is None)


def _behind(item: ScreeningItem) -> Q:
    return Q(rank__gt=item.rank) | Q(rank=item.rank, pk__gt=item.pk)
