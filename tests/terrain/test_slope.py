from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from jezero_sites.terrain import (
    baseline_cells,
    baseline_offset_cells,
    baseline_reach_cells,
    baseline_slope_deg,
    horn_gradient,
    horn_slope_deg,
    plane_gradient,
    plane_slope_deg,
    zevenbergen_thorne_gradient,
    zevenbergen_thorne_slope_deg,
)

ROWS, COLUMNS = 31, 37


def every_slope_deg(heights, dx, dy):
    """Return {name: slope in degrees} of every operator; dx is one width or one for each row."""
    spacing = {"dx_m": np.broadcast_to(np.asarray(dx, dtype=float), len(heights)), "dy_m": dy}
    slopes = {
        "horn": horn_slope_deg(heights, **spacing),
        "zt": zevenbergen_thorne_slope_deg(heights, **spacing),
    }
    for side in (3, 5, 7, 11):
        slopes[f"plane{side}"] = plane_slope_deg(heights, window=(side, side), **spacing)
    slopes["plane5x9"] = plane_slope_deg(heights, window=(5, 9), **spacing)
    for cells in (1, 2, 5, 10):
        slopes[f"baseline{cells}"] = baseline_slope_deg(heights, cells=(cells, cells), **spacing)
    slopes["baseline2x5"] = baseline_slope_deg(heights, cells=(2, 5), **spacing)
    return slopes


def gx_of(name, heights, row, column):
    """Return the size of gx over cells of 1 m where the ground does not change to the north."""
    return np.tan(np.radians(every_slope_deg(heights, 1.0, 1.0)[name][row, column]))


def centre_x(name):
    """Return the column offset at which an operator truly sits."""
    return -0.5 if name.startswith("baseline") and int(name[8:]) % 2 else 0.0


@pytest.mark.parametrize("azimuth_deg", [0.0, 33.0, 90.0, 201.0, 315.0])
@pytest.mark.parametrize("slope_deg", [0.0, 15.0, 30.0, 60.0])
def test_plane_has_its_slope_whatever_the_operator_and_direction(azimuth_deg, slope_deg):
    rows, columns = np.indices((ROWS, COLUMNS))
    x, y = columns * 0.75, -rows * 1.25
    tangent, azimuth = np.tan(np.radians(slope_deg)), np.radians(azimuth_deg)
    heights = tangent * (x * np.sin(azimuth) + y * np.cos(azimuth))
    for name, found in every_slope_deg(heights, 0.75, 1.25).items():
        # a height of 50 m is rounded to 7e-15 m; degrees multiply by 57
        np.testing.assert_allclose(found[np.isfinite(found)], slope_deg, atol=2e-12, err_msg=name)
        assert np.isfinite(found).any(), name


def test_first_ring_inside_the_edge_is_right_and_the_rim_is_unknown():
    heights = np.tan(np.radians(30.0)) * 2.0 * np.arange(9.0) * np.ones((6, 1))
    for slope_deg in (horn_slope_deg, zevenbergen_thorne_slope_deg):
        found = slope_deg(heights, dx_m=np.full(6, 2.0), dy_m=3.0)
        np.testing.assert_allclose(found[1:-1, 1:-1], 30.0, atol=1e-12)
        assert np.isnan(found).sum() == 6 * 9 - 4 * 7


def test_quadratic_has_the_slope_of_its_derivative_at_the_centre():
    rows, columns = np.indices((ROWS, COLUMNS))
    x, y = columns - 20.0, 14.0 - rows
    heights = 0.01 * x**2 - 0.02 * y**2 + 0.005 * x * y + 0.1 * x - 0.05 * y
    for name, found in every_slope_deg(heights, 1.0, 1.0).items():
        if name == "baseline2x5":
            at_x, at_y = x - 0.5, y
        else:
            half = centre_x(name)
            at_x, at_y = x + half, y - half
        gx, gy = 0.02 * at_x + 0.005 * at_y + 0.1, -0.04 * at_y + 0.005 * at_x - 0.05
        expected = np.degrees(np.arctan(np.hypot(gx, gy)))
        known = np.isfinite(found)
        np.testing.assert_allclose(found[known], expected[known], atol=1e-12, err_msg=name)


@pytest.mark.parametrize(
    ("name", "coefficient"),
    [
        ("horn", 1.0),
        ("zt", 1.0),
        ("plane5", 3.4),
        ("plane7", 7.0),
        ("plane11", 17.8),
        ("baseline1", 0.25),
        ("baseline2", 1.0),
        ("baseline5", 6.25),
        ("baseline10", 25.0),
    ],
)
def test_cubic_shows_the_bias_of_the_operator(name, coefficient):
    x = np.arange(COLUMNS) - (20.0 + centre_x(name))
    heights = 0.001 * x**3 * np.ones((ROWS, 1))
    assert gx_of(name, heights, 14, 20) == pytest.approx(0.001 * coefficient, rel=1e-9)


