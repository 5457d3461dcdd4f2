"""Who is in a review with which roles; the last lead stays."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from screening.access import Refused, access_for
from screening.actions.people import accept_invitation, change_roles, end_membership, invite
from screening.actions.voting import Ballot, cast_vote, postpone, take_back_vote
from screening.models import (
    Import,
    Lease,
    LogEntry,
    Membership,
    Postponement,
    Role,
    ScreeningItem,
    Vote,
)
from screening.pairs import work_by_pair
from screening.queue import hand_out, upcoming
from screening.rules import Decision, Stage
from screening.verification import verify
from tests.clock import complete_since
from tests.conftest import join
from tests.factories import ItemFactory, ReviewFactory, UserFactory
from tests.invariants import differences

pytestmark = pytest.mark.django_db

EVERYBODY = ["alice", "bob", "carol", "dora", "libby", "olive"]
NO_LEADS = [name for name in EVERYBODY if name != "dora"]


def roles_of(access):
    return set(access.membership.roles.values_list("role", flat=True))


def last_entry(access):
    entry = access.scope(LogEntry).order_by("sequence").last()
    return (entry.action, entry.before, entry.after) if entry else None


def vote(access, item, decision=Decision.INCLUDE):
    return cast_vote(access, item.record, Ballot(decision), stage=Stage.TITLE_ABSTRACT)


# --- Roles ------------------------------------------------------------------------------------


def test_somebody_screens_while_they_are_in_the_review_as_a_reviewer(review, dora, alice, olive):
    both = join(review, "Eve", Role.LEAD, Role.REVIEWER)
    gone = join(review, "Frank", Role.REVIEWER)
    end_membership(dora, gone.membership)

    everybody = Membership.objects.filter(review=review).prefetch_related("roles")

    assert {member.name: member.screens for member in everybody} == {
        "Dora": False,
        "Alice": True,
        "Olive": False,
        "Eve": True,
        "Frank": False,
    }
    assert both.membership.held_roles() == {"lead", "reviewer"}


def test_roles_of_many_members_are_read_at_once(
    review, alice, bob, olive, django_assert_num_queries
):
    with django_assert_num_queries(2):
        members = Membership.objects.filter(review=review).prefetch_related("roles")
        held = [(member.name, *member.held_roles(), member.screens) for member in members]

    assert sorted(held) == [
        ("Alice", "reviewer", True),
        ("Bob", "reviewer", True),
        ("Olive", "observer", False),
    ]


def test_a_member_has_exactly_the_roles_chosen(dora, libby):
    change_roles(dora, libby.membership, [Role.REVIEWER, Role.LIBRARIAN])

    assert roles_of(libby) == {"librarian", "reviewer"}
    assert last_entry(dora) == (
        "member.roles_changed",
        {"member": libby.membership.number, "name": "Libby", "roles": ["librarian"]},
        {"member": libby.membership.number, "name": "Libby", "roles": ["reviewer", "librarian"]},
    )


def test_the_roles_there_are_already_change_nothing(dora, libby):
    change_roles(dora, libby.membership, [Role.LIBRARIAN])

    assert last_entry(dora) is None


def test_a_member_without_a_role_is_none(dora, libby):
    with pytest.raises(Refused, match="at least one role"):
        change_roles(dora, libby.membership, [])

    assert roles_of(libby) == {"librarian"}


def test_a_role_nobody_knows_is_a_mistake_of_the_caller(dora, libby):
    with pytest.raises(ValueError, match="emperor"):
        change_roles(dora, libby.membership, ["emperor"])


@pytest.mark.parametrize("who", NO_LEADS)
def test_only_the_lead_changes_the_team(request, who, alice, dora):
    access = request.getfixturevalue(who)

    with pytest.raises(PermissionDenied):
        change_roles(access, alice.membership, [Role.OBSERVER])
    with pytest.raises(PermissionDenied):
        end_membership(access, alice.membership)

    assert roles_of(alice) == {"reviewer"}


def test_a_lead_of_another_review_changes_nobody_here(alice, mallory):
    with pytest.raises(Refused, match="Alice is not a member of this review"):
        change_roles(mallory, alice.membership, [Role.OBSERVER])
    with pytest.raises(Refused, match="Alice is not a member of this review"):
        end_membership(mallory, alice.membership)

    assert roles_of(alice) == {"reviewer"}


def test_the_only_lead_stays_lead(dora):
    with pytest.raises(Refused, match="Dora is the only lead"):
        change_roles(dora, dora.membership, [Role.REVIEWER])
    with pytest.raises(Refused, match="Dora is the only lead"):
        end_membership(dora, dora.membership)

    assert roles_of(dora) == {"lead"}


def test_a_lead_who_left_does_not_count_as_another(review, dora):
    other = join(review, "Lou", Role.LEAD)
    end_membership(dora, other.membership)

    with pytest.raises(Refused, match="Dora is the only lead"):
        change_roles(dora, dora.membership, [Role.REVIEWER])


def test_a_lead_of_another_review_does_not_count_as_another(dora, mallory):
    with pytest.raises(Refused, match="Dora is the only lead"):
        end_membership(dora, dora.membership)


def test_with_a_second_lead_the_first_may_go(review, dora):
    other = join(review, "Lou", Role.LEAD)

    change_roles(dora, dora.membership, [Role.REVIEWER])

    assert roles_of(dora) == {"reviewer"}
    assert roles_of(other) == {"lead"}


def test_who_was_demoted_meanwhile_is_told(review, dora):
    """Dora's access says lead; the database does not any more."""
    other = join(review, "Lou", Role.LEAD)
    change_roles(other, dora.membership, [Role.OBSERVER])

    with pytest.raises(PermissionDenied, match="no longer have the role"):
        change_roles(dora, other.membership, [Role.OBSERVER])

    assert roles_of(other) == {"lead"}


