from datetime import timedelta

import pytest
from django.utils import timezone

from reporting.overview import Overview, seconds_each
from reporting.progress import my_reading
from screening.actions import conflicts as settle
from screening.actions.retrieval import say_of_report
from screening.actions.rounds import reopen
from screening.models import (
    Invitation,
    ResolutionMode,
    RetrievalState,
    Role,
    ScreeningItem,
    Source,
)
from screening.rules import Decision, Stage
from tests.clock import complete_since
from tests.factories import ItemFactory, MembershipFactory, ReviewFactory

STAGE = Stage.TITLE_ABSTRACT


def step(access) -> str:
    return Overview(access).step.title


@pytest.fixture
def open_overview(client):
    def get(access) -> str:
        client.force_login(access.user)
        answer = client.get(f"/reviews/{access.review.pk}/")
        assert answer.status_code == 200
        return " ".join(answer.content.decode().split())

    return get


def test_an_empty_review_begins_with_its_search(alice, dora, libby, olive):
    assert [step(access) for access in (dora, libby, alice, olive)] == [
        "Describe the first search",
        "Describe the first search",
        "There are no records yet",
        "There are no records yet",
    ]


def test_a_source_without_records_asks_for_its_file(dora):
    Source.objects.create(review=dora.review, name="PubMed")

    assert step(dora) == "Import what the search found"


def test_everybody_is_told_their_own_next_step(alice, bob, carol, dora, olive, screened):
    for signs in ("..", "+.", "+."):
        screened(signs)

    assert step(alice) == "1 record waits for your vote"
    assert step(bob) == "3 records wait for your vote"
    assert step(dora) == "2 reviewers still have records to screen"
    assert step(carol) == "2 reviewers still have records to screen"
    assert step(olive) == "You read along; nothing waits for you"


def test_whoever_is_done_waits_for_the_partner(alice, screened):
    screened("+.")

    assert step(alice) == "Your partner still has 1 record to screen"


def test_the_lead_of_a_single_reviewer_invites_a_second(alice, dora, review):
    ItemFactory(review=review)

    assert step(dora) == "Invite a second reviewer"

    Invitation.objects.create(
        review=review,
        email="bob@example.org",
        roles=["reviewer"],
        token_hash="x",
        invited_by=dora.user,
        created_at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=1),
    )

    assert step(dora) == "The second reviewer has not answered yet"


def test_a_conflict_is_for_the_voters_and_the_lead_to_discuss(
    alice, carol, dora, screened, no_undo
):
    screened("+-")

    assert step(alice) == "1 conflict to discuss"
    assert step(dora) == "1 conflict to discuss"
    assert step(carol) == "1 conflict is with others"


def test_a_proposal_is_for_the_other_voter_to_answer(alice, bob, dora, screened, no_undo):
    item = screened("+-")
    settle.propose(
        alice, item.record, stage=STAGE, decision=Decision.EXCLUDE, rationale="No images."
    )

    assert step(bob) == "1 proposal waits for your answer"
    assert step(alice) == "1 conflict is with others"
    assert step(dora) == "1 conflict is with others"


def test_where_adjudication_is_asked_for_the_adjudicator_decides(
    alice, carol, dora, screened, no_undo, review
):
    review.protocols.update(resolution_mode=ResolutionMode.ADJUDICATION)
    screened("+-")

    assert step(carol) == "1 conflict waits for your decision"
    assert step(dora) == "1 conflict waits for your decision"
    assert step(alice) == "1 conflict is with others"


def test_a_conflict_shows_nowhere_while_it_can_be_undone(alice, dora, screened, open_overview):
    screened("+-")

    assert step(alice) == "The last records are settling"
    assert "conflict</span>" not in open_overview(dora)
    assert "0&nbsp;in&nbsp;conflict, 1&nbsp;with one vote, 0&nbsp;unseen" in open_overview(dora)


def test_included_records_are_followed_by_their_full_texts(
    alice, carol, dora, libby, screened, no_undo
):
    screened("++")
    screened("--")

    page = Overview(alice)

    assert (page.step.title, page.step.stage) == (
        "1 full text waits for your vote",
        Stage.FULL_TEXT,
    )
    assert (step(dora), step(libby)) == ("1 report is still to be got",) * 2
    assert step(carol) == "2 reviewers still have full texts to screen"


def test_a_report_asked_for_waits_for_nobodys_vote(alice, dora, libby, sought, no_undo):
    say_of_report(libby, sought().record, RetrievalState.REQUESTED, why="The library")

    assert {step(access) for access in (alice, dora, libby)} == {
        "1 report is asked for and not here yet"
    }


def test_the_last_full_texts_are_waited_for(alice, dora, read):
    read("+", "E1")

    assert (step(alice), step(dora)) == ("The last full texts are settling",) * 2


def test_a_conflict_at_full_text_is_discussed_there(alice, carol, read, no_undo, open_overview):
    read("+", "E1")

    assert (step(alice), step(carol)) == ("1 conflict to discuss", "1 conflict is with others")
    text = open_overview(alice)
    assert f'href="/reviews/{alice.review.pk}/conflicts/full-text/">Discuss' in text
    assert "full text, waits less than a day" in text


def test_when_both_stages_are_at_their_end_the_files_are_next(
    alice, dora, screened, sought, read, no_undo
):
    screened("--")
    read("+", "+")
    read("E1", "E2")
    say_of_report(dora, sought().record, RetrievalState.NOT_RETRIEVED, why="Lost")

    page = Overview(alice)

    assert step(dora) == "Screening is finished"
    assert (page.step.kind, page.step.page) == ("done", "files")
    assert page.step.text == (
        "1 full text included, 1 excluded, 1 not retrieved, and no conflict left open."
    )


