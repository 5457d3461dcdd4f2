"""What constraints cannot say is refused by triggers, on whichever database this is."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from screening import bulk, triggers
from screening.actions import conflicts
from screening.actions.voting import Ballot, cast_vote
from screening.importers import ParsedRecord
from screening.models import (
    Confirmation,
    DuplicateQuestion,
    LogEntry,
    Merge,
    Proposal,
    Record,
    Referral,
    Resolution,
    ScreeningItem,
    Vote,
)
from screening.rules import Decision, Stage
from tests.factories import ImportFactory, ItemFactory, RecordFactory

TA = Stage.TITLE_ABSTRACT
NEXT_YEAR = timezone.now() + timedelta(days=365)

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite knows no TRUNCATE"
)


@pytest.fixture
def facts(review, alice, bob, carol, dora, no_undo) -> ScreeningItem:
    """An adjudicated conflict, and one that was resolved by confirmation: a row of each kind."""
    for _ in range(2):
        item = ItemFactory(review=review)
        cast_vote(alice, item.record, Ballot(Decision.INCLUDE), stage=TA)
        cast_vote(bob, item.record, Ballot(Decision.EXCLUDE), stage=TA)
        said = {"stage": TA, "decision": Decision.INCLUDE, "rationale": "We talked."}
        proposal = conflicts.propose(alice, item.record, **said)
        if item.record.number == 1:
            conflicts.confirm(bob, item.record, stage=TA, proposal_pk=proposal.pk)
        else:
            conflicts.refer(dora, item.record, stage=TA)
            conflicts.adjudicate(carol, item.record, **said)
    return item


def refused(deed: Callable[[], object]) -> bool:
    try:
        with transaction.atomic():
            deed()
    except IntegrityError:
        return True
    return False


def test_every_trigger_is_there_after_migrate(db):
    assert triggers.missing(connection) == set()
    assert run_checks(databases=["default"]) == []


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (LogEntry, {"why": "else"}),
        (LogEntry, {"at": NEXT_YEAR}),
        (LogEntry, {"digest": "0" * 64}),
        (Resolution, {"decision": "exclude"}),
        (Resolution, {"rationale": "else"}),
        (Confirmation, {"confirmed_at": NEXT_YEAR}),
        (Referral, {"why": "else"}),
        (Vote, {"note": "else"}),
        (Vote, {"seconds": 9}),
        (Vote, {"cast_at": NEXT_YEAR}),
        (Vote, {"superseded_at": None}),
        (Record, {"title": "else"}),
        (Record, {"rank": 9}),
        (ScreeningItem, {"stage": "full_text"}),
        (ScreeningItem, {"round": 2}),
    ],
)
def test_what_was_said_stays_as_it_was_said(facts, model, change):
    before = list(model.objects.order_by("pk").values())

    assert refused(lambda: model.objects.update(**change))

    assert list(model.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("model", [LogEntry, Vote, Proposal, Resolution, Confirmation, Referral])
def test_what_was_said_is_never_deleted(facts, model):
    def delete_rows() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {model._meta.db_table}")

    assert refused(delete_rows)
    assert model.objects.exists()


@on_postgresql
@pytest.mark.parametrize("table", triggers.NEVER_DELETED)
def test_no_table_of_facts_is_emptied_at_once(facts, table):
    connection.check_constraints()  # what is still to be checked would hinder it as well

    def empty() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table} CASCADE")

    assert refused(empty)


def test_a_vote_is_superseded_once_and_otherwise_left_alone(facts):
    first = Vote.objects.current().first()
    now = timezone.now()

    assert refused(
        lambda: Vote.objects.filter(pk=first.pk).update(superseded_at=now, decision="maybe")
    )
    assert Vote.objects.filter(pk=first.pk).update(superseded_at=now) == 1
    assert refused(lambda: Vote.objects.filter(pk=first.pk).update(superseded_at=NEXT_YEAR))
    assert refused(lambda: Vote.objects.filter(pk=first.pk).update(superseded_at=None))


def test_a_vote_has_the_quorum_of_its_item_and_the_protocol_of_its_review(alice, mallory, review):
    item = ItemFactory(review=review)
    row = {
        "item": item,
        "reviewer": alice.user,
        "slot": 1,
        "decision": "include",
        "cast_at": timezone.now(),
    }

    assert refused(lambda: Vote.objects.create(quorum=3, protocol=alice.protocol, **row))
    assert refused(lambda: Vote.objects.create(quorum=2, protocol=mallory.protocol, **row))
    assert not refused(lambda: Vote.objects.create(quorum=2, protocol=alice.protocol, **row))


def test_rows_of_two_reviews_do_not_mix(review, mallory):
    ours = RecordFactory(review=review)
    theirs = ImportFactory(source__review=mallory.review)

    assert refused(lambda: ItemFactory(review=mallory.review, record=ours))
    assert refused(lambda: RecordFactory(review=review, imported_by=theirs))
    item = ItemFactory(review=review, record=ours)
    moved = {"review": mallory.review}
    assert refused(lambda: ScreeningItem.objects.filter(pk=item.pk).update(**moved))
    other = RecordFactory(review=review)
    assert refused(lambda: ScreeningItem.objects.filter(pk=item.pk).update(record=other))


def test_what_comes_with_an_import_is_of_a_record_of_it(review, libby):
    record, other = RecordFactory(review=review), RecordFactory(review=review)
    source = record.imported_by.source
    another = ImportFactory(source=source)
    said = {"said_by": libby.user, "said_at": timezone.now(), "started_at_sequence": 1}
    pair = {"review": review, "record": record, "kept": other, "pattern": "doi"}
    asked = {"review": review, "first": record, "second": other, "reason": "unsure", "score": 0.5}

    assert refused(lambda: ItemFactory(review=review, record=record, imported_by=another))
    assert refused(lambda: Merge.objects.create(**pair, **said, imported_by=another))
    assert refused(lambda: DuplicateQuestion.objects.create(**asked, imported_by=another))
    item = ItemFactory(review=review, record=record, imported_by=record.imported_by)
    assert refused(lambda: ScreeningItem.objects.filter(pk=item.pk).update(imported_by=None))
    merge = Merge.objects.create(**pair, **said, imported_by=record.imported_by)
    assert refused(lambda: Merge.objects.filter(pk=merge.pk).update(imported_by=None))
    DuplicateQuestion.objects.create(**asked, imported_by=record.imported_by)


def test_an_outcome_may_be_written(facts):
    assert not refused(
        lambda: ScreeningItem.objects.at("title_abstract").update(outcome="excluded")
    )


def test_the_refusal_says_what_is_wrong(facts):
    with pytest.raises(IntegrityError, match="a vote may only be superseded, once"):
        Vote.objects.update(note="else")


@pytest.mark.parametrize("trigger", triggers.TRIGGERS, ids=lambda trigger: trigger.name)
def test_a_missing_trigger_is_reported(db, trigger):
    drop = (
        f"DROP TRIGGER {trigger.name} ON {trigger.table}"
        if connection.vendor == "postgresql"
        else f"DROP TRIGGER {trigger.name}"
    )
    with connection.cursor() as cursor:
        cursor.execute(drop)

    found = run_checks(databases=["default"])

    assert [(message.id, message.msg) for message in found] == [
        ("screening.E002", f"Triggers are missing: {trigger.name}.")
    ]
    assert found[0].hint == "Run `manage.py install_triggers`."


def test_a_database_that_waits_for_its_migrations_is_not_in_their_way(db):
    """`migrate` runs the checks first: those of today would refuse a database of yesterday."""
    triggers.remove(connection)
    MigrationRecorder(connection).record_unapplied("screening", "0012_items_by_key")

    assert run_checks(databases=["default"]) == []


def test_the_command_mends_what_is_missing(db, capsys):
    triggers.remove(connection)
    assert triggers.missing(connection)

    call_command("install_triggers")

    assert triggers.missing(connection) == set()
    assert capsys.readouterr().out == f"{len(triggers.TRIGGERS)} triggers are in place.\n"


def test_installing_again_changes_nothing(db):
    triggers.install(connection)
    triggers.install(connection)

    assert triggers.missing(connection) == set()


@on_postgresql
@pytest.mark.django_db
def test_an_item_reads_its_record_and_no_other_also_before_postgresql_has_counted(review):
    """The rows that are read grow with the items, and not with their square."""
    import_ = ImportFactory(source__review=review)
    entries = [ParsedRecord(number, 1, f"Title {number}") for number in range(1, 1_001)]
    bulk.insert_records(
        bulk.record_row(review.pk, import_.pk, one.position, one.position, one) for one in entries
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM pg_statistic WHERE starelid = 'screening_record'::regclass; "
            "UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE relname LIKE 'screening_record%'"
        )
        before = rows_read(cursor)
        bulk.insert_items(import_.pk, range(1, 1_001), stage=TA, quorum=2)

        assert rows_read(cursor) - before < 10 * len(entries)


def rows_read(cursor) -> int:
    cursor.execute(
        "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables "
        "WHERE relname = 'screening_record'"
    )
    return cursor.fetchone()[0]
