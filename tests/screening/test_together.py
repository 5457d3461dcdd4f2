"""Many files at once: each recognised, given a source, looked at in one table, stored by one job."""

from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from screening import tasks
from screening.access import ReviewAccess
from screening.actions.adjustments import add_adjustment
from screening.actions.importing import preview_import
from screening.actions.jobs import ask_to_store
from screening.actions.storing import commit_import
from screening.actions.together import Brought, Choice, bring_together, store_together
from screening.models import Bundle, Import, Job, LogEntry, Record, Source
from screening.working import claim_next
from tests.factories import SourceFactory
from tests.screening.bibliography import ris, ris_file

DATA = Path(__file__).parents[1] / "data" / "importers"


@pytest.fixture(autouse=True)
def kept(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "kept"
    return settings.MEDIA_ROOT


@pytest.fixture
def browser(libby) -> Client:
    browser = Client()
    browser.force_login(libby.user)
    return browser


def scopus(count: int, **entries) -> str:
    return ris(count, **entries).replace("ER  -", "DB  - Scopus\nER  -")


def files(folder: Path, **contents: str) -> list[Brought]:
    """Files by their names, with "__" for the dot."""
    made = []
    for key, content in contents.items():
        path = folder / key.replace("__", ".")
        path.write_text(content)
        made.append(Brought(path.name, path))
    return made


def upload(name: str, content: bytes | str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())


def work() -> None:
    while claim := claim_next("a worker"):
        tasks.do(claim)


def sources_of(access: ReviewAccess) -> list[tuple[str, str]]:
    imports = access.scope(Import).order_by("pk")
    return [(one.file_name, one.source.name) for one in imports]


def url(name: str, access: ReviewAccess, *args: object) -> str:
    return reverse(f"screening:{name}", args=[access.review.pk, *args])


# --- looking ----------------------------------------------------------------------------------


def test_files_of_one_database_go_to_one_source(libby, tmp_path):
    brought = files(tmp_path, a__ris=scopus(2), b__ris=scopus(3, first=10), c__ris=ris(1, first=50))
    pubmed = Brought("d.nbib", DATA / "pubmed.nbib")

    bring_together(libby, [*brought, pubmed])

    assert sources_of(libby) == [
        ("a.ris", "Scopus"),
        ("b.ris", "Scopus"),
        ("c.ris", "c"),
        ("d.nbib", "PubMed"),
    ]
    assert libby.scope(Source).count() == 3
    assert libby.scope(Record).count() == 0


def test_a_source_that_the_review_has_is_taken(libby, tmp_path):
    known = SourceFactory(review=libby.review, name="scopus")

    bring_together(libby, files(tmp_path, a__ris=scopus(2)))

    assert libby.scope(Import).get().source == known
    assert libby.scope(Source).count() == 1


def test_of_two_sources_of_a_name_that_on_its_platform_is_taken(libby, tmp_path):
    SourceFactory(review=libby.review, name="Embase", platform="Embase.com")
    ovid = SourceFactory(review=libby.review, name="Embase", platform="Ovid")
    text = ris(2).replace("ER  -", "DB  - Embase <1974 to 2024>\nER  -")

    bring_together(libby, files(tmp_path, a__ris=text))

    assert libby.scope(Import).get().source == ovid


def test_what_cannot_be_taken_says_why_and_changes_nothing(libby, tmp_path):
    known = preview_import(
        libby, SourceFactory(review=libby.review), ris_file(tmp_path, 4), "k.ris"
    )
    commit_import(libby, known)
    before = libby.scope(LogEntry).count()
    brought = files(tmp_path, empty__ris="", prose__txt="Dear all,\n\nhello.\n", same__ris=ris(4))

    bundle = bring_together(libby, brought)

    refusals = [(one.name, one.refusal.split(":")[0], one.first) for one in bundle.files.all()]
    assert refusals == [
        ("empty.ris", "The file is empty (0 bytes)", None),
        ("prose.txt", refusals[1][1], None),
        ("same.ris", refusals[2][1], known),
    ]
    assert "begins an entry" in refusals[1][1]
    assert "was imported into this review on" in refusals[2][1]
    assert libby.scope(Import).count() == 1
    assert libby.scope(Source).count() == 1
    assert libby.scope(LogEntry).count() == before


def test_the_same_file_twice_in_one_go_is_taken_once(libby, tmp_path):
    bundle = bring_together(libby, files(tmp_path, a__ris=ris(2), b__ris=ris(2)))

    assert [one.refusal for one in bundle.files.all()] == [
        "",
        "This is the same file as a.ris, which came with it.",
    ]


# --- storing ----------------------------------------------------------------------------------


def test_one_job_stores_all_in_their_order(libby, tmp_path):
    bundle = bring_together(libby, files(tmp_path, b__ris=scopus(2), a__ris=ris(3, first=10)))

    job = store_together(libby, bundle, {})
    work()

    assert job.of == 5
    assert [one.imported.state for one in bundle.files.all()] == ["committed", "committed"]
    titles = libby.scope(Record).imported().order_by("number").values_list("title", flat=True)
    assert list(titles) == ["Title 1", "Title 2", "Title 10", "Title 11", "Title 12"]


def test_a_source_is_corrected_and_the_one_made_in_vain_is_gone(libby, tmp_path):
    mine = SourceFactory(review=libby.review, name="Mine")
    bundle = bring_together(libby, files(tmp_path, a__ris=scopus(1), b__ris=ris(1, first=9)))
    a, b = bundle.files.all()

    store_together(libby, bundle, {a.pk: Choice(source=mine), b.pk: Choice(new_name="Hand search")})

    assert sources_of(libby) == [("a.ris", "Mine"), ("b.ris", "Hand search")]
    assert sorted(libby.scope(Source).values_list("name", flat=True)) == ["Hand search", "Mine"]
    removed = libby.scope(LogEntry).filter(action="source.removed").order_by("sequence")
    assert sorted(entry.before["name"] for entry in removed) == ["Scopus", "b"]


def test_a_source_made_in_vain_stays_when_the_flow_names_it(libby, dora, tmp_path):
    bundle = bring_together(libby, files(tmp_path, a__ris=scopus(1)))
    [a] = bundle.files.all()
    add_adjustment(
        dora, box="duplicates", number=3, why="Removed before.", source=libby.scope(Source).get()
    )

    store_together(libby, bundle, {a.pk: Choice(new_name="Another")})

    assert sorted(libby.scope(Source).values_list("name", flat=True)) == ["Another", "Scopus"]


def test_what_is_left_out_is_gone_and_the_rest_is_stored(libby, tmp_path, kept):
    bundle = bring_together(libby, files(tmp_path, a__ris=scopus(1), b__ris=ris(2, first=9)))
    a = bundle.files.first()

    store_together(libby, bundle, {a.pk: Choice(is_left_out=True)})
    work()

    a.refresh_from_db()
    assert (a.imported, a.refusal) == (None, "Left out.")
    assert libby.scope(Record).imported().count() == 2
    assert len(list((kept / "imports" / str(libby.review.pk)).iterdir())) == 1
    assert not libby.scope(Source).filter(name="Scopus").exists()


def test_all_left_out_is_no_job(libby, tmp_path):
    bundle = bring_together(libby, files(tmp_path, a__ris=scopus(1)))

    job = store_together(libby, bundle, {bundle.files.get().pk: Choice(is_left_out=True)})

    assert job is None
    assert (Job.objects.count(), libby.scope(Import).count()) == (0, 0)


def test_a_table_of_unknown_headings_waits_for_its_columns(libby, tmp_path):
    table = Brought("table.csv", DATA / "table_unknown.csv")
    bundle = bring_together(libby, [table, *files(tmp_path, a__ris=ris(2))])

    store_together(libby, bundle, {})
    work()

    assert [one.imported.state for one in bundle.files.all()] == ["previewed", "committed"]


# --- pages ------------------------------------------------------------------------------------


def post_files(browser: Client, libby: ReviewAccess, *uploads: SimpleUploadedFile):
    return browser.post(url("import_file", libby), {"file": list(uploads)})


def test_several_files_are_one_table_and_one_button(browser, libby):
    response = post_files(
        browser,
        libby,
        upload("scopus.ris", scopus(2)),
        upload("more.ris", ris(3, first=20, untitled={21})),
        upload(".DS_Store", "x"),
        upload("empty.ris", ""),
    )
    bundle = libby.scope(Bundle).get()
    page = browser.get(response.url)

    assert (response.status_code, response.url) == (303, url("together", libby, bundle.pk))
    assert "Import two files" in page.text
    assert ".DS_Store" in page.text
    assert "The file is empty (0 bytes)" in page.text
    assert bundle.ignored == [".DS_Store"]

    form = page.context["form"]
    asked = browser.post(response.url, {name: form[name].initial or "" for name in form.fields})
    job = libby.scope(Job).get()
    assert (asked.status_code, asked.url) == (303, url("job", libby, job.pk))
    waits = browser.get(asked.url)
    assert "Waits for a worker" in waits.text
    assert 'hx-trigger="every 2s"' in waits.text
    work()
    done = browser.get(asked.url, headers={"HX-Request": "true"})
    assert "4 records are in the review" in done.text
    assert "<html" not in done.text
    assert "hx-trigger" not in done.text
    assert browser.get(url("together", libby, bundle.pk)).url == asked.url


def test_a_zip_is_its_files(browser, libby, tmp_path):
    with ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("search/scopus.ris", scopus(2))
        archive.writestr("search/inner.zip", (tmp_path / "all.zip").read_bytes() or b"PK\x05\x06")
        archive.writestr("__MACOSX/._x", "x")
        archive.write(DATA / "pubmed.nbib", "pubmed.nbib")

    post_files(browser, libby, upload("all.zip", (tmp_path / "all.zip").read_bytes()))

    bundle = libby.scope(Bundle).get()
    assert [(one.name, one.refusal[:24]) for one in bundle.files.all()] == [
        ("search/scopus.ris", ""),
        ("search/inner.zip", "This is a ZIP inside a Z"),
        ("pubmed.nbib", ""),
    ]
    assert bundle.ignored == ["__MACOSX/._x"]


def test_a_damaged_zip_is_one_sentence_in_the_table(browser, libby):
    response = post_files(browser, libby, upload("all.zip", b"PK\x03\x04" + b"x" * 500))

    page = browser.get(response.url)

    assert "This ZIP is damaged" in page.text
    assert "None of these files waits for a decision." in page.text


def test_one_file_is_previewed_as_ever_also_as_a_workbook(browser, libby):
    source = SourceFactory(review=libby.review)

    response = browser.post(
        url("import_file", libby), {"source": source.pk, "file": [upload("a.ris", ris(2))]}
    )

    assert response.url == url("import", libby, libby.scope(Import).get().pk)
    assert not libby.scope(Bundle).exists()


def test_another_source_needs_its_name(browser, libby):
    response = post_files(browser, libby, upload("a.ris", ris(1)), upload("b.ris", ris(1, first=5)))
    first = libby.scope(Bundle).get().files.first()
    form = browser.get(response.url).context["form"]
    said = {name: form[name].initial or "" for name in form.fields}

    answer = browser.post(response.url, said | {f"source-{first.pk}": "another"})

    assert answer.status_code == 422
    assert "Name the source of a.ris." in answer.text
    assert not Job.objects.exists()


def test_more_files_than_can_be_taken_are_refused(browser, libby):
    many = [upload(f"{n}.ris", "x") for n in range(201)]

    response = post_files(browser, libby, *many)

    assert response.status_code == 422
    assert "These are 201 files; 200 can be taken at once." in response.text
    assert not libby.scope(Bundle).exists()


def test_a_repeated_upload_is_carried_out_once(browser, libby):
    sent = {"file": [upload("a.ris", ris(1)), upload("b.ris", ris(2))], "request_key": "k"}
    again = {"file": [upload("a.ris", ris(1)), upload("b.ris", ris(2))], "request_key": "k"}

    browser.post(url("import_file", libby), sent)
    response = browser.post(url("import_file", libby), again)

    assert response.url == url("sources", libby)
    assert libby.scope(Bundle).count() == 1


def test_a_job_without_a_worker_says_so_and_how_to_start_one(browser, libby, tmp_path):
    import_ = preview_import(
        libby, SourceFactory(review=libby.review), ris_file(tmp_path, 2), "a.ris"
    )
    job = ask_to_store(libby, [import_])
    address = url("job", libby, job.pk)
    assert "manage.py db_worker" not in browser.get(address).text

    Job.objects.update(asked_at="2020-01-01T00:00:00Z")

    page = browser.get(address)
    assert "No worker seems to run on this server" in page.text
    assert "manage.py db_worker" in page.text
    assert url("job", libby, job.pk) in browser.get(url("sources", libby)).text


def test_a_worker_without_a_sign_of_life_is_told(browser, libby, tmp_path):
    import_ = preview_import(
        libby, SourceFactory(review=libby.review), ris_file(tmp_path, 2), "a.ris"
    )
    address = url("job", libby, ask_to_store(libby, [import_]).pk)
    claim_next("a worker")
    silence = "no sign of life for a while"
    assert silence not in browser.get(address).text

    Job.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=16))
    page = browser.get(address)
    assert silence in page.text
    assert "No worker seems to run" not in page.text

    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=16))
    assert "No worker seems to run" in browser.get(address).text


