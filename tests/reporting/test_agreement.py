"""Agreement is counted on first rounds before anything is resolved, and only on what is settled."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from reporting.agreement.counting import agreement
from reporting.agreement.csv import pairs
from reporting.agreement.page import stages_of
from screening.access import access_for
from screening.actions import conflicts
from screening.actions.rounds import reopen
from screening.actions.voting import Ballot, cast_vote
from screening.models import ExclusionReason, Role
from screening.rules import Decision, Stage
from tests.clock import complete_since, time_passes
from tests.conftest import join
from tests.factories import ItemFactory

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT


@pytest.fixture
def reasons(review) -> None:
    for position, code in enumerate(("E1", "E2", "E3"), start=1):
        ExclusionReason.objects.create(
            review=review, code=code, position=position, label=f"Reason {code}"
        )


@pytest.fixture
def at_full_text(alice, bob, reasons):
    def cast(item, *said: str) -> None:
        for access, code in zip((alice, bob), said, strict=True):
            ballot = Ballot(Decision.INCLUDE)
            if code != "+":
                ballot = Ballot(Decision.EXCLUDE, reasons=tuple(code.split("|")))
            cast_vote(access, item.record, ballot, stage=FT)

    return cast


def an_hour_later() -> None:
    time_passes(timedelta(hours=1))


def counts(access, stage=TA) -> dict[tuple[str, str], tuple]:
    return {
        (pair.first, pair.second): (*pair.summary.table.counts, pair.left_out)
        for pair in agreement(access, stage)
    }


def test_a_pair_is_counted_with_maybe_as_include_and_the_first_member_first(alice, bob, screened):
    for signs in ("++", "?+", "+-", "--", "--", "--", "-?"):
        screened(signs)
    an_hour_later()

    assert counts(alice) == {("Alice", "Bob"): ((2, 1), (1, 3), 0)}


def test_the_order_is_that_of_joining_and_not_of_accounts(review, bob, alice, screened):
    """Bob joined first here; Alice's vote comes first all the same."""
    screened("+-")
    an_hour_later()

    assert counts(alice) == {("Bob", "Alice"): ((0, 0), (1, 0), 0)}


def test_a_vote_that_is_not_settled_is_not_counted(alice, screened):
    screened("++")
    an_hour_later()
    screened("--")
    screened("+.")

    assert counts(alice) == {("Alice", "Bob"): ((1, 0), (0, 0), 0)}


def test_what_was_resolved_still_counts_as_it_was_voted(review, alice, bob, olive, screened):
    item = screened("+-")
    an_hour_later()
    said = {"decision": Decision.EXCLUDE, "rationale": "Talked about."}
    proposal = conflicts.propose(alice, item.record, stage=TA, **said)
    conflicts.confirm(bob, item.record, stage=TA, proposal_pk=proposal.pk)

    assert counts(olive) == {("Alice", "Bob"): ((0, 1), (0, 0), 0)}


def test_an_open_conflict_is_left_out_for_whoever_may_not_know_who_voted_what(
    review, alice, dora, olive, screened
):
    screened("+-")
    screened("--")
    an_hour_later()

    assert counts(alice) == {("Alice", "Bob"): ((0, 1), (0, 1), 0)}
    assert counts(dora) == counts(olive) == {("Alice", "Bob"): ((0, 0), (0, 1), 1)}

    review.protocols.update(names_shown_in_conflicts=True)
    shown = access_for(olive.user, review.pk)
    assert counts(shown) == {("Alice", "Bob"): ((0, 1), (0, 1), 0)}


def test_only_the_first_round_counts_and_not_while_another_is_open(
    alice, bob, dora, screened, vote
):
    item = screened("--")
    an_hour_later()
    reopen(dora, item.record, stage=TA, why="A mistake.")
    assert counts(alice) == {}

    vote(item, alice, "+")
    vote(item, bob, "-")
    an_hour_later()

    assert counts(alice) == {("Alice", "Bob"): ((0, 0), (0, 1), 0)}


def test_three_reviewers_make_three_pairs(review, alice, bob, vote):
    review.protocols.update(quorum_title_abstract=3)
    cem = join(review, "Cem", Role.REVIEWER)
    item = ItemFactory(review=review)
    for person, sign in ((alice, "+"), (bob, "+"), (cem, "?")):
        vote(item, access_for(person.user, review.pk), sign)
    an_hour_later()

    assert counts(alice) == {
        ("Alice", "Bob"): ((1, 0), (0, 0), 0),
        ("Alice", "Cem"): ((1, 0), (0, 0), 0),
        ("Bob", "Cem"): ((1, 0), (0, 0), 0),
    }


def test_people_without_a_record_in_common_are_no_pair(review, alice, bob, screened, vote):
    join(review, "Cem", Role.REVIEWER)
    screened("++")
    an_hour_later()

    assert list(counts(alice)) == [("Alice", "Bob")]


