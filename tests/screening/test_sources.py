"""The pages of sources and imports."""

from datetime import date
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from screening import files
from screening.access import ReviewAccess
from screening.actions.importing import preview_import
from screening.actions.storing import commit_import
from screening.actions.undoing import undo_import
from screening.actions.voting import Ballot, cast_vote
from screening.models import Import, Job, Record, Source
from screening.rules import Decision, Stage
from tests.factories import SourceFactory
from tests.screening.bibliography import ris, ris_file


@pytest.fixture(autouse=True)
def kept(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "kept"
    return settings.MEDIA_ROOT


@pytest.fixture
def source(review) -> Source:
    return SourceFactory(review=review, hits=5)


def url(name: str, access: ReviewAccess, *args: int) -> str:
    return reverse(f"screening:{name}", args=[access.review.pk, *args])


def upload(content: str, name: str = "search.ris") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode())


def previewed(access: ReviewAccess, source: Source, path: Path) -> Import:
    return preview_import(access, source, path, path.name)


def imported(access: ReviewAccess, source: Source, path: Path) -> Import:
    return commit_import(access, previewed(access, source, path))


def text_of(response) -> str:
    """The answer's text without the white space of its template."""
    return " ".join(response.text.split())


# --- The list ---------------------------------------------------------------------------------


def test_an_empty_list_says_why_and_what_comes_next(client, libby):
    client.force_login(libby.user)

    page = client.get(url("sources", libby))

    assert "No sources yet" in page.text
    assert "Import the first file" in page.text


def test_observers_read_an_empty_list_without_being_asked_to_import(client, olive):
    client.force_login(olive.user)

    page = client.get(url("sources", olive))

    assert "No sources yet" in page.text
    assert "Import the first file" not in page.text


def test_the_list_shows_what_a_search_reported_beside_what_was_imported(
    client, libby, source, tmp_path
):
    imported(libby, source, ris_file(tmp_path, 4, untitled={2}))
    client.force_login(libby.user)

    page = client.get(url("sources", libby))

    assert "reported 5 hits, and 3 records are imported: 2 fewer" in text_of(page)
    assert "3 records leave the review" in text_of(page)
    assert "until the first vote" in text_of(page)


def test_the_list_says_nothing_of_hits_before_the_first_import(client, libby, source):
    client.force_login(libby.user)

    page = client.get(url("sources", libby))

    assert "fewer" not in page.text


def test_an_import_with_votes_shows_no_undo(client, libby, alice, source, tmp_path):
    import_ = imported(libby, source, ris_file(tmp_path, 4))
    ballot = Ballot(Decision.INCLUDE)
    cast_vote(alice, libby.scope(Record).first(), ballot, stage=Stage.TITLE_ABSTRACT)
    client.force_login(libby.user)

    pages = [
        client.get(url("sources", libby)),
        client.get(url("import", libby, import_.pk)),
    ]

    assert ['value="undo"' in page.text for page in pages] == [False, False]
    assert "it cannot be undone any more" in pages[1].text


def test_an_import_without_votes_is_undone_on_its_page_when_others_have_some(
    client, libby, alice, source, tmp_path
):
    imported(libby, source, ris_file(tmp_path, 1, name="a.ris"))
    import_ = imported(libby, source, ris_file(tmp_path, 4, first=2, name="b.ris"))
    ballot = Ballot(Decision.INCLUDE)
    cast_vote(alice, libby.scope(Record).get(number=1), ballot, stage=Stage.TITLE_ABSTRACT)
    client.force_login(libby.user)

    page = client.get(url("import", libby, import_.pk))

    assert page.text.count('value="undo"') == 1


def test_a_source_of_the_template_is_labelled_as_a_proposal(client, olive, source):
    SourceFactory(review=olive.review, name="As planned", is_proposal=True)
    client.force_login(olive.user)

    page = client.get(url("sources", olive))

    assert page.text.count("proposal: not published by the original review") == 1


def test_the_list_asks_as_many_questions_at_1000_records_as_at_10(client, libby, source, tmp_path):
    client.force_login(libby.user)
    asked = []
    for first, count in ((1, 10), (11, 990)):
        path = ris_file(tmp_path, count, first=first, name=f"{first}.ris")
        imported(libby, SourceFactory(review=libby.review), path)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(url("sources", libby))
        asked.append(len(queries))

    assert asked[0] == asked[1]


