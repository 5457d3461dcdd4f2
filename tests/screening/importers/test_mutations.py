"""Damaged files of every format: each entry that is found is given, or the file is refused in words.

Files are damaged as they are on their way: cut off, pieces lost, doubled or swapped, bytes flipped.
"""

from pathlib import Path
from random import Random
from time import process_time

import pytest

from screening.importers import ParsedRecord, Problem, UnreadableFile, inspect, read
from tests.screening.importers.conftest import DATA
from tests.screening.importers.test_corpus import CORPUS, ROWS

OURS = sorted(path for path in DATA.iterdir() if path.is_file() and path.suffix)
MUTATIONS = 12
LONGEST = 20  # seconds of a processor; a file of some megabytes takes one


def damaged(content: bytes, random: Random) -> bytes:
    """The content with one to four damages."""
    for _ in range(random.randint(1, 4)):
        start, end = sorted(random.randrange(len(content) + 1) for _ in range(2))
        end = min(end, start + 2_000)
        piece = content[start:end]
        damage = random.choice(["cut", "lose", "double", "flip", "insert", "swap"])
        if damage == "cut":
            content = content[: max(start, 1)]
        elif damage == "lose":
            content = content[:start] + content[end:]
        elif damage == "double":
            content = content[:end] + piece + content[end:]
        elif damage == "flip":
            flipped = bytes(random.randrange(256) if random.random() < 0.02 else b for b in piece)
            content = content[:start] + flipped + content[end:]
        elif damage == "insert":
            signs = [
                b"<",
                b">",
                b"&",
                b'"',
                b"{",
                b"}",
                b"\n",
                b"\r",
                b"\t",
                b",",
                b";",
                b"@",
                b"\xff",
            ]
            content = content[:start] + b"".join(random.choices(signs, k=5)) + content[start:]
        else:
            content = piece + content[:start] + content[end:]
        content = content or b"x"
    return content


def check(path: Path) -> str:
    """The sentence of the refusal, or "" when everything found was given."""
    began = process_time()
    try:
        inspection = inspect(path)
        entries = list(read(path, inspection))
    except UnreadableFile as refusal:
        return str(refusal)
    assert len(entries) == inspection.found
    assert {type(entry) for entry in entries} <= {ParsedRecord, Problem}
    assert all(entry.line >= 1 for entry in entries)
    assert [entry.position for entry in entries] == list(range(1, inspection.found + 1))
    assert process_time() - began < LONGEST
    return ""


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_our_own_files_may_be_damaged_in_any_way(path, written):
    content = path.read_bytes()
    for seed in range(MUTATIONS):
        check(written(damaged(content, Random(f"{path.name}:{seed}"))))


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_our_own_files_may_end_anywhere(path, written):
    content = path.read_bytes()
    for part in range(1, 20):
        check(written(content[: len(content) * part // 20]))


@pytest.mark.skipif(not ROWS, reason="no corpus of real exports at ../shared/corpus")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"].removeprefix("files/"))
def test_real_exports_may_be_damaged_in_any_way(row, written):
    content = (CORPUS / row["file"]).read_bytes()
    for seed in range(2):
        check(written(damaged(content, Random(f"{row['file']}:{seed}"))))
