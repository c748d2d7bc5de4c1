"""Safe radii against a search of every cell, on masks and cells that are not square."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites.sites import safe_radius_m


def by_search(bad: np.ndarray, dx: np.ndarray, dy: float, most: float) -> np.ndarray:
    """Return the safe radius by looking at every bad cell, among them a rim of bad cells around the raster."""
    rows, cols = bad.shape
    rim = np.pad(bad, 1, constant_values=True)
    k, m = np.nonzero(rim)
    out = np.empty(bad.shape)
    for i in range(rows):
        for j in range(cols):
            distance = np.sqrt(((m - 1 - j) * dx[i]) ** 2 + ((k - 1 - i) * dy) ** 2)
            out[i, j] = min(most, distance.min())
    return out


@settings(max_examples=100, deadline=None)
@given(
    rows=st.integers(1, 17),
    cols=st.integers(1, 23),
    dx=st.floats(0.2, 5),
    dy=st.floats(0.2, 5),
    growth=st.floats(-0.03, 0.03),
    share=st.sampled_from([0.0, 0.01, 0.05, 0.4, 1.0]),
    most=st.floats(0.1, 80),
    seed=st.integers(0, 99),
)
def test_safe_radius_is_the_nearest_of_all_bad_cells(rows, cols, dx, dy, growth, share, most, seed):
    bad = np.random.default_rng(seed).random((rows, cols)) < share
    widths = dx * (1 + growth * np.arange(rows))
    found = safe_radius_m(bad, dx_m=widths, dy_m=dy, max_radius_m=most)
    np.testing.assert_allclose(found, by_search(bad, widths, dy, most), rtol=1e-14)  # one square root


def test_one_bad_cell_off_the_centre_is_seen_in_ground_metres():
    bad = np.zeros((31, 43), bool)
    bad[12, 17] = True
    found = safe_radius_m(bad, dx_m=np.full(31, 0.5), dy_m=2.0, max_radius_m=100.0)
    assert found[12, 17] == 0
    assert found[12, 20] == 1.5
    assert found[14, 17] == 4
    assert found[14, 11] == 5  # 3 m east-west, 4 m north-south
    assert found[14, 11] == found[10, 11] == found[14, 23] == found[10, 23]


def test_ground_beyond_the_raster_is_bad():
    found = safe_radius_m(np.zeros((9, 30), bool), dx_m=np.full(9, 2.0), dy_m=5.0, max_radius_m=100.0)
    assert found[4, 3] == 8  # four columns from the column before the first
    assert found[4, 26] == 8
    assert found[2, 15] == 15  # three rows from the row above the first
    assert found[7, 15] == 10


def test_radius_is_capped():
    found = safe_radius_m(np.zeros((99, 99), bool), dx_m=np.ones(99), dy_m=1.0, max_radius_m=7.3)
    assert found[49, 40] == found.max() == 7.3
    assert found[3, 49] == 4


def test_each_cell_measures_with_the_width_of_its_own_row():
    bad = np.zeros((3, 9), bool)
    bad[:, 0] = True
    found = safe_radius_m(bad, dx_m=np.array([1.0, 1.5, 2.0]), dy_m=100.0, max_radius_m=50.0)
    assert found[:, 3].tolist() == [3, 4.5, 6]


def test_bad_ground_everywhere_has_radius_0():
    found = safe_radius_m(np.ones((4, 6), bool), dx_m=np.ones(4), dy_m=1.0, max_radius_m=9.0)
    assert not found.any()


@pytest.mark.parametrize("turn", [lambda a: a[::-1], lambda a: a[:, ::-1]])
def test_turned_ground_has_turned_radii(turn):
    bad = np.random.default_rng(3).random((19, 26)) < 0.02
    lengths = {"dx_m": np.full(19, 0.95), "dy_m": 1.3, "max_radius_m": 20.0}
    np.testing.assert_array_equal(safe_radius_m(turn(bad), **lengths), turn(safe_radius_m(bad, **lengths)))


def test_mask_that_is_a_view_is_read_right_and_left_as_it_was():
    mask = np.random.default_rng(4).random((20, 34)) < 0.1
    before = mask.copy()
    part = mask[3:16:2, ::3]
    lengths = {"dx_m": np.full(7, 2.0), "dy_m": 3.0, "max_radius_m": 40.0}
    np.testing.assert_array_equal(safe_radius_m(part, **lengths), safe_radius_m(part.copy(), **lengths))
    np.testing.assert_array_equal(mask, before)
