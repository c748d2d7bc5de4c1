"""What an installed package must bring along."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from jezero_sites.maps.sitemap import VIEWER_PARTS

ROOT = Path(__file__).resolve().parents[1]
NEEDED = (
    "jezero_sites/py.typed",
    "jezero_sites/profiles/msr-srl-illustrative.toml",
    "jezero_sites/io/points/data/perseverance_samples.csv",
    "jezero_sites/maps/assets/mars_eqc.js",
    "jezero_sites/maps/assets/viewer.css",
    *(f"jezero_sites/maps/assets/viewer/{part}.js" for part in VIEWER_PARTS),
    "jezero_sites/maps/assets/report.html.j2",
    "jezero_sites/maps/assets/leaflet/LICENSE",
    "jezero_sites/dem_samples/jezero_synthetic_dem_west.tif",
    "jezero_sites/dem_samples/samples_synthetic.csv",
)


@pytest.fixture(scope="module")
def names(tmp_path_factory) -> list[str]:
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    return zipfile.ZipFile(wheel).namelist()


@pytest.mark.parametrize("needed", NEEDED)
def test_the_wheel_holds(names, needed):
    assert needed in names


def test_the_wheel_holds_the_licence_and_nothing_of_the_tests(names):
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith("tests")]


def test_every_part_of_the_viewer_is_in_the_page():
    folder = ROOT / "src/jezero_sites/maps/assets/viewer"
    assert sorted(path.stem for path in folder.glob("*.js")) == sorted(VIEWER_PARTS)