def test_reasons_are_compared_where_both_exclude(alice, screened, at_full_text):
    """By the first of each one's reasons in the order of the protocol."""
    said = [("E1", "E1|E2"), ("E2", "E1"), ("E2|E3", "E2"), ("+", "+"), ("+", "E1")]
    items = [screened("++") for _ in said]
    complete_since(timezone.now() - timedelta(hours=2))
    for item, codes in zip(items, said, strict=True):
        at_full_text(item, *codes)
    an_hour_later()

    (pair,) = agreement(alice, FT)

    assert pair.summary.table.counts == ((1, 1), (0, 3))
    assert pair.reasons.table.categories == ("E1", "E2", "E3")
    assert pair.reasons.table.counts == ((1, 0, 0), (1, 1, 0), (0, 0, 0))
    assert pair.reasons.raw.value == pytest.approx(2 / 3)
    assert agreement(alice, TA)[0].reasons is None


def test_a_report_whose_record_is_reopened_does_not_count(alice, dora, screened, at_full_text):
    item = screened("++")
    an_hour_later()
    at_full_text(item, "E1", "E1")
    an_hour_later()
    assert len(agreement(alice, FT)) == 1

    reopen(dora, item.record, stage=TA, why="A mistake.")

    assert (agreement(alice, FT), agreement(alice, TA)) == ([], [])


def test_pairs_of_another_review_are_none_of_ours(mallory, screened):
    screened("++")
    an_hour_later()

    assert agreement(mallory, TA) == []


# --- Page and file ------------------------------------------------------------------------------


def test_the_page_shows_the_table_the_coefficients_and_the_sentence(client, alice, screened):
    for signs in ["--"] * 17 + ["++", "+-", "-+"]:
        screened(signs)
    an_hour_later()
    client.force_login(alice.user)

    answer = client.get(reverse("reporting:agreement", args=[alice.review.pk]))

    page = answer.content.decode()
    assert "Alice and Bob, title and abstract" in page
    assert "20 records that both decided on" in page
    (stage,) = stages_of(alice)
    lines = {line.name: (line.value, line.interval) for line in stage.pairs[0].lines}
    assert lines["Raw agreement"][0] == "90.0%"
    assert lines["Cohen's kappa"] == ("0.44", "-0.20 to 1.00")
    assert "Few records are included" in page


def test_as_a_part_of_the_report_it_comes_without_its_frame(client, alice, screened):
    screened("++")
    an_hour_later()
    client.force_login(alice.user)
    address = reverse("reporting:agreement", args=[alice.review.pk])

    part = client.get(address, headers={"HX-Request": "true"}).content.decode()

    assert ("Alice and Bob" in part, "<html" in part) == (True, False)
    assert "only one" in part or "one and the same category" in part


def test_without_anything_in_common_the_page_says_so(client, olive):
    client.force_login(olive.user)

    page = client.get(reverse("reporting:agreement", args=[olive.review.pk])).content.decode()

    assert "No two reviewers have decided on the same record yet" in page


def test_the_file_has_a_row_for_each_pair_and_stage(client, alice, screened, at_full_text):
    items = [screened(signs) for signs in ("++", "--", "+-")]
    an_hour_later()
    at_full_text(items[0], "E1", "E2")
    an_hour_later()
    client.force_login(alice.user)

    answer = client.get(reverse("reporting:export", args=[alice.review.pk, "agreement"]))

    text = b"".join(answer.streaming_content).decode()
    first, second = csv.DictReader(io.StringIO(text))
    assert (first["stage"], first["reviewer_a"], first["reviewer_b"], first["n"]) == (
        "title_abstract",
        "Alice",
        "Bob",
        "3",
    )
    assert float(first["raw_agreement"]) == pytest.approx(2 / 3)
    assert float(first["kappa"]) == pytest.approx(0.4)
    assert (second["stage"], second["reasons_n"], second["reasons_raw_agreement"]) == (
        "full_text",
        "1",
        "0.0",
    )
    assert second["kappa"] == ""
    assert second["remarks"].startswith("kappa: Both used one and the same category")


def test_the_file_counts_the_conflicts_it_leaves_out(client, olive, screened):
    screened("+-")
    an_hour_later()
    client.force_login(olive.user)

    answer = client.get(reverse("reporting:export", args=[olive.review.pk, "agreement"]))

    assert answer.headers["X-Rows-Hidden"] == "1"


def test_what_is_kept_for_one_person_is_not_shown_to_another(alice, olive, dora, screened):
    screened("+-")
    an_hour_later()

    assert [pair.left_out for pair in pairs(alice)] == [0]
    assert [pair.left_out for pair in pairs(olive)] == [1]
    assert [pair.left_out for pair in pairs(alice)] == [0]


def test_one_question_for_each_stage_however_many_votes(alice, screened, django_assert_num_queries):
    screened("++")
    for _ in range(6):
        screened("+-")
    an_hour_later()
    access = access_for(alice.user, alice.review.pk)

    with django_assert_num_queries(3):  # protocol, votes, members
        agreement(access, TA)
