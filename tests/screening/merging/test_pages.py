"""The pages on which possible duplicates are decided, and what was decided is taken back."""

import re
from html import unescape

import pytest
from django.urls import reverse

from screening.actions.distinctions import tell_apart
from screening.actions.merging import merge_records, separate
from screening.duplicates import in_words
from screening.models import BY_A_PERSON, Distinction, DuplicateQuestion, Merge
from screening.verification import verify
from tests.conftest import join
from tests.factories import RecordFactory, ReviewFactory
from tests.screening.merging.libraries import ATLAS, DIFFUSION, GAN, MEETING, imported, record

QUEUE = "screening:duplicates"
DIFFUSED = DIFFUSION.but(journal="Annual Meeting of Synthesis", volume="", pages="", doi="")


def text_of(response) -> str:
    text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", response.content.decode(), flags=re.S)
    return " ".join(unescape(text).split())


@pytest.fixture
def two(libby, tmp_path) -> list[DuplicateQuestion]:
    """Two open questions, the likelier first: records 1 and 3, 2 and 4."""
    imported(libby, tmp_path, [GAN, DIFFUSION])
    imported(libby, tmp_path, [MEETING, DIFFUSED], source="Scopus")
    libby.scope(DuplicateQuestion).filter(first__number=1).update(score=0.83)
    libby.scope(DuplicateQuestion).filter(first__number=2).update(score=0.35)
    return list(libby.scope(DuplicateQuestion).open())


@pytest.fixture
def signed_in(client, libby):
    client.force_login(libby.user)
    return client


def at(question) -> str:
    return reverse("screening:duplicate_question", args=[question.review_id, question.pk])


def queue_of(access) -> str:
    return reverse(QUEUE, args=[access.review.pk])


def test_the_likeliest_comes_first_with_its_reason_and_place(signed_in, libby, two):
    page = signed_in.get(queue_of(libby))

    assert page.context["question"] == two[0]
    text = text_of(page)
    assert "Possible duplicates, 1 of 2" in text
    assert in_words(two[0].reason) in text
    assert "Record 1 PubMed" in text
    assert "Record 3 Scopus" in text


def test_what_differs_is_marked_in_words_too(signed_in, libby, two):
    rows = {row.name: row for row in signed_in.get(at(two[0])).context["pair"].rows}

    assert {name: row.verdict.value for name, row in rows.items()} == {
        "title": "same",
        "authors": "same",
        "journal": "other",
        "year": "same",
        "volume": "first",
        "pages": "first",
        "doi": "first",
        "kind": "same",
    }
    assert "≠ differs" in text_of(signed_in.get(at(two[0])))


def test_same_merges_and_goes_on(signed_in, libby, two):
    answer = signed_in.post(at(two[0]), {"answer": "same"}, follow=True)

    merge = libby.scope(Merge).in_force().get()
    assert (merge.record.number, merge.kept.number, merge.pattern) == (3, 1, BY_A_PERSON)
    assert (merge.score, merge.measures) == (two[0].score, two[0].measures)
    assert answer.redirect_chain[0][1] == 303
    assert answer.context["question"] == two[1]
    assert "Merged record 3 into record 1. Undo" in text_of(answer)
    assert verify(libby.review).differences == []


@pytest.mark.parametrize(("said", "are_related"), [("different", False), ("related", True)])
def test_different_and_related_tell_apart_and_go_on(signed_in, libby, two, said, are_related):
    answer = signed_in.post(at(two[0]), {"answer": said}, follow=True)

    told = libby.scope(Distinction).in_force().get()
    assert (told.first.number, told.second.number, told.is_related) == (1, 3, are_related)
    assert answer.context["question"] == two[1]
    assert not DuplicateQuestion.objects.get(pk=two[0].pk).is_open
    words = "related reports, and not the same" if are_related else "different"
    assert f"Records 1 and 3 are {words}. Undo" in text_of(answer)


@pytest.mark.parametrize("said", ["same", "different", "related"])
def test_undo_takes_the_answer_back_and_asks_again(signed_in, libby, two, said):
    answer = signed_in.post(at(two[0]), {"answer": said}, follow=True)
    undo = answer.context["done"]["undo"]
    again = signed_in.post(undo, {"do": "take_back", "question": two[0].pk}, follow=True)

    assert again.context["question"] == two[0]
    assert again.context["place"].number == 1
    assert "Taken back" in text_of(again)
    assert not libby.scope(Merge).in_force().exists()
    assert not libby.scope(Distinction).in_force().exists()
    assert verify(libby.review).differences == []


def test_what_was_taken_back_is_not_offered_to_be_undone(signed_in, libby, two):
    answer = signed_in.post(at(two[0]), {"answer": "same"}, follow=True)
    signed_in.post(answer.context["done"]["undo"], {"do": "take_back"})

    address = f"{answer.request['PATH_INFO']}?{answer.request['QUERY_STRING']}"
    assert signed_in.get(address).context["done"] is None


