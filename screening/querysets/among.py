"""`number__among`: one of many numbers, which go to the database as one parameter.

Of thousands of values `__in` takes longer to write down than the database to answer.
"""

import json
from collections.abc import Collection
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import IntegerField, Lookup


def is_among(connection: BaseDatabaseWrapper, kind: str = "bigint") -> str:
    """The condition behind a column, with one place for what `as_parameter` gives.

    Args:
        kind: of the column. Where PostgreSQL reads the whole table it hashes numbers of that kind,
            and compares each row with each of any other.
    """
    if connection.vendor == "postgresql":
        return f"= ANY(%s::{kind}[])"
    return "IN (SELECT value FROM json_each(%s))"


def as_parameter(connection: BaseDatabaseWrapper, numbers: Collection[int]) -> list[int] | str:
    """The numbers as the place in `is_among` takes them."""
    in_order = list(numbers)
    return in_order if connection.vendor == "postgresql" else json.dumps(in_order)


@IntegerField.register_lookup
class Among(Lookup):
    """Of an integer, also of a primary key; a foreign key is asked as `record__pk__among`."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        column, parameters = self.process_lhs(compiler, connection)
        given = as_parameter(connection, self.rhs)
        kind = self.lhs.output_field.db_type(connection)
        return f"{column} {is_among(connection, kind)}", [*parameters, given]
