"""Shared fixtures: where the real CTs are, and a clear skip where they are not."""

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    if not SHARED_DATA.is_dir():
        pytest.skip("real CTs are absent: ../shared/data")
    return SHARED_DATA
