"""The page of records: what it finds, the same as files, and nothing that is not settled."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reporting.exports.records import BIBLIOGRAPHIC
from reporting.prisma.counting import records_in
from reporting.prisma.numbers import BOXES
from reporting.records.filters import Unknown, filters_of
from screening.actions.conflicts import adjudicate, refer
from screening.actions.retrieval import say_of_report
from screening.actions.rounds import reopen
from screening.models import Record, RetrievalState
from screening.rules import Decision, Stage
from tests.clock import time_passes
from tests.factories import ImportFactory, ItemFactory, RecordFactory, SourceFactory

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
HOUR = timedelta(hours=1)


@pytest.fixture
def screening_of(review, screened, read, dora, carol):
    """One record of each kind, by name; all are settled but the last, which is complete."""
    made = {
        "unseen": screened("..", title="Unseen images"),
        "partial": screened("+."),
        "excluded": screened("--", title="Excluded images", doi="10.1000/excluded"),
        "conflict": screened("+-"),
        "resolved": screened("-+"),
        "to get": screened("++"),
        "asked for": screened("+?"),
    }
    time_passes(HOUR)
    refer(dora, made["resolved"].record, stage=TA, why="Stuck.")
    adjudicate(
        carol,
        made["resolved"].record,
        stage=TA,
        decision=Decision.EXCLUDE,
        rationale="No images.",
    )
    say_of_report(dora, made["asked for"].record, RetrievalState.REQUESTED, why="The author.")
    made["excluded report"] = read("E1 E2", "E2")
    made["included report"] = read("+", "+")
    made["half read"] = read("+", ".")
    made["disputed report"] = read("E1", "+")
    time_passes(HOUR)
    made["young"] = screened("--", title="Young images")
    return {name: item.record for name, item in made.items()}


def numbers(access, **asked: str) -> set[int]:
    return set(filters_of(access, asked).page().numbers)


def get(client, access, kind="records", **asked: str):
    client.force_login(access.user)
    return client.get(reverse(f"reporting:{kind}", args=[access.review.pk]), asked)


def csv_of(answer) -> list[dict[str, str]]:
    text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(StringIO(text, newline="")))


# What each filter leaves, by the names above.
REPORTS = {"to get", "asked for", "excluded report", "included report", "half read"}
LEFT = {
    "outcome=unseen": {"unseen", "to get", "asked for"},
    "stage=title-abstract&outcome=unseen": {"unseen"},
    "outcome=partial": {"partial", "young", "half read"},
    "stage=title-abstract&outcome=partial": {"partial", "young"},
    "stage=full-text&outcome=partial": {"half read"},
    "stage=title-abstract&outcome=conflict": {"conflict"},
    "outcome=conflict": {"conflict", "disputed report"},
    "stage=title-abstract&outcome=excluded": {"excluded", "resolved"},
    "outcome=excluded": {"excluded", "resolved", "excluded report"},
    "stage=title-abstract&outcome=included": REPORTS | {"disputed report"},
    "stage=full-text&outcome=included": {"included report"},
    "stage=full-text": REPORTS | {"disputed report"},
    "conflict=yes": {"conflict", "resolved", "disputed report"},
    "conflict=yes&stage=full-text": {"disputed report"},
    "conflict=yes&outcome=excluded": {"resolved"},
    "box=records_excluded": {"excluded", "resolved"},
    "box=records_excluded&conflict=yes": {"resolved"},
    "box=dbr_excluded:E2": {"excluded report"},
    "box=dbr_excluded:E1": set(),
    "box=records_screened&stage=full-text&outcome=partial": {"half read"},
    "box=records_screened&outcome=unseen&stage=title-abstract": {"unseen"},
    "box=duplicates": set(),
}


@pytest.mark.parametrize("query", LEFT)
def test_filters_combine_and_read_only_what_is_settled(screening_of, olive, query):
    asked = dict(pair.split("=") for pair in query.split("&"))

    found = numbers(olive, **asked)

    assert found == {screening_of[name].number for name in LEFT[query]}


def test_words_dois_and_numbers_are_found_and_filters_apply_to_them(screening_of, review, olive):
    call_command("rebuild_index", "--review", str(review.pk))
    excluded, young = screening_of["excluded"], screening_of["young"]

    assert numbers(olive, q="imag") >= {excluded.number, young.number}
    assert numbers(olive, q="imag", outcome="excluded") == {excluded.number}
    assert numbers(olive, q="imag", box="records_excluded") == {excluded.number}
    assert numbers(olive, q="https://doi.org/10.1000/EXCLUDED") == {excluded.number}
    assert numbers(olive, q=f"#{young.number}") == {young.number}
    assert numbers(olive, q="?!") == set()


def test_a_source_is_a_filter_and_files_are_of_the_same_records(client, screening_of, olive):
    other = SourceFactory(review=olive.review, name="Scopus")
    record = RecordFactory(
        review=olive.review, imported_by=ImportFactory(source=other), title="=From Scopus"
    )
    ItemFactory(review=olive.review, record=record)

    assert numbers(olive, source=str(other.pk)) == {record.number}
    (row,) = csv_of(get(client, olive, "records_csv", source=str(other.pk)))
    assert (row["record_id"], row["sources"], row["title"], row["ta_outcome"]) == (
        str(record.number),
        "Scopus",
        "'=From Scopus",
        "unseen",
    )
    ris = b"".join(get(client, olive, "records_ris", source=str(other.pk)).streaming_content)
    assert ris.startswith(b"TY  - GEN\r\n")
    assert b"TI  - =From Scopus\r\n" in ris


@pytest.mark.parametrize("query", LEFT)
def test_the_files_have_the_rows_of_the_page(client, screening_of, olive, query):
    asked = dict(pair.split("=") for pair in query.split("&"))
    expected = sorted(screening_of[name].number for name in LEFT[query])

    rows = csv_of(get(client, olive, "records_csv", **asked))
    ris = b"".join(get(client, olive, "records_ris", **asked).streaming_content).decode()

    assert [int(row["record_id"]) for row in rows] == expected
    ids = [line[6:] for line in ris.splitlines() if line.startswith("ID  - ")]
    assert [int(number) for number in ids] == expected


def test_the_csv_says_of_records_what_records_wide_says(client, screening_of, olive):
    wide = reverse("reporting:export", args=[olive.review.pk, "records_wide"])

    rows = csv_of(get(client, olive, "records_csv"))

    same = {"record_id", "sources", *BIBLIOGRAPHIC}
    same |= {"duplicate_of", "ta_outcome", "ft_outcome", "ft_reason", "retrieval"}
    assert rows[0].keys() == same
    expected = csv_of(client.get(wide))
    assert rows == [{name: row[name] for name in row if name in same} for row in expected]
    by_number = {int(row["record_id"]): row for row in rows}
    assert by_number[screening_of["excluded report"].number]["ft_reason"] == "E2"
    assert by_number[screening_of["asked for"].number]["retrieval"] == "requested"


def test_every_number_of_the_report_opens_its_list(client, screening_of, olive):
    for box in BOXES:
        counted = records_in(olive, box).count()
        page = get(client, olive, box=box).content.decode()
        title = f"{counted} record{'' if counted == 1 else 's'}" if counted else "No records"
        assert f">{title}<" in page, box
        assert BOXES[box].title in page
        assert page.count("<h3>") == counted


def test_what_is_young_shows_as_partial_and_says_no_direction(client, screening_of, olive):
    young = screening_of["young"]

    page = get(client, olive, q=f"#{young.number}").content.decode()

    assert '<span class="chip partial">partial</span>' in page
    assert "chip excluded" not in page


def test_a_record_judged_anew_is_unseen_and_its_conflict_is_forgotten_until_it_is_settled(
    screening_of, dora, olive, vote, alice, bob
):
    resolved = screening_of["resolved"]
    reopen(dora, resolved, stage=TA, why="Wrong abstract.")

    assert resolved.number in numbers(olive, stage="title-abstract", outcome="unseen")
    assert resolved.number not in numbers(olive, conflict="yes")

    for access in (alice, bob):
        vote(resolved.items.get(stage=TA, round=2), access, "-")
    time_passes(HOUR)
    assert resolved.number in numbers(olive, conflict="yes")


def test_pages_are_of_fifty_by_number_and_keep_what_was_asked(client, review, olive):
    for _ in range(120):
        ItemFactory(review=review)

    first = get(client, olive, stage="title-abstract").content.decode()
    last = get(client, olive, stage="title-abstract", after="100").content.decode()

    assert ">120 records<" in first
    assert first.count("<h3>") == 50
    assert 'href="?stage=title-abstract&amp;after=50"' in first
    assert last.count("<h3>") == 20
    assert 'rel="first" href="?stage=title-abstract"' in last
    assert 'rel="next"' not in last
    assert "Back to its first page" in get(client, olive, after="120").content.decode()


def test_many_records_are_counted_exactly_but_for_words(client, review, olive):
    imported = ImportFactory(source=SourceFactory(review=review))
    records = [
        RecordFactory.build(
            review=review, imported_by=imported, number=n, rank=n, position=n, title="Of images"
        )
        for n in range(1, 1_103)
    ]
    Record.objects.bulk_create(records)
    call_command("rebuild_index", "--review", str(review.pk))

    assert ">1,102 records<" in get(client, olive).content.decode()
    assert ">More than 1,000 records<" in get(client, olive, q="images").content.decode()
    assert len(csv_of(get(client, olive, "records_csv", q="images"))) == 1_102


@pytest.mark.parametrize(
    "asked",
    [
        {"source": "x"},
        {"source": "999"},
        {"stage": "nowhere"},
        {"outcome": "liked"},
        {"box": "nothing"},
        {"box": "records_screened:E1"},
        {"box": "dbr_excluded:" + "x" * 200},
        {"box": "dbr_excluded:\0"},
    ],
)
def test_what_there_is_none_of_is_not_found(client, olive, asked):
    for kind in ("records", "records_csv", "records_ris"):
        assert get(client, olive, kind, **asked).status_code == 404
    with pytest.raises(Unknown):
        filters_of(olive, asked)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "nothing has been imported so far"),
        ({"q": "?!"}, "holds no word that could be looked up"),
        ({"q": "zebra"}, "Fewer words find more"),
        ({"q": "zebra", "outcome": "included"}, "Look among all records"),
        ({"outcome": "conflict"}, "they can no longer be taken back"),
        ({"conflict": "yes"}, "have the voters disagreed"),
        ({"stage": "full-text"}, "No report is sought"),
        ({"box": "records_excluded"}, "No record stands for this number"),
    ],
)
def test_an_empty_list_says_why(client, olive, asked, said):
    page = get(client, olive, **asked).content.decode()

    assert ">No records<" in page
    assert said in page


def test_what_was_typed_stays_and_is_no_markup(client, olive):
    page = get(client, olive, q='"><script>x</script>').content.decode()

    assert 'value="&quot;&gt;&lt;script&gt;x&lt;/script&gt;"' in page
    assert "<script>x" not in page


def test_nobody_finds_records_of_another_review(client, screening_of, review, mallory, olive):
    call_command("rebuild_index", "--review", str(review.pk))
    own = ItemFactory(review=mallory.review, record__title="Own images").record
    call_command("rebuild_index", "--review", str(mallory.review.pk))

    for asked in [{}, {"q": "images"}, {"q": f"#{own.number}"}, {"outcome": "unseen"}]:
        assert numbers(mallory, **asked) == {own.number}, asked
    assert {record.pk for record in filters_of(mallory, {}).page().records(mallory)} == {own.pk}
    for box in (*BOXES, "dbr_excluded:E2"):
        assert numbers(mallory, box=box) <= {own.number}, box
    of_others = screening_of["excluded"].imported_by.source
    with pytest.raises(Unknown):
        filters_of(mallory, {"source": str(of_others.pk)})
    assert numbers(mallory, box=f"database_results:{of_others.pk}") == set()
    assert [row["title"] for row in csv_of(get(client, mallory, "records_csv"))] == ["Own images"]
    client.force_login(mallory.user)
    theirs = reverse("reporting:record", args=[mallory.review.pk, screening_of["excluded"].pk])
    assert client.get(theirs).status_code == 404
    for kind in ("records", "records_csv", "records_ris"):
        assert client.get(reverse(f"reporting:{kind}", args=[review.pk])).status_code == 404


def test_records_of_an_import_being_stored_are_not_there(client, review, olive):
    staged = ImportFactory(source=SourceFactory(review=review), state="staged", committed_at=None)
    record = RecordFactory(review=review, imported_by=staged)

    assert numbers(olive) == set()
    assert csv_of(get(client, olive, "records_csv")) == []
    client.force_login(olive.user)
    address = reverse("reporting:record", args=[review.pk, record.pk])
    assert client.get(address).status_code == 404


def test_a_list_of_many_asks_as_much_as_one_of_few(client, review, screening_of, olive, read):
    def asked(kind: str, **query: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            answer = get(client, olive, kind, **query)
            if answer.streaming:
                b"".join(answer.streaming_content)
        return len(queries)

    lists = [
        ("records", {}),
        ("records", {"stage": "full-text"}),
        ("records", {"box": "records_screened"}),
        ("records_csv", {}),
    ]
    get(client, olive)
    few = [asked(kind, **query) for kind, query in lists]
    for _ in range(12):
        read("E1", "E2")
    time_passes(HOUR)

    assert [asked(kind, **query) for kind, query in lists] == few
