"""The comparison with gdaldem: it agrees where it should, and sees what it is there to see."""

from __future__ import annotations

import os
import pickle
import shutil
import tempfile
from dataclasses import replace

import numpy as np
import pytest
from affine import Affine

from jezero_sites.errors import InputError
from jezero_sites.layers import LAYERS, table
from jezero_sites.pipeline.check import gdaldem, verification
from jezero_sites.pipeline.check.agreement import Disagreement
from jezero_sites.pipeline.check.verification import verify_terrain
from jezero_sites.raster import Grid, Raster

EQC = "+proj=eqc +lat_ts=0 +lon_0=0 +R=3396190 +units=m +no_defs"
SHAPE = (61, 83)


def ground(shape=SHAPE, *, cell=(1.0, 1.0), base=-2568.37, dtype=np.float32, holes=0.003) -> Raster:
    """Return a slanting, rough, lopsided scene at Jezero with holes."""
    grid = Grid.of(shape, Affine(cell[0], 0, 4590640.0, 0, -cell[1], 1093540.0), EQC)
    rng = np.random.default_rng(11)
    rows, cols = np.indices(shape)
    z = base + 0.21 * cols - 0.13 * rows + rng.normal(scale=0.2, size=shape)
    z[rng.random(shape) < holes] = np.nan
    return Raster(z.astype(dtype), grid, "elevation_m", "m")


@pytest.fixture(scope="module")
def needs_gdaldem():
    if shutil.which("gdaldem") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("gdaldem is not installed; CI needs it (Debian package gdal-bin)")
        pytest.skip("gdaldem is not installed (Debian package gdal-bin)")


def broken(monkeypatch, name, equation):
    monkeypatch.setitem(table.LAYERS, name, replace(LAYERS[name], equation=equation))


@pytest.fixture
def imposter(tmp_path, monkeypatch):
    """Return a function that puts a script of ours in the place of gdaldem."""

    def put(script: str):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        (folder / "gdaldem").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "gdaldem").chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))
        return folder

    return put


@pytest.fixture(scope="module")
def found(needs_gdaldem):
    """Return the comparison of the scene as it is."""
    return verify_terrain(ground())


NAMES = (
    "horn_slope_deg",
    "zevenbergen_thorne_slope_deg",
    "aspect_deg",
    "hillshade",
    "tri_riley_m",
    "tri_wilson_m",
    "tpi_m",
    "range_m",
)


def test_all_products_agree_with_gdaldem(found):
    assert found.agrees
    assert tuple(c.name for c in found.comparisons) == NAMES
    for c in found.comparisons:
        assert c.unknown_differs == 0
        assert 0.0 <= c.deviation <= c.tolerance, c
        assert 0.9 * (SHAPE[0] - 2) * (SHAPE[1] - 2) < c.cells < (SHAPE[0] - 2) * (SHAPE[1] - 2)


def test_tolerances_are_those_measured_where_float32_loses_nothing(found):
    assert found.rounded_by_m == 0.0
    assert [c.tolerance for c in found.comparisons] == [2e-4, 1e-5, 5e-3, 1.0, 1e-5, 1e-5, 2e-4, 1e-6]


def test_heights_finer_than_float32_widen_the_tolerance_by_what_its_sums_lose(needs_gdaldem):
    rough = ground(dtype=np.float64, base=-900.0, cell=(0.5, 0.75))
    found = verify_terrain(replace(rough, values=rough.values + 40.0 * np.arange(SHAPE[0])[:, None]))
    assert 1e-5 < found.rounded_by_m < 1e-4
    assert found.agrees
    assert 2e-3 < found.comparisons[0].tolerance < 0.1


@pytest.mark.parametrize("at", [(1, 1), (20, 30)])
def test_one_unknown_height_spoils_the_same_nine_cells_in_both(needs_gdaldem, at):
    dem = ground(holes=0.0)
    dem.values[at] = np.nan
    spoiled = {(1, 1): 4, (20, 30): 9}[at]
    for c in verify_terrain(dem).comparisons:
        assert c.unknown_differs == 0
        if c.name != "aspect_deg":
            assert c.cells == (SHAPE[0] - 2) * (SHAPE[1] - 2) - spoiled


