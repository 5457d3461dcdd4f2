"""Panels gathered from the database: one, or a whole list of them by the same few queries."""

from collections import defaultdict
from collections.abc import Iterable

from screening.access import ReviewAccess
from screening.conflicts.names import letters, names_hidden
from screening.conflicts.panel import Panel, Side
from screening.conflicts.team import Team, team_of
from screening.models import Confirmation, Proposal, Referral, Resolution, ScreeningItem, Vote


def panel_of(access: ReviewAccess, item: ScreeningItem) -> Panel:
    """Everything about one conflict that is settled, open or resolved."""
    return panels_of(access, [item])[0]


def panels_of(access: ReviewAccess, items: Iterable[ScreeningItem]) -> list[Panel]:
    """A panel for each item, by as many queries for fifty as for one."""
    items = list(items)
    team = team_of(access)
    votes = defaultdict(list)
    seen = access.scope(Vote).current().visible_to(access).filter(item__in=items)
    for vote in seen.select_related("reason").prefetch_related("further_reasons__reason"):
        votes[vote.item_id].append(vote)
    proposed = access.scope(Proposal).open().filter(item__in=items).select_related("reason")
    proposals = {one.item_id: one for one in proposed}
    confirmed = defaultdict(set)
    of_open = access.scope(Confirmation).filter(proposal__in=[p.pk for p in proposals.values()])
    for proposal, user in of_open.values_list("proposal", "confirmed_by"):
        confirmed[proposal].add(user)
    referrals = {one.item_id: one for one in access.scope(Referral).filter(item__in=items)}
    resolved = access.scope(Resolution).filter(item__in=items).select_related("reason")
    resolutions = {one.item_id: one for one in resolved}
    return [
        _panel(
            access,
            item,
            team,
            votes[item.pk],
            proposal=(proposal := proposals.get(item.pk)),
            confirmed=frozenset(confirmed[proposal.pk] if proposal else ()),
            referral=referrals.get(item.pk),
            resolution=resolutions.get(item.pk),
        )
        for item in items
    ]


def _panel(
    access: ReviewAccess,
    item: ScreeningItem,
    team: Team,
    votes: list[Vote],
    *,
    proposal: Proposal | None,
    confirmed: frozenset[int],
    referral: Referral | None,
    resolution: Resolution | None,
) -> Panel:
    me = access.user.pk
    voters = {vote.reviewer_id for vote in votes}
    hidden = names_hidden(access, voters, resolved=resolution is not None)
    names = dict(team.names)
    if hidden:
        names |= letters(item.pk, me, voters)
        votes = sorted(votes, key=lambda vote: names[vote.reviewer_id])
    else:
        votes = sorted(votes, key=lambda v: (v.reviewer_id != me, names[v.reviewer_id]))
    return Panel(
        access=access,
        item=item,
        sides=tuple(
            Side(
                "You" if vote.reviewer_id == me else names[vote.reviewer_id],
                vote,
                vote.reviewer_id == me,
            )
            for vote in votes
        ),
        names=names,
        active_voters=team.may_vote & voters,
        proposal=proposal,
        confirmed=confirmed,
        referral=referral,
        resolution=resolution,
        somebody_may_adjudicate=bool(team.may_adjudicate - voters),
        are_names_hidden=hidden,
    )
