from itertools import product

import pytest

from screening.rules import (
    Decision,
    MaybePolicy,
    Outcome,
    Stage,
    common_to_all,
    counted_reason,
    decisions_offered,
    outcome,
    still_to_confirm,
)

INC, E, M = Decision.INCLUDE, Decision.EXCLUDE, Decision.MAYBE


@pytest.mark.parametrize(
    ("votes", "quorum", "expected"),
    [
        ([], 2, Outcome.UNSEEN),
        ([INC], 2, Outcome.PARTIAL),
        ([E], 2, Outcome.PARTIAL),
        ([INC, INC], 2, Outcome.INCLUDED),
        ([INC, M], 2, Outcome.INCLUDED),
        ([M, M], 2, Outcome.INCLUDED),
        ([E, E], 2, Outcome.EXCLUDED),
        ([INC, E], 2, Outcome.CONFLICT),
        ([M, E], 2, Outcome.CONFLICT),
        ([INC], 1, Outcome.INCLUDED),
        ([M], 1, Outcome.INCLUDED),
        ([E], 1, Outcome.EXCLUDED),
        ([E, E], 3, Outcome.PARTIAL),
        ([E, E, INC], 3, Outcome.CONFLICT),
        ([INC, INC, E], 3, Outcome.CONFLICT),
        ([INC, M, INC], 3, Outcome.INCLUDED),
    ],
)
def test_votes_add_up(votes, quorum, expected):
    assert outcome(votes, quorum=quorum) is expected


@pytest.mark.parametrize("quorum", [1, 2, 3])
def test_the_order_of_votes_does_not_matter(quorum):
    for votes in product(Decision, repeat=quorum):
        for policy in MaybePolicy:
            assert outcome(votes, quorum=quorum, maybe=policy) is outcome(
                sorted(votes), quorum=quorum, maybe=policy
            )


@pytest.mark.parametrize(
    ("votes", "expected"),
    [([M, INC], Outcome.CONFLICT), ([M, M], Outcome.CONFLICT), ([INC, INC], Outcome.INCLUDED)],
)
def test_where_the_protocol_says_so_a_maybe_is_always_discussed(votes, expected):
    assert outcome(votes, quorum=2, maybe=MaybePolicy.DISCUSS) is expected


def test_with_a_quorum_of_one_there_is_never_a_conflict():
    outcomes = {outcome([v], quorum=1, maybe=p) for v, p in product(Decision, MaybePolicy)}

    assert outcomes == {Outcome.INCLUDED, Outcome.EXCLUDED}


@pytest.mark.parametrize(
    ("resolution", "expected"), [(INC, Outcome.INCLUDED), (E, Outcome.EXCLUDED)]
)
def test_a_resolution_stands_where_the_votes_are_no_conflict_under_a_later_version(
    resolution, expected
):
    assert outcome([INC, M], quorum=2, maybe=MaybePolicy.DISCUSS) is Outcome.CONFLICT
    assert outcome([INC, M], quorum=2, resolution=resolution) is expected


@pytest.mark.parametrize(
    ("resolution", "expected"), [(INC, Outcome.INCLUDED), (E, Outcome.EXCLUDED)]
)
def test_a_resolution_ends_a_conflict(resolution, expected):
    assert outcome([INC, E], quorum=2, resolution=resolution) is expected


@pytest.mark.parametrize(
    ("votes", "resolution", "message"),
    [
        ([INC, INC, INC], None, "3 votes where 2 are asked for"),
        ([INC], E, "a resolution of an item that is partial"),
        ([INC, E], M, "a resolution is include or exclude"),
    ],
)
def test_what_must_never_be_is_an_error_and_no_outcome(votes, resolution, message):
    with pytest.raises(ValueError, match=message):
        outcome(votes, quorum=2, resolution=resolution)


@pytest.mark.parametrize(
    ("stage", "policy", "expected"),
    [
        (Stage.TITLE_ABSTRACT, MaybePolicy.INCLUDE, (E, M, INC)),
        (Stage.TITLE_ABSTRACT, MaybePolicy.DISCUSS, (E, M, INC)),
        (Stage.TITLE_ABSTRACT, MaybePolicy.OFF, (E, INC)),
        (Stage.FULL_TEXT, MaybePolicy.INCLUDE, (E, INC)),
    ],
)
def test_maybe_is_offered_at_title_and_abstract_unless_it_is_off(stage, policy, expected):
    assert decisions_offered(stage, policy) == expected


def test_a_proposal_waits_for_every_other_active_voter():
    assert still_to_confirm({1, 2, 3}, proposer=1, confirmed=[2]) == {3}
    assert still_to_confirm({1, 2}, proposer=9, confirmed=[]) == {1, 2}
    assert still_to_confirm({1}, proposer=1, confirmed=[]) == set()


ORDER = ["animals", "images", "measure"]


@pytest.mark.parametrize(
    ("given", "counted"),
    [
        ([{"measure"}, {"measure"}], "measure"),
        ([{"animals", "measure"}, {"measure"}], "measure"),  # what both gave, though it comes last
        ([{"animals", "images"}, {"images", "animals"}], "animals"),
        ([{"measure"}, {"images"}], "images"),  # nothing in common: the first of all
        ([{"animals"}, {"animals"}, {"images", "animals"}], "animals"),
        ([{"measure"}], "measure"),
        ([], None),
    ],
)
def test_a_report_is_counted_under_one_reason(given, counted):
    assert counted_reason(given, ORDER) == counted
    assert counted_reason(list(reversed(given)), ORDER) == counted


def test_reasons_make_a_conflict_only_where_the_protocol_asks_and_none_is_common():
    exclude = [Decision.EXCLUDE, Decision.EXCLUDE]
    apart, shared = [{"animals"}, {"images"}], [{"animals", "images"}, {"images"}]

    assert outcome(exclude, quorum=2) is Outcome.EXCLUDED
    assert outcome(exclude, quorum=2, reasons=apart) is Outcome.CONFLICT
    assert outcome(exclude, quorum=2, reasons=shared) is Outcome.EXCLUDED
    assert common_to_all(shared) == {"images"}
    resolved = outcome(exclude, quorum=2, reasons=apart, resolution=Decision.EXCLUDE)
    assert resolved is Outcome.EXCLUDED
    one_each = [Decision.INCLUDE, Decision.INCLUDE]
    assert outcome(one_each, quorum=2, reasons=[]) is Outcome.INCLUDED
