"""The page that has all records looked through, and that says how far it is."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from screening import tasks
from screening.actions.jobs import ask_to_store
from screening.actions.log import write_log
from screening.actions.undoing import undo_import
from screening.models import DuplicateQuestion, Job
from screening.working import claim_next
from tests.jobs.test_working import previewed, work
from tests.screening.merging.libraries import ATLAS, GAN, MEETING, imported
from tests.screening.merging.test_looking import apart
from tests.screening.merging.test_pages import text_of


@pytest.fixture(autouse=True)
def kept(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "kept"
    return settings.MEDIA_ROOT


@pytest.fixture
def signed_in(client, libby):
    client.force_login(libby.user)
    return client


def look_of(access) -> str:
    return reverse("screening:look", args=[access.review.pk])


def queue_of(access) -> str:
    return reverse("screening:duplicates", args=[access.review.pk])


def test_the_button_asks_for_it_and_the_page_says_what_came_of_it(signed_in, libby, tmp_path):
    apart(libby, tmp_path)
    queue = signed_in.get(queue_of(libby))
    assert f'action="{look_of(libby)}"' in queue.content.decode()
    assert "Look through all records" in text_of(queue)

    answer = signed_in.post(look_of(libby), {"request_key": "k"})
    assert (answer.status_code, answer.url) == (303, look_of(libby))
    assert "Waits for a worker" in text_of(signed_in.get(answer.url))
    work()

    page = signed_in.get(answer.url)
    assert (
        "2 duplicates were merged All 6 records were compared. 1 question about possible "
        "duplicates waits for an answer."
    ) in text_of(page)
    assert f'href="{queue_of(libby)}"' in page.content.decode()
    assert "Look again" in text_of(page)


def test_sent_twice_and_pressed_twice_it_is_one_job(signed_in, libby, dora, client, tmp_path):
    apart(libby, tmp_path)
    sent = [{"request_key": "one"}, {"request_key": "one"}, {"request_key": "other"}]
    answers = [signed_in.post(look_of(libby), form) for form in sent]
    client.force_login(dora.user)
    answers.append(client.post(look_of(dora), {"request_key": "hers"}))

    assert [answer.status_code for answer in answers] == [303] * 4
    assert Job.objects.count() == 1


def test_where_nothing_was_left_to_do_it_says_so(signed_in, libby, tmp_path):
    imported(libby, tmp_path, [GAN, ATLAS])
    signed_in.post(look_of(libby))
    work()

    assert (
        "Nothing else was certain enough to be merged All 2 records were compared. No question "
        "waits for an answer."
    ) in text_of(signed_in.get(look_of(libby)))


def test_it_can_be_left_and_come_back_to(signed_in, libby, tmp_path):
    apart(libby, tmp_path)
    DuplicateQuestion.objects.all().delete()
    signed_in.post(look_of(libby))
    claim_next("a worker")
    Job.objects.update(done=4, merged=1)

    page = text_of(signed_in.get(look_of(libby)))
    assert "4 of 6 records compared with the others" in page
    assert "1 duplicate merged so far." in page
    assert "Look again" not in page
    queue = signed_in.get(queue_of(libby))
    assert "All records are being looked through: 4 of 6 so far." in text_of(queue)
    assert ">Look through all records</button>" not in queue.content.decode()


def test_the_page_asks_for_its_middle_until_the_job_has_ended(signed_in, libby, tmp_path):
    apart(libby, tmp_path)
    signed_in.post(look_of(libby))

    middle = signed_in.get(look_of(libby), headers={"HX-Request": "true"}).content.decode()
    assert f'hx-get="{look_of(libby)}"' in middle
    assert "<h1" not in middle
    work()
    middle = signed_in.get(look_of(libby), headers={"HX-Request": "true"}).content.decode()
    assert "hx-get" not in middle


def test_without_a_worker_it_says_what_the_page_of_an_import_says(signed_in, libby, tmp_path):
    storing = ask_to_store(libby, [previewed(libby, tmp_path)])
    apart(libby, tmp_path)
    signed_in.post(look_of(libby))
    assert "manage.py db_worker" not in text_of(signed_in.get(look_of(libby)))
    assert "One other job on this server comes first." in text_of(signed_in.get(look_of(libby)))

    Job.objects.update(asked_at="2020-01-01T00:00:00Z")

    of_an_import = reverse("screening:job", args=[libby.review.pk, storing.pk])
    for address in (look_of(libby), of_an_import):
        page = text_of(signed_in.get(address))
        assert "No worker seems to run on this server." in page
        assert "starts one with manage.py db_worker" in page


def test_a_silent_worker_is_told(signed_in, libby, tmp_path):
    apart(libby, tmp_path)
    signed_in.post(look_of(libby))
    claim_next("a worker")
    Job.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=16))

    assert ("another one begins again in a minute; what is merged stays merged.") in text_of(
        signed_in.get(look_of(libby))
    )


def test_a_look_that_failed_says_why_and_can_be_asked_for_again(signed_in, libby, tmp_path):
    apart(libby, tmp_path)
    signed_in.post(look_of(libby))
    Job.objects.update(attempts=3, merged=1)
    tasks.wake_for_what_waits()

    page = text_of(signed_in.get(look_of(libby)))
    assert "Problem: It was begun 3 times" in page
    assert "1 duplicate was merged." in page
    signed_in.post(look_of(libby))
    work()

    assert "2 duplicates were merged" in text_of(signed_in.get(look_of(libby)))


def test_before_the_first_import_there_is_no_button(signed_in, libby):
    assert "Nothing is imported yet" in text_of(signed_in.get(look_of(libby)))
    assert (
        ">Look through all records</button>" not in signed_in.get(look_of(libby)).content.decode()
    )

    refused = signed_in.post(look_of(libby))
    assert refused.status_code == 409
    assert "there are no records to look through" in text_of(refused)


@pytest.mark.parametrize("name", ["alice", "carol", "olive"])
def test_reviewers_adjudicators_and_observers_do_not_come_here(
    request, client, libby, name, tmp_path
):
    apart(libby, tmp_path)
    access = request.getfixturevalue(name)
    client.force_login(access.user)

    assert client.get(look_of(access)).status_code == 403
    assert client.post(look_of(access)).status_code == 403
    assert not Job.objects.exists()


def test_whoever_is_in_another_review_does_not_find_it(client, libby, mallory, tmp_path):
    apart(libby, tmp_path)
    client.force_login(mallory.user)

    assert client.get(look_of(libby)).status_code == 404
    assert client.post(look_of(libby)).status_code == 404
    assert not Job.objects.exists()


def test_a_look_is_not_shown_as_files_being_stored(signed_in, libby, tmp_path):
    apart(libby, tmp_path)
    signed_in.post(look_of(libby))
    job = Job.objects.get()

    sources = signed_in.get(reverse("screening:sources", args=[libby.review.pk]))
    assert "Files are being stored" not in text_of(sources)
    address = reverse("screening:job", args=[libby.review.pk, job.pk])
    assert signed_in.get(address).status_code == 404


# --- why one would press it ---------------------------------------------------------------------


def test_nothing_speaks_for_it_where_every_import_looked(signed_in, libby, tmp_path):
    imported(libby, tmp_path, [GAN, ATLAS])

    for address in (queue_of(libby), look_of(libby)):
        assert "It makes sense" not in text_of(signed_in.get(address))


def test_an_undone_import_that_others_were_merged_with_speaks_for_it(signed_in, libby, tmp_path):
    first = imported(libby, tmp_path, [GAN, ATLAS])
    imported(libby, tmp_path, [GAN], source="Embase")
    imported(libby, tmp_path, [GAN], source="Scopus")
    undo_import(libby, first)
    reason = (
        "It makes sense to look through all records: an import was undone with which 2 other "
        "records were merged: they stand alone now, and may have others like them."
    )

    for address in (queue_of(libby), look_of(libby)):
        assert reason in text_of(signed_in.get(address))
    assert "No two records of this review look alike" not in text_of(signed_in.get(queue_of(libby)))
    signed_in.post(look_of(libby))
    work()
    for address in (queue_of(libby), look_of(libby)):
        assert "It makes sense" not in text_of(signed_in.get(address))


def test_an_undone_import_that_stood_alone_does_not(signed_in, libby, tmp_path):
    imported(libby, tmp_path, [GAN])
    undo_import(libby, imported(libby, tmp_path, [ATLAS], source="Embase"))

    assert "It makes sense" not in text_of(signed_in.get(look_of(libby)))


def test_files_imported_before_anybody_looked_speak_for_it(signed_in, libby, tmp_path, monkeypatch):
    """Their entries in the log say nothing of duplicates. Of two one is undone by now."""

    def write_as_before(access, action, *, after):
        facts = {name: said for name, said in after.items() if "duplicate" not in name}
        write_log(access, action, after=facts)

    with monkeypatch.context() as before:
        before.setattr("screening.actions.storing.write_log", write_as_before)
        imported(libby, tmp_path, [GAN])
        undone = imported(libby, tmp_path, [ATLAS], source="Embase")
    imported(libby, tmp_path, [MEETING], source="Scopus")
    undo_import(libby, undone)
    reason = (
        "It makes sense to look through all records: one file was imported by a version of "
        "Parallax that did not look for duplicates."
    )

    for address in (queue_of(libby), look_of(libby)):
        assert reason in text_of(signed_in.get(address))
    signed_in.post(look_of(libby))
    work()
    for address in (queue_of(libby), look_of(libby)):
        assert "It makes sense" not in text_of(signed_in.get(address))
