from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def kept(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "kept"
    return settings.MEDIA_ROOT
