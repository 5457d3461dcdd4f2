import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.template.loader import render_to_string
from django.utils import timezone

from reporting.overview import Overview
from reporting.progress import (
    my_reading,
    progress_of_reviewers,
    rail_counts,
    screening_progress,
    tally,
)
from screening.actions.retrieval import say_of_report
from screening.actions.rounds import reopen
from screening.models import (
    ExclusionReason,
    FurtherReason,
    Record,
    Retrieval,
    RetrievalState,
    ScreeningItem,
    Source,
    Vote,
)
from screening.queue import upcoming
from screening.rules import Stage
from tests.factories import ItemFactory, RecordFactory

STAGE = Stage.TITLE_ABSTRACT


def test_a_complete_item_counts_as_partial_while_its_votes_can_be_taken_back(
    alice, screened, settings
):
    screened("+-")
    before = tally(alice, STAGE)

    settings.UNDO_SECONDS = 0
    after = tally(alice, STAGE)

    assert (before.partial, before.conflict) == (1, 0)
    assert (after.partial, after.conflict) == (0, 1)


def test_every_item_is_counted_once(alice, screened, no_undo):
    for signs in ("..", "+.", "+-", "++", "--", ".-", "?+"):
        screened(signs)

    counted = tally(alice, STAGE)

    assert (counted.total, counted.unseen, counted.partial) == (7, 1, 2)
    assert (counted.conflict, counted.included, counted.excluded) == (1, 2, 1)
    assert counted.awaiting == 3


def test_reviewers_are_counted_by_what_they_voted_on(alice, bob, carol, screened):
    for signs in ("..", "+.", "+-", "-."):
        screened(signs)

    found = progress_of_reviewers(alice, STAGE, tally(alice, STAGE).awaiting)

    assert [(r.membership.name, r.voted, r.left, r.total) for r in found] == [
        ("Alice", 3, 1, 4),
        ("Bob", 1, 3, 4),
    ]


def test_somebody_who_left_keeps_their_votes_and_has_nothing_to_do(alice, bob, screened):
    screened("++")
    screened("..")
    bob.membership.ended_at = timezone.now()
    bob.membership.save()

    found = progress_of_reviewers(alice, STAGE, tally(alice, STAGE).awaiting)

    assert [(r.membership.name, r.voted, r.left) for r in found] == [("Alice", 1, 1), ("Bob", 1, 0)]


def test_what_waits_for_me_is_what_the_queue_would_give(alice, bob, screened):
    for signs in ("..", "+.", ".-", "+-"):
        screened(signs)

    for access in (alice, bob):
        waiting = ScreeningItem.objects.at(STAGE).awaiting(access.user).count()

        assert my_reading(access, STAGE) == (2, waiting)


def test_what_waits_for_me_at_full_text_is_what_the_queue_would_give(
    alice, bob, dora, sought, read
):
    for votes in ((".", "."), ("E1", "."), (".", "+"), ("+", "+")):
        read(*votes)
    for state in (RetrievalState.REQUESTED, RetrievalState.NOT_RETRIEVED):
        say_of_report(dora, sought().record, state, why="Asked")

    for access in (alice, bob):
        waiting = ScreeningItem.objects.at(Stage.FULL_TEXT).awaiting(access.user).count()
        view = Overview(access).full_text

        assert my_reading(access, Stage.FULL_TEXT) == (2, waiting) == (2, 2)
        assert view.situation.mine == waiting


def test_a_record_judged_anew_waits_for_votes_whatever_became_of_its_report(
    alice, dora, sought, no_undo
):
    item = sought()
    say_of_report(dora, item.record, RetrievalState.NOT_RETRIEVED, why="Lost")
    reopen(dora, item.record, stage=STAGE, why="Wrong abstract")

    assert my_reading(alice, STAGE) == (0, 1)
    assert ScreeningItem.objects.at(STAGE).awaiting(alice.user).count() == 1
    assert upcoming(alice, STAGE)[0].record == item.record


def test_the_rail_counts_sources_my_records_and_settled_conflicts(alice, carol, screened, no_undo):
    for signs in ("..", "+.", "+-"):
        screened(signs)
    shared = {"sources": 1, "conflicts": 1, "conflicts_at": "title_abstract", "duplicates": 0}

    assert rail_counts(alice) == {"title_abstract": 1, "full_text": 0, "reports": 0, **shared}
    assert rail_counts(carol) == {"title_abstract": 0, "full_text": 0, "reports": 0, **shared}


