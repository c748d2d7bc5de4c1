"""The display's cells lie where pyproj says, and coarser cells keep the worst."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
from affine import Affine

from jezero_sites.maps.display_grid import coarsened, display_grid
from jezero_sites.raster import Grid


@pytest.mark.parametrize(
    "crs",
    [
        "+proj=eqc +lat_ts=0 +R=3396190",
        "+proj=eqc +lat_ts=15 +lon_0=180 +R=3394839.813",
        "+proj=eqc +lat_ts=18.4663 +R=3396190",
    ],
)
def test_an_equirectangular_raster_is_not_resampled(crs):
    x, y = pyproj.Proj(crs)(77.45, 18.44)
    grid = Grid.of((20, 33), Affine(5, 0, x, 0, -7, y), crs)
    display = display_grid(grid)
    assert display.source is None
    lon, lat = pyproj.Proj(crs)(*grid.xy(13, 29), inverse=True)
    assert display.west + (29 + 0.5) * display.dlon == pytest.approx(float(lon) % 360, abs=1e-9)
    assert display.north - (13 + 0.5) * display.dlat == pytest.approx(float(lat), abs=1e-9)


@pytest.mark.parametrize(
    "crs", ["+proj=tmerc +lon_0=75 +R=3396190", "+proj=stere +lat_0=18 +lon_0=77 +R=3396190"]
)
def test_any_other_raster_is_brought_by_its_nearest_cell(crs):
    x, y = pyproj.Proj(crs)(77.45, 18.44)
    grid = Grid.of((31, 44), Affine(5, 0, x, 0, -5, y), crs)
    display = display_grid(grid)
    number = np.arange(31 * 44, dtype=float).reshape(31, 44)
    shown = display.bring(number)
    away = []
    for row in range(0, shown.shape[0], 3):
        for col in range(0, shown.shape[1], 3):
            if np.isnan(shown[row, col]):
                continue
            lon = display.west + (col + 0.5) * display.dlon
            lat = display.north - (row + 0.5) * display.dlat
            px, py = pyproj.Proj(crs)(lon, lat)
            r, c = divmod(int(shown[row, col]), 44)
            cx, cy = grid.xy(r, c)
            away.append(max(abs(px - float(cx)), abs(py - float(cy))) / 5)
    assert len(away) > 80
    assert max(away) <= 0.5 + 1e-6  # never further than half a cell
    assert np.isin(number[2:-2, 2:-2], shown).mean() > 0.9


def test_coarser_cells_keep_the_worst_and_are_unknown_only_where_all_are():
    values = np.array([[1.0, np.nan, 5.0], [3.0, 2.0, np.nan], [np.nan, np.nan, np.nan]])
    np.testing.assert_array_equal(coarsened(values, 2, "max"), [[3.0, 5.0], [np.nan, np.nan]])
    np.testing.assert_array_equal(coarsened(values, 2, "min"), [[1.0, 5.0], [np.nan, np.nan]])
    np.testing.assert_array_equal(coarsened(values, 2, "mean"), [[2.0, 5.0], [np.nan, np.nan]])
    codes = np.array([[1, 2, 0], [0, 4, 1], [0, 0, 0]], np.uint8)
    np.testing.assert_array_equal(coarsened(codes, 2, "or"), [[7, 1], [0, 0]])
    np.testing.assert_array_equal(coarsened(codes, 2, "max"), [[4, 1], [0, 0]])
