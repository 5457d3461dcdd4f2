"""A review keeps a lead and a file is in it once, whatever happens at the same instant."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from screening.access import ReviewAccess, access_for
from screening.actions.importing import preview_import
from screening.actions.people import accept_invitation, change_roles, end_membership, invite
from screening.actions.protocol import edit_protocol
from screening.actions.storing import commit_import
from screening.actions.undoing import undo_import
from screening.actions.voting import Ballot, cast_vote, claim, postpone
from screening.models import Import, Membership, Record, Role, ScreeningItem, Source, Vote
from screening.rules import Decision, Stage
from tests.conftest import join
from tests.factories import ReviewFactory, SourceFactory, UserFactory
from tests.invariants import reviews_without_a_lead
from tests.races.starting import ROUNDS, kinds, race
from tests.screening.bibliography import ris_file

TA = Stage.TITLE_ABSTRACT


def fresh(access: ReviewAccess) -> ReviewAccess:
    return access_for(access.user, access.review.pk)


@pytest.fixture(autouse=True)
def kept(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path / "kept"


def demoting(lead: ReviewAccess, other: ReviewAccess) -> Callable[[], Membership]:
    return lambda: change_roles(fresh(lead), other.membership, [Role.REVIEWER])


def removing(lead: ReviewAccess, other: ReviewAccess) -> Callable[[], Membership]:
    return lambda: end_membership(fresh(lead), other.membership)


@pytest.mark.parametrize("deed", [demoting, removing])
def test_of_two_leads_who_depose_each_other_one_stays(deed):
    for number in range(ROUNDS):
        review = ReviewFactory()
        first, second = (join(review, f"{name} {number}", Role.LEAD) for name in ("Ada", "Bea"))

        results = race(deed(first, second), deed(second, first))

        assert kinds(results) in (
            ["Membership", "PermissionDenied"],
            ["DoesNotExist", "Membership"],  # removed before the page was even asked for
        )
        assert reviews_without_a_lead() == []


@pytest.mark.parametrize("deed", [demoting, removing])
def test_two_leads_who_both_step_down_leave_one(deed):
    for number in range(ROUNDS):
        review = ReviewFactory()
        first, second = (join(review, f"{name} {number}", Role.LEAD) for name in ("Ada", "Bea"))

        results = race(deed(first, first), deed(second, second))

        assert kinds(results) == ["Membership", "Refused"]
        assert reviews_without_a_lead() == []


def test_an_invitation_accepted_by_two_clicks_makes_one_member(dora):
    for number in range(ROUNDS // 2):
        guest = UserFactory(name=f"Guest {number}")
        _, token = invite(fresh(dora), email=guest.email, roles=[Role.REVIEWER])

        results = race(*[lambda guest=guest, token=token: accept_invitation(guest, token)] * 2)

        assert results == [Membership.objects.get(user=guest)] * 2


def test_namesakes_who_join_at_once_get_different_names_and_numbers(dora):
    for number in range(ROUNDS // 2):
        guests = [UserFactory(name=f"Kim {number}", email=f"kim{n}-{number}@x.org") for n in (1, 2)]
        tokens = [
            invite(fresh(dora), email=guest.email, roles=[Role.REVIEWER])[1] for guest in guests
        ]

        results = race(
            *(
                lambda guest=guest, token=token: accept_invitation(guest, token)
                for guest, token in zip(guests, tokens, strict=True)
            )
        )

        assert {member.name for member in results} == {f"Kim {number}", f"Kim {number} 2"}


def uploaded(access: ReviewAccess, path: Path) -> Import:
    source = access.scope(Source).first() or SourceFactory(review=access.review)
    return preview_import(fresh(access), source, path, path.name)


def test_an_import_committed_twice_at_once_is_stored_once(libby, dora, tmp_path):
    for number in range(ROUNDS // 4):
        path = ris_file(tmp_path, 30, first=number * 100, name=f"{number}.ris")
        first, again = uploaded(libby, path), uploaded(dora, path)
        before = Record.objects.count()

        results = race(
            lambda first=first: commit_import(fresh(libby), first),
            lambda first=first: commit_import(fresh(dora), first),
            lambda again=again: commit_import(fresh(dora), again),
        )

        assert kinds(results)[0] == "Import"
        assert set(kinds(results)[1:]) <= {"Refused", "SameFile", "StoredElsewhere"}
        assert Record.objects.imported().count() == before + 30


@pytest.mark.parametrize("deed", ["vote", "claim", "later"])
def test_an_import_is_undone_before_somebody_works_on_it_or_not_at_all(
    alice, bob, libby, review, tmp_path, deed
):
    join(review, "Carl", Role.REVIEWER)
    for number in range(ROUNDS // 2):
        path = ris_file(tmp_path, 5, first=number * 100, name=f"{number}.ris")
        imported = commit_import(fresh(libby), uploaded(libby, path))
        records = list(Record.objects.filter(imported_by=imported))
        deeds: dict[str, Callable[[], Any]] = {
            "vote": lambda record=records[0]: cast_vote(
                fresh(alice), record, Ballot(Decision.INCLUDE), stage=TA
            ),
            "claim": lambda records=records: claim(fresh(alice), TA, held=[r.pk for r in records]),
            "later": lambda record=records[0]: postpone(fresh(alice), record, stage=TA),
        }

        results = race(deeds[deed], lambda imported=imported: undo_import(fresh(libby), imported))

        allowed = {
            "vote": (["HasWork", "Vote"], ["Import", "Refused"]),
            "claim": (["Import", "tuple"],),
            "later": (["Import", "NoneType"], ["Import", "Refused"]),
        }
        assert kinds(results) in allowed[deed]
        stands = Vote.objects.filter(item__record__in=records).exists()
        assert Record.objects.filter(imported_by=imported).count() == (5 if stands else 0)


def test_items_of_an_import_have_the_quorum_that_is_edited_meanwhile(libby, dora, tmp_path):
    for number, quorum in enumerate([1, 3] * (ROUNDS // 4)):
        path = ris_file(tmp_path, 5, first=number * 100, name=f"{number}.ris")
        previewed = uploaded(libby, path)

        results = race(
            lambda previewed=previewed: commit_import(fresh(libby), previewed),
            lambda quorum=quorum: edit_protocol(fresh(dora), quorum_title_abstract=quorum),
        )

        assert kinds(results) == ["Import", "Protocol"]
        assert set(ScreeningItem.objects.values_list("quorum", flat=True)) == {quorum}
