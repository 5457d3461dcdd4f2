"""A ZIP of files: what is in it, unpacked within limits, never under the names it gives."""

import errno
import re
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from struct import unpack_from
from zipfile import BadZipFile, ZipFile, ZipInfo

from screening.importers.base import UnreadableFile

MOST_FILES = 200
LARGEST_TOTAL = 500_000_000
"""Bytes of all files together once they are unpacked."""
LARGEST_RATIO = 200
"""Times that a file may grow; exports of databases grow by 3 to 30."""
RATIO_FROM = 10_000_000
"""Bytes below which nobody minds the ratio."""

JUNK_FOLDERS = {"__MACOSX"}
JUNK_FILES = {".ds_store", "thumbs.db", "desktop.ini"}

_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
_OFFICE = {"[Content_Types].xml", "mimetype"}
_PART_OF_OFFICE = re.compile(
    rb"PK\x03\x04.{26}(?:\[Content_Types\]|_rels/|docProps/|xl/|word/)", re.DOTALL
)
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x07"
_END_SIZE, _LONGEST_COMMENT = 22, 65_535
_LARGEST_LIST = 1_000_000
_IS_ENCRYPTED = 0x1
_CHUNK = 1 << 18
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
_DAMAGE = (BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)

DAMAGED = (
    "This ZIP is damaged, or only a part of it was downloaded, so nothing of it was taken: make "
    "it again, or bring in its files by themselves."
)
LOCKED = (
    "This ZIP is protected by a password, so nothing of it was taken: unpack it, and bring in "
    "its files by themselves."
)
_SMALLER = "Nothing of it was taken: bring in fewer of its files at once."


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A file of the archive: its name there, and where its content is."""

    name: str
    path: Path


def is_zip_of_files(path: Path) -> bool:
    """Whether this is a ZIP, and no workbook or other Office document, which are ZIPs too.

    One that cannot be opened counts: `unpack` says what is wrong with it.
    """
    with path.open("rb") as stream:
        if stream.read(4) not in _SIGNATURES:
            return False
    try:
        _refuse_long_list(path)
        with ZipFile(path) as archive:
            return _OFFICE.isdisjoint(archive.namelist())
    except (UnreadableFile, *_DAMAGE):
        return not _begins_as_office(path)


def is_junk(name: str) -> bool:
    """What systems leave in folders: no file of anybody's."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts:
        return True
    last = parts[-1]
    return not JUNK_FOLDERS.isdisjoint(parts) or last.lower() in JUNK_FILES or last.startswith("._")


def unpack(path: Path, folder: Path) -> tuple[list[Unpacked], list[str]]:
    """Every file of the archive is in the folder, under a number; the second are names left out.

    Raises: UnreadableFile, with what is wrong and what to do, also when it is no archive.
    """
    _refuse_long_list(path)
    try:
        with ZipFile(path) as archive:
            listed = [part for part in archive.infolist() if not part.is_dir()]
            ignored = [_shown(part) for part in listed if not _is_file(part)]
            parts = [part for part in listed if _is_file(part)]
            _refuse(parts)
            return list(_unpacked(archive, parts, folder)), ignored
    except _DAMAGE as error:
        if getattr(error, "errno", None) in _NO_ROOM:
            raise  # the server's trouble, and not the file's
        raise UnreadableFile(DAMAGED) from error


def _refuse(parts: list[ZipInfo]) -> None:
    if any(part.flag_bits & _IS_ENCRYPTED for part in parts):
        raise UnreadableFile(LOCKED)
    if not parts:
        raise UnreadableFile("This ZIP holds no file.")
    if len(parts) > MOST_FILES:
        raise UnreadableFile(
            f"This ZIP holds {len(parts):,} files; {MOST_FILES} can be taken at once. {_SMALLER}"
        )


def _unpacked(archive: ZipFile, parts: list[ZipInfo], folder: Path) -> Iterator[Unpacked]:
    """What archives state of sizes may be a lie: bytes are counted as they come."""
    total = 0
    for number, part in enumerate(parts):
        target = folder / f"{number:03}"
        size = 0
        with archive.open(part) as packed, target.open("xb") as plain:
            while piece := packed.read(_CHUNK):
                size += len(piece)
                total += len(piece)
                _refuse_bomb(part, size, total)
                plain.write(piece)
        yield Unpacked(_shown(part), target)


def _refuse_bomb(part: ZipInfo, size: int, total: int) -> None:
    if total > LARGEST_TOTAL:
        raise UnreadableFile(
            f"Unpacked, this ZIP has more than {LARGEST_TOTAL // 1_000_000} MB, the most that "
            f"is taken at once. {_SMALLER}"
        )
    if size > RATIO_FROM and size > LARGEST_RATIO * max(part.compress_size, 1):
        raise UnreadableFile(
            f"In this ZIP {_shown(part)} grows to more than {LARGEST_RATIO} times its size, which "
            "no export does. Nothing of it was taken."
        )


def _is_file(part: ZipInfo) -> bool:
    mode = part.external_attr >> 16
    is_link = stat.S_IFMT(mode) == stat.S_IFLNK
    return not is_link and not is_junk(part.filename)


def _shown(part: ZipInfo) -> str:
    """Its path in the archive, for people to read: no file ever gets this name."""
    parts = PurePosixPath(part.filename.replace("\\", "/")).parts
    kept = [one for one in parts if one not in {"/", "..", "."}]
    shown = "".join(c if c.isprintable() else "\ufffd" for c in "/".join(kept))
    return shown[-255:] or "a file without a name"


def _refuse_long_list(path: Path) -> None:
    """The list of files is read into memory as a whole, so its size is looked at before.

    Raises: UnreadableFile when it is longer than of any archive of exports, or missing.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(0, size - _END_SIZE - _LONGEST_COMMENT - 20))
        tail = stream.read()
    place = tail.rfind(_END)
    if place < 0 or len(tail) - place < _END_SIZE:
        raise UnreadableFile(DAMAGED)
    (length,) = unpack_from("<L", tail, place + 12)
    is_64 = tail[max(0, place - 20) : place].startswith(_END_64)
    if is_64 or length > _LARGEST_LIST:
        raise UnreadableFile(
            f"This ZIP lists far more files than the {MOST_FILES} that can be taken at once. "
            f"{_SMALLER}"
        )


def _begins_as_office(path: Path) -> bool:
    with path.open("rb") as stream:
        return bool(_PART_OF_OFFICE.search(stream.read(1 << 16)))
