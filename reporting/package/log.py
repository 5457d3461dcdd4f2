"""log.csv of the host: every entry with its digest, so that the chain can be computed again."""

import json
from collections.abc import Iterator
from typing import Any

from reporting.log import sentence
from screening.host import HostAccess
from screening.models import LogEntry

COLUMNS = (
    "sequence",
    "at",
    "actor",
    "who",
    "action",
    "what",
    "before",
    "after",
    "why",
    "digest",
)
FIELDS = (
    "sequence",
    "at",
    "actor__number",
    "actor__name",
    "action",
    "before",
    "after",
    "why",
    "digest",
)

ROWS_AT_ONCE = 2_000

# What an entry's digest covers, said once more without any of our code: see `digest_of`.
CHECK = r"""
import csv, hashlib, json, re

csv.field_size_limit(2**31 - 1)
guarded = re.compile("'+[=+\\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20]")
digest = ""
with open("log.csv", encoding="utf-8", newline="") as file:
    for row in csv.DictReader(file):
        text = {name: cell[1:] if guarded.match(cell) else cell for name, cell in row.items()}
        entry = {
            "action": text["action"],
            "actor": int(row["actor"]),
            "after": json.loads(text["after"] or "null"),
            "at": row["at"],
            "before": json.loads(text["before"] or "null"),
            "sequence": int(row["sequence"]),
            "why": text["why"],
        }
        said = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(f"{digest}\n{said}".encode()).hexdigest()
        if digest != row["digest"]:
            raise SystemExit(f"Entry {row['sequence']} was changed, or one before it.")
print("The chain holds; its last digest is", digest)
""".strip()


def rows(access: HostAccess) -> Iterator[tuple[Any, ...]]:
    """The header and every entry, with times and values as the digests cover them."""
    yield COLUMNS
    entries = access.scope(LogEntry).order_by("sequence").values_list(*FIELDS)
    for entry in entries.iterator(chunk_size=ROWS_AT_ONCE):
        sequence, at, actor, who, action, before, after, why, digest = entry
        what = sentence(action, before, after)
        told = (_json(before), _json(after))
        yield (sequence, at.isoformat(), actor, who, action, what, *told, why, digest)


def _json(value: Any) -> str:
    """Canonical; nothing where there is nothing."""
    if value is None:
        return ""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
