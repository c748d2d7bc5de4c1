from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites.terrain import disc_reach_cells, relief_m


def relief_cell_by_cell(heights, dx_m, dy_m, radius_m):
    """Collect every cell of every disc, one by one."""
    rows, columns = np.indices(heights.shape)
    relief = np.full(heights.shape, np.nan)
    rim2 = (radius_m * (1.0 + 1e-12)) ** 2
    for r in range(heights.shape[0]):
        tall, wide = (int(radius_m * (1.0 + 1e-12) / spacing) for spacing in (dy_m, dx_m[r]))
        for c in range(wide, heights.shape[1] - wide):
            inside = ((rows - r) * dy_m) ** 2 + ((columns - c) * dx_m[r]) ** 2 <= rim2
            if tall <= r < heights.shape[0] - tall:
                relief[r, c] = heights[inside].max() - heights[inside].min()
    return relief


@given(
    seed=st.integers(0, 10**6),
    radius_m=st.floats(0.0, 7.0),
    dx=st.sampled_from([0.5, 0.948629, 1.0, 2.3]),
    dy=st.sampled_from([0.75, 1.0, 1.9]),
)
@settings(max_examples=60, deadline=None)
def test_relief_is_that_of_every_cell_of_the_disc(seed, radius_m, dx, dy):
    rng = np.random.default_rng(seed)
    heights = rng.normal(size=(17, 25))
    heights[rng.random(heights.shape) < 0.01] = np.nan
    dx_m = dx * np.linspace(1.0, 1.3, 17)
    found = relief_m(heights, dx_m=dx_m, dy_m=dy, radius_m=radius_m)
    np.testing.assert_array_equal(found, relief_cell_by_cell(heights, dx_m, dy, radius_m))


@pytest.mark.parametrize("radius_m", [3.0, 5.0, 10.0, 13.0])
def test_cell_on_the_rim_belongs_to_the_disc_on_every_side(radius_m):
    spike = np.zeros((61, 67))
    spike[30, 33] = 1.0
    found = relief_m(spike, dx_m=np.full(61, 1.0), dy_m=1.0, radius_m=radius_m)
    rows, columns = np.indices(spike.shape)
    np.testing.assert_array_equal(np.nan_to_num(found), np.hypot(rows - 30, columns - 33) <= radius_m)


@pytest.mark.parametrize("spacing_m", [0.1, 0.3, 0.7])
def test_rim_does_not_depend_on_the_rounding_of_the_spacing(spacing_m):
    spike = np.zeros((25, 27))
    spike[12, 13] = 1.0
    found = relief_m(spike, dx_m=np.full(25, spacing_m), dy_m=spacing_m, radius_m=5 * spacing_m)
    assert [found[12, 8], found[12, 18], found[7, 13], found[17, 13], found[15, 17], found[8, 10]] == [
        1.0
    ] * 6
    assert np.nansum(found) == 81  # whole points within 5 of the origin


def test_disc_is_round_on_the_ground_where_cells_are_not_square():
    spike = np.zeros((21, 41))
    spike[10, 20] = 1.0
    found = np.nan_to_num(relief_m(spike, dx_m=np.full(21, 0.5), dy_m=2.0, radius_m=4.0))
    assert (found[10].sum(), found[:, 20].sum()) == (17, 5)


def test_plane_has_the_relief_of_its_diameter():
    heights = 0.25 * np.arange(30.0) * np.ones((25, 1))
    found = relief_m(heights, dx_m=np.ones(25), dy_m=1.0, radius_m=6.0)
    np.testing.assert_array_equal(found[6:-6, 6:-6], 3.0)
    assert np.isnan(found).sum() == found.size - 13 * 18


def test_radius_of_thirty_cells_is_exact():
    heights = np.random.default_rng(2).normal(size=(63, 66))
    dx_m = np.ones(63)
    found = relief_m(heights, dx_m=dx_m, dy_m=1.0, radius_m=30.0)
    np.testing.assert_array_equal(found, relief_cell_by_cell(heights, dx_m, 1.0, 30.0))


def test_narrowest_row_sets_the_reach():
    assert disc_reach_cells(15.0, dx_m=np.array([1.0, 0.9, 1.1]), dy_m=2.0) == (7, 16)
    assert disc_reach_cells(0.3, dx_m=np.ones(4), dy_m=1.0) == (0, 0)


def test_radius_below_one_cell_leaves_the_cell_alone():
    heights = np.array([[1.0, np.nan, 3.0]])
    found = relief_m(heights, dx_m=np.ones(1), dy_m=1.0, radius_m=0.5)
    np.testing.assert_array_equal(found, [[0.0, np.nan, 0.0]])


@pytest.mark.parametrize("radius_m", [-1.0, np.nan, np.inf])
def test_radius_that_is_no_length_is_refused(radius_m):
    with pytest.raises(ValueError, match="radius is"):
        relief_m(np.zeros((3, 3)), dx_m=np.ones(3), dy_m=1.0, radius_m=radius_m)


@pytest.mark.parametrize("shape", [(4, 20), (20, 4), (1, 1), (0, 7), (7, 0)])
def test_grid_smaller_than_the_disc_has_no_relief(shape):
    found = relief_m(np.zeros(shape), dx_m=np.ones(shape[0]), dy_m=1.0, radius_m=3.0)
    assert found.shape == shape
    assert np.isnan(found).all()