SLIPS = (
    {
        "horn_slope_deg": lambda z: z + 3e-4,
        "zevenbergen_thorne_slope_deg": lambda z: z * 1.000002,
        "aspect_deg": lambda z: (z + 6e-3) % 360.0,
        "hillshade": lambda z: z - 0.005,
        "tri_riley_m": lambda z: z + 2e-5,
        "tri_wilson_m": lambda z: z + 2e-5,
        "tpi_m": lambda z: -z,
        "range_m": lambda z: z + 2e-6,
    },
    {"aspect_deg": lambda z: (z + 90.0) % 360.0, "tpi_m": np.nan_to_num},
)


@pytest.mark.parametrize("slips", SLIPS, ids=["all", "two"])
def test_equations_that_are_a_little_wrong_differ_and_no_others(needs_gdaldem, monkeypatch, slips):
    for name, slip in slips.items():
        right = LAYERS[name].equation
        broken(monkeypatch, name, lambda z, n, right=right, slip=slip: slip(right(z, n)))
    found = verify_terrain(ground())
    assert {c.name for c in found.comparisons if not c.agrees} == set(slips)
    error = Disagreement(found, file="a.tif")
    for name in slips:
        assert f"{name}: " in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.as_dict()) == (str(error), error.as_dict())
    assert error.exit_code == 70
    assert error.as_dict()["verification"]["agrees"] is False


def test_swapped_cell_sides_differ(needs_gdaldem, monkeypatch):
    right = LAYERS["horn_slope_deg"].equation
    swapped = lambda z, n: right(z, replace(n, dx_m=np.full(len(z), n.dy_m), dy_m=n.dx_m[0]))  # noqa: E731
    broken(monkeypatch, "horn_slope_deg", swapped)
    found = verify_terrain(ground(holes=0.0))
    assert [c.name for c in found.comparisons if not c.agrees] == ["horn_slope_deg"]


def test_fault_outside_the_middle_is_found_where_all_is_asked_for(needs_gdaldem, monkeypatch):
    monkeypatch.setattr(verification, "WINDOW_CELLS", 50)
    shape = (93, 41)
    dem = ground(shape, holes=0.0)
    right, spot = LAYERS["tpi_m"].equation, dem.values[90, 30]
    broken(monkeypatch, "tpi_m", lambda z, n: right(z, n) + 1e-3 * (z == spot))
    middle, whole = verify_terrain(dem), verify_terrain(dem, full=True)
    assert (middle.compared_cells, middle.dem_cells, whole.compared_cells) == ((50, 41), shape, shape)
    assert middle.agrees
    assert [c.name for c in whole.comparisons if not c.agrees] == ["tpi_m"]
    assert {c.cells for c in whole.comparisons if c.name != "aspect_deg"} == {91 * 39}
    assert {c.cells for c in middle.comparisons if c.name != "aspect_deg"} == {48 * 39}
    assert whole.moved_by_m[0] < whole.moved_by_m[1]


@pytest.mark.parametrize("shape", [(9, 13), (24, 25), (47, 90), (200, 46)])
def test_windows_cover_the_interior_once_and_none_is_large(monkeypatch, shape):
    monkeypatch.setattr(verification, "WINDOW_CELLS", 24)
    seen = np.zeros(shape, int)
    for rows, cols in verification._windows((slice(0, shape[0]), slice(0, shape[1]))):
        assert rows.stop - rows.start <= 24
        assert cols.stop - cols.start <= 24
        seen[rows.start + 1 : rows.stop - 1, cols.start + 1 : cols.stop - 1] += 1
    assert (seen[1:-1, 1:-1] == 1).all()
    assert seen.sum() == (shape[0] - 2) * (shape[1] - 2)


def test_change_by_true_spacing_is_that_of_the_row_farthest_from_the_middle(needs_gdaldem):
    dem = ground((2001, 11), cell=(20.0, 20.0), holes=0.0)
    plane = 4.0 * np.arange(11.0) * np.ones((2001, 1))
    found = verify_terrain(replace(dem, values=plane))
    slopes = np.degrees(np.arctan(4.0 / dem.grid.dx_m[[1, 1000, 1999]]))
    assert found.row_spacing_deg == pytest.approx(max(abs(slopes - slopes[1])), rel=1e-6)
    assert found.row_spacing_deg > 0.02


