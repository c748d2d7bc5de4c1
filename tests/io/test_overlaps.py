"""How two tiles differ where both have heights, against sums that are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from jezero_sites.io import overlaps
from jezero_sites.io.overlaps import DATUM_OFFSET_M, Tile, overlap
from jezero_sites.raster import Grid, Raster

CRS = "+proj=eqc +R=3396190 +units=m"


def tile(values, row=0, column=0, *, name="a.tif"):
    grid = Grid.of(values.shape, Affine(2.0, 0, 4e6, 0, -1.5, 1e6), CRS)
    raster = Raster(values, grid, "elevation_m", "m", {}, (), (Path(name),))
    return Tile(raster, row, column)


def test_the_difference_is_the_later_less_the_earlier():
    a = tile(np.full((20, 30), 5.0))
    b = tile(np.full((25, 12), 8.0), 10, 20)
    found = overlap(a, b)
    assert (found.cells, found.differing) == (100, 100)
    assert (found.rms_m, found.largest_m, found.mean_m, found.spread_m) == (3, 3, 3, 0)
    assert overlap(b, a).mean_m == -3


@pytest.mark.parametrize(("row", "column"), [(20, 0), (0, 30), (-25, 0), (0, -12)])
def test_tiles_that_only_touch_share_nothing(row, column):
    assert overlap(tile(np.zeros((20, 30))), tile(np.zeros((25, 12)), row, column)) is None


def test_cells_that_one_does_not_know_are_not_compared():
    a, b = np.zeros((10, 14)), np.ones((10, 14))
    a[:4], b[7:] = np.nan, np.nan
    assert overlap(tile(a), tile(b)).cells == 3 * 14
    b[:] = np.nan
    assert overlap(tile(a), tile(b)) is None


@given(row=st.integers(-12, 12), column=st.integers(-12, 12), seed=st.integers(0, 99))
def test_the_numbers_are_those_of_numpy_however_it_is_cut_into_strips(row, column, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(0, 9, (11, 15)), rng.normal(0, 9, (13, 9))
    a[rng.random(a.shape) < 0.2] = np.nan
    whole = [np.full((60, 60), np.nan) for _ in range(2)]
    whole[0][20:31, 20:35] = a
    whole[1][20 + row : 33 + row, 20 + column : 29 + column] = b
    difference = (whole[1] - whole[0])[np.isfinite(whole[1] - whole[0])]
    strip, overlaps._STRIP_CELLS = overlaps._STRIP_CELLS, 30
    try:
        found = overlap(tile(a), tile(b, row, column))
    finally:
        overlaps._STRIP_CELLS = strip
    if not difference.size:
        assert found is None
        return
    assert found.cells == difference.size
    expected = [
        np.sqrt(np.mean(difference**2)),
        np.abs(difference).max(),
        difference.mean(),
        difference.std(),
    ]
    numbers = [found.rms_m, found.largest_m, found.mean_m, found.spread_m]
    np.testing.assert_allclose(numbers, expected, rtol=1e-6, atol=1e-6)  # spread: difference of two squares


@pytest.mark.parametrize(
    ("offset", "scatter", "is_datum"),
    [(-1178, 4, True), (101, 5, True), (DATUM_OFFSET_M - 1, 0, False), (1178, 200, False), (0, 4, False)],
)
def test_a_datum_shows_as_a_large_offset_that_hardly_varies(offset, scatter, is_datum):
    noise = np.where(np.indices((20, 30)).sum(axis=0) % 2, scatter, -scatter)
    assert overlap(tile(np.zeros((20, 30))), tile(offset + noise * 1.0)).is_datum_offset is is_datum
