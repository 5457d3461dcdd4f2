"""log.csv: one row per entry of the log, numbered as shown, without digests."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from reporting.log import LEFT_OUT, hidden_items, sentence
from screening.access import Reader
from screening.models import LogEntry

COLUMNS = ("number", "at", "who", "action", "what", "before", "after", "why")
FIELDS = ("at", "actor__name", "action", "before", "after", "why")

ROWS_AT_ONCE = 2_000


def visible(access: Reader) -> int:
    return access.scope(LogEntry).visible_to(access).count()


def hidden(access: Reader) -> int:
    """Items with entries that are left out: how many entries would tell who thought again."""
    return hidden_items(access)


def rows(access: Reader) -> Iterator[tuple[Any, ...]]:
    """The header and every visible entry, the first one first."""
    yield COLUMNS
    entries = access.scope(LogEntry).visible_to(access).order_by("sequence").values_list(*FIELDS)
    found = entries.iterator(chunk_size=ROWS_AT_ONCE)
    for number, (at, who, action, before, after, why) in enumerate(found, start=1):
        what = sentence(action, before, after)
        yield (number, at, who, action, what, _json(before), _json(after), why)


def _json(value: Any) -> str:
    """In the order of the alphabet: PostgreSQL keeps no other."""
    if value is None:
        return ""
    return json.dumps(_shown(value), sort_keys=True, ensure_ascii=False)


def _shown(value: Any) -> Any:
    """The value without what the page of the log leaves out."""
    if isinstance(value, Mapping):
        return {key: _shown(part) for key, part in value.items() if key not in LEFT_OUT}
    if isinstance(value, list):
        return [_shown(part) for part in value]
    return value
