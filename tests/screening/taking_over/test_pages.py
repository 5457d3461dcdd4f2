"""The page of the votes in a file: whose they are, numbers only, and taking them over."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reporting.agreement.counting import agreement
from screening.access import ReviewAccess, access_for
from screening.models import ExclusionReason, Import, Vote
from screening.rules import Stage
from tests.clock import time_passes
from tests.screening.bibliography import ris
from tests.screening.taking_over.exports import Article, covidence, imported, rayyan, rayyan_log

pytestmark = pytest.mark.django_db

DATA = Path(__file__).parents[2] / "data" / "votes"
LOG = [
    ("2023-09-04T17:22:54Z", "alice@example.org", 1, "-"),
    ("2023-09-04T17:22:59Z", "alice@example.org", 1, "+"),
    ("2023-09-04T18:00:00Z", "max@x.org", 1, "-"),
    ("2023-09-04T18:00:00Z", "max@x.org", 77, "+"),
]


def url(name: str, access: ReviewAccess, *args: int) -> str:
    return reverse(f"screening:{name}", args=[access.review.pk, *args])


def text_of(answer) -> str:
    """What stands on the page, without markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


@pytest.fixture
def lead(client, dora, alice, bob):
    client.force_login(dora.user)
    return dora


def articles(
    lead: ReviewAccess, folder: Path, *said: Article, name: str = "articles.csv"
) -> Import:
    said = said or (Article({"Alice": "+", "Max": "-"}), Article({"Max": "-"}))
    return imported(lead, folder, rayyan(said), name=name)


def test_the_report_of_an_import_leads_to_its_votes(client, lead, libby, tmp_path):
    import_ = articles(lead, tmp_path)
    address = url("import_votes", lead, import_.pk)

    assert address in client.get(url("import", lead, import_.pk)).text
    client.force_login(libby.user)
    assert address not in client.get(url("import", lead, import_.pk)).text
    assert client.get(address).status_code == 403


@pytest.mark.parametrize("text", [ris(2), "Title,Year\nOf polyps,2022\n"])
def test_a_file_without_votes_has_no_such_page(client, lead, tmp_path, text):
    import_ = imported(lead, tmp_path, text, name="search")
    address = url("import_votes", lead, import_.pk)

    assert client.get(address).status_code == 404
    assert address not in client.get(url("import", lead, import_.pk)).text


def test_persons_are_named_with_numbers_and_known_ones_are_chosen(client, lead, alice, tmp_path):
    import_ = articles(lead, tmp_path)

    answer = client.get(url("import_votes", lead, import_.pk))

    form = answer.context["form"]
    assert [(one.name, one.votes, field.initial) for one, field in form.persons()] == [
        ("Alice", 1, alice.membership.pk),
        ("Max", 2, None),
    ]
    assert "Whoever has this file can see the votes in it" in answer.text
    assert "the import can be undone no more" in answer.text


def test_the_lead_takes_votes_over_and_is_told_how_many(client, lead, alice, bob, tmp_path):
    import_ = articles(lead, tmp_path)
    sent = {"stage": "title_abstract", "person-0": alice.membership.pk, "take-over": "1"}

    answer = client.post(
        url("import_votes", lead, import_.pk), sent | {"person-1": bob.membership.pk}, follow=True
    )

    assert answer.redirect_chain == [(url("import", lead, import_.pk), 303)]
    said = text_of(answer)
    assert "3 votes taken over, on 2 records." in said
    assert "3 votes are taken over from this file, marked as imported." in said
    assert "cannot be undone any more" in said
    assert "3 votes of this file are in the review" in text_of(
        client.get(url("import_votes", lead, import_.pk))
    )
    log = text_of(client.get(reverse("reporting:log", args=[lead.review.pk])))
    assert "took over 3 votes out of articles.csv, on title and abstract" in log
    assert "Alice: 1, Bob: 2" in log


def test_with_nobody_chosen_the_form_says_so_and_nothing_is_stored(client, lead, tmp_path):
    import_ = articles(lead, tmp_path)

    answer = client.post(
        url("import_votes", lead, import_.pk), {"stage": "title_abstract", "take-over": "1"}
    )

    assert answer.status_code == 422
    assert "Say of at least one person which member it is." in answer.text
    assert not Vote.objects.exists()


def test_a_member_of_another_review_cannot_be_chosen(client, lead, mallory, tmp_path):
    import_ = articles(lead, tmp_path)
    sent = {"stage": "title_abstract", "person-0": mallory.membership.pk, "take-over": "1"}

    assert client.post(url("import_votes", lead, import_.pk), sent).status_code == 422


def test_the_log_is_given_beside_the_file(client, lead, alice, tmp_path):
    import_ = articles(lead, tmp_path)
    address = url("import_votes", lead, import_.pk)
    upload = SimpleUploadedFile("customizations_log.csv", rayyan_log(LOG).encode())

    answer = client.post(address, {"give-log": "1", "log": upload}, follow=True)

    said = text_of(answer)
    assert "The log is read together with the file." in said
    persons = {
        one.name: (one.votes, one.earlier, one.also, field.initial)
        for one, field in answer.context["form"].persons()
    }
    assert persons["alice@example.org"] == (1, 1, "Alice", alice.membership.pk)
    assert "No article has the number 77." in said
    line = re.search(r'data-label="Line" class="number">(\d+)', answer.text)
    assert line[1] == "5"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"Title,Year\nOf polyps,2022\n", "This is not the log of Rayyan"),
        (b"\x00\xff\x00" * 50, "This is not the log of Rayyan"),
        (b"", "This file is empty."),
    ],
)
def test_what_is_no_log_is_refused_in_a_sentence(client, lead, tmp_path, content, complaint):
    import_ = articles(lead, tmp_path)
    upload = SimpleUploadedFile("other.csv", content)

    answer = client.post(url("import_votes", lead, import_.pk), {"give-log": "1", "log": upload})

    assert answer.status_code == 422
    assert complaint in answer.text
    import_.refresh_from_db()
    assert import_.vote_log_sha256 == ""


