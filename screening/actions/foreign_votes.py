"""Votes that were cast in another program are taken over out of the file of an import."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from screening import files
from screening.access import Refused, ReviewAccess, Right, rights_of
from screening.actions.base import action, lock_membership, lock_review
from screening.actions.importing import lock_import
from screening.actions.log import write_log
from screening.actions.retrieval import reports_are_here
from screening.amending import recount
from screening.importers.votes import ForeignVote
from screening.models import (
    ExclusionReason,
    FurtherReason,
    Import,
    ImportState,
    Membership,
    Merge,
    Record,
    Retrieval,
    RetrievalState,
    ScreeningItem,
    Vote,
)
from screening.rules import Decision, MaybePolicy, Stage, decisions_offered

LONGEST_NOTE = 10_000


@dataclass(frozen=True, slots=True)
class Reading:
    """How the file is to be read, as the lead said.

    Args:
        program: which wrote it, as the notes name it.
        people: the member whose votes are those of a person in the file; of "", which is what a
            team decided, the members who stand for it. Whoever is not here is left out.
        reasons: by the words of the file, "" for an exclusion without any.
    """

    program: str
    stage: Stage
    people: Mapping[str, Sequence[Membership]]
    reasons: Mapping[str, ExclusionReason]


@dataclass(frozen=True, slots=True)
class Taken:
    """How many votes were taken over, and on how many records of the file some found no place.

    Args:
        by_member: votes by the names of members.
        not_up: records that are not up for screening at the stage.
        without_place: records that had their votes, or one of the same person; or of which the
            file says what the stage does not know: a maybe, or an exclusion without a reason.
    """

    by_member: Mapping[str, int]
    records: int
    not_up: int
    without_place: int

    @property
    def votes(self) -> int:
        return sum(self.by_member.values())


@dataclass(slots=True)
class _Box:
    """An item with its free slots, and who may not vote on it any more."""

    item: int
    record: int
    quorum: int
    voters: set[int] = field(default_factory=set)
    taken: set[int] = field(default_factory=set)

    def free(self) -> list[int]:
        return [slot for slot in range(1, self.quorum + 1) if slot not in self.taken]


@action
def keep_vote_log(access: ReviewAccess, import_: Import, path: Path) -> None:
    """This file is kept beside that of the import, and read together with it.

    Raises:
        Refused: votes were taken over already, by what was known then.
    """
    lock_membership(access, Right.TEAM)
    lock_review(access.review.pk)
    import_ = lock_import(access, import_)
    if import_.votes.exists():
        raise Refused("Votes of this file were taken over already. Nothing was changed.")
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    files.keep(access.review.pk, sha256, path)
    import_.vote_log_sha256 = sha256
    import_.save(update_fields=["vote_log_sha256"])


@action
def take_over_votes(
    access: ReviewAccess, import_: Import, votes: Iterable[ForeignVote], reading: Reading
) -> Taken:
    """The votes count in the review, in free slots, for members who have none on the record.

    A vote on a duplicate goes to the record that is kept. What a team decided is taken over where
    nobody has voted yet, and as a whole. Done twice it adds nothing, also where a vote was taken
    back in between. Votes that were changed or taken back in the file are left there.

    Raises:
        Refused: the import is not in the review, or somebody may not vote in it any more.
    """
    lock_membership(access, Right.TEAM)
    import_ = lock_import(access, import_)
    if import_.state != ImportState.COMMITTED:
        raise Refused("This import is not in the review, or not any more. Nothing was changed.")
    _refuse_unless_they_vote(access, reading)
    now = timezone.now()
    boxes = _boxes(access, import_, reading.stage, now)
    records = dict(Record.objects.filter(imported_by=import_).values_list("position", "pk"))
    kept = dict(_merges_of(import_).values_list("record", "kept"))
    placing = _Placing(access, import_, reading, now)
    for vote in sorted(_counting(votes, reading), key=lambda one: one.cast_at or now):
        record = records.get(vote.position, 0)
        placing.place(vote, boxes.get(kept.get(record, record)))
    if placing.rows:
        Vote.objects.bulk_create(placing.rows)
        FurtherReason.objects.bulk_create(
            FurtherReason(vote=vote, reason=reason) for vote, reason in placing.further
        )
        recount(access, reading.stage, now)
        if reading.stage is Stage.FULL_TEXT:
            reports_are_here(access, placing.records)
        _log(access, import_, reading, placing.taken())
    return placing.taken()


def _refuse_unless_they_vote(access: ReviewAccess, reading: Reading) -> None:
    """Whoever the votes are of is here to vote, as of now."""
    members = {member.pk for some in reading.people.values() for member in some}
    here = access.scope(Membership).active().filter(pk__in=members).prefetch_related("roles")
    if members - {member.pk for member in here if Right.VOTE in rights_of(member.held_roles())}:
        raise Refused(
            "Somebody whose votes these are to be may not vote in this review any more. "
            "Nothing was changed."
        )


def _merges_of(import_: Import) -> QuerySet[Merge]:
    return Merge.objects.in_force().filter(record__imported_by=import_)


def _boxes(access: ReviewAccess, import_: Import, stage: Stage, now: datetime) -> dict[int, _Box]:
    """By record: all that the votes may go to, locked."""
    kept = _merges_of(import_).values("kept")
    items = access.scope(ScreeningItem).at(stage).open(now)
    items = items.filter(Q(record__imported_by=import_) | Q(record__in=kept))
    if stage is Stage.FULL_TEXT:
        gone = Retrieval.objects.in_force().filter(state=RetrievalState.NOT_RETRIEVED)
        items = items.filter(~Exists(gone.filter(record=OuterRef("record"))))
    locked = items.order_by("pk").select_for_update(no_key=True, of=("self",))
    boxes = {pk: _Box(pk, *rest) for pk, *rest in locked.values_list("pk", "record", "quorum")}
    votes = access.scope(Vote).at(stage).filter(item__closed_at=None)
    votes = votes.filter(Q(item__record__imported_by=import_) | Q(item__record__in=kept))
    votes = votes.filter(Q(superseded_at=None) | Q(imported_by=import_))
    for item, reviewer, slot, ended in votes.values_list(
        "item", "reviewer", "slot", "superseded_at"
    ).iterator():
        if item in boxes:
            boxes[item].voters.add(reviewer)
            if ended is None:
                boxes[item].taken.add(slot)
    return {box.record: box for box in boxes.values()}


def _counting(votes: Iterable[ForeignVote], reading: Reading) -> Iterator[ForeignVote]:
    """Those that stood in the end, of people who are somebody here."""
    return (vote for vote in votes if not vote.superseded and vote.person in reading.people)


@dataclass(slots=True)
class _Placing:
    """Which vote goes where. `not_up` and `without_place` are entries of the file, by position."""

    access: ReviewAccess
    import_: Import
    reading: Reading
    now: datetime
    rows: list[Vote] = field(default_factory=list)
    further: list[tuple[Vote, ExclusionReason]] = field(default_factory=list)
    records: set[int] = field(default_factory=set)
    not_up: set[int] = field(default_factory=set)
    without_place: set[int] = field(default_factory=set)

    def place(self, vote: ForeignVote, box: _Box | None) -> None:
        if box is None:
            self.not_up.add(vote.position)
            return
        reasons, slots = self._reasons(vote), self._slots(vote, box)
        if reasons is None or not slots or not self._is_offered(vote):
            self.without_place.add(vote.position)
            return
        for member, slot in slots:
            box.voters.add(member.user_id)
            box.taken.add(slot)
            row = self._row(vote, box, member, slot)
            row.reason = reasons[0] if reasons else None
            self.rows.append(row)
            self.further += ((row, reason) for reason in reasons[1:])
        self.records.add(box.record)

    def _slots(self, vote: ForeignVote, box: _Box) -> list[tuple[Membership, int]]:
        """Who votes in which slot; nobody where there is no place for all whom it stands for."""
        members, free = self.reading.people[vote.person], box.free()
        if any(one.user_id in box.voters for one in members) or len(free) < len(members):
            return []
        if not vote.person and (box.taken or len(members) != box.quorum):
            return []
        return list(zip(members, free, strict=False))

    def _is_offered(self, vote: ForeignVote) -> bool:
        maybe = MaybePolicy(self.access.protocol.maybe_policy)
        return vote.decision.value in decisions_offered(self.reading.stage, maybe)

    def _reasons(self, vote: ForeignVote) -> list[ExclusionReason] | None:
        """Of an excluded report, in the protocol's order; None where it has none and must."""
        if self.reading.stage is not Stage.FULL_TEXT or vote.decision.value != Decision.EXCLUDE:
            return []
        known = self.reading.reasons
        given = {known[said] for said in vote.reasons or ("",) if said in known}
        return sorted(given, key=lambda reason: reason.position) or None

    def _row(self, vote: ForeignVote, box: _Box, member: Membership, slot: int) -> Vote:
        return Vote(
            item_id=box.item,
            reviewer_id=member.user_id,
            protocol=self.access.protocol,
            slot=slot,
            quorum=box.quorum,
            decision=vote.decision.value,
            note=_note(vote, self.reading.program),
            cast_at=min(vote.cast_at or self.now, self.now),
            imported_by=self.import_,
            stands_for_team=not vote.person,
        )

    def taken(self) -> Taken:
        members = [one for some in self.reading.people.values() for one in some]
        votes = Counter(row.reviewer_id for row in self.rows)
        in_order = sorted(members, key=lambda member: member.number)
        return Taken(
            by_member={one.name: votes[one.user_id] for one in in_order if votes[one.user_id]},
            records=len(self.records),
            not_up=len(self.not_up),
            without_place=len(self.without_place),
        )


def _note(vote: ForeignVote, program: str) -> str:
    """The person's own, and what they marked the record with there."""
    marks = [
        f"{name} {', '.join(said)}"
        for name, said in (("labels", vote.labels), ("reasons", vote.reasons))
        if said
    ]
    parts = [vote.note, f"{program}: {'; '.join(marks)}" if marks else ""]
    return "\n".join(filter(None, parts))[:LONGEST_NOTE]


def _log(access: ReviewAccess, import_: Import, reading: Reading, taken: Taken) -> None:
    """How many votes of whom, and never which way they go."""
    write_log(
        access,
        "votes.imported",
        after={
            "file": import_.file_name,
            "sha256": import_.sha256,
            **({"vote_log_sha256": import_.vote_log_sha256} if import_.vote_log_sha256 else {}),
            "stage": reading.stage.value,
            "votes": taken.votes,
            "records": taken.records,
            "members": dict(taken.by_member),
            "stand_for_the_team": "" in reading.people,
        },
    )
