"""One pass over a file's bytes: what it is, how many entries it holds, what to warn about."""

import codecs
import hashlib
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from screening.importers import formats, mentions
from screening.importers.base import ColumnPairs, Counted, Inspection, UnreadableFile
from screening.importers.counting import Count, MedlineCount, RisCount
from screening.importers.decoding import (
    LONGEST_LINE,
    as_utf8,
    chunks,
    encoding_by_mark,
    line_end,
)
from screening.importers.sniffing import EXPORT_AGAIN, refuse_binary, refuse_text
from screening.importers.tables import workbook

_HEAD = 4_096
_REPLACEMENT = "\ufffd".encode()


def inspect(path: Path, columns: ColumnPairs | None = None) -> Inspection:
    """What the file is and what it holds, before anything is parsed.

    The format is told by content: by a sure sign in the first bytes; else by whichever of TY
    (RIS) and PMID (PubMed) begins a line first; else it may be a table.

    Args:
        columns: what a person said of the columns of a table; without pairs when nobody has yet,
            so that its rows are only counted.

    Raises: UnreadableFile, with a sentence for the user, when it is none, or not text;
        NeedsColumns, which is one, when it is a table and no column is known to hold titles.
    """
    measured = _Measured(chunks(path))
    first = next(measured, b"")
    if not first:
        raise UnreadableFile(
            "The file is empty (0 bytes): export the search again and check that the download "
            "is complete."
        )
    if workbook.looks_like(first):
        for _ in measured:
            pass
        counted = _count_of(workbook, path, "binary", columns)
        return _inspection(workbook.NAME, "binary", measured, counted, columns)
    refuse_binary(first)
    mark = encoding_by_mark(first)
    pieces = as_utf8(chain([first], measured), mark)
    head = next(pieces)
    form = formats.by_beginning(head.removeprefix(BOM_UTF8))
    scan = _Scan()
    for piece in chain([head], pieces):
        scan.feed(piece)
    scan.finish()
    encoding = mark or "utf-8"
    if scan.first_bad_line:
        encoding = "cp1252"
    if form is None and not scan.has_entries:
        form = formats.by_rows(head.removeprefix(BOM_UTF8))
    if form is None:
        name, counted = scan.verdict()
    else:
        name, counted = form.NAME, _count_of(form, path, encoding, columns)
    characters = _characters(scan, encoding)
    return _inspection(name, encoding, measured, counted, columns, *characters)


def _count_of(
    form: formats.Format, path: Path, encoding: str, columns: ColumnPairs | None
) -> Counted:
    rows = formats.table_by_name(form.NAME)
    if rows and columns is not None:
        return rows.count_rows(path, encoding)
    return form.count(path, encoding)


def _inspection(
    name: str,
    encoding: str,
    measured: "_Measured",
    counted: Counted,
    columns: ColumnPairs | None,
    *warnings: str,
) -> Inspection:
    if not counted.found:
        raise UnreadableFile(
            "The file holds no entry: check at the source that the search found something, then "
            "export and import it again."
        )
    return Inspection(
        format=name,
        encoding=encoding,
        found=counted.found,
        sha256=measured.digest.hexdigest(),
        size=measured.size,
        warnings=(*warnings, *counted.warnings),
        columns=columns if formats.table_by_name(name) else None,
    )


