"""Who is in a review with which roles; the last lead stays."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from screening.access import Refused, access_for
from screening.actions.people import accept_invitation, change_roles, end_membership, invite
from screening.actions.voting import Ballot, cast_vote
from screening.models import LogEntry, Membership, Role, Vote
from screening.rules import Decision, Stage
from tests.conftest import join
from tests.factories import ItemFactory, ReviewFactory, UserFactory

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
    assert done["Location"] == page(dora)
    assert [member.name for member in client.get(page(dora)).context["past_members"]] == ["Alice"]


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
