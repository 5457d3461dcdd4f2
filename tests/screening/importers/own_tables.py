"""Our own look-alikes of tables, read."""

from pathlib import Path

from screening.importers import ParsedRecord, Problem
from screening.importers.tables import text
from tests.screening.importers.conftest import DATA


def encoding_of(path: Path) -> str:
    content = path.read_bytes()
    if content.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    try:
        content.decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def head_of(path: Path) -> bytes:
    return path.read_bytes()[: 1 << 16].removeprefix(b"\xef\xbb\xbf")


def read_own(name: str) -> list[ParsedRecord | Problem]:
    path = DATA / name
    found = list(text.read(path, encoding_of(path)))
    assert [entry.position for entry in found] == list(range(1, len(found) + 1))
    return found


def records(name: str) -> list[ParsedRecord]:
    found = read_own(name)
    assert [type(entry) for entry in found] == [ParsedRecord] * len(found)
    return found