def test_a_job_that_failed_says_why_and_what_was_not_stored(browser, libby, tmp_path):
    import_ = preview_import(
        libby, SourceFactory(review=libby.review), ris_file(tmp_path, 2), "a.ris"
    )
    job = ask_to_store(libby, [import_])
    Job.objects.update(attempts=3)
    tasks.wake_for_what_waits()

    page = browser.get(url("job", libby, job.pk))

    assert "It was begun 3 times" in page.text
    assert "Not imported" in page.text
    again = browser.post(url("import", libby, import_.pk), {"do": "commit"})
    assert again.url == url("import", libby, import_.pk)
    assert Record.objects.imported().count() == 2


def test_files_that_wait_for_a_decision_are_linked_from_the_sources(browser, libby, olive):
    response = post_files(browser, libby, upload("a.ris", ris(1)), upload("b.ris", ris(2)))

    assert response.url in browser.get(url("sources", libby)).text
    browser.force_login(olive.user)
    assert response.url not in browser.get(url("sources", libby)).text


def test_columns_once_said_lead_back_to_the_table(browser, libby):
    table = upload("t.csv", (DATA / "table_unknown.csv").read_bytes())
    response = post_files(browser, libby, table, upload("b.ris", ris(2)))
    page = browser.get(response.url)
    columns = url("import_columns", libby, libby.scope(Import).order_by("pk").first().pk)
    assert columns in page.text

    done = browser.post(columns, {"column-0": "title"})

    assert done.url == response.url
