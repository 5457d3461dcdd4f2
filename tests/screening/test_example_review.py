"""The example review as `make run` makes it, and reviews of any size for measuring."""

import json
from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from reporting.prisma.counting import count
from reporting.prisma.numbers import identities
from screening.access import access_for
from screening.conflicts import panel_of
from screening.example import EXAMPLE_PASSWORD
from screening.example.synthetic import write_ris
from screening.filling import filled
from screening.importers import ParsedRecord, inspect, read
from screening.models import (
    DuplicateQuestion,
    Import,
    ImportState,
    LogEntry,
    Merge,
    QueuePosition,
    Review,
    ScreeningItem,
    User,
    Vote,
)
from screening.questions import likely
from screening.queue import upcoming
from screening.rules import Stage
from screening.verification import verify

TA = Stage.TITLE_ABSTRACT


@pytest.fixture(autouse=True)
def files_of_this_test(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def example_review(*arguments):
    out = StringIO()
    call_command("example_review", *arguments, stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture
def example(db):
    return Review.objects.get(pk=example_review()["review"])


def access_of(name, review):
    return access_for(User.objects.get(name=name), review.pk)


def test_the_example_says_where_it_is_and_how_to_sign_in(db, client):
    printed = example_review()

    review = Review.objects.get()
    assert printed["review"] == review.pk
    assert printed["url"] == f"http://127.0.0.1:8000/reviews/{review.pk}/"
    assert printed["sign_ins"] == [
        {"email": "ada@example.org", "password": EXAMPLE_PASSWORD, "roles": ["lead", "reviewer"]},
        {"email": "ben@example.org", "password": EXAMPLE_PASSWORD, "roles": ["reviewer"]},
        {"email": "cleo@example.org", "password": EXAMPLE_PASSWORD, "roles": ["adjudicator"]},
        {"email": "dara@example.org", "password": EXAMPLE_PASSWORD, "roles": ["observer"]},
    ]
    for sign_in in printed["sign_ins"]:
        form = {"login": sign_in["email"], "password": sign_in["password"]}
        assert client.post("/accounts/login/", form).status_code == 302
        client.logout()


def test_the_example_is_marked_as_one_and_holds_together(example):
    assert example.is_example
    assert verify(example).differences == []


def test_two_reviewers_are_half_way(example):
    counts = {
        name: access_of(name, example).scope(Vote).filter(reviewer__name=name).count()
        for name in ("Ada Lindqvist", "Ben Okafor", "Cleo Marques", "Dara Quinn")
    }

    assert counts == {"Ada Lindqvist": 96, "Ben Okafor": 80, "Cleo Marques": 0, "Dara Quinn": 0}
    assert example.records.count() == 176
    assert set(Vote.objects.values_list("decision", flat=True)) == {"include", "exclude", "maybe"}
    assert Vote.objects.exclude(note="").count() > 20


def test_a_second_search_found_some_of_it_again(example):
    """Merged by what agrees, asked about, and new: by the import itself, in nobody's queue twice."""
    pubmed, embase = Import.objects.order_by("pk")
    merges = Merge.objects.in_force().filter(record__imported_by=embase, kept__imported_by=pubmed)
    patterns = Counter(merges.values_list("pattern", flat=True))
    questions = likely(access_of("Ada Lindqvist", example))

    assert (pubmed.read, embase.read) == (160, 16)
    assert patterns == {"page-range": 6, "same-doi": 2, "title-author-page": 1}
    assert list(questions.values_list("first__number", "second__number")) == [(32, 170), (80, 171)]
    assert DuplicateQuestion.objects.count() == 2
    assert example.items.at(TA).open().count() == 160 + 7
    assert not Vote.objects.filter(item__record__imported_by=embase).exists()
    log = LogEntry.objects.get(action="import.committed", after__file="example_records_embase.ris")
    assert (log.after["duplicates"], log.after["duplicate_questions"]) == (9, 2)


def test_the_numbers_of_its_flow_add_up(example):
    numbers = count(access_of("Ada Lindqvist", example))

    boxes = ("database_results", "duplicates", "records_screened")
    assert [numbers[box] for box in boxes] == [176, 9, 167]
    assert [identity for identity in identities(numbers) if not identity.holds] == []


def test_a_record_without_an_abstract_shows_that_of_its_duplicate(example):
    lacking = example.records.filter(abstract="", duplicates__ended_at_sequence=None)

    shown = [filled(record) for record in lacking.filter(duplicates__isnull=False)]

    assert [(record.number, [one.name for one in record.taken_over]) for record in shown] == [
        (11, ["abstract"]),
        (63, ["abstract"]),
    ]


def test_conflicts_wait_for_everybody_and_two_are_resolved(example):
    ada, ben, cleo = (
        access_of(name, example) for name in ("Ada Lindqvist", "Ben Okafor", "Cleo Marques")
    )

    waiting = list(ada.scope(ScreeningItem).in_conflict().order_by("rank"))

    assert len(waiting) == 9
    assert [
        sum(panel_of(one, item).is_my_turn for item in waiting) for one in (ada, ben, cleo)
    ] == [
        8,
        7,
        1,
    ]
    resolved = ada.scope(ScreeningItem).filter(resolution__isnull=False).order_by("rank")
    assert list(resolved.values_list("resolution__mode", "outcome")) == [
        ("discussion", "included"),
        ("adjudication", "included"),
    ]


def test_the_example_is_the_same_everywhere(example):
    again = Review.objects.get(pk=example_review()["review"])

    def votes(review):
        rows = Vote.objects.filter(item__review=review).order_by("pk")
        return list(rows.values_list("item__rank", "reviewer__name", "decision", "note", "seconds"))

    assert again != example
    assert votes(again) == votes(example)
    assert User.objects.count() == 4


def test_if_missing_makes_it_once(db):
    first = example_review("--if-missing")
    second = example_review("--if-missing")

    assert second == first
    assert Review.objects.count() == 1


def test_on_a_server_there_is_no_example_with_a_published_password(db, settings):
    settings.LOCAL = False

    with pytest.raises(CommandError, match=r"only for PARALLAX_PROFILE=local\.$"):
        call_command("example_review")

    assert not User.objects.exists()


def test_a_review_of_any_size_is_imported_like_any_other(db, settings):
    settings.LOCAL = False

    printed = example_review("--records", "250", "--reviewers", "3", "--password", "any words")

    review = Review.objects.get(pk=printed["review"])
    assert [(one["email"], one["roles"]) for one in printed["sign_ins"]] == [
        ("reviewer1@example.org", ["lead", "reviewer"]),
        ("reviewer2@example.org", ["reviewer"]),
        ("reviewer3@example.org", ["reviewer"]),
        ("adjudicator@example.org", ["adjudicator"]),
    ]
    assert User.objects.get(email="reviewer3@example.org").check_password("any words")
    assert not review.is_example
    assert Import.objects.get().state == ImportState.COMMITTED
    assert review.items.at(TA).filter(outcome="unseen").count() == 250
    assert not Vote.objects.exists()
    assert verify(review).differences == []


def test_votes_in_bulk_hold_together_as_if_cast_one_by_one(db):
    printed = example_review(
        *("--records", "60", "--reviewers", "2", "--password", "p", "--voted", "0.9")
    )

    review = Review.objects.get(pk=printed["review"])
    assert verify(review).looked_at["votes"] == 108
    assert review.items.at(TA).filter(completed_at=None).count() == 6
    assert LogEntry.objects.filter(action="vote.cast").count() == 108
    first = access_of("Reviewer 1", review)
    assert [item.rank for item in upcoming(first, TA, count=1)] == [55]


def test_one_reviewer_may_be_far_ahead(db):
    example_review(
        *("--records", "50", "--reviewers", "2", "--password", "p"),
        *("--voted", "0.9", "--voters", "1"),
    )

    review = Review.objects.get()
    ahead, behind = access_of("Reviewer 1", review), access_of("Reviewer 2", review)
    assert [item.rank for item in upcoming(ahead, TA, count=1)] == [46]
    assert [item.rank for item in upcoming(behind, TA, count=1)] == [1]
    assert QueuePosition.objects.get().rank == 45


def test_another_review_uses_the_same_accounts_with_the_new_password(db):
    example_review("--records", "1", "--reviewers", "2", "--password", "first")
    example_review("--records", "2", "--reviewers", "2", "--password", "second")

    assert Review.objects.count() == 2
    assert User.objects.count() == 3
    assert User.objects.get(email="reviewer1@example.org").check_password("second")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--records", "0", "--password", "p"], "at least 1 record"),
        (["--records", "5"], "Give the accounts a password"),
        (["--records", "5", "--password", "p", "--reviewers", "1"], "2 to 50 reviewers"),
        (["--records", "5", "--password", "p", "--voted", "2"], "from 0 to 1"),
        (["--records", "5", "--password", "p", "--voters", "3"], "1 or 2 reviewers"),
    ],
)
def test_what_cannot_be_built_is_told_in_a_sentence(db, arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("example_review", *arguments)

    assert not Review.objects.exists()


def test_every_invented_record_is_read(tmp_path):
    path = tmp_path / "invented.ris"
    write_ris(path, 300)

    records = list(read(path, inspect(path)))

    assert {type(record) for record in records} == {ParsedRecord}
    assert len({record.doi for record in records}) == 300
    assert all(record.doi.startswith("10.0000/") for record in records)
    lengths = [len(record.abstract.split()) for record in records if record.abstract]
    assert 150 < sum(lengths) / len(lengths) < 250
    assert 0 < sum(not record.abstract for record in records) < 40