def test_posting_adds_a_source(client, libby):
    client.force_login(libby.user)

    response = client.post(
        url("sources", libby),
        {"name": "Embase", "kind": "database", "searched_on": "2024-01-09", "hits": "12"},
    )

    assert (response.status_code, response.url) == (303, url("sources", libby))
    source = libby.scope(Source).get()
    assert (source.name, source.searched_on, source.hits) == ("Embase", date(2024, 1, 9), 12)


def test_a_source_that_cannot_be_comes_back_with_what_was_typed(client, libby):
    client.force_login(libby.user)

    response = client.post(
        url("sources", libby),
        {
            "name": "Embase",
            "kind": "database",
            "coverage_from": "2024-01-09",
            "coverage_to": "2023-01-09",
        },
    )

    assert response.status_code == 422
    assert "The period searched ends before it begins." in response.text
    assert 'value="Embase"' in response.text
    assert not libby.scope(Source).exists()


def test_a_source_is_edited(client, libby, source):
    client.force_login(libby.user)

    response = client.post(
        url("source_edit", libby, source.pk), {"name": "PubMed", "kind": "database", "hits": "952"}
    )

    assert response.url == url("sources", libby)
    source.refresh_from_db()
    assert source.hits == 952


def test_an_edit_that_cannot_be_comes_back(client, libby, source):
    client.force_login(libby.user)

    response = client.post(
        url("source_edit", libby, source.pk), {"name": "", "kind": "database", "hits": "952"}
    )

    assert response.status_code == 422
    assert 'value="952"' in response.text
    source.refresh_from_db()
    assert source.hits == 5


def test_whoever_edits_a_proposal_says_whose_search_it_is_now(client, libby):
    source = SourceFactory(review=libby.review, is_proposal=True)
    client.force_login(libby.user)

    client.post(url("source_edit", libby, source.pk), {"name": "PubMed", "kind": "database"})

    source.refresh_from_db()
    assert source.is_proposal is False


# --- Importing --------------------------------------------------------------------------------


def test_from_a_file_to_records_and_back_in_the_browser(client, libby, source):
    client.force_login(libby.user)
    content = ris(4, untitled={2})

    response = client.post(
        url("import_file", libby), {"source": source.pk, "file": upload(content)}
    )
    import_ = libby.scope(Import).get()
    assert response.url == url("import", libby, import_.pk)
    preview = client.get(response.url)
    assert "Import 3 records" in preview.text
    assert "This entry has no title" in preview.text
    client.post(response.url, {"do": "commit"})
    assert libby.scope(Record).imported().count() == 3
    report = client.get(response.url)
    assert "Import of search.ris" in report.text
    assert "This entry has no title" in report.text
    client.post(response.url, {"do": "undo"})

    assert libby.scope(Record).count() == 0
    assert "Undone import of search.ris" in client.get(response.url).text


def test_looking_at_a_preview_changes_nothing(client, libby, source, tmp_path):
    import_ = previewed(libby, source, ris_file(tmp_path, 4))
    client.force_login(libby.user)

    with CaptureQueriesContext(connection) as queries:
        client.get(url("import", libby, import_.pk))

    # PostgreSQL declares a cursor for what is read piece by piece.
    assert {query["sql"].split()[0] for query in queries} <= {"SELECT", "DECLARE"}


def test_the_preview_counts_what_has_no_abstract(client, libby, source, tmp_path):
    import_ = previewed(libby, source, ris_file(tmp_path, 6, first=3, name="b.ris"))
    client.force_login(libby.user)

    page = client.get(url("import", libby, import_.pk))

    preview = page.context["preview"]
    assert (preview.without_abstract, preview.read) == (3, 6)
    assert [one.title for one in preview.first] == ["Title 3", "Title 4", "Title 5"]


