"""What must hold after everything: each function returns the differences it found, in words.

Written apart from the application, whose `verification` is asked beside it: the sums, the digest
of a log entry and the replay of the log are spelled out here a second time.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import Count, F, Max, Q

from screening import triggers
from screening.models import (
    Confirmation,
    Import,
    ImportProblem,
    Lease,
    LogEntry,
    LogHead,
    Membership,
    Postponement,
    Proposal,
    Protocol,
    Record,
    Resolution,
    Review,
    ScreeningItem,
    Vote,
)


def differences() -> list[str]:
    """Everything that is not as it must be; empty when all is well."""
    checks = (
        outcomes_that_do_not_follow,
        votes_too_many,
        quorums_that_are_not_the_protocols,
        rows_of_two_reviews,
        votes_of_nobody,
        endings_without_a_conflict,
        breaks_in_the_log,
        votes_that_are_not_what_the_log_says,
        half_imports,
        advice_for_those_who_voted,
    )
    return [difference for check in checks for difference in check()]


def added_up(decisions: list[str], quorum: int, maybe: str, resolution: str | None) -> str:
    """The rule of DESIGN 4.1 to 4.6 in the fewest words."""
    if len(decisions) < quorum:
        return "partial" if decisions else "unseen"
    against = decisions.count("exclude")
    torn = 0 < against < quorum
    if maybe == "discuss" and "maybe" in decisions and quorum > 1:
        torn = True
    if torn and resolution is None:
        return "conflict"
    return {"include": "included", "exclude": "excluded"}[
        resolution or ("exclude" if against else "include")
    ]


def versions_of_reviews() -> dict[int, list[Protocol]]:
    """The versions of each review's protocol, the one in force last."""
    versions: dict[int, list[Protocol]] = {}
    for protocol in Protocol.objects.order_by("number"):
        versions.setdefault(protocol.review_id, []).append(protocol)
    return versions


def due(item: ScreeningItem, votes: list[Vote], version: Protocol, resolution: str | None) -> str:
    """What one version makes of an item, with the reasons of reports where it asks for them."""
    decisions = [vote.decision for vote in votes]
    made = added_up(decisions, item.quorum, version.maybe_policy, resolution)
    if made == "excluded" and item.stage == "full_text" and version.reasons_must_agree:
        given = [{vote.reason_id} | _further(vote) for vote in votes]
        if not resolution and not set.intersection(*given):
            return "conflict"
    return made


def _further(vote: Vote) -> set[int]:
    return set(vote.further_reasons.values_list("reason", flat=True))


def outcomes_that_do_not_follow() -> Iterator[str]:
    """Earlier rounds may follow from earlier versions."""
    versions = versions_of_reviews()
    resolutions = dict(Resolution.objects.values_list("item", "decision"))
    votes = current_votes()
    for item in ScreeningItem.objects.all():
        of_item, resolution = votes.get(item.pk, []), resolutions.get(item.pk)
        decisions = [vote.decision for vote in of_item]
        counting = versions[item.review_id][0 if item.closed_at else -1 :]
        possible = [due(item, of_item, version, resolution) for version in counting]
        right = item.outcome if item.outcome in possible else possible[-1]
        if item.outcome != right:
            yield f"item {item.pk} is {item.outcome}, its votes {decisions} say {right}"
        if (item.completed_at is None) != (right in {"unseen", "partial"}):
            yield f"item {item.pk} is {right} and complete since {item.completed_at}"


def votes_too_many() -> Iterator[str]:
    quorums = dict(ScreeningItem.objects.values_list("pk", "quorum"))
    amended = Protocol.objects.filter(number__gt=1).values("review")
    recounted = set(ScreeningItem.objects.filter(review__in=amended).values_list("pk", flat=True))
    for item, votes in current_votes().items():
        if len(votes) > quorums[item]:
            yield f"item {item} has {len(votes)} votes, {quorums[item]} are asked for"
        if len({vote.reviewer_id for vote in votes}) < len(votes):
            yield f"somebody voted twice on item {item}"
        if len({vote.slot for vote in votes}) < len(votes):
            yield f"item {item} has two votes in one slot"
        beside = item not in recounted and any(vote.quorum != quorums[item] for vote in votes)
        if beside or any(vote.slot > vote.quorum for vote in votes):
            yield f"item {item} has a vote outside its quorum"


