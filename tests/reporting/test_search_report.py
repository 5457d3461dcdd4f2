"""The search report: every search whole, the sixteen items of PRISMA-S, and searches.csv beside it."""

import csv
import html
import io
import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reporting.cells import unguard
from reporting.prisma.counting import count
from reporting.searches.page import SearchReport
from screening.actions.adjustments import add_adjustment, end_adjustment
from screening.actions.sources import add_source, describe_search, edit_source
from screening.models import SearchMethods, Source, SourceKind
from tests.factories import ImportFactory, RecordFactory, SourceFactory
from tests.screening.merging.libraries import GAN, imported

WHOLE = {name: f"Said of {name}." for name in SearchMethods.FACTS}
EVERYTHING = {
    "name": "MEDLINE",
    "kind": "database",
    "platform": "Ovid",
    "url": "https://ovidsp.example.org/?q=1&r=2",
    "databases": "MEDLINE, Embase",
    "searched_on": date(2024, 1, 14),
    "coverage_from": date(1946, 1, 1),
    "coverage_to": date(2024, 1, 12),
    "search_string": "1. =gan*.mp.\n2. <image>\n3. 1 AND 2",
    "method": "Run line by line.",
    "limits": "English, since the team reads nothing else.",
    "filters": "Cochrane HSSS 2008, as designed.",
    "hits": 952,
    "searched_by": "Libby",
    "peer_review": "Max, with PRESS.",
    "updated_on": date(2025, 2, 3),
    "updates": "Run again: 40 more.",
    "notes": "Twelve were lost.",
}


def address(review) -> str:
    return reverse("reporting:search_report", args=[review.pk])