def test_problems_come_in_pages_of_fifty(client, libby, source, tmp_path):
    untitled = frozenset(range(1, 121))
    import_ = imported(libby, source, ris_file(tmp_path, 121, untitled=untitled))
    client.force_login(libby.user)

    first = client.get(url("import", libby, import_.pk)).context["problems"]
    last = client.get(url("import", libby, import_.pk), {"after": "100"}).context["problems"]

    assert (first.total, first.next_after, first.shown[0].position) == (120, 50, 1)
    assert (last.next_after, [one.position for one in last.shown]) == (None, list(range(101, 121)))


def test_a_new_source_is_described_beside_the_file(client, libby):
    client.force_login(libby.user)

    client.post(
        url("import_file", libby),
        {"source": "", "new-name": "CINAHL", "new-kind": "database", "file": upload(ris(1))},
    )

    assert libby.scope(Import).get().source.name == "CINAHL"


def test_what_is_missing_in_an_import_is_said_with_what_was_typed(client, libby):
    client.force_login(libby.user)

    response = client.post(
        url("import_file", libby),
        {"source": "", "new-name": "", "new-kind": "database", "new-platform": "Ovid"},
    )

    assert response.status_code == 422
    assert "Choose the file that the database gave you." in response.text
    assert "This field is required." in response.text
    assert 'value="Ovid"' in response.text
    assert "choose the file once more" in response.text


def test_a_file_that_is_no_bibliography_is_explained_beside_the_field(client, libby, kept):
    client.force_login(libby.user)

    response = client.post(
        url("import_file", libby),
        {"new-name": "PubMed", "new-kind": "database", "file": upload("Dear Libby,\n")},
    )

    assert response.status_code == 422
    assert "the format is not known" in response.text
    assert 'value="PubMed"' in response.text
    assert not libby.scope(Source).exists()
    assert not kept.exists()


def test_the_same_file_is_refused_with_a_link_to_the_first(client, libby, source, tmp_path):
    first = imported(libby, source, ris_file(tmp_path, 3))
    client.force_login(libby.user)

    response = client.post(
        url("import_file", libby), {"source": source.pk, "file": upload(ris(3), "again.ris")}
    )

    assert response.status_code == 409
    assert f'href="{url("import", libby, first.pk)}"' in response.text
    assert libby.scope(Import).count() == 1


def test_a_large_file_is_stored_by_a_worker(client, libby, settings, source, kept):
    settings.IMPORT_UPLOAD_ENTRIES = 3
    client.force_login(libby.user)

    response = client.post(url("import_file", libby), {"source": source.pk, "file": upload(ris(4))})
    import_ = libby.scope(Import).get()
    shown = client.get(response.url)
    asked = client.post(response.url, {"do": "commit"})

    assert (response.url, response.status_code) == (url("import", libby, import_.pk), 303)
    assert "Import 4 entries" in shown.text
    assert "Title 1" in shown.text
    job = libby.scope(Job).get()
    assert (asked.url, job.state, job.of) == (url("job", libby, job.pk), "waiting", 4)
    assert libby.scope(Record).count() == 0
    assert client.get(url("import", libby, import_.pk)).url == asked.url, "it is asked for once"


def test_the_page_says_how_much_a_browser_may_bring(client, libby, settings):
    settings.IMPORT_UPLOAD_BYTES = 2 * 1024 * 1024
    client.force_login(libby.user)

    shown = client.get(url("import_file", libby))

    assert "Up to 2.0\xa0MB a file, and 200 files at once" in shown.text


def test_as_many_entries_as_are_read_at_once_are_counted(client, libby, settings, source):
    settings.IMPORT_UPLOAD_ENTRIES = 3
    client.force_login(libby.user)

    client.post(url("import_file", libby), {"source": source.pk, "file": upload(ris(3))})

    assert libby.scope(Import).get().read == 3


def test_a_larger_file_than_a_browser_may_send_is_refused_with_the_command(
    client, libby, settings, source
):
    settings.IMPORT_UPLOAD_BYTES = 100
    client.force_login(libby.user)

    response = client.post(url("import_file", libby), {"source": source.pk, "file": upload(ris(4))})

    assert response.status_code == 422
    assert "a browser may send 100\xa0bytes" in response.text
    assert "manage.py import_file REVIEW FILE" in response.text


