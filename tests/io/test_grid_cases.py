"""Grids that do not fit, and a map that goes on beyond a full turn: five cases that are easily got wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from jezero_sites.errors import RefusedInputs
from jezero_sites.io.dem import read_dem
from jezero_sites.raster import Grid

RADIUS_M = 3_396_190.0
TURN_M = 2 * math.pi * RADIUS_M
EQC = "+proj=eqc +R=3396190 +units=m"


def at(row, col, *, cell=1.25):
    return Affine(cell, 0.0, 4_590_000 + 1.25 * col, 0.0, -cell, 1_093_000 - 1.25 * row)


def beyond(left_m, crs=EQC, shape=(100, 150)):
    return Grid.of(shape, Affine(16.0, 0, left_m, 0, -12.0, 1.093e6), crs)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"values": np.full((70, 90), -2400, "float32")}, "E_SEAM"),
        ({"transform": at(0, 60.5)}, "E_GRID_UNALIGNED"),
        ({"transform": at(0, 60, cell=2.5)}, "E_GRID_MISMATCH"),
        ({"crs": "+proj=eqc +lat_ts=18.4 +R=3396190 +units=m"}, "E_CRS_MISMATCH"),
    ],
)
def test_grids_that_do_not_fit_are_refused_with_code_file_field_and_fix(make_tiff, options, code):
    a, b = make_tiff("a.tif"), make_tiff("b.tif", **{"transform": at(0, 60), **options})
    texts = set()
    for order in ((a, b), (b, a)):
        with pytest.raises(RefusedInputs, match=code) as caught:
            read_dem(order)
        (error,) = caught.value.errors
        assert (error.code, error.file) == (code, str(b))
        assert error.field
        assert error.needed
        assert error.fix
        texts.add(str(error))
    assert len(texts) == 1


@pytest.mark.parametrize("left_m", [TURN_M - 1200, -1200.0, -TURN_M - 1200])
def test_a_map_over_the_meridian_finds_positions_on_both_sides_of_it(left_m):
    grid = beyond(left_m)
    _, col = grid.rowcol(*grid.from_lonlat([-0.005, 359.995, 0.005, 360.005], 18.43))
    expected = (np.array([-0.005, -0.005, 0.005, 0.005]) / 360 * TURN_M + 1200) / 16 - 0.5
    np.testing.assert_allclose(col, expected, atol=1e-6)  # 1e-8 of a map metre at 2e7
    assert grid.contains(*grid.from_lonlat([-0.005, 0.005, 0.05], 18.43)).tolist() == [True, True, False]


@pytest.mark.parametrize(
    "crs", [EQC, f"{EQC} +lon_0=180", f"{EQC} +lat_ts=15 +x_0=3000", "+proj=merc +R=3396190"]
)
@given(turns=st.integers(-1, 1), lon=st.floats(-179, 179))
def test_cells_come_back_to_their_place_wherever_the_map_lies(crs, turns, lon):
    from jezero_sites.spacing import turn_m

    grid = beyond(0.0, crs)
    step = turn_m(grid.crs) / grid.transform.a
    grid = grid.shifted(0.0, (turns + lon / 360) * step)
    rows, cols = np.array([3.0, 90.0]), np.array([149.0, 0.0])
    found = grid.rowcol(*grid.from_lonlat(*grid.lonlat(*grid.xy(rows, cols))))
    np.testing.assert_allclose(found, [rows, cols], atol=1e-5)


@pytest.mark.parametrize("left_deg", [0.0, -350.0, 95.0])
def test_a_map_of_nearly_a_full_turn_holds_all_of_it(left_deg):
    cell = TURN_M / 3600
    grid = Grid.of((40, 3500), Affine(cell, 0, left_deg * 10 * cell, 0, -cell, 20 * cell), EQC)
    cols = np.array([0.0, 400.0, 1749.0, 3100.0, 3499.0])
    found = grid.rowcol(*grid.from_lonlat(*grid.lonlat(*grid.xy(7.0, cols))))[1]
    np.testing.assert_allclose(found, cols, atol=1e-6)


def test_positions_off_the_grid_are_off_it_and_not_wrapped_onto_it():
    grid = beyond(TURN_M - 1200)
    lon, lat = np.array([77.45, -0.005, np.nan]), np.array([18.43, 30.0, 18.43])
    assert not grid.contains(*grid.from_lonlat(lon, lat)).any()


@pytest.mark.parametrize("crs", ["+proj=sinu +R=3396190", "+proj=stere +lat_0=18.4 +lon_0=0 +R=3396190"])
def test_maps_of_other_kinds_have_no_turn(crs):
    from jezero_sites.spacing import turn_m

    grid = Grid.of((100, 150), Affine(16.0, 0, -1200.0, 0, -12.0, 800.0), crs)
    assert turn_m(grid.crs) == 0
    assert grid.contains(*grid.from_lonlat(*grid.lonlat(*grid.xy(20, 30))))