def text_of(response) -> str:
    """The answer's text without tags and the white space of its template."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.text)).split())


def items(access) -> dict[int, tuple[list[str], list[str]]]:
    """By number: where it is said, and what is missing."""
    return {
        item.number: ([one.words for one in item.said], [one.words for one in item.missing])
        for item in SearchReport(access).checklist
    }


def states(access) -> dict[int, str]:
    return {item.number: item.state for item in SearchReport(access).checklist}


# --- The page -----------------------------------------------------------------------------------


def test_every_fact_of_a_source_is_on_the_page_and_its_string_keeps_its_lines(
    client, dora, olive, review
):
    source = add_source(dora, **EVERYTHING)
    given = ImportFactory(source=source, file_name="medline.ris", sha256="ab" * 32, found=3, read=1)
    RecordFactory(review=review, imported_by=given)
    ImportFactory(source=source, state="undone", file_name="undone.ris")
    add_adjustment(dora, box="duplicates", number=12, why="Removed in EndNote.", source=source)
    client.force_login(olive.user)

    page = client.get(address(review))

    text = text_of(page)
    for name, value in EVERYTHING.items():
        shown = {"kind": "Database", "search_string": "1. =gan*.mp."}.get(name, str(value))
        if isinstance(value, date):
            shown = f"{value.day} {value:%B %Y}"
        assert shown in text, name
    assert ">1. =gan*.mp.\n2. &lt;image&gt;\n3. 1 AND 2</pre>" in page.text
    assert "ab" * 32 in text
    assert "undone.ris" not in text
    assert "1, and 2 entries that could not be read" in text
    assert "12, duplicates removed before the import: Removed in EndNote." in text


def test_whoever_only_reads_sees_what_is_missing_without_links_to_forms(
    client, olive, libby, review
):
    SourceFactory(review=review)
    pages = []
    for access in (olive, libby):
        client.force_login(access.user)
        pages.append(client.get(address(review)))

    assert ["/edit/" in page.text for page in pages] == [False, True]
    assert ["/sources/methods/" in page.text for page in pages] == [False, True]
    assert all("not stated yet: PubMed: platform" in text_of(page) for page in pages)


def test_what_is_missing_leads_to_the_field_where_it_is_filled_in(client, libby, review):
    source = SourceFactory(review=review, name="Embase")
    client.force_login(libby.user)

    page = client.get(address(review))

    for link in set(re.findall(r'href="([^"]+#id_\w+)"', page.text)):
        form, _, field = link.partition("#")
        assert f'id="{field}"' in client.get(form).text, link
    edit = reverse("screening:source_edit", args=[review.pk, source.pk])
    assert f'href="{edit}#id_platform"' in page.text
    whole = reverse("screening:search_methods", args=[review.pk])
    assert f'href="{whole}#id_contacts"' in page.text


def test_strangers_find_no_report(client, mallory, review):
    client.force_login(mallory.user)

    assert client.get(address(review)).status_code == 404
    assert client.get(reverse("screening:search_methods", args=[review.pk])).status_code == 404


def test_a_proposal_is_labelled_and_counts_as_said_by_nobody(client, olive, review):
    SourceFactory(
        review=review, platform="Ovid", search_string="gan", limits="none", is_proposal=True
    )
    client.force_login(olive.user)

    page = client.get(address(review))

    assert page.text.count("proposal: not published by the original review") == 1
    assert "Search as proposed" in page.text
    assert "Search as it was run" not in page.text
    missing = items(olive)
    assert missing[1] == ([], ["PubMed (Ovid): platform, a proposal still"])
    assert missing[8] == ([], ["PubMed (Ovid): the search as it was run, a proposal still"])


def test_a_review_without_sources_has_a_report_that_says_so(client, olive, review):
    client.force_login(olive.user)

    page = client.get(address(review))

    assert "No sources yet" in page.text
    assert "0 of 16 items stated" in page.text


@pytest.mark.parametrize("number", [1, 12])
def test_the_page_asks_as_many_questions_for_one_source_as_for_many(client, libby, number):
    for _ in range(number):
        source = SourceFactory(review=libby.review)
        ImportFactory(source=source)
        ImportFactory(source=source)
    with CaptureQueriesContext(connection) as asked:
        SearchReport(libby).checklist  # noqa: B018 -- it is asked for

    assert len(asked) == 6


# --- The checklist ------------------------------------------------------------------------------


def test_everything_said_of_one_source_and_the_whole_answers_all_sixteen(dora, review):
    add_source(dora, **EVERYTHING)
    describe_search(dora, **WHOLE)

    assert set(states(dora).values()) == {"stated"}
    assert list(items(dora)) == list(range(1, 17))


@pytest.mark.parametrize(
    ("field", "number"),
    [
        ("together", 2),
        ("registers", 3),
        ("browsing", 4),
        ("citations", 5),
        ("contacts", 6),
        ("other_methods", 7),
        ("limits", 9),
        ("filters", 10),
        ("prior_work", 11),
        ("updates", 12),
        ("peer_review", 14),
        ("deduplication_software", 16),
        ("deduplication", 16),
    ],
)
def test_each_fact_of_the_whole_answers_its_own_item_and_no_other(libby, review, field, number):
    SourceFactory(review=review)
    before = states(libby)

    describe_search(libby, **{field: "None."})

    changed = {one for one, state in states(libby).items() if state != before[one]}
    assert changed == {number}
    assert states(libby)[number] == "stated"


@pytest.mark.parametrize(
    ("facts", "number"),
    [
        ({"platform": "Ovid"}, 1),
        ({"databases": "MEDLINE, Embase"}, 2),
        ({"search_string": "gan"}, 8),
        ({"limits": "none"}, 9),
        ({"filters": "none"}, 10),
        ({"updates": "By alerts."}, 12),
        ({"searched_on": date(2024, 1, 1)}, 13),
        ({"peer_review": "PRESS"}, 14),
        ({"hits": 0}, 15),
    ],
)
def test_each_fact_of_a_source_answers_its_own_item_and_no_other(libby, review, facts, number):
    source = SourceFactory(review=review)
    before = states(libby)

    edit_source(libby, source, **facts)

    changed = {one for one, state in states(libby).items() if state != before[one]}
    assert changed == {number}


def test_what_one_of_two_sources_says_is_stated_in_part(libby, review):
    SourceFactory(review=review, name="PubMed", search_string="gan", limits="English")
    SourceFactory(review=review, name="Embase")

    found = items(libby)

    assert found[8] == (["PubMed"], ["Embase: the search as it was run"])
    assert found[9] == (["PubMed"], ["Embase: limits"])
    assert states(libby)[8] == "stated in part"


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (SourceKind.WEBSITE, 4),
        (SourceKind.ORGANISATION, 4),
        (SourceKind.CITATIONS, 5),
    ],
)
def test_what_was_browsed_says_how_instead_of_a_string(libby, review, kind, number):
    source = SourceFactory(review=review, name="Elsewhere", kind=kind)
    before = items(libby)

    edit_source(libby, source, method="Reference lists of all included reports.")

    assert before[number] == ([], ["Elsewhere: how it was done"])
    assert before[8] == ([], ["Elsewhere: the search as it was run"])
    assert items(libby)[number] == (["Elsewhere"], [])
    assert items(libby)[8] == (["Elsewhere"], [])


# --- Numbers ------------------------------------------------------------------------------------


def test_what_was_removed_elsewhere_is_counted_as_the_flow_diagram_counts_it(dora, review):
    pubmed = SourceFactory(review=review, hits=15)
    register = SourceFactory(review=review, name="CT.gov", kind=SourceKind.REGISTER)
    for source, records in ((pubmed, 3), (register, 2)):
        given = ImportFactory(source=source, found=records + 1, read=records)
        for _ in range(records):
            RecordFactory(review=review, imported_by=given)
    add_adjustment(dora, box="duplicates", number=7, why="In EndNote.", source=pubmed)
    add_adjustment(dora, box="excluded_automatic", number=4, why="A tool.", source=pubmed)
    add_adjustment(dora, box="excluded_other", number=2, why="Retracted.")
    add_adjustment(dora, box="previous_reports", number=50, why="Of 2019.")
    ended = add_adjustment(dora, box="duplicates", number=100, why="A slip.", source=pubmed)
    end_adjustment(dora, ended)

    report, flow = SearchReport(dora), count(dora)

    first, second = report.searches
    assert first.identified == flow[f"database_results:{pubmed.pk}"] == 14
    assert second.identified == flow[f"register_results:{register.pk}"] == 2
    assert report.removed_without_source == 2
    assert report.records + report.removed_elsewhere == flow["identified"] == 18
    removed = flow["duplicates"] + flow["excluded_automatic"] + flow["excluded_other"]
    assert report.removed_elsewhere == removed == 13
    assert (report.hits, report.without_hits, report.problems) == (15, 1, 2)


def test_the_columns_of_what_sources_share_are_numbered_so_that_many_fit(client, libby, tmp_path):
    imported(libby, tmp_path, [GAN])
    imported(libby, tmp_path, [GAN], source="A database of a very long name")
    client.force_login(libby.user)

    page = client.get(reverse("reporting:search_report", args=[libby.review.pk]))

    name = '<span class="hidden-text">A database of a very long name</span>'
    assert f'<span aria-hidden="true">2</span>{name}' in page.text
    assert "2. A database of a very long name" in text_of(page)


def test_a_number_removed_elsewhere_is_said_from_the_source(client, libby, olive, review):
    source = SourceFactory(review=review, name="Embase")
    client.force_login(libby.user)
    sources = reverse("screening:sources", args=[review.pk])
    adjustments = reverse("screening:adjustments", args=[review.pk])

    assert f'href="{adjustments}?source={source.pk}#add"' in client.get(sources).text
    form = client.get(f"{adjustments}?source={source.pk}")
    assert f'<option value="{source.pk}" selected>' in form.text
    said = {"box": "duplicates", "number": "7", "why": "In EndNote.", "source": source.pk}
    client.post(adjustments, said)

    wanted = "7 removed elsewhere, duplicates removed before the import: In EndNote."
    assert wanted in text_of(client.get(sources))
    client.force_login(olive.user)
    page = client.get(sources)
    assert wanted in text_of(page)
    assert adjustments not in page.text


# --- The file -----------------------------------------------------------------------------------


def test_the_file_says_what_the_page_says(client, dora, olive, review):
    source = add_source(dora, **EVERYTHING)
    given = ImportFactory(source=source, file_name="m.ris", sha256="cd" * 32, found=3, read=1)
    RecordFactory(review=review, imported_by=given)
    add_source(dora, name="Embase")
    describe_search(dora, **WHOLE)
    add_adjustment(dora, box="duplicates", number=7, why="In EndNote.", source=source)
    add_adjustment(dora, box="excluded_other", number=2, why="Retracted.")
    client.force_login(olive.user)

    answer = client.get(reverse("reporting:export", args=[review.pk, "searches"]))
    body = b"".join(answer.streaming_content).decode()
    first, second = csv.DictReader(io.StringIO(body, newline=""))
    page = client.get(address(review))
    text = text_of(page)

    assert {name: unguard(first["source" if name == "name" else name]) for name in EVERYTHING} == {
        name: value.isoformat() if isinstance(value, date) else str(value)
        for name, value in EVERYTHING.items()
    }
    assert {name: first[f"review_{name}"] for name in WHOLE} == WHOLE
    assert {name: second[f"review_{name}"] for name in WHOLE} == WHOLE
    for said in WHOLE.values():
        assert said in text
    assert (first["records"], first["problems"], first["sha256"]) == ("1", "2", "cd" * 32)
    assert (first["removed_elsewhere"], second["removed_elsewhere"]) == ("7", "0")
    assert first["removed_elsewhere_why"] == "7 duplicates: In EndNote."
    assert first["review_removed_elsewhere"] == "2"
    assert "2 removed elsewhere, removed for other reasons: Retracted." in text
    assert len(first) == len(set(first)) == body.partition("\r\n")[0].count(",") + 1


def test_every_fact_of_a_source_is_a_column():
    facts = {field.name for field in Source._meta.concrete_fields} - {"id", "review"}

    assert facts == set(Source.FACTS)
    whole = {field.name for field in SearchMethods._meta.concrete_fields} - {"id", "review"}
    assert whole == set(SearchMethods.FACTS)
