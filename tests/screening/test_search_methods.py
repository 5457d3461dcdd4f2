"""What is said of the search as a whole, and the facts of a source behind the first ones."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from reporting.log import sentence
from screening.actions.log import write_log
from screening.actions.sources import (
    add_source,
    describe_search,
    edit_source,
    of_upload,
    was_made_with,
)
from screening.forms.searches import SearchMethodsForm
from screening.forms.sources import NewSourceForm, SourceForm
from screening.models import LogEntry, SearchMethods, Source
from tests.factories import ImportFactory, ReviewFactory, SourceFactory


@pytest.fixture
def address(review) -> str:
    return reverse("screening:search_methods", args=[review.pk])


def test_the_log_keeps_what_was_said_before(libby, review):
    describe_search(libby, contacts="Two authors.", updates="None.")
    describe_search(libby, contacts="Three authors.", updates="None.")

    first, second = LogEntry.objects.filter(review=review).order_by("sequence")
    assert (second.action, second.before, second.after) == (
        "search.described",
        {"contacts": "Two authors."},
        {"contacts": "Three authors."},
    )
    assert first.before == {"contacts": "", "updates": ""}
    assert sentence(second.action, second.before, second.after) == (
        "described the search as a whole"
    )
    assert SearchMethods.objects.get().contacts == "Three authors."


def test_saying_the_same_again_changes_nothing(libby):
    describe_search(libby, contacts="Two authors.")
    describe_search(libby, contacts="Two authors.")
    describe_search(libby, limits="")

    assert LogEntry.objects.count() == 1


def test_saying_nothing_makes_no_row(libby):
    describe_search(libby, contacts="")

    assert (SearchMethods.objects.count(), LogEntry.objects.count()) == (0, 0)


def test_who_may_not_import_does_not_describe_the_search(alice, carol, olive):
    for access in (alice, carol, olive):
        with pytest.raises(PermissionDenied):
            describe_search(access, contacts="Nobody.")


def test_it_is_said_of_one_review_only(libby, mallory):
    describe_search(libby, contacts="Ours.")
    describe_search(mallory, contacts="Theirs.")

    assert libby.scope(SearchMethods).get().contacts == "Ours."


def test_the_page_saves_once_and_leads_to_the_report(client, libby, review, address):
    client.force_login(libby.user)
    said = {"contacts": "Two authors.", "request_key": "once"}

    answers = [client.post(address, said) for _ in range(2)]

    report = reverse("reporting:search_report", args=[review.pk])
    assert [(answer.status_code, answer.url) for answer in answers] == [(303, report)] * 2
    assert LogEntry.objects.count() == 1
    assert "Two authors." in client.get(address).text
    assert "Two authors." in client.get(report).text


def test_a_text_that_is_too_long_comes_back(client, libby, address):
    client.force_login(libby.user)

    answer = client.post(address, {"contacts": "x" * 5_001, "limits": "None used."})

    assert answer.status_code == 422
    assert "None used." in answer.text
    assert not SearchMethods.objects.exists()


def test_the_form_has_every_fact_under_some_heading_and_asks_for_none():
    form = SearchMethodsForm()

    shown = [field.name for _, fields in form.groups() for field in fields]
    assert sorted(shown) == sorted(SearchMethods.FACTS)
    assert not any(field.required for field in form.fields.values())


def test_the_form_of_a_source_has_every_fact_once_and_asks_for_its_name_and_kind():
    form = SourceForm()

    shown = [field.name for field in (*form.first(), *form.rest())]
    assert sorted(shown) == sorted(set(Source.FACTS) - {"is_proposal"})
    assert {name for name, field in form.fields.items() if field.required} == {"name", "kind"}
    assert "method" not in NewSourceForm().fields


def test_new_facts_of_a_source_are_logged_when_they_change(libby):
    source = add_source(libby, name="Hand search", kind="website")

    edit_source(libby, source, method="Browsed.", updated_on=date(2025, 1, 2))

    entry = LogEntry.objects.order_by("-sequence").first()
    assert entry.before == {"name": "Hand search", "method": "", "updated_on": None}
    assert entry.after == {"name": "Hand search", "method": "Browsed.", "updated_on": "2025-01-02"}


@pytest.mark.parametrize("wrong", ["javascript:alert(1)", "ftp://example.org", "somewhere"])
def test_an_address_is_one_of_the_web(libby, wrong):
    with pytest.raises(ValidationError, match="Give a whole address"):
        add_source(libby, name="Site", url=wrong)


def test_what_is_wrong_behind_the_first_facts_opens_them(client, libby, review):
    source = SourceFactory(review=review, searched_on=date(2024, 1, 1))
    client.force_login(libby.user)
    edit = reverse("screening:source_edit", args=[review.pk, source.pk])

    closed = client.get(edit)
    for wrong in ({"url": "somewhere"}, {"searched_on": "2024-01-01", "updated_on": "2023-01-01"}):
        answer = client.post(edit, {"name": "PubMed", "kind": "database", **wrong})
        assert answer.status_code == 422
        assert '<details class="more" open>' in answer.text
    assert '<details class="more">' in closed.text
    assert "run again before it was run first" in answer.text


def test_a_source_of_another_review_is_not_described(client, libby):
    elsewhere = SourceFactory(review=ReviewFactory())
    client.force_login(libby.user)
    edit = reverse("screening:source_edit", args=[libby.review.pk, elsewhere.pk])

    assert client.post(edit, {"name": "X", "kind": "database"}).status_code == 404


def test_a_source_logged_before_there_were_these_facts_is_known_as_made_with_its_file(libby):
    source = SourceFactory(review=libby.review)
    import_ = ImportFactory(source=source, state="previewed", committed_at=None)
    since = {"url", "databases", "method", "filters", "updated_on", "updates"}
    blank = {"kind": "database", "hits": None, "is_proposal": False}
    dates = dict.fromkeys(("searched_on", "coverage_from", "coverage_to"))
    texts = dict.fromkeys(set(Source.FACTS) - since - {*blank, *dates}, "")
    logged = {**texts, **dates, **blank, "name": "PubMed", **of_upload(import_)}
    write_log(libby, "source.added", after=logged)

    assert was_made_with(libby, source, import_)
    edit_source(libby, source, filters="None.")
    source.refresh_from_db()
    assert not was_made_with(libby, source, import_)
