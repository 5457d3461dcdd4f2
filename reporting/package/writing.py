"""The zip of a review, from one moment, while others go on working."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

from django.utils import timezone

from reporting.package import readme
from reporting.package.archive import Archive, new_archive
from reporting.package.contents import parts
from screening.host import HostAccess
from screening.models import LogHead, Review
from screening.verification import one_moment

SUMS = "SHA256SUMS"


@dataclass
class Written:
    """What was written.

    Args:
        rows: of each table, below its header.
        not_as_uploaded: files of imports that are missing, or not the ones that were uploaded.
    """

    review: Review
    path: Path
    at: datetime
    log_entries: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    not_as_uploaded: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "review": self.review.pk,
            "file": str(self.path),
            "bytes": self.path.stat().st_size,
            "made_at": self.at.isoformat(),
            "log_entries": self.log_entries,
            "rows": self.rows,
            "not_as_uploaded": self.not_as_uploaded,
            "seconds": round(self.seconds, 2),
        }


def write_package(review: Review, path: Path) -> Written:
    """Every file of the review is in a zip at `path`, complete: nothing is hidden in it.

    Raises:
        FileExistsError: something has that name already.
        OSError: it could not be written; nothing is left of it.
    """
    if path.exists():
        raise FileExistsError(path)
    began = monotonic()
    written = Written(review, path, timezone.now())
    with new_archive(path, written.at) as archive, one_moment():
        access = HostAccess(review)
        written.log_entries = LogHead.objects.get(review=review).sequence
        _write(access, archive, written)
    written.seconds = monotonic() - began
    return written


def _write(access: HostAccess, archive: Archive, written: Written) -> None:
    done = []
    for part in parts(access):
        added = archive.add(part.name, part.blocks)
        done.append(part)
        if part.rows is not None:
            written.rows[part.name] = part.rows
        if part.sha256 not in ("", added.sha256):
            written.not_as_uploaded.append(part.name)
    archive.add("README.txt", [readme.text(access, done, written.at)])
    archive.add(SUMS, _sums(archive))


def _sums(archive: Archive) -> Iterator[bytes]:
    for added in list(archive.added):
        yield f"{added.sha256}  {added.name}\n".encode()
