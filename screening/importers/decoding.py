"""From bytes to lines of text: what ends a line, and which encoding it is in.

Only CR, LF and CRLF end a line: `str.splitlines` would also split at a form feed or a Unicode
line separator, which stand inside abstracts.
"""

import codecs
from collections.abc import Iterable, Iterator
from pathlib import Path

CHUNK = 1 << 16
LONGEST_LINE = 4_000_000
"""Bytes of one line that are read: more than any field may keep, little enough to hold."""

# The five bytes that Windows-1252 leaves undefined keep their latin-1 meaning.
_WINDOWS_1252 = {
    byte: bytes([byte]).decode("cp1252")
    for byte in range(0x80, 0xA0)
    if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}


def chunks(path: Path) -> Iterator[bytes]:
    """The bytes of the file, piece by piece."""
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def encoding_by_mark(head: bytes) -> str:
    """The encoding that a byte order mark states, or "" without one."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return ""


def as_utf8(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The same text in a form where a line end is a line end in bytes; UTF-16 becomes UTF-8.

    Half characters in UTF-16 become U+FFFD.
    """
    if encoding != "utf-16":
        yield from pieces
        return
    decoder = codecs.getincrementaldecoder("utf-16")("replace")
    for piece in pieces:
        yield decoder.decode(piece).encode()
    yield decoder.decode(b"", final=True).encode()


def text_lines(path: Path, encoding: str) -> Iterator[list[str]]:
    """The lines of the file without their ends, in lists of some thousand.

    A line that is not valid UTF-8 is read as Windows-1252, alone: one wrong byte does not
    spoil the accents of the others. Of a line longer than LONGEST_LINE the rest is left out.
    """
    rest, full = b"", False
    for chunk in as_utf8(chunks(path), encoding):
        if full:
            chunk = chunk[line_end(chunk) :]
        data = rest + chunk
        # A CR in the last place waits: its LF may come with the next chunk.
        end = max(data.rfind(b"\n"), data.rfind(b"\r", 0, len(data) - 1)) + 1
        if end:
            yield decoded_lines(data[:end])
        rest = data[end:]
        full = not rest.endswith(b"\r") and ((full and not end) or len(rest) >= LONGEST_LINE)
        if full:
            rest = _whole_characters(rest[:LONGEST_LINE])
    if rest:
        yield decoded_lines(rest)


def line_end(chunk: bytes) -> int:
    """Where the line that began in an earlier chunk ends, or the end of the chunk."""
    ends = [place for place in (chunk.find(b"\n"), chunk.find(b"\r")) if place >= 0]
    return min(ends, default=len(chunk))


def decoded_lines(block: bytes) -> list[str]:
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    block = block.removesuffix(b"\n")
    try:
        return block.decode().split("\n")
    except UnicodeDecodeError:
        return [_decoded_line(line) for line in block.split(b"\n")]


def _decoded_line(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.removeprefix(codecs.BOM_UTF8).decode("latin-1").translate(_WINDOWS_1252)


def _whole_characters(data: bytes) -> bytes:
    """The data without a last UTF-8 character that is cut in two."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return data if length <= back else data[:-back]
        if byte < 0x80:
            break
    return data
