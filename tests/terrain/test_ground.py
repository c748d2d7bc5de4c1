from __future__ import annotations

import numpy as np
import pytest

from jezero_sites.terrain.ground import as_heights, as_spacing, half_window


def test_heights_of_any_real_type_become_float64_and_stay_unchanged():
    given = np.arange(12, dtype=">f4").reshape(3, 4).T
    heights = as_heights(given)
    assert heights.dtype == np.float64
    assert heights.flags.c_contiguous
    np.testing.assert_array_equal(heights, given)


def test_masked_heights_are_refused():
    with pytest.raises(ValueError, match="masked array"):
        as_heights(np.ma.masked_less(np.zeros((3, 3)), -1.0))


@pytest.mark.parametrize("shape", [(), (5,), (1, 5, 4)])
def test_heights_that_are_not_a_grid_are_refused(shape):
    with pytest.raises(ValueError, match=r"needed: \(rows, columns\)"):
        as_heights(np.zeros(shape))


@pytest.mark.parametrize("dx_m", [np.ones(4), np.ones((5, 1)), np.float64(1.0)])
def test_spacing_needs_one_width_for_each_row(dx_m):
    with pytest.raises(ValueError, match="one width for each row"):
        as_spacing(dx_m, 1.0, 5)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_spacing_must_be_positive_and_finite(bad):
    with pytest.raises(ValueError, match="positive finite"):
        as_spacing(np.array([1.0, bad]), 1.0, 2)
    with pytest.raises(ValueError, match="positive finite"):
        as_spacing(np.ones(2), bad, 2)


@pytest.mark.parametrize("window", [(4, 3), (3, 4), (1, 3), (3, 1), (3.5, 3), (-3, 3)])
def test_window_must_be_odd_and_at_least_three(window):
    with pytest.raises(ValueError, match="both odd and at least 3"):
        half_window(window)