def test_the_flow_adds_up(dora, libby, screened, sought, read, no_undo, open_overview):
    for signs in ("..", "+.", "+-", "--", "--"):
        screened(signs)
    for votes in (("+", "+"), ("E1", "E1"), ("E1", "E2"), ("+", "E1"), ("+", ".")):
        read(*votes)
    states = RetrievalState
    for state in (states.REQUESTED, states.REQUESTED, states.NOT_RETRIEVED, None):
        say_of_report(libby, sought().record, state, why="Asked")

    text = open_overview(dora)

    assert ">14</a></strong>records identified" in text
    assert ">11</a></strong>finished by two" in text
    assert "9 included, 2 excluded" in text
    assert "1&nbsp;in&nbsp;conflict, 1&nbsp;with one vote, 1&nbsp;unseen" in text
    assert '?show=all">9</a></strong>full texts sought' in text
    assert (
        "5&nbsp;retrieved, 1&nbsp;not&nbsp;retrieved, 2&nbsp;asked&nbsp;for, 1&nbsp;to&nbsp;get"
    ) in text
    assert ">3</a></strong>full texts finished" in text
    assert "by two: 1&nbsp;in&nbsp;conflict, 1&nbsp;with one vote, 4&nbsp;unseen" in text
    assert "<strong>1</strong>included so far" in text
    assert "2 full texts excluded" in text


def test_a_full_text_counts_nowhere_before_its_record_is_settled(
    alice, bob, dora, screened, open_overview, settings
):
    settings.UNDO_SECONDS = 10
    screened("++")

    assert '?show=all">0</a></strong>full texts sought' in open_overview(dora)
    assert Overview(alice).full_text.is_begun is False


def test_votes_on_a_report_whose_record_is_judged_anew_count_for_nothing(
    alice, bob, dora, read, no_undo
):
    item = read("+", ".")
    reopen(dora, item.record, stage=STAGE, why="Wrong abstract")

    assert Overview(alice).full_text.is_begun is False
    assert my_reading(alice, Stage.FULL_TEXT) == (0, 0)


def test_the_oldest_conflict_tells_its_age(dora, screened, open_overview):
    for days in (1, 3):
        item = screened("+-")
        ago = timezone.now() - timedelta(days=days, hours=1)
        complete_since(ago, ScreeningItem.objects.filter(pk=item.pk))

    assert "title and abstract, oldest waits 3 days" in open_overview(dora)


def test_the_example_says_that_it_is_one(dora, open_overview):
    assert "synthetic" not in open_overview(dora)

    dora.review.is_example = True
    dora.review.save()

    assert "This is an example. Its records are synthetic" in open_overview(dora)


def test_only_staff_is_led_to_the_administration(dora, alice, open_overview):
    dora.user.is_staff = True
    dora.user.save()

    assert 'href="/admin/"' in open_overview(dora)
    assert 'href="/admin/"' not in open_overview(alice)


def test_the_pace_is_the_mean_of_the_persons_own_votes(alice, bob, vote, screened):
    for place in range(10):
        vote(screened(".."), alice, "+", seconds=20 + 2 * place)
        vote(screened(".."), bob, "+", seconds=600)

    assert seconds_each(alice, STAGE) == 29
    assert seconds_each(alice, Stage.FULL_TEXT) is None


def test_few_votes_tell_no_pace(alice, vote, screened):
    for _ in range(9):
        vote(screened(".."), alice, "+", seconds=20)

    assert seconds_each(alice, STAGE) is None


def test_my_reviews_say_what_waits_for_me(client, alice, screened):
    screened("..")
    other = ReviewFactory(title="Somebody else's")
    client.force_login(alice.user)

    text = client.get("/").content.decode()

    assert "1 record waits for your vote." in text
    assert other.title not in text


def test_my_reviews_look_across_the_stages(
    client, alice, carol, dora, libby, olive, sought, read, no_undo
):
    def waits(access) -> str:
        client.force_login(access.user)
        text = " ".join(client.get("/").content.decode().split())
        return text.partition("</h2> <p>")[2].partition("</p>")[0]

    item = sought()
    assert waits(alice) == "1 full text waits for your vote."
    assert (waits(libby), waits(dora)) == ("1 report is still to be got.",) * 2
    assert waits(olive) == "Nothing waits for you; others are still at work."

    say_of_report(libby, item.record, RetrievalState.NOT_RETRIEVED, why="Lost")
    assert {waits(access) for access in (alice, libby, dora, olive)} == {"Screening is finished."}

    read("+", "E1")
    assert waits(carol) == "1 conflict waits to be resolved."
    client.force_login(alice.user)
    text = " ".join(client.get("/").content.decode().split())
    assert "2 of 2 records finished" in text
    assert "1 of 2 full texts finished" in text


def test_somebody_without_a_review_is_shown_the_way(client, mallory):
    mallory.membership.ended_at = timezone.now()
    mallory.membership.save()
    client.force_login(mallory.user)

    text = client.get("/").content.decode()

    assert "You are in no review yet" in text
    assert 'href="/reviews/new/"' in text


def test_my_reviews_cost_the_same_for_one_as_for_many(
    client, alice, screened, django_assert_num_queries, django_assert_max_num_queries
):
    screened("+.")
    client.force_login(alice.user)
    with django_assert_max_num_queries(15) as few:
        client.get("/")
    for _ in range(5):
        MembershipFactory(user=alice.user, roles=[Role.REVIEWER, Role.LEAD])

    with django_assert_num_queries(len(few)):
        client.get("/")


def test_searches_that_are_only_described_are_counted_apart(dora, screened, open_overview):
    Source.objects.create(review=dora.review, name="Embase")
    assert "1 source described" in open_overview(dora)
    screened("..")

    page = open_overview(dora)

    assert "1 source, PubMed, 1 more described" in page
