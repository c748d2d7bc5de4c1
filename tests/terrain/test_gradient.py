from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites.terrain import horn_gradient, slope_deg_of, zevenbergen_thorne_gradient

OPERATORS = [horn_gradient, zevenbergen_thorne_gradient]
slopes, cells = st.floats(-3.0, 3.0), st.floats(0.25, 40.0)


@pytest.mark.parametrize("gradient", OPERATORS)
@given(east=slopes, north=slopes, dx=cells, dy=cells)
@settings(max_examples=50, deadline=None)
def test_plane_has_the_gradient_of_its_equation(gradient, east, north, dx, dy):
    rows, columns = np.indices((5, 6))
    gx, gy = gradient(east * columns * dx - north * rows * dy, dx_m=np.full(5, dx), dy_m=dy)
    # heights up to 1000 m carry 1e-13 m of rounding, over cells of 0.25 m and more
    np.testing.assert_allclose(gx[1:-1, 1:-1], east, atol=1e-11)
    np.testing.assert_allclose(gy[1:-1, 1:-1], north, atol=1e-11)


@pytest.mark.parametrize("gradient", OPERATORS)
def test_width_of_each_row_is_used_in_that_row(gradient):
    dx_m = np.array([1.0, 2.0, 4.0, 8.0])
    gx, gy = gradient(np.arange(5.0) * np.ones((4, 1)), dx_m=dx_m, dy_m=3.0)
    np.testing.assert_array_equal(gx[1:3, 2], [0.5, 0.25])
    np.testing.assert_array_equal(gy[1:3, 2], 0.0)


def test_horn_weighs_the_middle_twice():
    bump = np.zeros((3, 3))
    bump[1, 2], bump[0, 0] = 8.0, 16.0
    gx, gy = horn_gradient(bump, dx_m=np.full(3, 2.0), dy_m=4.0)
    assert (gx[1, 1], gy[1, 1]) == ((2 * 8.0 - 16.0) / 16.0, 16.0 / 32.0)


def test_zevenbergen_thorne_reads_the_four_sides():
    bump = np.zeros((3, 3))
    bump[1, 2], bump[0, 0], bump[2, 1] = 8.0, 16.0, 4.0
    gx, gy = zevenbergen_thorne_gradient(bump, dx_m=np.full(3, 2.0), dy_m=4.0)
    assert (gx[1, 1], gy[1, 1]) == (2.0, -0.5)


@pytest.mark.parametrize("gradient", OPERATORS)
def test_one_unknown_height_spoils_all_nine_cells_although_the_formula_skips_the_centre(gradient):
    heights = np.random.default_rng(3).normal(size=(7, 9))
    heights[3, 5] = np.nan
    for part in gradient(heights, dx_m=np.ones(7), dy_m=1.0):
        spoiled = np.isnan(part[1:-1, 1:-1])
        assert spoiled.sum() == 9
        assert spoiled[1:4, 3:6].all()


@pytest.mark.parametrize(
    ("gradient", "gain"), [(horn_gradient, 12**0.5 / 8), (zevenbergen_thorne_gradient, 0.5**0.5)]
)
def test_white_noise_comes_through_with_the_gain_of_the_operator(gradient, gain):
    noise = np.random.default_rng(20).normal(size=(400, 500))
    gx, gy = gradient(noise, dx_m=np.full(400, 2.0), dy_m=4.0)
    apart = (slice(1, -1, 3), slice(1, -1, 3))  # windows that share no cell
    four_errors = 4.0 / np.sqrt(2.0 * gx[apart].size)
    assert abs(gx[apart].std() * 2.0 / gain - 1.0) < four_errors
    assert abs(gy[apart].std() * 4.0 / gain - 1.0) < four_errors


@pytest.mark.parametrize("slope_deg", [0.0, 15.0, 30.0, 60.0])
def test_slope_takes_the_arctangent(slope_deg):
    gradient = np.tan(np.radians(slope_deg))
    found = slope_deg_of(np.array([[0.6 * gradient]]), np.array([[-0.8 * gradient]]))
    np.testing.assert_allclose(found, slope_deg, atol=1e-12)


def test_slope_keeps_shape_and_unknown():
    found = slope_deg_of(np.array([[1.0, np.nan, 0.0]]).T, np.array([[0.0, 0.0, np.nan]]).T)
    np.testing.assert_allclose(found, [[45.0], [np.nan], [np.nan]], atol=1e-13)


def test_slope_of_two_shapes_is_refused():
    with pytest.raises(ValueError, match="needed: one shape"):
        slope_deg_of(np.zeros((2, 3)), np.zeros((3, 2)))
