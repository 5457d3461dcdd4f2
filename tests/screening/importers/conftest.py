"""Files for the readers: our own synthetic ones, and bytes written for one test."""

from collections.abc import Callable
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "data" / "importers"


@pytest.fixture
def own() -> Callable[[str], Path]:
    """`own("ovid.ris")`: one of our synthetic look-alikes."""
    return lambda name: DATA / name


@pytest.fixture
def written(tmp_path) -> Callable[[bytes], Path]:
    """`written(b"TY  - JOUR...")`: a file of these bytes, whose name says nothing."""

    def write(content: bytes) -> Path:
        path = tmp_path / "upload"
        path.write_bytes(content)
        return path

    return write