# --- Leaving ----------------------------------------------------------------------------------


def test_who_left_has_no_access_and_votes_stay(alice, dora):
    item = ItemFactory(review=dora.review)
    vote(alice, item)

    end_membership(dora, alice.membership)

    with pytest.raises(Membership.DoesNotExist):
        access_for(alice.user, dora.review.pk)
    with pytest.raises(PermissionDenied):
        vote(alice, ItemFactory(review=dora.review))
    assert list(Vote.objects.values_list("reviewer", "superseded_at")) == [(alice.user.pk, None)]
    assert last_entry(dora) == (
        "member.removed",
        {"member": alice.membership.number, "name": "Alice", "roles": ["reviewer"]},
        None,
    )


def test_nobody_leaves_twice(alice, dora):
    end_membership(dora, alice.membership)

    with pytest.raises(Refused, match="Alice is not a member of this review any more"):
        end_membership(dora, alice.membership)
    with pytest.raises(Refused, match="Alice is not a member of this review any more"):
        change_roles(dora, alice.membership, [Role.LEAD])


def half_voted_on(alice, bob, review):
    """Alice alone, Bob alone, both, nobody."""
    items = ItemFactory.create_batch(4, review=review)
    vote(alice, items[0], Decision.EXCLUDE)
    vote(bob, items[1])
    vote(alice, items[2])
    vote(bob, items[2])
    return items


def outcomes(items):
    return [ScreeningItem.objects.get(pk=item.pk).outcome for item in items]


def clean():
    for one in Import.objects.all():
        one.found = one.read = one.records.count()
        one.save()
    return differences() + verify().differences


def test_half_voted_records_stay_unless_the_lead_says_otherwise(alice, bob, dora, review):
    items = half_voted_on(alice, bob, review)

    end_membership(dora, alice.membership)

    assert outcomes(items) == ["partial", "partial", "included", "unseen"]
    assert clean() == []


def test_half_voted_records_go_back_to_the_queue_and_finished_ones_stay(alice, bob, dora, review):
    items = half_voted_on(alice, bob, review)

    end_membership(dora, alice.membership, back_to_queue=True)

    assert outcomes(items) == ["unseen", "partial", "included", "unseen"]
    theirs = Vote.objects.filter(reviewer=alice.user).order_by("pk")
    assert [vote.superseded_at is None for vote in theirs] == [False, True]
    cem = join(review, "Cem", Role.REVIEWER)
    wanted = {items[number].pk for number in (0, 1, 3)}
    assert {item.pk for item in upcoming(cem, Stage.TITLE_ABSTRACT)} == wanted
    assert last_entry(dora)[::2] == ("member.removed", {"votes_returned": 1})
    assert clean() == []


