"""Every page asks the database as often for a thousand records as for a few."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from screening.access import ReviewAccess
from screening.actions.importing import preview_import
from screening.matching import keys
from screening.matching.describing import of_record
from screening.models import (
    Bundle,
    BundledFile,
    Distinction,
    DuplicateQuestion,
    Import,
    Job,
    JobImport,
    LogEntry,
    LogHead,
    Merge,
    Record,
    Retrieval,
    Review,
    Role,
    ScreeningItem,
    Vote,
)
from tests.addresses import OF_REVIEWS
from tests.conftest import join
from tests.factories import ImportFactory, ReviewFactory, SourceFactory
from tests.screening.bibliography import ris_file

# With ten it would be near the end, where cards come one at a time.
SIZES = (20, 1_000)
# What Alice and Bob said of each record that has votes, a twentieth of the records each.
VOTES = [("include", ""), ("include", "include"), ("include", "exclude"), ("maybe", "exclude")]

PAGES = {
    "home": "/",
    "overview": "/reviews/{review}/",
    "rail": "/reviews/{review}/rail/",
    "protocol": "/reviews/{review}/protocol/",
    "team": "/reviews/{review}/team/",
    "sources": "/reviews/{review}/sources/",
    "search_report": "/reviews/{review}/sources/report/",
    "import": "/reviews/{review}/sources/import/{import_}/",
    "import_duplicates": "/reviews/{review}/sources/import/{previewed}/duplicates/",
    "together": "/reviews/{review}/sources/import/together/{bundle}/",
    "job": "/reviews/{review}/sources/import/jobs/{job}/",
    "queue": "/reviews/{review}/screen/title-abstract/",
    "progress": "/reviews/{review}/screen/title-abstract/progress/",
    "mine": "/reviews/{review}/screen/title-abstract/mine/",
    "record": "/reviews/{review}/screen/title-abstract/{unseen}/",
    "conflicts": "/reviews/{review}/conflicts/title-abstract/",
    "conflicts of mine": "/reviews/{review}/conflicts/title-abstract/?waiting=me",
    "conflict": "/reviews/{review}/conflicts/title-abstract/{conflict}/",
    "full_texts": "/reviews/{review}/full-texts/?show=all",
    "full_text": "/reviews/{review}/full-texts/{report}/",
    "records": "/reviews/{review}/records/",
    "records in conflict": "/reviews/{review}/records/?conflict=yes&outcome=conflict",
    "records_csv": "/reviews/{review}/records.csv",
    "records_ris": "/reviews/{review}/records.ris",
    "timeline": "/reviews/{review}/records/{conflict}/",
    "records that are duplicates": "/reviews/{review}/records/?duplicates=only",
    "timeline of a duplicate": "/reviews/{review}/records/{duplicate}/",
    "duplicates": "/reviews/{review}/duplicates/",
    "duplicate_question": "/reviews/{review}/duplicates/{question}/",
    "compare": "/reviews/{review}/duplicates/compare/?one=1&other=2",
    "look": "/reviews/{review}/duplicates/look/",
    "merged": "/reviews/{review}/duplicates/merged/",
    "merged, told apart": "/reviews/{review}/duplicates/merged/?show=apart",
    "report": "/reviews/{review}/report/",
    "agreement": "/reviews/{review}/report/agreement/",
    "log": "/reviews/{review}/log/",
    "files": "/reviews/{review}/export/",
    "votes_long.csv": "/reviews/{review}/export/votes_long.csv",
    "records_wide.csv": "/reviews/{review}/export/records_wide.csv",
    "resolutions.csv": "/reviews/{review}/export/resolutions.csv",
    "searches.csv": "/reviews/{review}/export/searches.csv",
    "excluded_full_text.csv": "/reviews/{review}/export/excluded_full_text.csv",
    "agreement.csv": "/reviews/{review}/export/agreement.csv",
    "prisma_flow.csv": "/reviews/{review}/export/prisma_flow.csv",
}
POSTS = {
    "vote": ("/reviews/{review}/screen/title-abstract/{unseen}/", {"vote": "include"}),
    "change": ("/reviews/{review}/screen/title-abstract/{partial}/", {"vote": "exclude"}),
    "undo": ("/reviews/{review}/screen/title-abstract/undo/", {"record": "{partial}"}),
    "later": ("/reviews/{review}/screen/title-abstract/{unseen}/later/", {}),
    "claim": ("/reviews/{review}/screen/title-abstract/claim/", {"held": "{unseen}"}),
    "propose": (
        "/reviews/{review}/conflicts/title-abstract/{conflict}/",
        {"action": "propose", "decision": "include", "rationale": "We talked."},
    ),
    "same": ("/reviews/{review}/duplicates/{question}/", {"answer": "same"}),
    "different": ("/reviews/{review}/duplicates/{question}/", {"answer": "different"}),
    "look": ("/reviews/{review}/duplicates/look/", {}),
    "merge_end": ("/reviews/{review}/duplicates/merged/{merge}/", {}),
    "apart_end": ("/reviews/{review}/duplicates/apart/{apart}/", {}),
}


@pytest.fixture(params=[False, True], ids=["two reviewers", "three reviewers"])
def reviews(request, db, settings, tmp_path) -> list[dict[str, object]]:
    """One of each size, with what the addresses are filled with."""
    settings.MEDIA_ROOT = tmp_path / "kept"
    return [_filled(size, tmp_path, shared=request.param) for size in SIZES]


def _filled(size: int, folder: Path, *, shared: bool) -> dict[str, object]:
    review = ReviewFactory()
    alice = join(review, f"Alice {size}", Role.REVIEWER, Role.LEAD)
    bob = join(review, f"Bob {size}", Role.REVIEWER)
    if shared:
        join(review, f"Carl {size}", Role.REVIEWER)
    imported = ImportFactory(source=SourceFactory(review=review), found=size, read=size)
    Record.objects.bulk_create(
        Record(
            review=review,
            imported_by=imported,
            number=number,
            rank=number,
            position=number,
            title=f"Title {number}",
            abstract="Of images.",
        )
        for number in range(1, size + 1)
    )
    records = list(Record.objects.filter(review=review).order_by("number"))
    each = size // 20
    said = [votes for votes in VOTES for _ in range(each)] + [("", "")] * (size - 4 * each)
    long_ago = timezone.now() - timedelta(hours=1)
    ScreeningItem.objects.bulk_create(
        ScreeningItem(
            review=review,
            record=record,
            stage="title_abstract",
            quorum=2,
            rank=record.rank,
            outcome=_outcome(votes),
            completed_at=long_ago if all(votes) else None,
        )
        for record, votes in zip(records, said, strict=True)
    )
    items = list(ScreeningItem.objects.filter(review=review).order_by("rank"))
    rows = [
        (access, item, slot, decision)
        for item, votes in zip(items, said, strict=True)
        for slot, (access, decision) in enumerate(zip((alice, bob), votes, strict=True), 1)
        if decision
    ]
    Vote.objects.bulk_create(
        Vote(
            item=item,
            reviewer=access.user,
            protocol=alice.protocol,
            slot=slot,
            quorum=2,
            decision=decision,
            cast_at=long_ago,
        )
        for access, item, slot, decision in rows
    )
    _log(review, rows, long_ago)
    reports = _sought(alice, [item for item in items if item.outcome == "included"])
    duplicates = _duplicates(alice, records[4 * each : -1])
    return {
        **duplicates,
        "review": review.pk,
        "import_": imported.pk,
        **_files_together(alice, imported, each),
        "previewed": _previewed(alice, imported, records, folder).pk,
        "alice": alice.user,
        "partial": records[0].pk,
        "conflict": records[2 * each].pk,
        "report": reports[0].record_id,
        "unseen": records[-1].pk,
    }


def _files_together(access: ReviewAccess, imported: Import, count: int) -> dict[str, int]:
    """A bundle of files that wait, and a job that stores others."""
    now = timezone.now()
    waiting = {"source": imported.source, "state": "previewed", "committed_at": None}
    told = {"review": access.review, "brought_by": access.user, "brought_at": now}
    undecided = Bundle.objects.create(**told)
    job = Job.objects.create(
        review=access.review, kind="import", asked_by=access.user, asked_at=now, of=count
    )
    decided = Bundle.objects.create(**told, job=job)
    for place in range(1, count + 1):
        for bundle in (undecided, decided):
            file = ImportFactory(**waiting)
            BundledFile.objects.create(bundle=bundle, place=place, name="x.ris", imported=file)
        JobImport.objects.create(job=job, imported=file, place=place)
    return {"bundle": undecided.pk, "job": job.pk}


def _previewed(
    access: ReviewAccess, imported: Import, records: list[Record], folder: Path
) -> Import:
    """A file of copies of the last records, which are found by their keys."""
    keys.store(
        access.review.pk,
        [(key, record.pk) for record in records for key in keys.numbers_of(of_record(record))],
    )
    path = ris_file(folder, 5, name=f"{len(records)}.ris", first=len(records) - 5)
    return preview_import(access, imported.source, path, path.name)


def _duplicates(access: ReviewAccess, records: list[Record]) -> dict[str, object]:
    """Of records that nobody has seen: a fifth merged, a fifth told apart, a fifth asked about."""
    each = len(records) // 5
    said = {
        "review": access.review,
        "said_by": access.user,
        "said_at": timezone.now(),
        "started_at_sequence": 1,
    }
    merged = records[:each]
    Merge.objects.bulk_create(
        Merge(record=duplicate, kept=records[each + place], pattern="same-doi", **said)
        for place, duplicate in enumerate(merged)
    )
    ScreeningItem.objects.filter(record__in=merged).update(closed_at=timezone.now())
    rest = records[2 * each :]
    Distinction.objects.bulk_create(
        Distinction(first=rest[2 * place], second=rest[2 * place + 1], **said)
        for place in range(max(2, each // 2))
    )
    DuplicateQuestion.objects.bulk_create(
        DuplicateQuestion(
            review=access.review,
            first=rest[-2 * place - 2],
            second=rest[-2 * place - 1],
            reason="unsure",
            score=0.5,
        )
        for place in range(max(2, each // 2))
    )
    return {
        "duplicate": merged[0].pk,
        "merge": access.scope(Merge)[0].pk,
        "apart": access.scope(Distinction)[0].pk,
        "question": access.scope(DuplicateQuestion)[0].pk,
    }


def _sought(access: ReviewAccess, included: list[ScreeningItem]) -> list[ScreeningItem]:
    """Their reports; all were retrieved."""
    reports = ScreeningItem.objects.bulk_create(
        ScreeningItem(
            review=item.review,
            record=item.record,
            stage="full_text",
            quorum=2,
            rank=item.rank,
            sought_at=item.completed_at,
        )
        for item in included
    )
    Retrieval.objects.bulk_create(
        Retrieval(
            record=report.record,
            state="retrieved",
            said_by=access.user,
            said_at=report.sought_at,
            started_at_sequence=1,
        )
        for report in reports
    )
    return reports


def _outcome(votes: tuple[str, str]) -> str:
    if not all(votes):
        return "partial" if any(votes) else "unseen"
    return "conflict" if "exclude" in votes else "included"


def _log(review: Review, rows: list, began) -> None:
    LogEntry.objects.bulk_create(
        LogEntry(
            review=review,
            sequence=sequence,
            at=began + timedelta(milliseconds=sequence),
            actor=access.membership,
            action="vote.cast",
            item=item,
            after={"record": item.record.number, "vote": decision},
            digest="",
        )
        for sequence, (access, item, _, decision) in enumerate(rows, 1)
    )
    LogHead.objects.filter(review=review).update(sequence=len(rows))


def queries(review: dict[str, object], method: str, address: str, *sent: object) -> list[str]:
    """What Alice's request asks, by its first words, so that a difference can be read."""
    browser = Client()
    browser.force_login(review["alice"])
    cache.clear()
    with CaptureQueriesContext(connection) as asked:
        response = getattr(browser, method)(address, *sent)
        if response.streaming:
            b"".join(response.streaming_content)
    assert response.status_code in {200, 303}, response.status_code
    return [query["sql"].partition(" ")[0] for query in asked.captured_queries]