def quorums_that_are_not_the_protocols() -> Iterator[str]:
    """What is open asks for as many votes as the protocol, or has more; what ended keeps its own."""
    in_force = {row.review_id: row for row in Protocol.objects.filter(ended_at_sequence=None)}
    votes = current_votes()
    for item in ScreeningItem.objects.filter(closed_at=None, resolution=None):
        asked = getattr(in_force[item.review_id], f"quorum_{item.stage}")
        if item.quorum != max(asked, len(votes.get(item.pk, []))):
            yield f"item {item.pk} asks for {item.quorum} votes, its protocol for {asked}"


def rows_of_two_reviews() -> Iterator[str]:
    crossed = {
        "votes": Vote.objects.exclude(protocol__review=F("item__review")),
        "items": ScreeningItem.objects.exclude(record__review=F("review")),
        "records": Record.objects.exclude(imported_by__source__review=F("review")),
        "log entries": LogEntry.objects.filter(
            ~Q(actor__review=F("review")) | Q(item__isnull=False) & ~Q(item__review=F("review"))
        ),
    }
    for what, rows in crossed.items():
        if n := rows.count():
            yield f"{n} {what} belong to two reviews"


def votes_of_nobody() -> Iterator[str]:
    """Whoever voted was in the review by then, and a later vote in a slot comes later."""
    for vote in Vote.objects.select_related("item__review").prefetch_related(
        "reviewer__memberships"
    ):
        joined = [m for m in vote.reviewer.memberships.all() if m.review_id == vote.item.review_id]
        if not joined or joined[0].joined_at > vote.cast_at:
            yield f"vote {vote.pk} is by somebody who was not in the review"
        if vote.superseded_at and vote.superseded_at < vote.cast_at:
            yield f"vote {vote.pk} was superseded before it was cast"


def endings_without_a_conflict() -> Iterator[str]:
    votes = current_votes()
    versions = versions_of_reviews()
    for resolution in Resolution.objects.select_related("item", "proposal"):
        item, of_item = resolution.item, votes.get(resolution.item_id, [])
        decisions = [vote.decision for vote in of_item]
        under = {due(item, of_item, version, None) for version in versions[item.review_id]}
        if "conflict" not in under:
            yield f"item {item.pk} is resolved without a conflict: {decisions}"
        voters = {vote.reviewer_id for vote in of_item}
        if resolution.mode == "adjudication" and resolution.resolved_by_id in voters:
            yield f"item {item.pk} was adjudicated by somebody who voted on it"
        if resolution.mode == "discussion":
            ended = (resolution.proposal.item_id, resolution.proposal.ending)
            if ended != (item.pk, "accepted"):
                yield f"item {item.pk} was resolved by a proposal that is {ended}"
            if resolution.proposal.decision != resolution.decision:
                yield f"item {item.pk} was resolved otherwise than proposed"
    for proposal in Proposal.objects.open().select_related("item"):
        if proposal.item.outcome != "conflict":
            yield f"a proposal is open on item {proposal.item_id}, {proposal.item.outcome}"
    accepted = Proposal.objects.filter(ending="accepted", resolution__isnull=True)
    if n := accepted.count():
        yield f"{n} accepted proposals resolved nothing"
    if n := Confirmation.objects.filter(confirmed_by=F("proposal__proposed_by")).count():
        yield f"{n} proposals were confirmed by whoever made them"


def breaks_in_the_log() -> Iterator[str]:
    for head in LogHead.objects.all():
        digest, previous = "", None
        entries = LogEntry.objects.filter(review=head.review_id).select_related("actor")
        for sequence, entry in enumerate(entries.order_by("sequence"), start=1):
            if entry.sequence != sequence:
                yield f"the log of review {head.review_id} lacks entry {sequence}"
                break
            if previous and entry.at <= previous:
                yield f"entry {sequence} is not later than the one before it"
            digest, previous = digest_of(digest, entry), entry.at
            if entry.digest != digest:
                yield f"entry {sequence} of review {head.review_id} was tampered with"
                break
        else:
            n = entries.count()
            if (head.sequence, head.at, head.digest) != (n, previous, digest):
                yield f"the head of review {head.review_id} is not its last entry"


