"""The command line of slopes at many baselines: its streams, its codes, and the library's numbers."""

from __future__ import annotations

import json

import pytest

from jezero_sites.cli.baselines import baselines_command
from jezero_sites.errors import InputError
from jezero_sites.io.dem import read_dem
from jezero_sites.pipeline.survey.baseline_dir import save_baselines
from jezero_sites.pipeline.survey.baselines import measure_baselines
from jezero_sites.settings import load_profile


@pytest.fixture
def call(capsys):
    """Return a function that runs the command in this process and gives what it printed."""

    def run(*args):
        baselines_command.main([str(a) for a in args], prog_name="baselines", standalone_mode=False)
        return capsys.readouterr()

    return run


def test_summary_goes_to_stdout_and_what_was_left_out_to_stderr(call, area, tmp_path):
    out = tmp_path / "slopes"
    done = call(area / "dem.tif", "--out", out, "--baseline-m", 5, "--baseline-m", 500)
    assert "slope_5m_deg" in done.out
    assert "slope_5m_mean10m_deg" in done.out
    assert "<=15 deg" in done.out
    assert "deviogram both: Hurst exponent" in done.out
    assert str(out / "slopes.png") in done.out
    assert "warning[W_BASELINE_SKIPPED] dem.tif: baseline of 500 m" in done.err
    assert "slope over 5 m ..." in done.err


def test_json_is_the_record_of_the_directory_and_that_of_the_library(call, area, tmp_path):
    args = ("--baseline-m", 2, "--method", "plane", "--baseline-m", 7, "--limit-deg", 4, "--resolution-m", 9)
    done = call(area / "dem.tif", "--out", tmp_path / "a", *args, "--json", "--quiet")
    assert done.err == ""
    told = json.loads(done.out)
    assert told.pop("out") == str(tmp_path / "a")
    assert told == json.loads((tmp_path / "a" / "run.json").read_text("utf-8"))
    dem = read_dem(area / "dem.tif")
    found = measure_baselines(
        dem, baselines_m=(2, 7), method="plane", resolution_m=9.0, error=load_profile().dem_error
    )
    assert save_baselines(found, tmp_path / "b", limit_deg=4.0) == told
    assert list(told["layers"]) == ["slope_7m_deg", "slope_7m_mean10m_deg"]
    assert told["inputs"][0]["sha256"]


def test_tiles_are_read_as_one_dem(call, area, tmp_path):
    whole = call(area / "dem.tif", "--out", tmp_path / "a", "--baseline-m", 5, "--json", "--quiet")
    tiles = call(
        area / "west.tif", area / "east.tif", "--out", tmp_path / "b", "--baseline-m", 5, "--json", "--quiet"
    )
    assert json.loads(whole.out)["layers"] == json.loads(tiles.out)["layers"]


def test_ground_below_the_resolution_is_said_in_the_table(call, area, tmp_path):
    done = call(area / "dem.tif", "--out", tmp_path / "a", "--baseline-m", 2, "--resolution-m", 5)
    assert "no: lower bound" in done.out
    assert "warning[W_BELOW_RESOLUTION] dem.tif: slope over 2 m: the DEM resolves 5 m" in done.err
    assert "at 1 m (extrapolated: a lower bound" in done.out


@pytest.mark.parametrize(
    ("args", "match"),
    [
        (("--baseline-m", 0), "E_OPTION.*baseline_m is 0"),
        (("--baseline-m", 5000), "E_OPTION.*longer than a third"),
        (("--limit-deg", 95), "E_OPTION.*limit_deg is 95"),
        (("--resolution-m", 0), "E_OPTION.*resolution_m is 0"),
    ],
)
def test_option_that_makes_no_sense_is_refused_and_nothing_is_written(call, area, tmp_path, args, match):
    with pytest.raises(InputError, match=match):
        call(area / "dem.tif", "--out", tmp_path / "a", *args)
    assert not (tmp_path / "a").exists()


def test_place_that_holds_something_else_is_refused_before_the_work(call, area, tmp_path):
    (tmp_path / "a.txt").write_text("mine")
    with pytest.raises(InputError, match="E_OUT_EXISTS"):
        call(area / "nothing.tif", "--out", tmp_path)


def test_help_has_an_example(call):
    assert "jezero-sites baselines dem.tif --out slopes/" in call("--help").out
