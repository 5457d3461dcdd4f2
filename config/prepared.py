"""Questions asked with every request, put into SQL once.

Django builds the SQL of a queryset each time anew, which takes some ten times as long as SQLite
needs to answer "which item is this?". A prepared question is a queryset with parameters in it: the
rules it is made of stay where they are, and only its values are given when it is asked.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Expression, Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler

Asked = TypeVar("Asked", bound=Model)


class Parameter(Expression):
    """A value that is given when the question is asked."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list["Parameter"]]:
        return "%s", [self]


class Prepared(Generic[Asked]):
    """A queryset whose SQL is kept, one for each kind of database.

    Args:
        build: gives the queryset, with a `Parameter` in place of each value that changes. It is
            called when the question is asked first, since it may need the database's kind, or a
            transaction for its lock.
    """

    def __init__(self, build: Callable[[], QuerySet[Asked]]) -> None:
        self._build = build
        self._built: dict[str, tuple[type[Asked], str, list[Any]]] = {}

    def ask(self, **values: Any) -> list[Asked]:
        """The model's instances, as the queryset gives them; without related ones."""
        model, statement, parameters = self._statement(values)
        return list(model._default_manager.raw(statement, parameters))

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """Rows of a `values_list` as the database gives them: for numbers and texts only."""
        _, statement, parameters = self._statement(values)
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall()

    def _statement(self, values: dict[str, Any]) -> tuple[type[Asked], str, list[Any]]:
        if connection.vendor not in self._built:
            asked = self._build()
            self._built[connection.vendor] = (asked.model, *asked.query.sql_with_params())
        model, statement, parameters = self._built[connection.vendor]
        return model, statement, [_given(one, values) for one in parameters]


def _given(parameter: Any, values: dict[str, Any]) -> Any:
    """A constant of the question as it is; of a parameter its value, as the database writes it."""
    value = values[parameter.name] if isinstance(parameter, Parameter) else parameter
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