def digest_of(previous: str, entry: LogEntry) -> str:
    content = {
        "sequence": entry.sequence,
        "at": entry.at.isoformat(),
        "actor": entry.actor.number,
        "action": entry.action,
        "before": entry.before,
        "after": entry.after,
        "why": entry.why,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def votes_that_are_not_what_the_log_says() -> Iterator[str]:
    """Every current vote is what its last entry says, and every entry has its effect.

    Of imported votes the log says how many there are: see `verification.imports`.
    """
    imported = set(Vote.objects.filter(imported_by__isnull=False).values_list("item", "reviewer"))
    told: dict[tuple[int, int], dict[str, Any] | None] = {}
    # Carried by a merge, which is an entry of its own.
    from_duplicates = Vote.objects.filter(carried_from__isnull=False)
    carried = set(from_duplicates.values_list("item", "reviewer"))
    entries = LogEntry.objects.filter(
        action__in=["vote.cast", "vote.changed", "vote.taken_back", "vote.returned"]
    ).select_related("actor")
    for entry in entries.order_by("review", "sequence"):
        voter, said = (entry.item_id, entry.actor.user_id), entry.before
        if entry.action == "vote.returned":  # by the lead, who says whose vote it was
            members = Membership.objects.filter(review=entry.review_id)
            voter = (entry.item_id, members.get(number=said["member"]).user_id)
            said = {name: value for name, value in said.items() if name not in {"member", "name"}}
        before = told.get(voter)
        if before != said and not (before is None and voter in imported | carried):
            yield f"entry {entry.sequence}: before it {entry.before}, the log had {before}"
        told[voter] = entry.after
    stored = {
        (vote.item_id, vote.reviewer_id): (vote.decision, vote.note, vote.slot)
        for votes in current_votes().values()
        for vote in votes
        if vote.imported_by_id is None and vote.carried_from_id is None
    }
    logged = {
        voter: (after["vote"], after["note"], after["slot"])
        for voter, after in told.items()
        if after
    }
    if stored != logged:
        yield f"stored {stored.items() - logged.items()}, logged {logged.items() - stored.items()}"


def half_imports() -> Iterator[str]:
    items = Counter(
        ScreeningItem.objects.filter(stage="title_abstract", round=1).values_list(
            "record__imported_by", flat=True
        )
    )
    records = Counter(Record.objects.values_list("imported_by", flat=True))
    problems = Counter(ImportProblem.objects.values_list("imported_by", flat=True))
    for one in Import.objects.filter(format__in=["nbib", "ris"]).exclude(file_name="search.nbib"):
        wanted = {
            "committed": (one.read, one.read),
            "staged": (records[one.pk], min(items[one.pk], records[one.pk])),
        }.get(one.state, (0, 0))
        if (records[one.pk], items[one.pk]) != wanted:
            yield (
                f"import {one.pk} is {one.state} with {records[one.pk]} records "
                f"and {items[one.pk]} items, not {wanted}"
            )
        if one.state == "committed" and problems[one.pk] != one.problems_count:
            yield f"import {one.pk} has {problems[one.pk]} of {one.problems_count} problems"
    for review in Review.objects.annotate(highest=Max("records__number")):
        if review.log.filter(action="import.committed").exists() and (
            (review.highest or 0) >= review.next_record_number
        ):
            yield f"review {review.pk} would give number {review.next_record_number} twice"
    standing = Import.objects.filter(state__in=["staged", "committed"]).exclude(
        file_name="search.nbib"
    )
    for row in standing.values("source__review", "sha256").annotate(n=Count("pk")).filter(n__gt=1):
        yield f"review {row['source__review']} has one file {row['n']} times"


def advice_for_those_who_voted() -> Iterator[str]:
    """Who has a vote on an item neither reads it under a lease nor put it off."""
    voted = Q(item__votes__reviewer=F("reviewer"), item__votes__superseded_at=None)
    for model in (Lease, Postponement):
        if n := model.objects.filter(voted).count():
            yield f"{n} rows of {model.__name__} of people who voted on the item"


def current_votes() -> dict[int, list[Vote]]:
    votes: dict[int, list[Vote]] = {}
    for vote in Vote.objects.current().order_by("pk"):
        votes.setdefault(vote.item_id, []).append(vote)
    return votes


def reviews_without_a_lead() -> list[int]:
    leads = Count(
        "memberships",
        filter=Q(memberships__ended_at=None, memberships__roles__role="lead"),
    )
    return list(Review.objects.annotate(leads=leads).filter(leads=0).values_list("pk", flat=True))


def missing_triggers() -> set[str]:
    return triggers.missing(connection)
