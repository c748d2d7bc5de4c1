"""Means over larger cells: whole blocks, true ground lengths, unknown where any part is."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites.errors import InputError
from jezero_sites.layers.cell_means import block_cells, cell_means
from jezero_sites.raster import Grid, Raster

EQC0 = "+proj=eqc +lat_ts=0 +lon_0=0 +R=3396190 +units=m +no_defs"


def raster(values, *, dx=1.0, dy=1.0) -> Raster:
    transform = Affine(dx, 0, 4590640.0, 0, -dy, 1093540.0)
    grid = Grid.of(values.shape, transform, EQC0)
    return Raster(values, grid, "slope_5m_deg", "deg", {"METHOD": "made up"})


def test_blocks_are_the_whole_cells_nearest_to_the_length_on_the_ground():
    grid = raster(np.zeros((40, 50))).grid
    assert block_cells(grid, length_m=10.0) == (10, 11)  # a cell is 0.9486 m wide on the ground
    assert block_cells(raster(np.zeros((40, 50)), dx=4.0, dy=3.0).grid, length_m=10.0) == (3, 3)
    assert block_cells(raster(np.zeros((40, 50)), dx=20.0, dy=30.0).grid, length_m=10.0) == (1, 1)


@given(seed=st.integers(0, 10**6), rows=st.integers(4, 23), cols=st.integers(5, 29))
@settings(max_examples=30, deadline=None)
def test_every_new_cell_is_the_mean_of_its_cells(seed, rows, cols):
    rng = np.random.default_rng(seed)
    values = rng.normal(5.0, 2.0, (rows, cols))
    values[rng.random(values.shape) < 0.02] = np.nan
    source = raster(values, dx=2.0, dy=1.5)
    found = cell_means(source, length_m=6.0)  # 4 rows, 3 columns of 1.897 m
    assert found.values.shape == (rows // 4, cols // 3)
    for r, c in np.ndindex(found.values.shape):
        wanted = np.mean(values[4 * r : 4 * r + 4, 3 * c : 3 * c + 3])  # NaN where one is
        np.testing.assert_allclose(found.values[r, c], wanted, rtol=1e-13)


def test_new_cells_lie_over_their_cells_and_say_how_they_were_made():
    source = raster(np.ones((23, 38)))
    found = cell_means(source, length_m=10.0)
    assert found.values.shape == (2, 3)
    left, bottom, right, top = found.grid.bounds
    assert (left, top) == (4590640.0, 1093540.0)
    assert (right, bottom) == (4590640.0 + 33, 1093540.0 - 20)
    assert found.grid.mean_dx_m == pytest.approx(11 * source.grid.mean_dx_m, rel=1e-6)
    assert found.grid.dy_m == pytest.approx(10.0)
    assert (found.name, found.unit) == ("slope_5m_deg", "deg")
    assert found.tags["METHOD"] == "made up"
    assert found.tags["AVERAGED_CELLS"] == "11 x 10 (E x N)"
    assert found.tags["AVERAGED_M"].endswith("x 10.0000 (E x N)")
    assert "not measured again" in found.tags["AVERAGED"]
    assert "AVERAGED" not in source.tags


def test_mean_of_slopes_is_not_the_slope_of_means():
    # a ridge: both flanks are steep, and the ground averaged over both is level
    slopes = np.full((4, 12), 20.0)
    assert cell_means(raster(slopes, dx=2.5, dy=2.5), length_m=10.0).values[0, 0] == 20.0


def test_float32_is_summed_in_float64():
    values = np.full((60, 60), 0.1, np.float32)
    found = cell_means(raster(values), length_m=50.0).values
    np.testing.assert_allclose(found, np.float64(np.float32(0.1)), rtol=1e-14)


@pytest.mark.parametrize("length_m", [0.0, -10.0, float("nan"), float("inf")])
def test_length_that_makes_no_sense_is_refused(length_m):
    with pytest.raises(InputError, match=r"E_OPTION.*length_m is"):
        cell_means(raster(np.zeros((5, 5))), length_m=length_m)


def test_raster_smaller_than_a_new_cell_is_refused():
    with pytest.raises(InputError, match=r"E_OPTION.*smaller than one cell of 10 m"):
        cell_means(raster(np.zeros((30, 9))), length_m=10.0)
