from __future__ import annotations

import numpy as np
import pytest

from jezero_sites.scenes import block_mean, cell_centres_m


def test_first_row_is_the_northernmost_and_first_column_the_westernmost():
    x_m, y_m = cell_centres_m((3, 2), dx_m=0.9, dy_m=2.0)
    np.testing.assert_allclose(x_m, [0.45, 1.35])
    np.testing.assert_allclose(y_m, [5.0, 3.0, 1.0])


def test_block_means_average_whole_blocks():
    values = np.arange(24.0).reshape(4, 6)
    np.testing.assert_array_equal(block_mean(values, 2), [[3.5, 5.5, 7.5], [15.5, 17.5, 19.5]])


def test_blocks_that_do_not_divide_the_shape_are_refused():
    with pytest.raises(ValueError, match="blocks of 4 cells do not divide"):
        block_mean(np.zeros((4, 6)), 4)
