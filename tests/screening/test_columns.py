"""A table whose headings nobody knows: somebody says once which column is which."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from screening.access import ReviewAccess
from screening.actions.importing import choose_columns, preview_import
from screening.actions.storing import commit_import
from screening.models import Import, ImportState, LogEntry, Record, Role, Source
from tests.conftest import join
from tests.factories import ReviewFactory, SourceFactory

pytestmark = pytest.mark.django_db

UNKNOWN = (
    'Bezeichnung,Wer,Wann\nLung nodules in synthetic images,"Ferro, Lia",2021\nOf polyps,,2022\n'
)
KNOWN = 'Title,Authors,Year\nLung nodules in synthetic images,"Ferro, Lia",2021\n'
HEADINGS = ("Bezeichnung", "Wer", "Wann")
PAIRS = (("Bezeichnung", "title"), ("Wer", "authors"), ("Wann", "year"))


@pytest.fixture(autouse=True)
def kept(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "kept"
    return settings.MEDIA_ROOT


@pytest.fixture
def source(review) -> Source:
    return SourceFactory(review=review)


def url(name: str, access: ReviewAccess, *args: int) -> str:
    return reverse(f"screening:{name}", args=[access.review.pk, *args])


def written(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def waiting(access: ReviewAccess, source: Source, folder: Path, text: str = UNKNOWN) -> Import:
    return preview_import(access, source, written(folder, text), "table.csv")


def chosen(**fields: str) -> dict[str, str]:
    return {f"column-{place}": fields.get(heading, "") for place, heading in enumerate(HEADINGS)}


def test_an_unknown_table_is_kept_and_asks_which_column_is_which(client, libby, source):
    client.force_login(libby.user)
    upload = SimpleUploadedFile("table.csv", UNKNOWN.encode())

    answer = client.post(url("import_file", libby), {"source": source.pk, "file": upload})

    import_ = libby.scope(Import).get()
    assert answer["Location"] == url("import_columns", libby, import_.pk)
    assert (import_.found, import_.read, import_.needs_columns) == (2, 0, True)
    page = client.get(answer["Location"]).text
    assert all(heading in page for heading in HEADINGS)
    assert "Of polyps" in page
    assert "which column is which" in client.get(url("import", libby, import_.pk)).text
    assert not libby.scope(Record).exists()


def test_the_table_is_previewed_and_stored_as_it_was_explained(client, libby, source, tmp_path):
    client.force_login(libby.user)
    import_ = waiting(libby, source, tmp_path)

    answer = client.post(
        url("import_columns", libby, import_.pk),
        chosen(Bezeichnung="title", Wer="authors", Wann="year"),
    )

    assert answer["Location"] == url("import", libby, import_.pk)
    assert "Lung nodules in synthetic images" in client.get(answer["Location"]).text
    import_.refresh_from_db()
    commit_import(libby, import_)
    stored = libby.scope(Record).order_by("position").values_list("title", "authors", "year")
    assert list(stored) == [
        ("Lung nodules in synthetic images", "Ferro, Lia", 2021),
        ("Of polyps", "", 2022),
    ]
    entry = libby.scope(LogEntry).get(action="import.committed")
    assert entry.after["columns"] == [list(pair) for pair in PAIRS]


def test_without_a_column_of_titles_nothing_changes_and_the_choice_stays(
    client, libby, source, tmp_path
):
    client.force_login(libby.user)
    import_ = waiting(libby, source, tmp_path)

    answer = client.post(url("import_columns", libby, import_.pk), chosen(Wer="authors"))

    assert answer.status_code == 422
    assert "Choose the column that holds the titles." in answer.text
    assert '<option value="authors" selected>' in answer.text
    import_.refresh_from_db()
    assert import_.needs_columns


def test_a_table_that_waits_cannot_be_stored(client, libby, source, tmp_path):
    client.force_login(libby.user)
    import_ = waiting(libby, source, tmp_path)

    answer = client.post(url("import", libby, import_.pk), {"do": "commit"})

    assert answer.status_code == 409
    assert "which column is which" in answer.text
    assert not libby.scope(Record).exists()


def test_the_same_headings_are_remembered_in_the_review(libby, dora, source, tmp_path):
    choose_columns(libby, waiting(libby, source, tmp_path), PAIRS)

    again = waiting(dora, source, tmp_path, UNKNOWN + "Of spleens,,2023\n")

    assert (again.found, again.read, again.needs_columns) == (3, 3, False)


def test_they_are_remembered_for_the_person_and_for_no_other_review(libby, source, tmp_path):
    choose_columns(libby, waiting(libby, source, tmp_path), PAIRS)
    elsewhere = ReviewFactory()
    stranger = join(elsewhere, "Stranger", Role.LIBRARIAN)

    assert waiting(stranger, SourceFactory(review=elsewhere), tmp_path).needs_columns


def test_files_that_are_no_tables_are_passed_over_when_headings_are_looked_up(
    libby, source, tmp_path
):
    choose_columns(libby, waiting(libby, source, tmp_path), PAIRS)
    waiting(libby, source, tmp_path, "TY  - JOUR\nTI  - A title\nER  - \n")

    again = waiting(libby, source, tmp_path, UNKNOWN + "Of spleens,,2023\n")

    assert not again.needs_columns


def test_other_headings_are_asked_about_anew(libby, source, tmp_path):
    choose_columns(libby, waiting(libby, source, tmp_path), PAIRS)

    other = waiting(libby, source, tmp_path, UNKNOWN.replace("Wann", "Jahrgang"))

    assert other.needs_columns


def test_a_table_with_known_headings_can_be_corrected(client, libby, source, tmp_path):
    client.force_login(libby.user)
    import_ = waiting(libby, source, tmp_path, KNOWN)
    assert import_.read == 1
    page = url("import_columns", libby, import_.pk)
    assert page in client.get(url("import", libby, import_.pk)).text
    assert '<option value="authors" selected>' in client.get(page).text

    client.post(page, {"column-0": "title", "column-1": "", "column-2": "year"})

    import_.refresh_from_db()
    assert import_.columns == [["Title", "title"], ["Authors", ""], ["Year", "year"]]


def test_what_is_no_table_has_no_columns(client, libby, source, tmp_path):
    client.force_login(libby.user)
    import_ = waiting(libby, source, tmp_path, "TY  - JOUR\nTI  - A title\nER  - \n")

    assert client.get(url("import_columns", libby, import_.pk)).status_code == 404


def test_of_a_stored_table_nothing_can_be_chosen_any_more(client, libby, source, tmp_path):
    client.force_login(libby.user)
    import_ = commit_import(libby, waiting(libby, source, tmp_path, KNOWN))

    answer = client.post(url("import_columns", libby, import_.pk), {"column-0": "abstract"})

    assert answer["Location"] == url("import", libby, import_.pk)
    import_.refresh_from_db()
    assert (import_.state, import_.columns) == (ImportState.COMMITTED, None)


def test_the_command_says_where_to_explain_the_columns_and_remembers_them(dora, tmp_path):
    path = written(tmp_path, UNKNOWN)
    with pytest.raises(CommandError) as refusal:
        call_command("import_file", str(dora.review.pk), str(path), stdout=StringIO())
    import_ = dora.scope(Import).get()
    assert url("import_columns", dora, import_.pk) in str(refusal.value)
    choose_columns(dora, import_, PAIRS)

    call_command("import_file", str(dora.review.pk), str(path), stdout=StringIO())

    assert dora.scope(Record).count() == 2