def test_what_is_returned_is_logged_by_the_lead_and_hidden_with_the_record(
    alice, bob, dora, review
):
    items = half_voted_on(alice, bob, review)
    end_membership(dora, alice.membership, back_to_queue=True)

    entry = dora.scope(LogEntry).get(action="vote.returned")

    assert (entry.actor, entry.item, entry.after) == (dora.membership, items[0], None)
    assert (entry.before["vote"], entry.before["name"]) == ("exclude", "Alice")
    assert not LogEntry.objects.visible_to(dora).filter(pk=entry.pk).exists()


def test_who_comes_back_may_vote_on_it_again(alice, bob, dora, review):
    items = half_voted_on(alice, bob, review)
    end_membership(dora, alice.membership, back_to_queue=True)
    _, token = invite(dora, email=alice.user.email, roles=[Role.REVIEWER])
    accept_invitation(alice.user, token)

    again = access_for(alice.user, review.pk)
    vote(again, items[0])

    assert outcomes(items)[0] == "partial"
    assert clean() == []


def test_of_three_votes_the_two_others_stay(alice, bob, dora, review):
    review.protocols.update(quorum_title_abstract=3)
    item = ItemFactory(review=review)
    vote(alice, item)
    vote(bob, item)

    end_membership(dora, alice.membership, back_to_queue=True)

    assert outcomes([item]) == ["partial"]
    assert [one.reviewer for one in item.votes.current()] == [bob.user]
    assert clean() == []


def test_who_is_no_reviewer_any_more_leaves_as_somebody_removed(alice, bob, dora, review):
    items = half_voted_on(alice, bob, review)

    change_roles(dora, alice.membership, [Role.REVIEWER, Role.LIBRARIAN], back_to_queue=True)
    assert outcomes(items)[0] == "partial"
    change_roles(dora, alice.membership, [Role.LIBRARIAN], back_to_queue=True)

    assert outcomes(items)[0] == "unseen"
    assert last_entry(dora)[2]["votes_returned"] == 1
    assert clean() == []


@pytest.mark.parametrize("leave", ["removed", "role"])
def test_what_a_leaver_read_or_put_off_is_free(alice, bob, dora, review, leave):
    join(review, "Cem", Role.REVIEWER)
    items = ItemFactory.create_batch(6, review=review)
    hand_out(alice, Stage.TITLE_ABSTRACT)
    postpone(alice, items[5].record, stage=Stage.TITLE_ABSTRACT)
    postpone(bob, items[5].record, stage=Stage.TITLE_ABSTRACT)
    assert Lease.objects.filter(reviewer=alice.user).exists()

    if leave == "removed":
        end_membership(dora, alice.membership)
    else:
        change_roles(dora, alice.membership, [Role.OBSERVER])

    assert not Lease.objects.filter(reviewer=alice.user).exists()
    assert [row.reviewer for row in Postponement.objects.all()] == [bob.user]


def test_who_joins_midway_gets_what_is_short_of_votes(alice, bob, review):
    items = half_voted_on(alice, bob, review)

    cem = join(review, "Cem", Role.REVIEWER)
    vote(cem, items[0])

    assert {item.pk for item in ScreeningItem.objects.awaiting(cem.user)} == {
        items[1].pk,
        items[3].pk,
    }
    with pytest.raises(Refused, match="got its votes"):
        vote(cem, items[2])


# --- Work left by pair ------------------------------------------------------------------------


def pairs_of(access):
    return [
        (pair.stage.value, *pair.names, pair.both, pair.one, pair.neither)
        for pair in work_by_pair(access)
    ]


def test_work_left_is_counted_for_each_pair_that_is_here_to_screen(alice, bob, dora, review):
    items = half_voted_on(alice, bob, review)
    cem = join(review, "Cem", Role.REVIEWER)
    gone = join(review, "Gus", Role.REVIEWER)
    vote(cem, items[0])
    vote(gone, items[3])
    end_membership(dora, gone.membership)

    assert pairs_of(dora) == [
        ("title_abstract", "Alice", "Bob", 1, 2, 1),
        ("title_abstract", "Alice", "Cem", 1, 1, 2),
        ("title_abstract", "Bob", "Cem", 0, 3, 1),
    ]


