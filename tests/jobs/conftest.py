from pathlib import Path

import pytest

from screening import working


@pytest.fixture
def kept(tmp_path, settings) -> Path:
    """Where raw files are."""
    settings.MEDIA_ROOT = tmp_path / "kept"
    return settings.MEDIA_ROOT


@pytest.fixture(autouse=True)
def nobody_stops():
    working.STOPS.clear()
    yield
    working.STOPS.clear()
