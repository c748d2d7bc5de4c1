"""Help, lists, info: fast to start, clear to read, and coded when something is wrong."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from jezero_sites.cli import COMMANDS
from jezero_sites.settings import load_profile, parse_settings, profile_names


def test_help_lists_exactly_what_is_built(shell):
    done = shell("--help")
    assert done.returncode == 0
    for name in COMMANDS:
        assert f"\n  {name} " in done.stdout
    for later in ("batch", "runs", "rocks", "compare", "fetch"):
        assert f"\n  {later} " not in done.stdout


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_has_help_with_an_example(shell, command):
    done = shell(command, "--help")
    assert done.returncode == 0
    assert "xample" in done.stdout
    assert f"jezero-sites {command}" in done.stdout


def test_version(shell):
    assert shell("--version").stdout.startswith("jezero-sites, version 0.")


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["profiles"], ["profiles", "msl"], ["samples"]])
def test_light_commands_import_no_heavy_package(args):
    code = (
        "import sys\nfrom jezero_sites.cli import run\nrun(sys.argv[1:])\n"
        "names = 'numba geopandas pandas folium scipy matplotlib rasterio dask'.split()\n"
        "heavy = set(names) & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_profiles_prints_settings_that_load(shell):
    listed = shell("profiles").stdout
    for name in profile_names():
        assert name in listed
        text = shell("profiles", name).stdout
        assert parse_settings(text) == load_profile(name)
    assert "illustrative, not a mission value" in shell("profiles", "msr-srl-illustrative").stdout


def test_samples_lists_tubes_and_depot_with_sources(shell):
    text = shell("samples").stdout
    assert "Amalik Witness" in text
    assert "rover's" in text
    rows = json.loads(shell("samples", "--json").stdout)
    assert sum(r["kind"] == "sample" for r in rows) == 30
    assert sum(r["kind"] == "depot" for r in rows) == 10
    assert sum(r["kind"] == "sample" and r["lon_deg"] is not None for r in rows) == 28
    assert all(r["source"] for r in rows)


def test_info_says_what_a_file_is(shell, area):
    done = shell("info", area / "dem.tif")
    assert done.returncode == 0, done.stderr
    assert "0.9486 m east-west x 1.0000 m north-south" in done.stdout
    assert "sphere of 3,396,190.00 m" in done.stdout
    assert "warning[W_DATUM]" in done.stdout
    data = json.loads(shell("info", area / "dem.tif", "--json").stdout)
    assert data["cells"] == "230 rows x 290 columns"
    assert {f["code"] for f in data["findings"]} >= {"W_RESOLUTION"}


def test_info_knows_the_packages_own_layers(shell, area, tmp_path):
    for command, name in (("slope", "slope_deg"), ("hazard", "hazard_class")):
        shell(command, area / "dem.tif", tmp_path / "layer.tif", "--quiet")
        done = shell("info", tmp_path / "layer.tif")
        assert done.returncode == 0, done.stderr
        assert f"layer {name} made by jezero_sites: not a DEM" in done.stdout
        assert "unknown             0.00%" not in done.stdout


def test_info_on_a_bad_file_is_its_error(shell, area):
    done = shell("info", area / "text.tif")
    assert done.returncode == 2
    assert done.stderr.startswith("error[E_FORMAT]")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["asses"], "Did you mean 'assess'"),
        (["assess"], "Missing argument 'DEM...'"),
        (["assess", "x.tif"], "Missing option '--out'"),
        (["slope", "x.tif", "y.tif", "--method", "sobel"], "is not one of"),
        (["profiles", "mls"], "did you mean 'msl'"),
        (["info", "https://example.org/dem.tif"], "E_REMOTE"),
        (["layers", "x.tif", "--out", "y", "--only", "slop_deg"], "did you mean 'slope_deg'"),
    ],
)
def test_usage_errors_help_and_exit_with_2(shell, args, words, tmp_path):
    done = shell(*args)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_debug_shows_where_an_error_arose(shell, area):
    done = shell("info", area / "text.tif", "--debug")
    assert "Traceback" in done.stderr
    assert done.stderr.rstrip().splitlines()[-1].startswith("error[E_FORMAT]")
