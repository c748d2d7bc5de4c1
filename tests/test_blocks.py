"""Strips partition a raster, and what an equation gives does not depend on them, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites import terrain
from jezero_sites.blocks import STRIP_ROWS, map_strips, strips


@settings(max_examples=100, deadline=None)
@given(rows=st.integers(1, 60), reach=st.integers(0, 30), strip=st.integers(1, 70))
def test_strips_write_every_row_once_and_read_what_reaches_it(rows, reach, strip):
    written = []
    for write, read, inner in strips(rows, reach_rows=reach, strip_rows=strip):
        lines = np.arange(rows)
        written.extend(lines[write])
        np.testing.assert_array_equal(lines[read][inner], lines[write])
        assert 1 <= len(lines[write]) <= strip
        assert read.start == max(write.start - reach, 0)
        assert read.stop == min(write.stop + reach, rows)
    assert written == list(range(rows))


def rough_ground(rows: int, cols: int, seed: int, holes: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    ground = -2500 + rng.normal(0, 3, (rows, cols)).cumsum(axis=1)
    for _ in range(holes):
        ground[rng.integers(rows), rng.integers(cols)] = np.nan
    return ground, np.linspace(0.949, 0.951, rows)


def column_sum_and_width(z, dx):
    """Sum the five cells above, at and below each cell, unknown near the raster's edge; and its width."""
    total = np.full(z.shape, np.nan)
    for row in range(2, len(z) - 2):
        total[row] = z[row - 2 : row + 3].sum(axis=0)
    return total, z * 0 + dx[:, None]


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 40),
    cols=st.integers(1, 9),
    strip=st.integers(1, 50),
    jobs=st.integers(1, 4),
    more=st.integers(0, 6),
    seed=st.integers(0, 9),
)
def test_result_does_not_depend_on_strips_threads_or_spare_reach(rows, cols, strip, jobs, more, seed):
    ground, dx = rough_ground(rows, cols, seed, holes=3)
    found = map_strips(column_sum_and_width, ground, dx, reach_rows=2 + more, jobs=jobs, strip_rows=strip)
    for part, whole in zip(found, column_sum_and_width(ground, dx), strict=True):
        np.testing.assert_array_equal(part, whole)


OPERATORS = {
    "plane gradient": (lambda z, dx: terrain.plane_gradient(z, dx_m=dx, dy_m=1.25, window=(5, 7)), 2),
    "roughness": (lambda z, dx: (terrain.rms_roughness_m(z, window=(5, 7)),), 2),
    "relief": (lambda z, dx: (terrain.relief_m(z, dx_m=dx, dy_m=1.25, radius_m=3.8),), 3),
    "horn": (lambda z, dx: terrain.horn_gradient(z, dx_m=dx, dy_m=1.25), 1),
    "vrm": (lambda z, dx: (terrain.vrm(z, dx_m=dx, dy_m=1.25, window=(3, 3)),), 2),
}


@pytest.mark.parametrize("name", OPERATORS)
@settings(max_examples=30, deadline=None)
@given(
    rows=st.integers(5, 30),
    cols=st.integers(7, 20),
    strip=st.integers(1, 40),
    jobs=st.integers(1, 3),
    seed=st.integers(0, 9),
)
def test_terrain_is_the_same_bits_however_it_is_cut(name, rows, cols, strip, jobs, seed):
    equation, reach = OPERATORS[name]
    ground, dx = rough_ground(rows, cols, seed, holes=seed % 3)
    found = map_strips(equation, ground, dx, reach_rows=reach, jobs=jobs, strip_rows=strip)
    for part, whole in zip(found, equation(ground, dx), strict=True):
        np.testing.assert_array_equal(part, whole)


def test_too_short_a_reach_is_seen_at_the_seams():
    ground, dx = rough_ground(20, 5, 1, holes=0)
    (found, _) = map_strips(column_sum_and_width, ground, dx, reach_rows=1, strip_rows=6)
    assert np.isnan(found[5:7]).any()  # the test above would see a seam


def test_heights_reach_the_equation_in_float64_and_keep_their_values():
    def kinds(z, dx):
        assert z.dtype == np.float64
        return (z,)

    for dtype in (np.float32, np.float64, np.int16):
        ground = np.arange(35).reshape(7, 5).astype(dtype)
        (found,) = map_strips(kinds, ground, np.ones(7), reach_rows=0, strip_rows=3)
        assert found.dtype == np.float64
        np.testing.assert_array_equal(found, ground)


def test_result_is_not_a_view_of_the_heights():
    ground = np.zeros((7, 5))
    (found,) = map_strips(lambda z, dx: (z,), ground, np.ones(7), reach_rows=0)
    found[:] = 1
    assert not ground.any()


@pytest.mark.parametrize("jobs", [1, 3])
def test_error_of_an_equation_comes_through(jobs):
    def fails(z, dx):
        raise ValueError("bad ground")

    with pytest.raises(ValueError, match="bad ground"):
        map_strips(fails, np.zeros((9, 4)), np.ones(9), reach_rows=1, jobs=jobs, strip_rows=2)


def test_strips_are_much_taller_than_usual_reaches():
    assert STRIP_ROWS >= 128
