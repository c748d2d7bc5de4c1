"""NoData that a file does not declare: numbers far from all heights are no ground, and nothing else is taken for it."""

from __future__ import annotations

import numpy as np
import pytest

from jezero_sites.io.dem import read_dem


def ground(shape=(60, 90), relief=5.0):
    rows, cols = np.indices(shape)
    return (-2570 + relief * np.sin(rows / 7.0) * np.cos(cols / 11.0)).astype("float32")


def fills(dem):
    return [n for n in dem.notices if n.code == "W_FILL"]


@pytest.mark.parametrize("number", [0.0, -1.0, 20_000.0, -9_000.0])
def test_a_block_of_one_number_far_from_all_heights_is_unknown(make_tiff, number):
    values = ground()
    values[10:30, 40:75] = number
    path = make_tiff(values=values)
    dem = read_dem(path)
    np.testing.assert_array_equal(np.isnan(dem.values), values == number)
    (notice,) = fills(dem)
    assert f"700 cells hold exactly {number:.10g}, " in notice.found
    assert notice.fix == f"gdal_edit.py -a_nodata {number:.10g} FILE"
    assert dem.repairs[str(path)]["fill_cells"] == 700


def test_two_such_numbers_are_both_unknown(make_tiff):
    values = ground()
    values[:3], values[-4:] = 0.0, -8_000.0
    dem = read_dem(make_tiff(values=values))
    assert np.isnan(dem.values[:3]).all() and np.isnan(dem.values[-4:]).all()
    assert np.isfinite(dem.values[3:-4]).all()
    assert len(fills(dem)) == 2


def test_the_gap_is_told_in_metres(make_tiff):
    values = np.full((60, 90), -2570.0, "float32")
    values[0, :60] = -2470.0 + np.arange(60) / 100
    values[5:20] = -2100.0
    (notice,) = fills(read_dem(make_tiff(values=values)))
    assert "1350 cells hold exactly -2100, 369.41 m from all other heights" in notice.found


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda v: v.__setitem__((0, slice(0, 24)), 0.0), "24 cells"),
        (lambda v: v.__setitem__((slice(0, 9), slice(0, 9)), -2500.0), "a gap of 65 m"),
        (lambda v: v.__setitem__((slice(0, 9),), np.linspace(0, 1, 90, dtype="float32")), "many numbers"),
        (
            lambda v: v.__setitem__((slice(0, 9),), np.linspace(-2570, 0, 90, dtype="float32")),
            "a slope up to it",
        ),
        (lambda v: v.fill(-2570.0), "nothing else is there"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_heights_are_left_alone(make_tiff, change, why):
    values = ground()
    change(values)
    dem = read_dem(make_tiff(values=values))
    np.testing.assert_array_equal(dem.values, values)
    assert fills(dem) == []


def test_a_gap_must_exceed_the_range_of_all_others(make_tiff):
    values = ground(relief=300.0)
    top = float(values.max())
    for gap, expected in ((590.0, 0), (610.0, 1)):
        changed = values.copy()
        changed[:2] = top + gap
        assert len(fills(read_dem(make_tiff(values=changed)))) == expected


def test_scaled_heights_are_counted_once(make_tiff):
    stored = np.tile(np.arange(90, dtype="int16"), (60, 1))
    stored[:10] = 30_000
    path = make_tiff(values=stored, scales=(0.01, -2500.0))
    counts = read_dem(path).repairs[str(path)]
    assert counts["fill_cells"] == 900
    assert counts["scaled_cells"] == 60 * 90 - 900


def test_the_real_tiles_have_none(real_data):
    for name in ("jezero_oeb_hirise_dtm_1m.tif", "jezero_oeb_ctx_dem_20m.tif", "ctx_9N156E_dem_areoid.tif"):
        assert fills(read_dem(real_data / name)) == []
