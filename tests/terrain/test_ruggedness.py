from __future__ import annotations

import numpy as np
import pytest

from jezero_sites.terrain import (
    horn_slope_deg,
    range_m,
    rms_roughness_m,
    tpi_m,
    tri_riley_m,
    tri_wilson_m,
    vrm,
    vrm_reach_cells,
)


def ground_with_gradients(signs, tangent):
    """Return ground of seven rows whose Horn gradient to the east is +-tangent as told, column by column."""
    profile = np.zeros(len(signs) + 2)
    for column, sign in enumerate(signs):
        profile[column + 2] = profile[column] + 2.0 * tangent * sign
    return profile * np.ones((7, 1))


def test_plane_reads_as_the_formulas_say():
    rows, columns = np.indices((5, 7))
    plane = 0.1 * columns + 0.2 * rows
    spacing = {"dx_m": np.ones(5), "dy_m": 1.0}
    at = (2, 3)
    assert tri_riley_m(plane)[at] == pytest.approx(0.5477226, abs=5e-8)
    assert tri_wilson_m(plane)[at] == pytest.approx(0.175, abs=1e-14)
    assert range_m(plane)[at] == pytest.approx(0.6, abs=1e-14)
    assert tpi_m(plane)[at] == pytest.approx(0.0, abs=1e-15)
    assert vrm(plane, window=(3, 3), **spacing)[at] == pytest.approx(0.0, abs=1e-15)
    assert rms_roughness_m(plane, window=(3, 3))[at] == pytest.approx(0.0, abs=1e-15)
    assert horn_slope_deg(plane, **spacing)[at] == pytest.approx(12.604383, abs=5e-7)


def test_ruggedness_of_a_twenty_degree_slope_is_its_slope_and_tpi_is_nothing():
    plane = np.tan(np.radians(20.0)) * 2.0 * np.arange(7.0) * np.ones((5, 1))
    assert tri_wilson_m(plane)[2, 3] == pytest.approx(0.5460, abs=5e-5)
    assert tri_riley_m(plane)[2, 3] == pytest.approx(1.7831, abs=5e-5)
    assert range_m(plane)[2, 3] == pytest.approx(1.4559, abs=5e-5)
    assert tpi_m(plane)[2, 3] == pytest.approx(0.0, abs=1e-14)


def test_each_of_the_eight_neighbours_counts_once():
    for k in range(9):
        ground = np.zeros(9)
        ground[k] = 8.0
        ground = ground.reshape(3, 3)
        centre = k == 4
        assert tri_wilson_m(ground)[1, 1] == (8.0 if centre else 1.0)
        assert tri_riley_m(ground)[1, 1] == (np.sqrt(512.0) if centre else 8.0)
        assert tpi_m(ground)[1, 1] == (8.0 if centre else -1.0)
        assert range_m(ground)[1, 1] == 8.0


@pytest.mark.parametrize(("rising", "columns"), [(3, 5), (2, 3), (101, 201)])
def test_vrm_of_two_facing_slopes_of_ten_degrees(rising, columns):
    signs = [1.0] * (rising + 4) + [-1.0] * (columns - rising + 4)
    ground = ground_with_gradients(signs, np.tan(np.radians(10.0)))
    found = vrm(ground, dx_m=np.ones(7), dy_m=1.0, window=(3, columns))[3, 1 + 4 + columns // 2]
    lean = (2 * rising - columns) / columns
    expected = 1.0 - np.hypot(np.cos(np.radians(10.0)), lean * np.sin(np.radians(10.0)))
    assert found == pytest.approx(expected, abs=1e-14)
    if columns == 201:  # almost half and half
        assert found == pytest.approx(0.0151922, abs=5e-7)


def test_vrm_sees_the_true_width_of_a_cell():
    signs = [1.0] * 8 + [-1.0] * 8
    wide = vrm(ground_with_gradients(signs, 0.4), dx_m=np.full(7, 4.0), dy_m=1.0, window=(3, 5))
    narrow = vrm(ground_with_gradients(signs, 0.1), dx_m=np.full(7, 1.0), dy_m=1.0, window=(3, 5))
    np.testing.assert_allclose(wide, narrow, atol=1e-15)
    assert np.nanmax(wide) > 0.004


def test_vrm_reaches_one_cell_beyond_its_window():
    assert vrm_reach_cells((3, 7)) == (2, 4)


@pytest.mark.parametrize("shape", [(2, 9), (9, 2), (0, 0)])
def test_grid_of_two_rows_or_columns_has_no_ruggedness(shape):
    for measure in (tri_riley_m, tri_wilson_m, tpi_m, range_m):
        assert np.isnan(measure(np.zeros(shape))).all()
    assert np.isnan(vrm(np.zeros(shape), dx_m=np.ones(shape[0]), dy_m=1.0, window=(3, 3))).all()
