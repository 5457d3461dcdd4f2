"""What constraints cannot say, said to both databases: append-only rows and matching reviews.

SQLite drops a table's triggers when a migration rebuilds it; `missing()` is asked by a system
check and by `manage.py verify`, and `install()` may be run again at any time.
"""

from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True)
class Trigger:
    """Refuse `event` on `table` when `refused_if` holds. `old` and `new` are the rows."""

    name: str
    table: str
    event: str
    message: str
    refused_if: str = ""


APPEND_ONLY = (
    "screening_logentry",
    "screening_resolution",
    "screening_confirmation",
    "screening_referral",
    "screening_furtherreason",
)
NEVER_DELETED = (
    *APPEND_ONLY,
    "screening_vote",
    "screening_proposal",
    "screening_retrieval",
    "screening_adjustment",
    "screening_distinction",
)

VOTE_COLUMNS = (
    "id",
    "item_id",
    "reviewer_id",
    "protocol_id",
    "slot",
    "quorum",
    "decision",
    "reason_id",
    "note",
    "seconds",
    "cast_at",
    "carried_from_id",
    "imported_by_id",
    "stands_for_team",
)
SAID_COLUMNS = ("id", "said_by_id", "said_at", "started_at_sequence")
RETRIEVAL_COLUMNS = (*SAID_COLUMNS, "why", "record_id", "state")
ADJUSTMENT_COLUMNS = (*SAID_COLUMNS, "why", "review_id", "source_id", "box", "number")
MERGE_COLUMNS = (
    *SAID_COLUMNS,
    "review_id",
    "record_id",
    "kept_id",
    "pattern",
    "score",
    "imported_by_id",
)
DISTINCTION_COLUMNS = (*SAID_COLUMNS, "review_id", "first_id", "second_id", "is_related")


def _changed(columns: tuple[str, ...]) -> str:
    return " OR ".join(f"new.{name} IS DISTINCT FROM old.{name}" for name in columns)


_ITEM = "FROM screening_screeningitem WHERE id = new.item_id"


def _are_of_another_review(*columns: str) -> str:
    """Each asked by its key alone: else PostgreSQL may read all records of the review."""
    return " OR ".join(
        f"(SELECT review_id FROM screening_record WHERE id = new.{column}) "  # noqa: S608
        "IS DISTINCT FROM new.review_id"
        for column in columns
    )


def _came_otherwise(column: str) -> str:
    return (
        f"(SELECT imported_by_id FROM screening_record WHERE id = new.{column}) "  # noqa: S608
        "IS DISTINCT FROM new.imported_by_id"
    )


def _with_a_reason(table: str, what: str) -> tuple[Trigger, ...]:
    """At full text to exclude takes a reason of this review; nothing else has one."""
    return (
        Trigger(
            f"{table}_reason_iff_excluded",
            f"screening_{table}",
            "INSERT",
            f"{what} has a reason if it excludes a report, and only then",
            "(new.reason_id IS NOT NULL) IS DISTINCT FROM "
            f"(new.decision = 'exclude' AND (SELECT stage {_ITEM}) = 'full_text')",
        ),
        Trigger(
            f"{table}_reason_is_the_reviews",
            f"screening_{table}",
            "INSERT",
            f"the reason of {what} is one of its review",
            "new.reason_id IS NOT NULL AND "
            "(SELECT review_id FROM screening_exclusionreason WHERE id = new.reason_id) "
            "IS DISTINCT FROM "
            "(SELECT review_id FROM screening_screeningitem WHERE id = new.item_id)",
        ),
    )