def test_the_rail_looks_across_the_stages(alice, carol, libby, olive, sought, read, no_undo):
    say_of_report(libby, sought().record, RetrievalState.REQUESTED, why="The library")
    sought()
    sought()
    for votes in (("+", "E1"), ("E2", "+"), (".", "+")):
        read(*votes)
    shared = {"sources": 1, "conflicts": 2, "conflicts_at": "full_text", "duplicates": 0}

    assert rail_counts(alice) == {"title_abstract": 0, "full_text": 3, "reports": 2, **shared}
    assert rail_counts(libby) == {"title_abstract": 0, "full_text": 0, "reports": 2, **shared}
    assert rail_counts(olive) == {"title_abstract": 0, "full_text": 0, "reports": 0, **shared}


def test_conflicts_of_both_stages_are_counted_together(alice, screened, read, no_undo):
    read("+", "E1")
    screened("+-")

    counts = rail_counts(alice)

    assert (counts["conflicts"], counts["conflicts_at"]) == (2, "title_abstract")


def test_counts_beside_the_page_are_kept_for_the_person_alone(
    alice, bob, screened, django_assert_num_queries
):
    screened("+.")
    first = rail_counts(alice)

    with django_assert_num_queries(0):
        assert rail_counts(alice) == first
    assert rail_counts(bob)["title_abstract"] == 1


def test_the_screening_page_is_told_mine_and_the_teams(alice, screened, no_undo):
    for signs in ("..", "+.", "+-", "++", ".-"):
        screened(signs)

    assert screening_progress(alice, STAGE) == {"mine": 3, "total": 5, "finished": 1}


def test_the_rail_is_a_fragment_with_counts(client, alice, screened, no_undo):
    screened("..")
    screened("+-")
    client.force_login(alice.user)

    answer = client.get(f"/reviews/{alice.review.pk}/rail/", {"here": "queue"})

    assert answer.status_code == 200
    assert b"hx-get" not in answer.content
    assert b'>1</span><span class="hidden-text"> wait for your vote</span>' in answer.content
    assert b'1<span class="hidden-text"> to resolve</span>' in answer.content
    assert answer.content.count(b'aria-current="page"') == 1


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("screen/title-abstract/", "Title and abstract"),
        ("screen/full-text/", "Full text"),
        ("screen/full-text/mine/", "Full text"),
        ("full-texts/", "Retrieval"),
        ("conflicts/full-text/", "Conflicts"),
    ],
)
def test_the_rail_knows_where_one_is_before_and_after_it_has_counts(
    client, alice, read, path, link
):
    read("E1", ".")
    client.force_login(alice.user)
    current = re.compile(r'href="([^"]+)" aria-current="page">([^<]+?)\s*<')

    text = client.get(f"/reviews/{alice.review.pk}/{path}").content.decode()
    rail = re.search(r'hx-get="([^"]+/rail/[^"]+)"', text)
    counted = client.get(rail[1].replace("&amp;", "&")).content.decode()

    assert [found[1] for found in current.findall(text)] == [link]
    assert [found[1] for found in current.findall(counted)] == [link]


def test_conflicts_lead_to_the_stage_that_has_some(client, alice, read, no_undo):
    read("E1", "+")
    client.force_login(alice.user)

    rail = client.get(f"/reviews/{alice.review.pk}/rail/", {"here": "x", "at": "nowhere"})

    assert f'href="/reviews/{alice.review.pk}/conflicts/full-text/"' in rail.content.decode()


def test_what_an_address_says_of_the_stage_breaks_no_page(client, alice):
    client.force_login(alice.user)

    assert client.get(f"/reviews/{alice.review.pk}/?at=nowhere&here=%22").status_code == 200


def test_the_progress_fragment_can_be_counted_on_by_the_page(client, alice, screened, no_undo):
    for signs in ("..", "+.", "++"):
        screened(signs)
    client.force_login(alice.user)

    answer = client.get(f"/reviews/{alice.review.pk}/screen/title-abstract/progress/")

    assert answer.content.decode().split("\n") == [
        '<p class="small soft num" data-mine="2" data-total="3">You have screened '
        "<span data-shows-mine>2</span> of 3; the team has finished 1.</p>",
        '<progress value="2" max="3" aria-label="Records you have screened"></progress>',
        "",
    ]


def test_observers_have_no_progress(client, olive, screened):
    screened("..")
    client.force_login(olive.user)

    assert (
        client.get(f"/reviews/{olive.review.pk}/screen/title-abstract/progress/").status_code == 403
    )


