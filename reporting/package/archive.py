"""A zip written as a stream, that has its name only once all of it is on disk."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

FOR_THE_HOST_ALONE = 0o600  # votes are in it that nobody may see yet


@dataclass(frozen=True, slots=True)
class Added:
    """A file in the zip; `sha256` is of what it holds, not of how it is packed."""

    name: str
    size: int
    sha256: str


@dataclass
class Archive:
    """Files are added one after the other; none is ever whole in memory.

    Args:
        at: the time every file in it carries, so that zips of one state are alike.
    """

    zipped: ZipFile
    at: datetime
    added: list[Added] = field(default_factory=list)

    def add(self, name: str, blocks: Iterable[bytes]) -> Added:
        entry = ZipInfo(name, self.at.astimezone(UTC).timetuple()[:6])
        entry.compress_type = ZIP_DEFLATED
        entry.external_attr = FOR_THE_HOST_ALONE << 16
        digest, size = hashlib.sha256(), 0
        with self.zipped.open(entry, "w", force_zip64=True) as target:
            for block in blocks:
                target.write(block)
                digest.update(block)
                size += len(block)
        self.added.append(Added(name, size, digest.hexdigest()))
        return self.added[-1]


@contextmanager
def new_archive(path: Path, at: datetime) -> Iterator[Archive]:
    """An empty archive that becomes `path` when the block ends well, and is gone otherwise.

    Whoever kills it leaves a file `.….unfinished` beside `path`, never a half at `path`.

    Raises:
        FileExistsError: something has that name already; it is left alone.
    """
    unfinished = path.with_name(f".{path.name}.{uuid4().hex[:8]}.unfinished")
    try:
        with _private(unfinished) as file:
            with ZipFile(file, "w") as zipped:
                yield Archive(zipped, at)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            raise FileExistsError(path)
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _private(path: Path) -> BinaryIO:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, FOR_THE_HOST_ALONE)
    return os.fdopen(descriptor, "w+b")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
