"""System checks: what would otherwise be noticed too late."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from screening import triggers

OUR_APPS = ("screening", "extraction", "reporting")


@register(Tags.models)
def every_model_says_which_review_owns_it(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"{model._meta.label} does not declare review_path.",
            hint="Name the lookup to Review, or None for a site-wide model.",
            obj=model,
            id="screening.E001",
        )
        for label in OUR_APPS
        for model in apps.get_app_config(label).get_models()
        if "review_path" not in vars(model)
    ]


@register(Tags.database)
def triggers_are_in_place(
    app_configs: Any, databases: Iterable[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Run by `migrate` and `check --database default`, once our tables are there.

    A database that is about to be migrated has the triggers of an older version: the migrations
    put all of them in place.
    """
    messages: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if "screening_vote" not in connection.introspection.table_names() or _is_older(connection):
            continue
        if absent := triggers.missing(connection):
            messages.append(
                Error(
                    f"Triggers are missing: {', '.join(sorted(absent))}.",
                    hint="Run `manage.py install_triggers`.",
                    id="screening.E002",
                )
            )
    return messages


def _is_older(connection: BaseDatabaseWrapper) -> bool:
    """Some migrations were not applied yet."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