def fill(alice, bob, number: int) -> None:
    """Half of the items with both votes, settled; a quarter with Bob's; a quarter unseen."""
    first = RecordFactory(review=alice.review)
    start = first.number + 1
    Record.objects.bulk_create(
        Record(
            review=alice.review,
            imported_by=first.imported_by,
            number=n,
            rank=n,
            position=n,
            title=f"Record {n}",
        )
        for n in range(start, start + number)
    )
    records = Record.objects.filter(number__gte=start).order_by("number")
    long_ago = timezone.now() - timedelta(days=1)
    items = [
        ScreeningItem(
            review=alice.review,
            record=record,
            stage=STAGE,
            rank=record.rank,
            quorum=2,
            outcome=("conflict", "included", "partial", "unseen")[place % 4],
            completed_at=long_ago if place % 4 < 2 else None,
        )
        for place, record in enumerate(records)
    ]
    ScreeningItem.objects.bulk_create(items)
    votes = []
    for place, item in enumerate(ScreeningItem.objects.filter(record__in=records).order_by("rank")):
        for access, slot in ((alice, 1), (bob, 2)):
            if place % 4 == 3 or (place % 4 == 2 and access is alice):
                continue
            votes.append(
                Vote(
                    item=item,
                    reviewer=access.user,
                    protocol=alice.protocol,
                    slot=slot,
                    quorum=2,
                    decision="exclude" if place % 4 == 0 and access is bob else "include",
                    seconds=30,
                    cast_at=long_ago,
                )
            )
    Vote.objects.bulk_create(votes)
    included = ScreeningItem.objects.filter(record__in=records, outcome="included")
    _read(alice, bob, [item.record for item in included], long_ago)


def _read(alice, bob, records, long_ago) -> None:
    """The reports of these records: a third in conflict, a third excluded, a third unseen."""
    first, second = ExclusionReason.objects.all()
    outcomes = ("conflict", "excluded", "unseen")
    items = [
        ScreeningItem(
            review=alice.review,
            record=record,
            stage=Stage.FULL_TEXT,
            rank=record.rank,
            quorum=2,
            sought_at=long_ago,
            outcome=outcomes[place % 3],
            completed_at=long_ago if place % 3 < 2 else None,
        )
        for place, record in enumerate(records)
    ]
    ScreeningItem.objects.bulk_create(items)
    votes = [
        Vote(
            item=item,
            reviewer=access.user,
            protocol=alice.protocol,
            slot=slot,
            quorum=2,
            decision="include" if slot == 1 and item.outcome == "conflict" else "exclude",
            reason=None if slot == 1 and item.outcome == "conflict" else first,
            cast_at=long_ago,
        )
        for item in items
        if item.completed_at
        for access, slot in ((alice, 1), (bob, 2))
    ]
    Vote.objects.bulk_create(votes)
    FurtherReason.objects.bulk_create(
        FurtherReason(vote=vote, reason=second) for vote in votes if vote.reason
    )
    Retrieval.objects.bulk_create(
        Retrieval(
            record=item.record,
            state="retrieved",
            said_by=alice.user,
            said_at=long_ago,
            started_at_sequence=1,
        )
        for item in items
        if item.completed_at
    )


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/reviews/{}/",
        "/reviews/{}/rail/",
        "/reviews/{}/screen/title-abstract/progress/",
        "/reviews/{}/log/",
        "/reviews/{}/export/",
        "/reviews/{}/export/votes_long.csv",
        "/reviews/{}/export/records_wide.csv",
        "/reviews/{}/export/resolutions.csv",
        "/reviews/{}/export/searches.csv",
        "/reviews/{}/export/excluded_full_text.csv",
        "/reviews/{}/export/duplicates.csv",
        "/reviews/{}/export/log.csv",
        "/reviews/{}/screen/full-text/progress/",
    ],
)
@pytest.mark.parametrize("who", ["alice", "dora"])
def test_a_thousand_records_cost_as_many_queries_as_ten(
    client, alice, bob, dora, path, who, django_assert_max_num_queries, review
):
    for place in (1, 2):
        ExclusionReason.objects.create(
            review=review, code=f"E{place}", position=place, label="No images"
        )
    access = {"alice": alice, "dora": dora}[who]
    client.force_login(access.user)
    address = path.format(access.review.pk)

    def queries() -> int:
        cache.clear()
        with django_assert_max_num_queries(40) as captured:
            answer = client.get(address)
            if answer.streaming:
                b"".join(answer.streaming_content)
        return len(captured)

    fill(alice, bob, 10)
    few = queries()
    fill(alice, bob, 990)

    assert queries() == few


def test_the_sources_count_is_of_the_review(alice, mallory):
    Source.objects.create(review=mallory.review, name="Embase")

    assert rail_counts(alice)["sources"] == 0


def test_an_unseen_item_is_all_there_is(alice):
    ItemFactory(review=alice.review)

    assert tally(alice, STAGE).finished == 0


def test_large_numbers_in_the_rail_are_read_easily_and_counted_on_exactly(alice, rf):
    request = rf.get("/")
    counts = {"sources": 1_002, "title_abstract": 40_071, "full_text": 0, "conflicts": 12_345}

    rail = render_to_string("_rail.html", {"access": alice, "counts": counts, "request": request})

    assert 'data-left="40071">40,071</span>' in rail
    assert ">1,002</span>" in rail
    assert ">12,345<" in rail