TRIGGERS: tuple[Trigger, ...] = (
    *(
        Trigger(f"{table}_no_update", table, "UPDATE", f"{table} is append-only")
        for table in APPEND_ONLY
    ),
    *(
        Trigger(f"{table}_no_delete", table, "DELETE", f"{table} is never deleted from")
        for table in NEVER_DELETED
    ),
    Trigger(
        "vote_only_superseded",
        "screening_vote",
        "UPDATE",
        "a vote may only be superseded, once",
        f"old.superseded_at IS NOT NULL OR new.superseded_at IS NULL OR {_changed(VOTE_COLUMNS)}",
    ),
    *_with_a_reason("vote", "a vote"),
    *_with_a_reason("proposal", "a proposal"),
    *_with_a_reason("resolution", "a resolution"),
    Trigger(
        # Slots say so too, but for votes of before an amendment that asks for fewer.
        "vote_while_some_are_missing",
        "screening_vote",
        "INSERT",
        "an item has no more votes than it asks for",
        "(SELECT COUNT(*) FROM screening_vote other WHERE other.item_id = new.item_id "
        "AND other.superseded_at IS NULL) >= new.quorum",
    ),
    Trigger(
        "vote_in_the_latest_round",
        "screening_vote",
        "INSERT",
        "nobody votes in a round that is over",
        "(SELECT closed_at FROM screening_screeningitem WHERE id = new.item_id) IS NOT NULL",
    ),
    Trigger(
        "vote_on_a_report_that_is_sought",
        "screening_vote",
        "INSERT",
        "a report is screened once it is sought, and without maybe",
        f"(SELECT stage {_ITEM}) = 'full_text' AND "
        f"(new.decision = 'maybe' OR (SELECT sought_at {_ITEM}) IS NULL)",
    ),
    Trigger(
        "further_reason_beside_a_first_one",
        "screening_furtherreason",
        "INSERT",
        "a further reason belongs to the review, and to a vote with another reason",
        "(SELECT review_id FROM screening_exclusionreason WHERE id = new.reason_id) "
        "IS DISTINCT FROM (SELECT reason.review_id FROM screening_vote vote "
        "JOIN screening_exclusionreason reason ON reason.id = vote.reason_id "
        "WHERE vote.id = new.vote_id AND vote.reason_id <> new.reason_id)",
    ),
    *(
        Trigger(
            f"{table}_only_ended",
            f"screening_{table}",
            "UPDATE",
            f"{table}: what was said may only end, once",
            "old.ended_at_sequence IS NOT NULL OR new.ended_at_sequence IS NULL OR "
            f"{_changed(columns)}",
        )
        for table, columns in (
            ("retrieval", RETRIEVAL_COLUMNS),
            ("adjustment", ADJUSTMENT_COLUMNS),
            ("merge", MERGE_COLUMNS),
            ("distinction", DISTINCTION_COLUMNS),
        )
    ),
    Trigger(
        "merge_of_records_of_the_review",
        "screening_merge",
        "INSERT",
        "both records of a merge are of its review",
        _are_of_another_review("record_id", "kept_id"),
    ),
    Trigger(
        "merge_into_what_is_kept",
        "screening_merge",
        "INSERT",
        "a record is merged into one that is kept, and takes what was merged into it along",
        # Two questions, each with an index of its own: asked as one, PostgreSQL reads all merges.
        # What another import brings does not stand yet: it is compared anew.
        "new.ended_at_sequence IS NULL AND (EXISTS (SELECT 1 FROM screening_merge other "
        "WHERE other.ended_at_sequence IS NULL AND other.record_id = new.kept_id) "
        "OR EXISTS (SELECT 1 FROM screening_merge other "
        "WHERE other.ended_at_sequence IS NULL AND other.kept_id = new.record_id "
        "AND NOT EXISTS (SELECT 1 FROM screening_import staged "
        "WHERE staged.id = other.imported_by_id AND staged.state = 'staged')))",
    ),
    Trigger(
        "distinction_of_records_of_the_review",
        "screening_distinction",
        "INSERT",
        "both records of a distinction are of its review",
        _are_of_another_review("first_id", "second_id"),
    ),
    Trigger(
        "vote_carried_as_it_was_cast",
        "screening_vote",
        "INSERT",
        "a carried vote says what its reviewer said of the duplicate",
        "new.carried_from_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM screening_vote origin "
        "JOIN screening_screeningitem there ON there.id = origin.item_id "
        "JOIN screening_screeningitem here ON here.id = new.item_id "
        "WHERE origin.id = new.carried_from_id AND origin.reviewer_id = new.reviewer_id "
        "AND origin.decision = new.decision AND there.review_id = here.review_id "
        "AND there.stage = here.stage AND there.record_id <> here.record_id)",
    ),
    Trigger(
        "vote_imported_into_its_review",
        "screening_vote",
        "INSERT",
        "an imported vote is one of a file of its review",
        "new.imported_by_id IS NOT NULL AND "
        "(SELECT review_id FROM screening_source WHERE id = "
        "(SELECT source_id FROM screening_import WHERE id = new.imported_by_id)) "
        "IS DISTINCT FROM "
        "(SELECT review_id FROM screening_screeningitem WHERE id = new.item_id)",
    ),
    Trigger(
        "vote_quorum_is_the_items",
        "screening_vote",
        "INSERT",
        "the quorum of a vote is that of its item",
        "new.quorum IS DISTINCT FROM "
        "(SELECT quorum FROM screening_screeningitem WHERE id = new.item_id)",
    ),
    Trigger(
        "vote_protocol_is_the_reviews",
        "screening_vote",
        "INSERT",
        "the protocol of a vote is one of its review",
        "(SELECT review_id FROM screening_protocol WHERE id = new.protocol_id) IS DISTINCT FROM "
        "(SELECT review_id FROM screening_screeningitem WHERE id = new.item_id)",
    ),
    Trigger(
        "item_review_is_the_records",
        "screening_screeningitem",
        "INSERT",
        "an item belongs to the review of its record, and comes with its import or with none",
        # One question, since a hundred thousand items may come at once, and by the record's key
        # alone: PostgreSQL reads all records of the import for each, as long as it has not counted.
        "(SELECT review_id = new.review_id "
        "AND imported_by_id = COALESCE(new.imported_by_id, imported_by_id) "
        "FROM screening_record WHERE id = new.record_id) IS DISTINCT FROM TRUE",
    ),
    *(
        Trigger(
            f"{table}_came_with_its_record",
            f"screening_{table}",
            "INSERT",
            f"{what} comes with the import of a record of it, or with none",
            f"new.imported_by_id IS NOT NULL AND {is_of_another}",
        )
        for table, what, is_of_another in (
            ("merge", "a merge", _came_otherwise("record_id")),
            (
                "duplicatequestion",
                "a question",
                f"{_came_otherwise('first_id')} AND {_came_otherwise('second_id')}",
            ),
        )
    ),
    Trigger(
        "item_stays_what_it_is",
        "screening_screeningitem",
        "UPDATE",
        "an item keeps its review, record, stage, round and import",
        " OR ".join(
            f"new.{name} IS DISTINCT FROM old.{name}"
            for name in ("review_id", "record_id", "stage", "round", "imported_by_id")
        ),
    ),
    Trigger(
        "record_review_is_the_sources",
        "screening_record",
        "INSERT",
        "a record belongs to the review of its source",
        "new.review_id IS DISTINCT FROM (SELECT review_id FROM screening_source WHERE id = "
        "(SELECT source_id FROM screening_import WHERE id = new.imported_by_id))",
    ),
    Trigger(
        "record_never_changes",
        "screening_record",
        "UPDATE",
        "a record stays as its source gave it",
    ),
)


