from __future__ import annotations

import numpy as np

from jezero_sites.terrain.window import window_sum


def test_window_sum_adds_every_cell_of_a_lopsided_window_once():
    values = np.random.default_rng(1).normal(size=(11, 14))
    expected = np.full(values.shape, np.nan)
    for r in range(2, 9):
        for c in range(3, 11):
            expected[r, c] = values[r - 2 : r + 3, c - 3 : c + 4].sum()
    # 35 values of order 1 in another order of addition
    np.testing.assert_allclose(window_sum(values, window=(5, 7)), expected, atol=1e-13)


def test_window_larger_than_the_grid_knows_nothing():
    assert np.isnan(window_sum(np.ones((4, 9)), window=(5, 3))).all()
    assert np.isnan(window_sum(np.ones((9, 4)), window=(3, 5))).all()
