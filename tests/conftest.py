"""What all tests share: where real data and the bundled tiles lie, and one headless browser."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
]


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


@pytest.fixture(scope="session")
def browser():
    """Return a headless browser, or skip: the distribution's chromium is not part of the package."""
    executable = shutil.which("chromium")
    if executable is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is missing")
        pytest.skip("chromium is not installed (Debian: apt-get install chromium)")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield started
        started.close()