@pytest.mark.parametrize(
    ("name", "gain"),
    [
        ("horn", 0.9354893),
        ("plane3", 0.9354893),
        ("baseline1", 0.9836316),
        ("baseline2", 0.9354893),
        ("baseline5", 0.6366198),
        ("baseline10", 0.0),
        ("plane5", 0.7925592),
        ("plane7", 0.6074112),
        ("plane11", 0.2226493),
    ],
)
def test_wave_of_ten_cells_keeps_the_share_of_its_slope_that_the_operator_lets_through(name, gain):
    k = 2.0 * np.pi / 10.0
    x = np.arange(COLUMNS) - (20.0 + centre_x(name))
    heights = 0.3 * np.sin(k * x) * np.ones((ROWS, 1))
    assert gx_of(name, heights, 14, 20) / (0.3 * k) == pytest.approx(gain, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(
    ("length_m", "slope_deg"),
    [(2.0, 17.411), (4.0, 17.321), (10.0, 16.699), (20.0, 14.564), (30.0, 11.310), (60.0, 0.0)],
)
def test_baseline_flattens_a_wave_of_sixty_metres_and_horn_is_a_baseline_of_two_cells(length_m, slope_deg):
    cells = baseline_cells(length_m, 2.0)
    offset = baseline_offset_cells((cells, cells))[1]
    x = 2.0 * (np.arange(71) - 35.0 - offset)
    heights = 3.0 * np.sin(2.0 * np.pi / 60.0 * x) * np.ones((65, 1))
    spacing = {"dx_m": np.full(65, 2.0), "dy_m": 2.0}
    found = baseline_slope_deg(heights, cells=(cells, cells), **spacing)[32, 35]
    assert found == pytest.approx(slope_deg, abs=5e-4)  # the table is printed to 0.001
    if length_m == 4.0:
        assert horn_slope_deg(heights, **spacing)[32, 35] == pytest.approx(found, abs=1e-12)


@pytest.mark.parametrize(
    ("true_deg", "naive_deg"),
    [(5.0, 4.7444), (8.0, 7.5940), (10.0, 9.4959), (15.0, 14.2617), (25.0, 23.8624)],
)
def test_east_west_slope_needs_the_true_width_of_a_cell(true_deg, naive_deg):
    width_m = 0.948629  # of a "1 m" cell at 18.4447 N on a grid true to scale at the equator
    heights = np.tan(np.radians(true_deg)) * width_m * np.arange(COLUMNS) * np.ones((ROWS, 1))
    for name, found in every_slope_deg(heights, width_m, 1.0).items():
        np.testing.assert_allclose(found[np.isfinite(found)], true_deg, atol=1e-11, err_msg=name)
    for name, found in every_slope_deg(heights, 1.0, 1.0).items():
        np.testing.assert_allclose(found[np.isfinite(found)], naive_deg, atol=6e-5, err_msg=name)


def test_slope_facing_north_east_and_slope_facing_north_on_a_narrow_grid():
    rows, columns = np.indices((ROWS, COLUMNS))
    tangent, width_m = np.tan(np.radians(10.0)), 0.948629
    diagonal = -tangent * np.sqrt(0.5) * (columns * width_m - rows)
    np.testing.assert_allclose(every_slope_deg(diagonal, width_m, 1.0)["horn"][5, 5], 10.0, atol=1e-11)
    np.testing.assert_allclose(every_slope_deg(diagonal, 1.0, 1.0)["horn"][5, 5], 9.7515, atol=6e-5)
    np.testing.assert_allclose(every_slope_deg(tangent * rows, width_m, 1.0)["horn"][5, 5], 10.0, atol=1e-11)


def test_width_that_changes_from_row_to_row_is_used_row_by_row():
    dx_m = np.linspace(0.949388, 0.947382, ROWS)
    heights = np.tan(np.radians(10.0)) * np.arange(COLUMNS) * np.ones((ROWS, 1))
    expected = np.degrees(np.arctan(np.tan(np.radians(10.0)) / dx_m))
    for name, found in every_slope_deg(heights, dx_m, 1.0).items():
        known = np.isfinite(found)
        np.testing.assert_allclose(
            found[known], np.broadcast_to(expected[:, None], found.shape)[known], atol=1e-11, err_msg=name
        )


@pytest.mark.parametrize("height_m", [0.5, 1.0])
def test_step_between_two_columns_reads_as_the_operator_smears_it(height_m):
    expected = {
        "horn": (14.036, 26.565),
        "plane3": (14.036, 26.565),
        "plane5": (8.531, 16.699),
        "plane7": (6.116, 12.095),
        "plane11": (3.900, 7.765),
        "baseline1": (26.565, 45.0),
        "baseline5": (5.711, 11.310),
    }
    step = np.where(np.arange(COLUMNS) < 15, 0.0, height_m) * np.ones((ROWS, 1))
    slopes = every_slope_deg(step, 1.0, 1.0)
    for name, pair in expected.items():
        wanted = pair[0] if height_m == 0.5 else pair[1]
        assert np.nanmax(slopes[name]) == pytest.approx(wanted, abs=6e-4), name  # printed to 0.001


@pytest.mark.parametrize(("cells", "columns"), [(1, [15]), (2, [14, 15]), (5, [13, 14, 15, 16, 17])])
def test_baseline_shows_a_step_where_it_lies(cells, columns):
    step = np.where(np.arange(COLUMNS) < 15, 0.0, 1.0) * np.ones((ROWS, 1))
    found = baseline_slope_deg(step, dx_m=np.ones(ROWS), dy_m=1.0, cells=(cells, cells))
    steep = np.flatnonzero(found[14] > 0.0)
    np.testing.assert_array_equal(steep, columns)
    # with the offset the steep cells are centred on the edge, which lies at column 14.5
    assert steep.mean() + baseline_offset_cells((cells, cells))[1] == 14.5


@pytest.mark.parametrize(("cells", "first"), [(1, 1), (2, 1), (5, 3)])
def test_baseline_first_known_cell_is_that_of_the_reference(cells, first):
    found = baseline_slope_deg(np.zeros((12, 15)), dx_m=np.ones(12), dy_m=1.0, cells=(cells, cells))
    rows, columns = np.nonzero(np.isfinite(found))
    assert (rows.min(), columns.min()) == (first, first)
    assert (rows.max(), columns.max()) == (11 - (cells - first), 14 - (cells - first))
    assert baseline_reach_cells((cells, cells)) == (first, first)


@pytest.mark.parametrize("cells", [1, 2, 5])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_baseline_equals_a_generic_filter_over_the_corners(cells, seed):
    rng = np.random.default_rng(seed)
    heights = rng.normal(scale=3.0, size=(23, 29)) - 2500.0
    heights[rng.random(heights.shape) < 0.03] = np.nan

    def corners(values):
        a, b, c, d = values.reshape(cells + 1, cells + 1)[[0, 0, -1, -1], [0, -1, 0, -1]]
        rise_x, rise_y = ((b + d) - (a + c)) / 2.0, ((a + b) - (c + d)) / 2.0
        return np.degrees(np.arctan(np.sqrt(rise_x**2 + rise_y**2) / (cells * 2.0)))

    reference = ndimage.generic_filter(heights, corners, size=cells + 1, mode="constant", cval=np.nan)
    reference[np.isnan(heights)] = np.nan  # our own rule; the reference ignores an unknown centre
    found = baseline_slope_deg(heights, dx_m=np.full(23, 2.0), dy_m=2.0, cells=(cells, cells))
    # other order of addition, near -2500 m, times 57 for degrees
    np.testing.assert_allclose(found, reference, atol=1e-10)
    assert np.isfinite(found).mean() > 0.4


def test_baseline_is_given_in_cells_nearest_to_its_length():
    assert [baseline_cells(5.0, h) for h in (1.0, 0.948629, 2.0, 20.0)] == [5, 5, 3, 1]


@pytest.mark.parametrize("cells", [(0, 1), (1, 0), (1.5, 1)])
def test_baseline_below_one_cell_is_refused(cells):
    with pytest.raises(ValueError, match="at least 1"):
        baseline_slope_deg(np.zeros((5, 5)), dx_m=np.ones(5), dy_m=1.0, cells=cells)


def test_baseline_of_no_length_is_refused():
    with pytest.raises(ValueError, match="positive and finite"):
        baseline_cells(0.0, 1.0)


@pytest.mark.parametrize("shape", [(2, 9), (9, 2), (1, 1), (0, 4)])
def test_grid_smaller_than_the_window_has_no_slope(shape):
    for name, found in every_slope_deg(np.zeros(shape), 1.0, 1.0).items():
        if name != "baseline1":
            assert np.isnan(found).all(), name


def test_slopes_are_those_of_their_gradients():
    heights = np.random.default_rng(8).normal(size=(9, 12))
    spacing = {"dx_m": np.full(9, 0.8), "dy_m": 1.2}
    for slope_deg, gradient in (
        (horn_slope_deg, horn_gradient),
        (zevenbergen_thorne_slope_deg, zevenbergen_thorne_gradient),
    ):
        gx, gy = gradient(heights, **spacing)
        np.testing.assert_allclose(
            slope_deg(heights, **spacing), np.degrees(np.arctan(np.hypot(gx, gy))), rtol=1e-14
        )
    gx, gy = plane_gradient(heights, window=(3, 5), **spacing)
    found = plane_slope_deg(heights, window=(3, 5), **spacing)
    np.testing.assert_allclose(found, np.degrees(np.arctan(np.hypot(gx, gy))), rtol=1e-14)
