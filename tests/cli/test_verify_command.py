"""``verify`` at a shell: one table, one verdict a product, an exit code."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace

import pytest

from jezero_sites.cli import COMMANDS, run
from jezero_sites.io import read_dem
from jezero_sites.pipeline.check import verification
from jezero_sites.pipeline.check.verification import verify_terrain


@pytest.fixture(autouse=True)
def listed(monkeypatch):
    monkeypatch.setitem(COMMANDS, "verify", ("verify", "Terrain products against gdaldem."))


@pytest.fixture(scope="module")
def needs_gdaldem():
    if shutil.which("gdaldem") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("gdaldem is not installed; CI needs it (Debian package gdal-bin)")
        pytest.skip("gdaldem is not installed (Debian package gdal-bin)")


@pytest.fixture(scope="module")
def found(area, needs_gdaldem):
    """Return what the library finds of the DEM, once for all tests."""
    return verify_terrain(read_dem(area / "dem.tif"))


@pytest.fixture
def ready(found, monkeypatch):
    monkeypatch.setattr(verification, "verify_terrain", lambda dem, *, full: found)


@pytest.fixture
def wrong_tpi(found, monkeypatch):
    rows = [replace(c, deviation=0.3) if c.name == "tpi_m" else c for c in found.comparisons]
    wrong = replace(found, comparisons=tuple(rows))
    monkeypatch.setattr(verification, "verify_terrain", lambda dem, *, full: wrong)


def test_table_is_narrow_and_says_what_agrees(area, capsys, ready):
    assert run(["verify", str(area / "dem.tif"), "--quiet"]) == 0
    out, err = capsys.readouterr()
    head, _, *lines = out.splitlines()
    assert head.startswith(f"{area / 'dem.tif'}: jezero_sites against gdaldem 3.")
    assert max(len(line) for line in lines) <= 80
    assert [line.split()[-1] for line in lines[1:9]] == ["agrees"] * 8
    assert "DIFFERS" not in out
    assert "All 230 x 290 cells" in out
    assert "0.9486 x 1.0000 m" in out
    assert "True per-row spacing changes slope by at most" in " ".join(out.split())
    assert "The same cells are unknown in both." in out
    assert "which float32 holds exactly" in " ".join(out.split())
    assert err == ""


def test_json_is_the_librarys_answer(area, capsys, found):
    assert run(["verify", str(area / "dem.tif"), "--json", "--quiet"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"file": str(area / "dem.tif"), **json.loads(json.dumps(found.as_dict()))}


def test_difference_is_shown_and_ends_with_its_code(area, capsys, wrong_tpi):
    assert run(["verify", str(area / "dem.tif"), "--quiet"]) == 70
    out, err = capsys.readouterr()
    (row,) = [line for line in out.splitlines() if "DIFFERS" in line]
    assert row.split() == [
        "Topographic",
        "position",
        "0.3",
        "2.0e-04",
        "m",
        f"{228 * 288 - 9 * 21:,}",
        "DIFFERS",
    ]
    assert err.startswith(f"error[E_VERIFY] {area / 'dem.tif'}: tpi_m: ")
    assert len(err.splitlines()) == 1


def test_difference_as_json_is_one_document_with_the_whole_comparison(area, capsys, wrong_tpi):
    assert run(["verify", str(area / "dem.tif"), "--json", "--quiet"]) == 70
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "E_VERIFY"
    assert [c["name"] for c in error["verification"]["comparisons"] if not c["agrees"]] == ["tpi_m"]


def test_absent_gdaldem_exits_with_2(area, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(["verify", str(area / "dem.tif"), "--quiet"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error[E_NO_GDALDEM]: gdaldem is not installed")
    assert "gdal-bin" in err


def test_warnings_of_the_file_go_to_stderr(area, capsys, ready):
    assert run(["verify", str(area / "dem.tif")]) == 0
    assert "warning[W_DATUM]" in capsys.readouterr().err


def test_help_has_an_example(capsys):
    assert run(["verify", "--help"]) == 0
    assert "Example: jezero-sites verify dem.tif" in capsys.readouterr().out