def test_a_large_upload_is_read_where_the_browser_put_it(client, libby, settings, source):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10
    client.force_login(libby.user)

    client.post(url("import_file", libby), {"source": source.pk, "file": upload(ris(3))})

    import_ = libby.scope(Import).get()
    assert files.raw_file(libby.review.pk, import_.sha256).read_text() == ris(3)


def test_a_preview_whose_file_came_in_otherwise_links_to_that_import(
    client, libby, source, tmp_path
):
    path = ris_file(tmp_path, 3)
    second = previewed(libby, source, path)
    first = imported(libby, source, path)
    client.force_login(libby.user)

    page = client.get(url("import", libby, second.pk))

    assert f'href="{url("import", libby, first.pk)}"' in page.text
    assert 'value="commit"' not in page.text


def test_discarding_leads_back_to_the_list(client, libby, source, tmp_path):
    import_ = previewed(libby, source, ris_file(tmp_path, 3))
    client.force_login(libby.user)

    response = client.post(url("import", libby, import_.pk), {"do": "discard"})

    assert response.url == url("sources", libby)
    assert not libby.scope(Import).exists()


def test_discarding_says_that_the_source_described_with_the_file_is_gone(client, libby):
    client.force_login(libby.user)
    described = {"new-name": "CINAHL", "new-kind": "database", "file": upload(ris(1))}
    preview = client.post(url("import_file", libby), described).url

    page = client.post(preview, {"do": "discard"}, follow=True)

    assert "CINAHL, described with it, is gone too." in page.text
    assert not libby.scope(Source).exists()


def test_a_source_without_a_file_is_removed_on_its_page(client, libby, source, tmp_path):
    used = SourceFactory(review=libby.review, name="Embase")
    previewed(libby, used, ris_file(tmp_path, 1))
    client.force_login(libby.user)

    shown = [
        url("source_remove", libby, one.pk) in _edit(client, libby, one) for one in (source, used)
    ]
    answers = [client.post(url("source_remove", libby, one.pk)) for one in (source, used)]

    assert shown == [True, False]
    assert [answer.status_code for answer in answers] == [303, 409]
    assert "it cannot be removed" in answers[1].text
    assert libby.scope(Source).get() == used


def _edit(client, access: ReviewAccess, source: Source) -> str:
    return client.get(url("source_edit", access, source.pk)).text


def test_the_search_of_a_proposal_is_told_to_be_one_until_somebody_corrects_it(
    client, libby, olive, tmp_path
):
    source = SourceFactory(review=libby.review, is_proposal=True, search_string="gan AND image")
    still = "is still the proposal of the template"
    client.force_login(libby.user)
    assert still not in text_of(client.get(url("sources", libby)))  # there are no records yet
    import_ = imported(libby, source, ris_file(tmp_path, 2))
    addresses = [url("sources", libby), url("import", libby, import_.pk)]
    edit = url("source_edit", libby, source.pk)

    pages = [client.get(address).text for address in addresses]
    assert all(still in page and f'<a href="{edit}">Correct it</a>' in page for page in pages)
    assert "<summary>Search as proposed</summary>" in pages[0]
    client.force_login(olive.user)
    assert "Correct it" not in client.get(addresses[0]).text
    client.force_login(libby.user)
    form = client.get(edit).context["form"]
    typed = {field.html_name: field.value() or "" for field in form}
    client.post(edit, {name: value for name, value in typed.items() if value is not False})

    assert not any(still in client.get(address).text for address in addresses)
    assert "<summary>Search as it was run</summary>" in client.get(addresses[0]).text


@pytest.mark.parametrize(("author", "shown"), [("Ada, A.", "Ada, A. J"), ("Ada", "Ada. J")])
def test_initials_end_in_one_full_stop(client, libby, source, tmp_path, author, shown):
    path = tmp_path / "a.ris"
    path.write_text(f"TY  - JOUR\nTI  - T\nAU  - {author}\nJO  - J\nER  - \n")
    client.force_login(libby.user)

    page = client.get(url("import", libby, previewed(libby, source, path).pk))

    assert f">{shown}<" in page.text