def test_reports_count_once_their_records_are_settled(alice, bob, dora, review):
    half_voted_on(alice, bob, review)
    before = pairs_of(dora)

    complete_since(timezone.now() - timedelta(hours=1))

    assert [pair[0] for pair in before] == ["title_abstract"]
    assert pairs_of(dora) == [*before, ("full_text", "Alice", "Bob", 0, 0, 1)]


def test_a_vote_changed_or_taken_back_counts_once_or_not(alice, bob, dora, review):
    item = ItemFactory(review=review)
    vote(alice, item)
    vote(alice, item, Decision.EXCLUDE)
    vote(bob, item)
    take_back_vote(bob, item.record, stage=Stage.TITLE_ABSTRACT)

    assert pairs_of(dora) == [("title_abstract", "Alice", "Bob", 0, 1, 0)]


def test_one_reviewer_is_no_pair(alice, dora, review):
    ItemFactory(review=review)

    assert pairs_of(dora) == []


# --- The pages --------------------------------------------------------------------------------


def page(access, name="team", *args):
    return reverse(f"screening:{name}", args=[access.review.pk, *args])


@pytest.mark.parametrize("who", EVERYBODY)
def test_every_member_sees_the_team_and_only_the_lead_its_addresses(client, request, who):
    for name in EVERYBODY:
        request.getfixturevalue(name)
    access = request.getfixturevalue(who)
    client.force_login(access.user)

    response = client.get(page(access))

    assert [member.name for member in response.context["members"]] == [
        name.title() for name in EVERYBODY
    ]
    assert ("olive@example.org" in main_part(response)) == access.is_lead
    assert ("Invite somebody" in response.text) == access.is_lead


def test_a_stranger_sees_no_team(client, dora, mallory):
    client.force_login(mallory.user)

    assert client.get(page(dora)).status_code == 404


def test_the_team_page_counts_work_and_not_what_was_decided(client, alice, bob, dora):
    items = ItemFactory.create_batch(3, review=dora.review)
    vote(alice, items[0])
    changed = vote(alice, items[1])
    vote(alice, items[1], Decision.EXCLUDE)
    vote(bob, items[0], Decision.EXCLUDE)
    elsewhere = join(ReviewFactory(), "Al", Role.REVIEWER)
    vote(elsewhere, ItemFactory(review=elsewhere.review))
    client.force_login(dora.user)

    response = client.get(page(dora))

    assert changed.pk != Vote.objects.filter(item=items[1]).last().pk
    assert {member.name: member.n_votes for member in response.context["members"]} == {
        "Alice": 2,
        "Bob": 1,
        "Dora": 0,
    }


def main_part(response):
    """Without the token in the menu, which is another one each time."""
    return response.text.split("<main")[1]


def test_one_vote_turned_round_changes_nothing_on_the_page(client, alice, bob, dora):
    item = ItemFactory(review=dora.review)
    client.force_login(bob.user)
    vote(alice, item)
    before = main_part(client.get(page(dora)))

    vote(alice, item, Decision.EXCLUDE)

    assert main_part(client.get(page(dora))) == before


def test_the_page_asks_the_same_for_any_number_of_members(
    client, review, dora, django_assert_max_num_queries
):
    client.force_login(dora.user)
    for n in range(12):
        join(review, f"Member {n}", Role.REVIEWER, Role.LIBRARIAN)

    with django_assert_max_num_queries(13):
        client.get(page(dora))


def test_the_lead_changes_roles_on_a_page(client, dora, libby):
    client.force_login(dora.user)
    address = page(dora, "member_roles", libby.membership.number)

    shown = client.get(address)
    wrong = client.post(address, {})
    right = client.post(address, {"roles": ["reviewer"]})

    assert shown.context["form"]["roles"].value() == ["librarian"]
    assert (wrong.status_code, wrong.context["form"].errors) == (
        422,
        {"roles": ["Choose at least one role."]},
    )
    assert right["Location"] == page(dora)
    assert roles_of(libby) == {"reviewer"}