class _Measured:
    """Passes pieces through and keeps their hash and size."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self.digest = hashlib.sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = next(self._pieces)
        self.digest.update(piece)
        self.size += len(piece)
        return piece


class _Scan:
    """Takes a text's bytes in pieces, cuts them into lines and lets the counts look at them."""

    def __init__(self) -> None:
        self.head = b""
        self.first_bad_line = 0
        self.first_long_line = 0
        self.first_replaced_line = 0
        self._counts: dict[str, RisCount | MedlineCount] = {
            "ris": RisCount(),
            "nbib": MedlineCount(),
        }
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._lines = 0
        self._unfinished = b""
        self._unfinished_size = 0

    def feed(self, piece: bytes) -> None:
        if len(self.head) < _HEAD:
            self.head += piece[:_HEAD]
        self._refuse_nul(piece)
        self._check_characters(piece)
        self._check_length(piece)
        data = self._unfinished + piece
        lines = data.splitlines()
        self._unfinished = b""
        if lines and not data.endswith(b"\n"):
            # Only the beginning of a line is judged; a final CR waits for its LF.
            self._unfinished = lines.pop()[:_HEAD] + (b"\r" if data.endswith(b"\r") else b"")
        self._count(lines)

    def finish(self) -> None:
        """Take what is left: the last line may have no end, its last character may be cut."""
        self._check_characters(b"", final=True)
        if self._unfinished:
            self._count([self._unfinished.removesuffix(b"\r")])
        for count in self._counts.values():
            count.finish()

    @property
    def has_entries(self) -> bool:
        """Whether an entry of RIS or PubMed text begins anywhere."""
        return len(self._counts) == 1

    def verdict(self) -> tuple[str, Counted]:
        """RIS or PubMed text, and its count.

        Raises: UnreadableFile when there is no entry, or there are entries of two formats.
        """
        if not self.has_entries:
            refuse_text(self.head)
        ((name, count),) = self._counts.items()
        if count.foreign:
            raise UnreadableFile(
                f"The file begins in one format, but from line {count.foreign} on it holds "
                "entries of another (RIS and PubMed are mixed): divide it there and import the "
                "two parts one after the other."
            )
        warnings = [*self._long_lines(), *_unusual(name, count)]
        return name, Counted(count.found, tuple(warnings))

    def _long_lines(self) -> Iterator[str]:
        if self.first_long_line:
            yield (
                f"Line {self.first_long_line} is longer than {LONGEST_LINE:,} bytes: the rest of "
                "it was left out."
            )

    def _count(self, lines: list[bytes]) -> None:
        for count in self._counts.values():
            count.feed(self._lines + 1, lines)
        self._lines += len(lines)
        starts = [(c.first_start, name) for name, c in self._counts.items() if c.first_start]
        if starts:
            name = min(starts)[1]
            self._counts = {name: self._counts[name]}

    def _refuse_nul(self, piece: bytes) -> None:
        place = piece.find(b"\0")
        if place < 0:
            return
        line = self._line_at(piece, place)
        raise UnreadableFile(
            f"Line {line} holds a NUL byte, which no text has, so the file is damaged, binary, or "
            f"UTF-16 without its mark: {EXPORT_AGAIN}, or save it as UTF-8 first."
        )

    def _check_characters(self, piece: bytes, *, final: bool = False) -> None:
        if not self.first_replaced_line and (place := piece.find(_REPLACEMENT)) >= 0:
            self.first_replaced_line = self._line_at(piece, place)
        if self.first_bad_line:
            return
        begun = len(self._decoder.getstate()[0])
        try:
            self._decoder.decode(piece, final)
        except UnicodeDecodeError as error:
            self.first_bad_line = self._line_at(piece, max(0, error.start - begun))

    def _check_length(self, piece: bytes) -> None:
        end = line_end(piece)
        if self._unfinished_size + end > LONGEST_LINE and not self.first_long_line:
            self.first_long_line = self._lines + 1
        if end == len(piece):
            self._unfinished_size += len(piece)
        else:
            self._unfinished_size = len(piece) - 1 - max(piece.rfind(b"\n"), piece.rfind(b"\r"))

    def _line_at(self, piece: bytes, place: int) -> int:
        return self._lines + len((self._unfinished + piece[:place] + b"x").splitlines())


def _characters(scan: _Scan, encoding: str) -> Iterator[str]:
    if encoding == "cp1252":
        yield (
            f"The file is not valid UTF-8 (first at line {scan.first_bad_line}): the lines concerned "
            "were read as Windows-1252. Check the accented letters."
        )
    if encoding == "utf-16" and scan.first_replaced_line:
        yield (
            f"The UTF-16 text is damaged (first at line {scan.first_replaced_line}): characters "
            "that could not be read stand as \ufffd."
        )


def _unusual(name: str, count: Count) -> Iterator[str]:
    start = "PMID" if name == "nbib" else "TY"
    if count.without_start.number:
        entries = mentions.entries(count.without_start)
        yield f"{entries} without a {start} line, read as far as it goes."
    if count.without_end.number:
        entries = mentions.entries(count.without_end)
        yield f"{entries} without an ER line, read up to the next entry."
    if count.outside.number:
        lines = mentions.mention(count.outside, "line", "lines")
        yield f"{lines} outside the entries held no field and stayed unread."
