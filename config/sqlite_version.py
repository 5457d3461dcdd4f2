"""What to say about the SQLite that Python brought along."""

import sqlite3

MENDED_IN = (3, 51, 3)


def sqlite_note(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> str:
    """Return one sentence when this SQLite has the WAL reset bug, else an empty text.

    Source: sqlite.org/wal.html, "The WAL-Reset Bug".
    """
    if version >= MENDED_IN:
        return ""
    found = ".".join(map(str, version[:3]))
    mended = ".".join(map(str, MENDED_IN))
    return (
        f"SQLite {found} is older than {mended}, which mended a rare fault in the write-ahead log "
        "(the WAL reset bug) that can damage a database used by several processes at once: "
        "keep backups, and on a server use PostgreSQL or a newer SQLite."
    )