def test_the_only_lead_is_told_in_a_sentence(client, dora):
    client.force_login(dora.user)
    number = dora.membership.number

    demoted = client.post(page(dora, "member_roles", number), {"roles": ["reviewer"]})
    removed = client.post(page(dora, "member_remove", number))

    assert (demoted.status_code, removed.status_code) == (409, 409)
    assert "Dora is the only lead of this review" in demoted.text
    assert "Dora is the only lead of this review" in removed.text


def test_removing_says_in_numbers_what_stays(client, alice, bob, dora):
    both, mine = ItemFactory.create_batch(2, review=dora.review)
    vote(alice, both)
    vote(bob, both)
    vote(alice, mine)
    client.force_login(dora.user)
    address = page(dora, "member_remove", alice.membership.number)

    shown = client.get(address)
    done = client.post(address)

    assert "2 votes of Alice stay and count as before; 1 of the records voted on still waits" in (
        shown.text
    )
    assert "back_to_queue" in shown.text
    assert done["Location"] == page(dora)
    assert [member.name for member in client.get(page(dora)).context["past_members"]] == ["Alice"]
    assert Vote.objects.current().filter(reviewer=alice.user).count() == 2


@pytest.mark.parametrize("name", ["member_remove", "member_roles"])
def test_the_lead_chooses_on_the_page_what_becomes_of_half_voted_records(
    client, alice, bob, dora, review, name
):
    items = half_voted_on(alice, bob, review)
    client.force_login(dora.user)
    address = page(dora, name, alice.membership.number)

    shown = client.get(address)
    wrong = client.post(address, {"roles": ["observer"], "back_to_queue": "perhaps"})
    done = client.post(address, {"roles": ["observer"], "back_to_queue": "yes"})

    assert shown.context["n_half"] == 1
    assert "They go back to the queue" in shown.text
    assert (wrong.status_code, outcomes(items)[0]) == (422, "unseen")
    assert done["Location"] == page(dora)


@pytest.mark.parametrize("name", ["member_remove", "member_roles"])
def test_nothing_is_asked_where_nothing_is_half_voted_on(client, alice, dora, review, name):
    ItemFactory(review=review)
    client.force_login(dora.user)

    shown = client.get(page(dora, name, alice.membership.number))

    assert "They go back to the queue" not in shown.text


def test_the_team_page_shows_work_left_to_everybody(client, alice, bob, olive, review):
    half_voted_on(alice, bob, review)
    client.force_login(olive.user)

    text = client.get(page(olive)).text

    assert "Work left by pair" in text
    assert "Alice and Bob" in text


def test_a_lead_who_removes_herself_is_sent_home(client, review, dora):
    join(review, "Lou", Role.LEAD)
    client.force_login(dora.user)

    response = client.post(page(dora, "member_remove", dora.membership.number))

    assert response["Location"] == "/"
    assert client.get(page(dora)).status_code == 404


def test_looking_at_the_removal_removes_nobody(client, alice, dora):
    client.force_login(dora.user)

    client.get(page(dora, "member_remove", alice.membership.number))

    assert Membership.objects.active().filter(user=alice.user).exists()


@pytest.mark.parametrize("name", ["member_roles", "member_remove"])
@pytest.mark.parametrize("who", NO_LEADS)
def test_the_pages_of_the_lead_are_hers(client, request, who, name, dora):
    access = request.getfixturevalue(who)
    client.force_login(access.user)
    address = page(access, name, dora.membership.number)

    assert client.get(address).status_code == 403
    assert client.post(address, {"roles": ["observer"]}).status_code == 403


@pytest.mark.parametrize("name", ["member_roles", "member_remove"])
def test_a_member_nobody_knows_is_not_found(client, dora, name):
    client.force_login(dora.user)

    assert client.get(page(dora, name, 99)).status_code == 404


def test_invitations_nobody_answered_go_with_whoever_sent_them(review, dora):
    ed = join(review, "Ed", Role.LEAD)
    _, token = invite(ed, email="ed.two@example.org", roles=[Role.LEAD])
    newcomer = UserFactory(name="Ed Two")

    end_membership(dora, ed.membership)

    with pytest.raises(Refused):
        accept_invitation(newcomer, token)
    assert not review.memberships.filter(user=newcomer).exists()
