"""Discs are round on the ground, count what lies beyond the raster, and pick the right cells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from jezero_sites import terrain
from jezero_sites.sites import disc_around


@settings(max_examples=100, deadline=None)
@given(
    rows=st.integers(1, 25),
    cols=st.integers(1, 31),
    dx=st.floats(0.3, 3),
    dy=st.floats(0.3, 3),
    radius=st.floats(0.1, 9),
    data=st.data(),
)
def test_disc_holds_the_cells_whose_centres_lie_within_the_radius(rows, cols, dx, dy, radius, data):
    row, col = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, cols - 1))
    disc = disc_around(row, col, shape=(rows, cols), dx_m=dx, dy_m=dy, radius_m=radius)
    r, c = np.mgrid[-40 : rows + 40, -40 : cols + 40]
    distance = np.hypot((c - col) * dx, (r - row) * dy)
    assume(not np.any(np.abs(distance / radius - 1) < 1e-9))  # cells on the very rim have their own test
    inside = distance <= radius
    assert disc.cells == inside.sum()
    found = np.zeros((rows, cols), bool)
    found[disc.rows, disc.cols] = disc.is_inside
    np.testing.assert_array_equal(found, inside[40 : 40 + rows, 40 : 40 + cols])


def test_values_are_those_of_the_cells_of_the_disc():
    values = np.arange(20 * 30.0).reshape(20, 30)
    disc = disc_around(4, 9, shape=(20, 30), dx_m=2.0, dy_m=1.0, radius_m=2.0)
    assert sorted(disc.of(values)) == sorted(values[[2, 3, 4, 5, 6, 4, 4], [9, 9, 9, 9, 9, 8, 10]])


def test_disc_at_the_corner_counts_the_ground_beyond():
    disc = disc_around(0, 29, shape=(20, 30), dx_m=2.0, dy_m=1.0, radius_m=2.0)
    assert disc.cells == 7
    assert disc.of(np.ones((20, 30))).size == 4  # itself, two below, one to the left
    assert (disc.rows, disc.cols) == (slice(0, 3), slice(28, 30))


def test_disc_larger_than_the_raster_holds_all_of_it():
    disc = disc_around(1, 2, shape=(3, 7), dx_m=1.0, dy_m=1.0, radius_m=50.0)
    assert disc.of(np.ones((3, 7))).size == 21
    assert disc.cells == pytest.approx(np.pi * 2500, rel=0.01)


def test_disc_smaller_than_a_cell_is_the_cell():
    disc = disc_around(1, 2, shape=(3, 7), dx_m=1.0, dy_m=2.0, radius_m=0.9)
    assert disc.cells == 1
    assert disc.of(np.arange(21.0).reshape(3, 7)).tolist() == [9]


@pytest.mark.parametrize(("spacing", "radius", "reach"), [(0.1, 0.3, 3), (0.7, 2.1, 3), (1 / 3, 5.0, 15)])
def test_cells_on_the_rim_belong_whatever_the_rounding(spacing, radius, reach):
    # 0.3 / 0.1 is 2.9999999999999996, and 3 * 0.1 is more than 0.3
    disc = disc_around(40, 50, shape=(80, 90), dx_m=spacing, dy_m=100.0, radius_m=radius)
    assert disc.cells == 2 * reach + 1
    disc = disc_around(40, 50, shape=(80, 90), dx_m=100.0, dy_m=spacing, radius_m=radius)
    assert disc.cells == 2 * reach + 1


def test_relief_of_a_disc_is_the_relief_layer():
    ground = np.random.default_rng(5).normal(0, 1, (40, 50))
    layer = terrain.relief_m(ground, dx_m=np.full(40, 0.95), dy_m=1.1, radius_m=6.6)
    disc = disc_around(19, 27, shape=ground.shape, dx_m=0.95, dy_m=1.1, radius_m=6.6)
    assert np.ptp(disc.of(ground)) == layer[19, 27]