def install(connection: BaseDatabaseWrapper) -> None:
    """Every trigger is in place, whatever was there before.

    Tables that are not there yet, half way through the migrations, have none.
    """
    remove(connection)
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for trigger in TRIGGERS:
            if trigger.table in tables:
                for statement in _create(trigger, connection.vendor):
                    cursor.execute(statement)
        if connection.vendor == "postgresql":
            for table in tables.intersection(NEVER_DELETED):
                cursor.execute(
                    f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                    f"EXECUTE FUNCTION {table}_no_delete()"
                )


def remove(connection: BaseDatabaseWrapper) -> None:
    """No trigger of ours is left: for the flush of a test database, and before installing."""
    with connection.cursor() as cursor:
        for trigger in TRIGGERS:
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP FUNCTION IF EXISTS {trigger.name}() CASCADE")
            else:
                cursor.execute(f"DROP TRIGGER IF EXISTS {trigger.name}")


def missing(connection: BaseDatabaseWrapper) -> set[str]:
    """The names of triggers that should be in this database and are not."""
    found = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    wanted = {trigger.name for trigger in TRIGGERS}
    if connection.vendor == "postgresql":
        wanted |= {f"{table}_no_truncate" for table in NEVER_DELETED}
    with connection.cursor() as cursor:
        cursor.execute(found)
        return wanted - {name for (name,) in cursor.fetchall()}


def _create(trigger: Trigger, vendor: str) -> list[str]:
    if vendor == "postgresql":
        row = "OLD" if trigger.event == "DELETE" else "NEW"
        refusal = (
            f"RAISE EXCEPTION '{trigger.message}' USING ERRCODE = 'integrity_constraint_violation';"
        )
        body = f"IF {trigger.refused_if} THEN {refusal} END IF;" if trigger.refused_if else refusal
        return [
            f"CREATE FUNCTION {trigger.name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {body} RETURN {row}; END $$",
            f"CREATE TRIGGER {trigger.name} BEFORE {trigger.event} ON {trigger.table} "
            f"FOR EACH ROW EXECUTE FUNCTION {trigger.name}()",
        ]
    condition = f"WHEN {_for_sqlite(trigger.refused_if)} " if trigger.refused_if else ""
    return [
        f"CREATE TRIGGER {trigger.name} BEFORE {trigger.event} ON {trigger.table} "
        f"FOR EACH ROW {condition}BEGIN SELECT RAISE(ABORT, '{trigger.message}'); END"
    ]


def _for_sqlite(condition: str) -> str:
    """SQLite below 3.39 does not know IS DISTINCT FROM; its IS NOT has always meant that."""
    return condition.replace("IS DISTINCT FROM", "IS NOT")
