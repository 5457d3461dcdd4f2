"""What a file of no format that is read looks like, and what to do about it."""

import re
from typing import NoReturn

from screening.importers.base import UnreadableFile

EXPORT_AGAIN = "export the search again as RIS or PubMed (nbib) and import that file"

_BINARY = (
    (b"PK\x03\x04", "a ZIP archive or an Office document such as .docx"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office document such as .xls or .doc"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"{\\rtf", "a Rich Text document"),
    (b"SQLite format 3", "a database file"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
)
_TEXT = (
    (rb"\s*(?:<!doctype html|<html)", "a web page"),
    (rb"\s*<\?xml", "an XML file of another kind than PubMed's, EndNote's or Zotero's"),
    (rb"\s*[\[{]\s*[\"{\]}]", "a JSON file"),
    (rb".*[\r\n]PMID: ?[0-9]", "PubMed's summary or abstract text"),
)
_TEXT_PATTERNS = [(re.compile(p, re.IGNORECASE | re.DOTALL), kind) for p, kind in _TEXT]


def refuse_binary(head: bytes) -> None:
    """Nothing happens for a file that may be text.

    Raises: UnreadableFile for archives, documents and images, by their first bytes.
    """
    for signature, kind in _BINARY:
        if head.startswith(signature):
            raise UnreadableFile(
                f"From its first bytes this is {kind}, not a text file: {EXPORT_AGAIN}."
            )


def refuse_text(head: bytes) -> NoReturn:
    """Say what a text without any entry looks like, in its first lines.

    Raises: UnreadableFile, always.
    """
    head = head.removeprefix(b"\xef\xbb\xbf")
    if not head.strip():
        raise UnreadableFile(
            "The file holds only blank lines: check at the source that the search found "
            "something, then export and import it again."
        )
    for pattern, kind in _TEXT_PATTERNS:
        if pattern.match(head):
            raise UnreadableFile(
                f"From line {_first_line(head)} on this looks like {kind}, which cannot be "
                f"imported: {EXPORT_AGAIN}."
            )
    raise UnreadableFile(
        f"From line {_first_line(head)} on no line begins an entry, nor are there rows under "
        f"headings, so the format is not known: {EXPORT_AGAIN}."
    )


def _first_line(head: bytes) -> int:
    """The first line that holds anything."""
    blank = head[: len(head) - len(head.lstrip())]
    return len((blank + b"x").splitlines())
