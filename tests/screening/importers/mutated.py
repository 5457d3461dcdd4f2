"""Bytes of our own files with something wrong, and what must hold for a reader whatever they are."""

import tempfile
from pathlib import Path

from hypothesis import strategies as st

from screening.importers.base import ParsedRecord, Problem
from screening.importers.formats import Format

ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "utf-16")


@st.composite
def mutated(draw: st.DrawFn, content: bytes, fragments: list[bytes]) -> bytes:
    """The content with pieces cut out, doubled, or replaced by fragments of the format."""
    for _ in range(draw(st.integers(0, 6))):
        begin = draw(st.integers(0, len(content)))
        end = min(len(content), begin + draw(st.integers(0, 60)))
        piece = draw(
            st.one_of(
                st.sampled_from([*fragments, content[begin:end] * 2]),
                st.binary(max_size=6),
                st.just(b""),
            )
        )
        content = content[:begin] + piece + content[end:]
    return content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content


def check_every_entry_is_given(form: Format, content: bytes, encoding: str) -> None:
    """As many records and problems as were counted, numbered, each from a line further down.

    The bytes are given as they are, but for UTF-16, which is only read behind its mark.
    """
    if encoding == "utf-16":
        content = content.decode("latin-1").encode("utf-16")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(content)
        counted = form.count(path, encoding)
        found = list(form.read(path, encoding))
    assert [entry.position for entry in found] == list(range(1, counted.found + 1))
    lines = [entry.line for entry in found]
    assert lines == sorted(lines)
    for entry in found:
        assert isinstance(entry, ParsedRecord | Problem)
        assert entry.line >= 1
        assert len(getattr(entry, "raw", "")) <= 2_000
