from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites.terrain import plane_gradient, plane_reach_cells, plane_residual_statistics, window_cells


def fit(heights, window, dx, dy):
    """Fit planes with a general least-squares solver: gx, gy, and the residual statistics of each window."""
    tall, wide = window[0] // 2, window[1] // 2
    n, m = np.mgrid[-tall : tall + 1, -wide : wide + 1]
    design = np.column_stack([np.ones(n.size), m.ravel() * dx, -n.ravel() * dy])
    found = np.full((5, *heights.shape), np.nan)
    for r in range(tall, heights.shape[0] - tall):
        for c in range(wide, heights.shape[1] - wide):
            z = heights[r - tall : r + tall + 1, c - wide : c + wide + 1].ravel()
            plane = np.linalg.lstsq(design, z, rcond=None)[0]
            left = z - design @ plane
            found[:, r, c] = plane[1], plane[2], np.sqrt((left**2).mean()), abs(left).max(), np.ptp(left)
    return found


@pytest.mark.parametrize(
    ("length_m", "spacing_m", "cells"),
    [
        (1.0, 1.0, 3),
        (3.9, 1.0, 3),
        (4.0, 1.0, 5),
        (5.0, 1.0, 5),
        (5.99, 1.0, 5),
        (6.0, 1.0, 7),
        (5.0, 0.25, 21),
    ],
)
def test_window_is_the_nearest_odd_number_of_cells_ties_up(length_m, spacing_m, cells):
    assert window_cells(length_m, spacing_m) == cells


def test_window_keeps_a_tie_that_the_last_bit_of_the_spacing_would_break():
    assert window_cells(6.0, 0.1) == window_cells(6.0, 0.1 * (1 + 1e-12)) == 61


@pytest.mark.parametrize(("length_m", "spacing_m"), [(0.0, 1.0), (5.0, 0.0), (np.nan, 1.0), (5.0, np.inf)])
def test_window_of_no_length_is_refused(length_m, spacing_m):
    with pytest.raises(ValueError, match="positive and finite"):
        window_cells(length_m, spacing_m)


def test_plane_reaches_half_its_window():
    assert plane_reach_cells((5, 11)) == (2, 5)


slopes, cells = st.floats(-2.0, 2.0), st.floats(0.25, 20.0)


@given(
    gradient=st.tuples(slopes, slopes),
    spacing=st.tuples(cells, cells),
    half=st.tuples(*[st.integers(1, 5)] * 2),
)
@settings(max_examples=60, deadline=None)
def test_plane_is_found_whatever_the_window_and_leaves_nothing_over(gradient, spacing, half):
    (east, north), (dx, dy), (tall, wide) = gradient, spacing, half
    rows, columns = np.indices((2 * tall + 3, 2 * wide + 2))
    heights = east * columns * dx - north * rows * dy - 2500.0
    window = (2 * tall + 1, 2 * wide + 1)
    gx, gy = plane_gradient(heights, dx_m=np.full(len(heights), dx), dy_m=dy, window=window)
    inner = (slice(tall, -tall), slice(wide, -wide))
    # heights of 3000 m are rounded to 5e-13 m, over cells of 0.25 m and more
    np.testing.assert_allclose(gx[inner], east, atol=1e-11)
    np.testing.assert_allclose(gy[inner], north, atol=1e-11)
    for left in plane_residual_statistics(heights, window=window):
        assert np.isfinite(left[inner]).all()
        assert left[inner].max() < 1e-9
        assert np.isnan(left).sum() == left.size - left[inner].size


@pytest.mark.parametrize("window", [(3, 3), (3, 7), (9, 5), (11, 11)])
def test_plane_and_residuals_are_those_of_a_general_solver(window):
    heights = np.random.default_rng(5).normal(size=(15, 17)) - 2500.0
    gx, gy = plane_gradient(heights, dx_m=np.full(15, 0.7), dy_m=1.3, window=window)
    found = np.stack([gx, gy, *plane_residual_statistics(heights, window=window)])
    # the solver's own rounding of heights of 2500 m
    np.testing.assert_allclose(found, fit(heights, window, 0.7, 1.3), atol=1e-10)


def test_width_of_the_middle_row_serves_the_window():
    heights = np.arange(7.0) * np.ones((6, 1))
    gx, _ = plane_gradient(heights, dx_m=np.array([9.0, 9.0, 2.0, 4.0, 9.0, 9.0]), dy_m=1.0, window=(5, 3))
    np.testing.assert_array_equal(gx[2:4, 3], [0.5, 0.25])


@pytest.mark.parametrize(
    ("side", "gain"), [(3, 0.408248), (5, 0.141421), (7, 0.071429), (11, 0.028748), (21, 0.007864)]
)
def test_white_noise_comes_through_with_the_gain_of_the_window(side, gain):
    noise = np.random.default_rng(side).normal(size=(400, 500))
    gx, gy = plane_gradient(noise, dx_m=np.full(400, 2.0), dy_m=4.0, window=(side, side))
    apart = (slice(side // 2, -(side // 2), side), slice(side // 2, -(side // 2), side))
    four_errors = 4.0 / np.sqrt(2.0 * gx[apart].size)
    assert abs(gx[apart].std() * 2.0 / gain - 1.0) < four_errors
    assert abs(gy[apart].std() * 4.0 / gain - 1.0) < four_errors


def test_large_window_is_still_exact_far_from_zero():
    rows, columns = np.indices((203, 202))
    heights = np.round((0.1 * columns - 0.3 * rows - 2500.0) * 4096.0) / 4096.0  # as float32 stores them
    gx, gy = plane_gradient(heights, dx_m=np.ones(203), dy_m=1.0, window=(201, 201))
    # rounding to 2^-12 m averages out over 40 401 cells
    np.testing.assert_allclose(gx[101, 100], 0.1, atol=1e-7)
    np.testing.assert_allclose(gy[101, 100], 0.3, atol=1e-7)


@pytest.mark.parametrize("shape", [(4, 20), (20, 4), (1, 1), (0, 7), (7, 0)])
def test_grid_smaller_than_the_window_knows_nothing(shape):
    heights = np.zeros(shape)
    parts = plane_gradient(heights, dx_m=np.ones(shape[0]), dy_m=1.0, window=(5, 5))
    for part in (*parts, *plane_residual_statistics(heights, window=(5, 5))):
        assert part.shape == shape
        assert np.isnan(part).all()