def test_nobody_undoes_from_here_what_somebody_else_did(client, libby, dora, two):
    client.force_login(libby.user)
    answer = client.post(at(two[0]), {"answer": "same"})
    client.force_login(dora.user)

    assert client.get(answer.headers["Location"]).context["done"] is None


def test_later_leaves_it_open_and_comes_round_again(signed_in, libby, two):
    behind = f"{queue_of(libby)}?after="
    assert signed_in.get(f"{behind}{two[0].pk}").context["question"] == two[1]

    last = signed_in.get(f"{behind}{two[1].pk}")
    assert last.context["question"] is None
    assert "2 questions were put off" in text_of(last)
    assert libby.scope(DuplicateQuestion).open().count() == 2


def test_answered_in_another_tab_it_says_so_and_asks_the_next(signed_in, libby, two):
    signed_in.post(at(two[0]), {"answer": "same", "request_key": "one"})
    late = signed_in.post(at(two[0]), {"answer": "different", "request_key": "other"})

    assert late.status_code == 409
    assert late.context["question"] == two[1]
    assert "Records 1 and 3 are merged." in text_of(late)
    assert "Here is the next question." in text_of(late)
    assert not libby.scope(Distinction).exists()


def test_sent_twice_it_is_answered_once(signed_in, libby, two):
    sent = {"answer": "same", "request_key": "k"}
    answers = [signed_in.post(at(two[0]), sent) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert libby.scope(Merge).count() == 1
    assert "Record 2 PubMed" in text_of(signed_in.get(answers[1].headers["Location"]))


def test_no_answer_is_told_and_the_question_stays(signed_in, two):
    answer = signed_in.post(at(two[0]), {"answer": "perhaps"})

    assert answer.status_code == 422
    assert answer.context["question"] == two[0]
    assert "Say whether they are the same" in text_of(answer)


def test_a_question_that_is_answered_says_how(signed_in, libby, two):
    signed_in.post(at(two[0]), {"answer": "related"})
    text = text_of(signed_in.get(at(two[0])))

    assert "Answered Are these" in text
    assert "records 1 and 3 are related reports" in text
    assert "Next question" in text


def test_from_some_likeliness_on_one_may_stop(signed_in, libby, two):
    libby.scope(DuplicateQuestion).filter(pk=two[1].pk).update(score=0.12)
    first, second = (text_of(signed_in.get(at(question))) for question in two)

    assert "Probably different" not in first
    assert "1 question from here on is probably about different reports. You may stop" in second


def test_others_of_the_group_are_named(signed_in, libby, two):
    merge_records(libby, record(libby, 1), RecordFactory(review=libby.review))
    assert "merged with record 5" in text_of(signed_in.get(at(two[0])))


def test_an_empty_queue_says_why(signed_in, libby, tmp_path):
    assert "Nothing is imported yet" in text_of(signed_in.get(queue_of(libby)))
    imported(libby, tmp_path, [GAN, ATLAS])
    assert "No two records of this review look alike" in text_of(signed_in.get(queue_of(libby)))
    imported(libby, tmp_path, [GAN], source="Embase")
    assert "1 duplicate is merged" in text_of(signed_in.get(queue_of(libby)))


@pytest.mark.parametrize("name", ["alice", "carol", "olive"])
def test_only_lead_and_librarian_come_here(request, client, name, two):
    client.force_login(request.getfixturevalue(name).user)

    assert client.get(at(two[0])).status_code == 403
    assert client.post(at(two[0]), {"answer": "same"}).status_code == 403
    assert not Merge.objects.exists()


def test_a_question_of_another_review_is_not_found(client, mallory, two):
    client.force_login(mallory.user)
    address = reverse("screening:duplicate_question", args=[mallory.review.pk, two[0].pk])

    assert client.get(address).status_code == 404
    assert client.post(address, {"answer": "same"}).status_code == 404
    assert client.get(f"{queue_of(mallory)}?after={two[0].pk}&merged=1").status_code == 200


# --- any two records -------------------------------------------------------------------------


def compared(client, access, one, other):
    return client.get(
        reverse("screening:compare", args=[access.review.pk]), {"one": one, "other": other}
    )


def test_two_records_that_nobody_asked_about_are_merged(signed_in, libby, tmp_path):
    imported(libby, tmp_path, [GAN, ATLAS])
    address = reverse("screening:compare", args=[libby.review.pk])
    assert "Are these the same report?" in text_of(compared(signed_in, libby, 1, "#2"))

    page = signed_in.post(address, {"one": 1, "other": 2, "answer": "same"}, follow=True)

    assert "Merged record 2 into record 1." in text_of(page)
    assert "Record 2 was merged into record 1: somebody looked at both." in text_of(page)


def test_a_number_that_is_none_is_told_and_kept(signed_in, libby, tmp_path):
    imported(libby, tmp_path, [GAN])
    for other, sentence in [
        ("99", "There is no record 99 in this review."),
        ("1", "That is the same record."),
        ("<b>", "There is no record <b> in this review."),
        ("", "Give a number."),
    ]:
        page = compared(signed_in, libby, 1, other)
        assert page.status_code == 422
        assert sentence in text_of(page)
        assert 'value="1"' in page.content.decode()


def test_what_was_told_apart_is_not_merged(signed_in, libby, tmp_path):
    imported(libby, tmp_path, [GAN, ATLAS])
    tell_apart(libby, record(libby, 1), record(libby, 2))
    address = reverse("screening:compare", args=[libby.review.pk])
    page = signed_in.post(address, {"one": 1, "other": 2, "answer": "same"})

    assert page.status_code == 409
    assert "Somebody said that records 1 and 2 are different. Take that back first" in text_of(page)


# --- what was merged -------------------------------------------------------------------------


def listed(access) -> str:
    return reverse("screening:merged", args=[access.review.pk])


def test_the_list_says_what_why_and_by_whom(signed_in, libby, two):
    second = imported(libby, two_folder(libby), [GAN], source="Embase")
    signed_in.post(at(two[1]), {"answer": "same"})
    text = text_of(signed_in.get(listed(libby)))

    assert "Same DOI and title" in text or "Same authors on the same pages" in text
    assert f"the import of {second.file_name}" in text
    assert "Somebody looked at both Libby," in text


def two_folder(access):
    from django.conf import settings  # noqa: PLC0415

    return settings.MEDIA_ROOT


def test_one_pattern_is_spot_checked(signed_in, libby, tmp_path):
    imported(libby, tmp_path, [GAN, ATLAS])
    imported(libby, tmp_path, [GAN, ATLAS.but(pages="")], source="Embase")
    patterns = set(libby.scope(Merge).values_list("pattern", flat=True))
    assert len(patterns) == 2

    for pattern in patterns:
        page = signed_in.get(listed(libby), {"pattern": pattern})
        assert {row.merge.pattern for row in page.context["rows"]} == {pattern}
    assert len(signed_in.get(listed(libby), {"pattern": "none"}).context["rows"]) == 2


def test_not_a_duplicate_separates_for_good(signed_in, libby, tmp_path):
    imported(libby, tmp_path, [GAN])
    imported(libby, tmp_path, [GAN], source="Embase")
    merge = libby.scope(Merge).get()
    address = reverse("screening:merge_end", args=[libby.review.pk, merge.pk])

    page = signed_in.post(address, follow=True)
    assert "Record 2 is not a duplicate of record 1 any more." in text_of(page)
    assert libby.scope(Distinction).in_force().count() == 1
    assert signed_in.post(address).status_code == 409
    assert verify(libby.review).differences == []


def test_an_old_button_does_not_end_a_later_merge(signed_in, libby, tmp_path):
    imported(libby, tmp_path, [GAN, ATLAS])
    one, other = record(libby, 1), record(libby, 2)
    first = merge_records(libby, one, other)
    separate(libby, other)
    signed_in.post(
        reverse(
            "screening:apart_end",
            args=[libby.review.pk, libby.scope(Distinction).in_force().get().pk],
        )
    )
    merge_records(libby, one, other)

    address = reverse("screening:merge_end", args=[libby.review.pk, first.pk])
    assert signed_in.post(address).status_code == 409
    assert libby.scope(Merge).in_force().count() == 1


def test_what_was_told_apart_is_listed_and_taken_back(signed_in, libby, two):
    signed_in.post(at(two[0]), {"answer": "related"})
    page = signed_in.get(listed(libby), {"show": "apart"})
    assert "related reports Libby," in text_of(page)

    told = libby.scope(Distinction).get()
    address = reverse("screening:apart_end", args=[libby.review.pk, told.pk])
    page = signed_in.post(address, {"show": "apart"}, follow=True)

    assert "Taken back: nothing is said of records 1 and 3." in text_of(page)
    assert "Nobody told two records apart" in text_of(page)
    assert libby.scope(DuplicateQuestion).open().count() == 2


def test_what_was_merged_in_another_review_is_not_found(client, libby, tmp_path):
    imported(libby, tmp_path, [GAN])
    imported(libby, tmp_path, [GAN], source="Embase")
    merge = libby.scope(Merge).get()
    mallory = join(ReviewFactory(), "Mallory", "lead")
    client.force_login(mallory.user)

    address = reverse("screening:merge_end", args=[mallory.review.pk, merge.pk])
    assert client.post(address).status_code == 404
    assert libby.scope(Merge).in_force().exists()


def test_fifty_a_page(signed_in, libby, tmp_path):
    imported(libby, tmp_path, [GAN.but(year="2021") for _ in range(60)])
    page = signed_in.get(listed(libby))

    assert len(page.context["rows"]) == 50
    behind = signed_in.get(listed(libby), {"after": page.context["page"].after})
    assert len(behind.context["rows"]) == 9