def test_a_commit_sent_twice_is_carried_out_once(client, libby, source, tmp_path):
    import_ = previewed(libby, source, ris_file(tmp_path, 3))
    client.force_login(libby.user)
    asked = {"do": "commit", "request_key": "one-and-the-same"}

    answers = [client.post(url("import", libby, import_.pk), asked) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert {answer.url for answer in answers} == {url("import", libby, import_.pk)}
    assert libby.scope(Record).count() == 3


def test_a_commit_after_somebody_elses_is_refused_in_a_sentence(client, libby, source, tmp_path):
    import_ = imported(libby, source, ris_file(tmp_path, 3))
    client.force_login(libby.user)

    response = client.post(url("import", libby, import_.pk), {"do": "commit"})

    assert response.status_code == 409
    assert "This file is imported already." in response.text


def test_a_button_nobody_made_is_a_bad_request(client, libby, source, tmp_path):
    import_ = previewed(libby, source, ris_file(tmp_path, 3))
    client.force_login(libby.user)

    response = client.post(url("import", libby, import_.pk), {"do": "burn"})

    assert response.status_code == 400


def test_titles_are_text_and_never_markup(client, libby, source, tmp_path):
    path = tmp_path / "search.ris"
    path.write_text("TY  - JOUR\nTI  - <script>alert(1)</script>\nER  - \n")
    import_ = previewed(libby, source, path)
    client.force_login(libby.user)

    page = client.get(url("import", libby, import_.pk))

    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


# --- Who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["sources", "import_file", "source_edit", "source_remove", "import"]
)
def test_reviewers_may_not_post(client, alice, libby, source, tmp_path, name):
    import_ = previewed(libby, source, ris_file(tmp_path, 3))
    keys = {"import": [import_.pk]}.get(name, [source.pk] if name.startswith("source_") else [])
    client.force_login(alice.user)

    response = client.post(
        url(name, alice, *keys), {"do": "commit", "name": "X", "kind": "database"}
    )

    assert response.status_code == 403
    assert not libby.scope(Record).exists()


def test_reviewers_see_an_import_without_its_buttons(client, alice, libby, source, tmp_path):
    import_ = previewed(libby, source, ris_file(tmp_path, 3))
    client.force_login(alice.user)

    page = client.get(url("import", alice, import_.pk))

    assert page.status_code == 200
    assert 'name="do"' not in page.text


@pytest.mark.parametrize("name", ["sources", "import_file", "source_edit", "import"])
def test_strangers_find_nothing(client, mallory, libby, source, tmp_path, name):
    import_ = previewed(libby, source, ris_file(tmp_path, 3))
    keys = {"source_edit": [source.pk], "import": [import_.pk]}.get(name, [])
    client.force_login(mallory.user)

    assert client.get(url(name, libby, *keys)).status_code == 404


def test_sources_and_imports_of_another_review_are_not_found(
    client, mallory, libby, source, tmp_path
):
    import_ = previewed(libby, source, ris_file(tmp_path, 3))
    client.force_login(mallory.user)

    edit = client.post(url("source_edit", mallory, source.pk), {"name": "X", "kind": "database"})
    commit = client.post(url("import", mallory, import_.pk), {"do": "commit"})
    into = client.post(url("import_file", mallory), {"source": source.pk, "file": upload(ris(2))})

    assert (edit.status_code, commit.status_code, into.status_code) == (404, 404, 422)
    assert not Record.objects.exists()


def test_an_undone_import_shows_no_buttons(client, libby, source, tmp_path):
    import_ = undo_import(libby, imported(libby, source, ris_file(tmp_path, 3)))
    client.force_login(libby.user)

    page = client.get(url("import", libby, import_.pk))

    assert 'name="do"' not in page.text


def test_another_file_under_the_same_key_is_refused_and_not_dropped_in_silence(client, libby):
    client.force_login(libby.user)
    source = SourceFactory(review=libby.review)
    answers = []
    for title in ("One", "Another"):
        file = SimpleUploadedFile("s.ris", f"TY  - JOUR\nTI  - {title}\nER  - \n".encode())
        data = {"source": source.pk, "file": file, "request_key": "the-same"}
        answers.append(client.post(url("import_file", libby), data))

    assert [answer.status_code for answer in answers] == [303, 409]
    assert "sent before with other content" in answers[1].text
