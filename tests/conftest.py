"""What all tests share: where real data lie, and small scenes with known answers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real Mars data, or skip: it is not part of the repository."""
    folder = Path(os.environ.get("JEZERO_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}; name their folder in JEZERO_REAL_DATA")
    return folder


@pytest.fixture(scope="session")
def bundled_tiles() -> Path:
    """Return the folder of the bundled synthetic tiles."""
    return ROOT / "data" / "dem_samples"
