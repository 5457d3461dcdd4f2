"""The files as they were imported, and imports.csv, which says where each came from."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import PurePath
from typing import Any

from django.utils.text import slugify

from reporting.exports.names import members
from screening.files import raw_file
from screening.host import HostAccess
from screening.models import Import

COLUMNS = (
    "number",
    "source",
    "state",
    "file",
    "file_name",
    "sha256",
    "is_as_uploaded",
    "size",
    "format",
    "encoding",
    "found",
    "read",
    "uploaded_by",
    "uploaded_at",
    "committed_at",
    "undone_at",
)
BLOCK = 1 << 20
ENDING = re.compile(r"\.[A-Za-z0-9]{1,8}")


@dataclass
class RawFile:
    """A file some imports came from.

    Args:
        name: what it is called in the zip.
        sha256: of the file that was imported.
        is_whole: it was there, and is still the one that was uploaded; known once it was read.
    """

    name: str
    sha256: str
    path: Any
    is_whole: bool = False
    imports: list[Import] = field(default_factory=list)

    def blocks(self) -> Iterator[bytes]:
        """What the file holds; nothing when it is missing."""
        digest = hashlib.sha256()
        try:
            with self.path.open("rb") as file:
                while block := file.read(BLOCK):
                    digest.update(block)
                    yield block
        except FileNotFoundError:
            return
        self.is_whole = digest.hexdigest() == self.sha256


def raw_files(access: HostAccess) -> list[RawFile]:
    """One for each content, by the first import that brought it; discarded ones are gone.

    The log that was given with the votes of an import is one of no import.
    """
    found: dict[str, RawFile] = {}
    numbers = count(1)
    for one in access.scope(Import).select_related("source").order_by("pk"):
        if one.sha256 not in found:
            name = _plain(next(numbers), one.file_name)
            path = raw_file(access.review.pk, one.sha256)
            found[one.sha256] = RawFile(name, one.sha256, path)
        found[one.sha256].imports.append(one)
        if (log := one.vote_log_sha256) and log not in found:
            name = _plain(next(numbers), f"votes-log-of-{PurePath(one.file_name).stem}.csv")
            found[log] = RawFile(name, log, raw_file(access.review.pk, log))
    return list(found.values())


def rows(access: HostAccess, files: list[RawFile]) -> Iterator[tuple[Any, ...]]:
    """The header and every import, in the order of uploads. Ask after the files were read."""
    yield COLUMNS
    people = members(access)
    brought = [(one, file) for file in files for one in file.imports]
    brought.sort(key=lambda pair: pair[0].pk)
    for number, (one, file) in enumerate(brought, start=1):
        person = people.get(one.uploaded_by_id)
        yield (
            number,
            one.source.name,
            one.state,
            file.name,
            one.file_name,
            one.sha256,
            file.is_whole,
            one.size,
            one.format,
            one.encoding,
            one.found,
            one.read,
            person.name if person else "",
            one.uploaded_at,
            one.committed_at,
            one.undone_at,
        )


def _plain(number: int, file_name: str) -> str:
    """`imports/01-pubmed.nbib`: the name in letters that every system takes."""
    path = PurePath(file_name)
    ending = path.suffix if ENDING.fullmatch(path.suffix) else ""
    stem = slugify(path.name.removesuffix(ending))[:60] or "file"
    return f"imports/{number:02}-{stem}{ending}"
