"""Whether a workbook may be opened at all: an archive that is whole, unlocked and no bomb."""

import re
import zlib
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

from screening.importers.base import UnreadableFile
from screening.importers.decoding import chunks

LARGEST_ROWS = 1_000_000_000
"""Bytes that the sheets may have together once they are unpacked; they are read as a stream."""
LARGEST_TEXTS = 200_000_000
"""Bytes of the table of texts, which is held in memory."""
LARGEST_OTHER = 50_000_000
"""Bytes of everything else without pictures."""

OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SAVE_AGAIN = "Open it in a spreadsheet program, save it as .xlsx or CSV, and import that file."

_PART_OF_WORKBOOK = re.compile(rb"PK\x03\x04.{26}xl/", re.DOTALL)
# The entry stands on a multiple of 128 bytes, so no piece of the file cuts it in two.
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_IS_ENCRYPTED = 0x1
_CHUNK = 1 << 20
_DAMAGE = (BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


def begins_workbook(head: bytes) -> bool:
    """Whether the first bytes are those of a workbook, be it an old or a locked one."""
    return head.startswith(OLD_OFFICE) or bool(_PART_OF_WORKBOOK.search(head))


def check(path: Path) -> None:
    """Nothing happens for an archive that may be opened; every part of it was unpacked once.

    Raises: UnreadableFile, with what is wrong and what to do.
    """
    with path.open("rb") as stream:
        if stream.read(len(OLD_OFFICE)) == OLD_OFFICE:
            _refuse_old(path)
    try:
        with ZipFile(path) as archive:
            parts = [part for part in archive.infolist() if not part.is_dir()]
            _refuse_bomb(parts)
            for part in parts:
                _unpack(archive, part)
    except _DAMAGE as error:
        raise UnreadableFile(
            "This workbook is damaged, or only a part of it was downloaded, so nothing in it "
            f"could be read from line 1 on. {SAVE_AGAIN}"
        ) from error


def _refuse_old(path: Path) -> None:
    if any(_LOCKED in piece for piece in chunks(path)):
        raise UnreadableFile(
            "This workbook is protected by a password, so no line of it can be read. Open it in "
            "a spreadsheet program, remove the password, save it, and import that file."
        )
    raise UnreadableFile(
        "This is an old Excel (.xls) or another old Office document, which cannot be read from "
        f"line 1 on. {SAVE_AGAIN}"
    )


def _refuse_bomb(parts: list[ZipInfo]) -> None:
    sizes = {"sheets": 0, "texts": 0, "pictures": 0, "other": 0}
    for part in parts:
        sizes[_kind(part.filename)] += part.file_size
    limits = {"sheets": LARGEST_ROWS, "texts": LARGEST_TEXTS, "other": LARGEST_OTHER}
    for kind, limit in limits.items():
        if sizes[kind] > limit:
            raise UnreadableFile(
                f"Unpacked, a part of this workbook has {sizes[kind]:,} bytes, more than the "
                f"{limit:,} that are read, so no line of it was. {SAVE_AGAIN}"
            )


def _kind(name: str) -> str:
    if name.startswith("xl/media/"):
        return "pictures"
    if name.startswith("xl/worksheets/"):
        return "sheets"
    return "texts" if name == "xl/sharedStrings.xml" else "other"


def _unpack(archive: ZipFile, part: ZipInfo) -> None:
    """Read the part to its end, where its checksum is compared; no more than it states."""
    if part.flag_bits & _IS_ENCRYPTED:
        raise UnreadableFile(
            "This workbook is protected by a password, so no line of it can be read. Remove the "
            "password, save it, and import that file."
        )
    if _kind(part.filename) == "pictures":
        return
    with archive.open(part) as stream:
        while stream.read(_CHUNK):
            pass
