"""Raw files of imports, kept as they came: one per review and SHA-256, never overwritten."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from uuid import uuid4

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

RAW_FILE = re.compile(r"[0-9a-f]{64}|\.[0-9a-f]{32}\.unfinished")
FILE_MODE = 0o640
FOLDER_MODE = 0o750


def raw_file(review_pk: int, sha256: str) -> Path:
    """Where the review keeps the file with this digest."""
    return Path(settings.MEDIA_ROOT) / "imports" / str(review_pk) / sha256


def keep(review_pk: int, sha256: str, original: Path) -> Path:
    """The file is on disk under its digest, whole, also after a power cut.

    It gets its name only once every byte of it is written; what has that name already is left
    alone, since it is the same.
    """
    kept = raw_file(review_pk, sha256)
    if kept.exists():
        return kept
    kept.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    unfinished = kept.with_name(f".{uuid4().hex}.unfinished")
    try:
        _copy(original, unfinished)
        unfinished.replace(kept)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    for folder in kept.parents[:3]:
        _sync_folder(folder)
    return kept


def throw_away(review_pk: int, sha256: str) -> None:
    """The review keeps no such file any more."""
    raw_file(review_pk, sha256).unlink(missing_ok=True)


def written_before(moment: datetime) -> dict[int, list[Path]]:
    """By review: the files kept for it, also unfinished ones, that were written before."""
    found: dict[int, list[Path]] = {}
    for path in (Path(settings.MEDIA_ROOT) / "imports").glob("*/*"):
        if not path.parent.name.isdecimal() or not RAW_FILE.fullmatch(path.name):
            continue
        with suppress(FileNotFoundError):  # discarded meanwhile
            if path.stat().st_mtime < moment.timestamp():
                found.setdefault(int(path.parent.name), []).append(path)
    return found


@contextmanager
def on_disk(upload: UploadedFile) -> Iterator[Path]:
    """The upload as a file with a path: large ones have one, small ones get one for a while."""
    if hasattr(upload, "temporary_file_path"):
        yield Path(upload.temporary_file_path())
        return
    with NamedTemporaryFile() as temporary:
        for chunk in upload.chunks():
            temporary.write(chunk)
        temporary.flush()
        yield Path(temporary.name)


def _copy(original: Path, copy: Path) -> None:
    descriptor = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with original.open("rb") as source, os.fdopen(descriptor, "wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
        target.flush()
        os.fchmod(target.fileno(), FILE_MODE)
        os.fsync(target.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