def test_a_page_costs_the_same(reviews):
    costs = {
        name: [queries(review, "get", address.format(**review)) for review in reviews]
        for name, address in PAGES.items()
    }

    assert {name: cost for name, cost in costs.items() if cost[0] != cost[1]} == {}


def test_a_deed_costs_the_same(reviews):
    costs = {name: [_cost(name, review) for review in reviews] for name in POSTS}

    assert {name: cost for name, cost in costs.items() if cost[0] != cost[1]} == {}


def _cost(name: str, review: dict[str, object]) -> list[str]:
    """What is done is taken back, so that the next deed finds the review as it was."""
    address, sent = POSTS[name]
    filled = {key: value.format(**review) for key, value in sent.items()}
    with transaction.atomic():
        asked = queries(review, "post", address.format(**review), filled)
        transaction.set_rollback(True)
    return asked


def test_every_list_of_a_review_is_counted_here():
    """Forms and single rows do not grow; what else is added must be counted."""
    single = {
        "protocol_edit",
        "protocol_terms",
        "member_roles",
        "member_remove",
        "invitation_withdraw",
        "source_edit",
        "source_remove",
        "search_methods",
        "import_file",
        "import_columns",
        "import_votes",
        "export",
        "reopen",
        "adjustments",
        "adjustment_end",
    }
    known = {name.split(".")[0] for name in (*PAGES, *POSTS)} | single
    assert {route.name.split(":")[1] for route in OF_REVIEWS} - known == set()