def test_level_ground_has_no_aspect_to_compare_and_agrees(needs_gdaldem):
    found = verify_terrain(replace(ground(), values=np.full(SHAPE, -2500.0)))
    aspect = found.comparisons[2]
    assert (aspect.cells, np.isnan(aspect.deviation)) == (0, True)
    assert found.agrees
    assert found.as_dict()["comparisons"][2]["deviation"] is None


def test_ground_without_nine_known_heights_is_refused(needs_gdaldem):
    with pytest.raises(InputError, match=r"E_ALL_NODATA.*nine known heights"):
        verify_terrain(replace(ground(), values=np.full(SHAPE, np.nan)))


def test_program_sees_only_files_of_ours_which_are_removed(needs_gdaldem, imposter, monkeypatch, tmp_path):
    true = shutil.which("gdaldem")
    imposter(f'/usr/bin/env > "{tmp_path}/env"; echo "$@" >> "{tmp_path}/words"; exec {true} "$@"')
    monkeypatch.setenv("JEZERO_SECRET", "not for programs")
    monkeypatch.setenv("GDAL_DATA", str(tmp_path))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    assert verify_terrain(replace(ground(), sources=(tmp_path / "mine.tif",))).agrees
    told = {line.split("=")[0] for line in (tmp_path / "env").read_text().splitlines()}
    ours = {"PATH", "LC_ALL", "GDAL_PAM_ENABLED", "GDAL_DRIVER_PATH", "GDAL_DISABLE_READDIR_ON_OPEN"}
    assert told <= ours | {"PWD", "OLDPWD", "SHLVL", "_"}
    words = (tmp_path / "words").read_text()
    assert words.count("heights.tif made.tif") == 8
    assert "mine.tif" not in words
    assert "compute_edges" not in words
    assert list((tmp_path / "tmp").iterdir()) == []


def test_nothing_is_left_behind_by_a_failure(imposter, monkeypatch, tmp_path):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    imposter('[ "$1" = --version ] && echo "GDAL 3.9.9, released" && exit 0\nexit 3')
    with pytest.raises(InputError, match=r"E_GDALDEM.*ended with code 3;"):
        verify_terrain(ground())
    assert list((tmp_path / "tmp").iterdir()) == []


def test_absent_gdaldem_is_told_with_how_to_install_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        InputError, match=r"error\[E_NO_GDALDEM\]: gdaldem is not installed; .*gdal-bin"
    ) as caught:
        verify_terrain(ground())
    assert caught.value.exit_code == 2


def test_program_that_is_no_gdaldem_is_told(imposter):
    imposter("echo something else")
    with pytest.raises(InputError, match=r"E_GDALDEM.*does not tell its version"):
        verify_terrain(ground())


def test_failing_gdaldem_is_told_in_its_own_last_words(imposter):
    imposter(
        '[ "$1" = --version ] && echo "GDAL 3.9.9, released" && exit 0\necho one >&2; echo two >&2; exit 3'
    )
    with pytest.raises(InputError, match=r"E_GDALDEM.*'gdaldem slope' ended with code 3: two;"):
        verify_terrain(ground())


def test_gdaldem_that_does_not_end_is_stopped(imposter, monkeypatch):
    monkeypatch.setattr(gdaldem, "TIMEOUT_S", 0.05)
    imposter("exec tail -f /dev/null")
    with pytest.raises(InputError, match=r"E_GDALDEM.*did not end within 0.05 s"):
        gdaldem.find_gdaldem()


def test_program_that_cannot_be_run_is_told(imposter):
    folder = imposter("")
    (folder / "gdaldem").write_bytes(b"\x7fELF no program")
    with pytest.raises(InputError, match=r"E_GDALDEM.*cannot be run"):
        gdaldem.find_gdaldem()


def test_raster_too_small_for_the_witness_is_refused(imposter):
    imposter('echo "GDAL 3.9.9, released"')
    with pytest.raises(InputError, match=r"E_TOO_SMALL.*8 x 30 cells"):
        verify_terrain(ground((8, 30)))


def test_real_tile_agrees_with_gdaldem(needs_gdaldem, real_data):
    from jezero_sites.io import read_dem

    found = verify_terrain(read_dem(real_data / "jezero_oeb_hirise_dtm_1m.tif"))
    assert found.agrees
    assert found.rounded_by_m == 0.0
    assert found.comparisons[0].deviation < 5e-6  # its heights are multiples of 2**-12 m: no sum rounds
