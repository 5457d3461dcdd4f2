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
)
NEVER_DELETED = (*APPEND_ONLY, "screening_vote", "screening_proposal")

VOTE_COLUMNS = (
    "id",
    "item_id",
    "reviewer_id",
    "protocol_id",
    "slot",
    "quorum",
    "decision",
    "note",
    "seconds",
    "cast_at",
)

_CHANGED = " OR ".join(f"new.{name} IS DISTINCT FROM old.{name}" for name in VOTE_COLUMNS)

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
        f"old.superseded_at IS NOT NULL OR new.superseded_at IS NULL OR {_CHANGED}",
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
        "an item belongs to the review of its record",
        "new.review_id IS DISTINCT FROM "
        "(SELECT review_id FROM screening_record WHERE id = new.record_id)",
    ),
    Trigger(
        "item_stays_what_it_is",
        "screening_screeningitem",
        "UPDATE",
        "an item keeps its review, record, stage and round",
        " OR ".join(
            f"new.{name} IS DISTINCT FROM old.{name}"
            for name in ("review_id", "record_id", "stage", "round")
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
    """Every trigger is in place, whatever was there before."""
    remove(connection)
    with connection.cursor() as cursor:
        for trigger in TRIGGERS:
            for statement in _create(trigger, connection.vendor):
                cursor.execute(statement)
        if connection.vendor == "postgresql":
            for table in NEVER_DELETED:
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