def test_a_list_of_covidence_asks_who_stands_for_the_team(client, lead, alice, bob, tmp_path):
    import_ = imported(lead, tmp_path, covidence(["", ""]), name="review_1_irrelevant_csv_2024.csv")
    address = url("import_votes", lead, import_.pk)
    page = client.get(address)
    assert "These are not independent votes." in page.text
    assert page.context["form"].initial["said_list"] == "irrelevant"
    sent = {"said_list": "irrelevant", "members": [alice.membership.pk], "take-over": "1"}

    refused = client.post(address, sent)
    sent["members"] = [alice.membership.pk, bob.membership.pk]
    answer = client.post(address, sent, follow=True)

    assert refused.status_code == 422
    assert "2 members stand for the team; 1 is chosen." in text_of(refused)
    assert "4 votes taken over, on 2 records." in text_of(answer)


def test_reasons_of_the_same_words_are_chosen_already(client, lead, tmp_path):
    reason = ExclusionReason.objects.create(
        review=lead.review, code="E1", position=1, label="Wrong Outcome"
    )
    import_ = articles(lead, tmp_path, Article({"Max": "-"}, reasons="wrong outcome"))

    form = client.get(url("import_votes", lead, import_.pk)).context["form"]

    chosen = [(said, field.initial) for said, field in form.reasons()]
    assert chosen == [("No reason given", None), ("wrong outcome", reason.pk)]


def test_a_missing_file_is_told_and_not_offered(client, lead, kept, tmp_path):
    import_ = articles(lead, tmp_path)
    for path in kept.rglob("*"):
        if path.is_file():
            path.unlink()

    assert client.get(url("import_votes", lead, import_.pk)).status_code == 404
    assert client.get(url("import", lead, import_.pk)).status_code == 200


def test_the_page_is_the_same_whichever_way_a_vote_goes(client, lead, tmp_path):
    """Numbers only: its lead may be a voter."""
    pages = []
    for place, sign in enumerate("+-?"):
        import_ = articles(lead, tmp_path, Article({"Max": sign, "Alice": "+"}), Article())
        answer = client.get(url("import_votes", lead, import_.pk))
        pages.append(text_of(answer))
        Import.objects.filter(pk=import_.pk).update(sha256=f"{place:064x}")

    assert len(set(pages)) == 1


def test_the_page_asks_as_often_for_many_persons_as_for_few(client, lead, tmp_path):
    asked = []
    for number in (2, 30):
        said = [Article({f"P{n}": "-"}, reasons=f"r{n}") for n in range(number)]
        import_ = articles(lead, tmp_path, *said, name=f"{number}.csv")
        with CaptureQueriesContext(connection) as queries:
            client.get(url("import_votes", lead, import_.pk))
        asked.append(len(queries))

    assert asked[0] == asked[1]


# --- where imported votes show -------------------------------------------------------------------


def taken_over(client, lead, import_, alice, bob) -> None:
    client.post(
        url("import_votes", lead, import_.pk),
        {
            "stage": "title_abstract",
            "person-0": alice.membership.pk,
            "person-1": bob.membership.pk,
            "take-over": "1",
        },
    )
    time_passes(timedelta(minutes=1))


def test_lists_and_files_say_where_they_came_from(client, lead, alice, bob, tmp_path):
    import_ = articles(lead, tmp_path, Article({"Alice": "+", "Max": "+"}))
    taken_over(client, lead, import_, alice, bob)

    record = reverse("reporting:record", args=[lead.review.pk, import_.records.get().pk])
    assert text_of(client.get(record)).count("Imported from articles.csv") == 2
    address = reverse("reporting:export", args=[lead.review.pk, "votes_long"])
    lines = b"".join(client.get(address).streaming_content).decode().splitlines()
    assert lines[0].endswith(",superseded_at,imported_from")
    assert [line.rsplit(",", 1)[1] for line in lines[1:]] == ["articles.csv"] * 2


def test_where_names_are_hidden_nothing_tells_which_of_two_votes_was_imported(
    client, lead, carol, alice, bob, tmp_path
):
    import_ = articles(lead, tmp_path, Article({"Alice": "+", "Max": "-"}))
    taken_over(client, lead, import_, alice, bob)
    client.force_login(carol.user)

    record = reverse("reporting:record", args=[lead.review.pk, import_.records.get().pk])
    assert "Imported from" not in client.get(record).text
    address = reverse("reporting:export", args=[lead.review.pk, "votes_long"])
    lines = b"".join(client.get(address).streaming_content).decode().splitlines()
    assert len(lines) == 3
    assert all(line.endswith(",") for line in lines[1:])


def test_agreement_counts_votes_of_persons_and_not_those_for_a_team(
    client, lead, alice, bob, tmp_path
):
    import_ = articles(lead, tmp_path, Article({"Alice": "+", "Max": "+"}))
    taken_over(client, lead, import_, alice, bob)
    team = imported(lead, tmp_path, covidence(["", ""]), name="review_1_irrelevant_csv_2024.csv")
    members = [alice.membership.pk, bob.membership.pk]
    client.post(
        url("import_votes", lead, team.pk),
        {"said_list": "irrelevant", "members": members, "take-over": "1"},
    )
    time_passes(timedelta(minutes=1))
    assert Vote.objects.count() == 6

    (pair,) = agreement(access_for(lead.user, lead.review.pk), Stage.TITLE_ABSTRACT)

    assert sum(map(sum, pair.summary.table.counts)) == 1
