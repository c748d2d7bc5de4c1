from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites.hazards.row_bands import row_bands


def test_like_rows_are_one_band() -> None:
    assert row_bands(np.full(7, 0.95)) == [(0, 7)]
    assert row_bands(np.zeros(3), np.full(3, 2.0)) == [(0, 3)]


def test_a_band_ends_where_any_quantity_has_moved() -> None:
    assert row_bands(np.array([1.0, 1.0, 1.0, 1.0]), np.array([1.0, 1.0, 0.9998, 0.9998])) == [(0, 2), (2, 4)]
    assert row_bands(np.array([0.0, 0.0, 1e-9])) == [(0, 2), (2, 3)]


@settings(max_examples=100, deadline=None)
@given(steps=st.lists(st.floats(-9e-5, 9e-5), min_size=1, max_size=40))
def test_bands_cover_the_rows_and_stay_within_the_tolerance(steps: list[float]) -> None:
    widths = 0.9 * np.cumprod(1.0 + np.array(steps))
    bands = row_bands(widths)
    assert bands[0][0] == 0
    assert bands[-1][1] == len(widths)
    assert all(one[1] == other[0] for one, other in pairwise(bands))
    for start, stop in bands:
        assert np.all(np.abs(widths[start:stop] - widths[start]) < 1e-4 * widths[start])
        if stop < len(widths):
            assert abs(widths[stop] - widths[start]) >= 1e-4 * widths[start]
