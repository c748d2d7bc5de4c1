"""How DEMs are read can be told at the command line: datum, size, and how far tiles may differ."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from jezero_sites.cli import options as shared
from jezero_sites.cli.assess import assess_command
from jezero_sites.cli.baselines import baselines_command
from jezero_sites.cli.info import info_command
from jezero_sites.cli.layers import layers_command
from jezero_sites.cli.noise import noise_command
from jezero_sites.cli.options import chosen_dem, reading_of
from jezero_sites.cli.verify import verify_command
from jezero_sites.errors import InputError
from jezero_sites.io.dem import MAX_SIZE_GIB
from jezero_sites.io.overlaps import MAX_SEAM_DZ_M
from jezero_sites.io.sizes import MAX_RASTER_BYTES
from jezero_sites.io.tiles import MAX_MOSAIC_BYTES
from jezero_sites.pipeline.run_files.run_dir import write_layer


@pytest.fixture(scope="module")
def tiles(area):
    """Return two overlapping files of one ground, 12 m apart."""
    from jezero_sites.io.dem import read_dem

    dem = read_dem(area / "dem.tif")
    for name, first, last, shift in (("low.tif", 0, 180, 0), ("high.tif", 120, 290, 12)):
        grid = dem.grid.window(0, dem.grid.shape[0], first, last)
        part = replace(dem, values=dem.values[:, first:last] + shift, grid=grid, tags={}, fingerprints=())
        write_layer(area / name, [part])
    return area / "high.tif", area / "low.tif"


def test_the_limits_are_those_of_the_library():
    assert shared.MAX_SIZE_GIB == MAX_SIZE_GIB
    assert shared.MAX_SEAM_DZ_M == MAX_SEAM_DZ_M
    assert MAX_SIZE_GIB * 2**30 == MAX_RASTER_BYTES == MAX_MOSAIC_BYTES


@pytest.mark.parametrize("command", [assess_command, layers_command, noise_command, baselines_command])
def test_commands_of_several_files_have_a_limit_for_seams(command):
    names = {name for option in command.params for name in option.opts}
    assert {"--max-seam-dz", "--vertical-datum", "--max-size"} <= names


@pytest.mark.parametrize("command", [verify_command, info_command])
def test_commands_of_one_file_do_not(command):
    names = {name for option in command.params for name in option.opts}
    assert {"--vertical-datum", "--max-size"} <= names
    assert "--max-seam-dz" not in names


def test_options_reach_the_reader(tiles):
    plain = {"band": None, "assume_crs": None, "use_sidecars": False, "allow_sparse": False}
    paths = tuple(map(str, tiles))
    with pytest.raises(InputError, match=r"E_SEAM.*RMS 12 m.*at most 10 m"):
        chosen_dem(paths, **reading_of({**plain, "quiet": True}))
    told = {**plain, "max_seam_dz_m": 12.5, "vertical_datum": "MOLA areoid", "max_size_gib": 1.0}
    dem = chosen_dem(paths, **reading_of(told))
    assert dem.tags["VERTICAL_DATUM"] == "MOLA areoid"
    assert [n.code for n in dem.notices] == ["W_SEAM"]
    with pytest.raises(InputError, match="E_TOO_LARGE"):
        chosen_dem(paths, **reading_of(told | {"max_size_gib": 1e-5}))


def test_tiles_that_differ_too_much_end_with_2_and_no_run(shell, tiles, tmp_path):
    done = shell("layers", *tiles, "--out", tmp_path / "run", "--only", "horn_slope_deg")
    assert done.returncode == 2
    assert "error[E_SEAM]" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
    done = shell(
        "layers", *tiles, "--out", tmp_path / "run", "--only", "horn_slope_deg", "--max-seam-dz", 13,
        "--vertical-datum", "MOLA areoid",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    codes = [n["code"] for n in record["notices"]]
    assert "W_SEAM" in codes
    assert "W_DATUM" not in codes
    assert {entry["repairs"]["sentinel_cells"] for entry in record["inputs"]} == {0}


@pytest.mark.parametrize(
    "wrong", [("--max-size", "0"), ("--max-size", "-1"), ("--max-seam-dz", "-1"), ("--max-seam-dz", "much")]
)
def test_a_limit_that_is_none_is_a_usage_error(wrong):
    done = CliRunner().invoke(layers_command, ["dem.tif", "--out", "run", *wrong])
    assert done.exit_code == 2
    assert wrong[0] in done.output
